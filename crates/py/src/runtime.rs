//! The one tokio runtime of the process: gateways and clients share it.
//!
//! It starts when first asked for and ends in an `atexit` hook, before the interpreter is taken down.
//! Its threads never touch Python: they neither attach nor hold or drop a `Py<T>`.

use std::sync::Weak;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long the tasks that are left may take to end once everything has been closed.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(500);

/// The process that started the runtime; 0 while there is none.
static OWNER: AtomicU32 = AtomicU32::new(0);

static STATE: Mutex<State> = Mutex::new(State {
    stage: Stage::Idle,
    closers: Vec::new(),
});

struct State {
    stage: Stage,
    closers: Vec<Weak<dyn Closer>>,
}

enum Stage {
    Idle,
    Running(Runtime),
    Ended,
}

/// What must be closed before the runtime ends.
pub(crate) trait Closer: Send + Sync {
    /// Closes it, within bounds; called without the GIL, from the thread that ends the interpreter.
    fn close_at_exit(&self);
}

/// The runtime's handle; starts the runtime where there is none.
///
/// # Errors
/// `RuntimeError` in a forked child (the runtime's threads are not in it), while the interpreter ends,
/// and where the system has no threads to give.
pub(crate) fn handle(py: Python<'_>) -> PyResult<Handle> {
    check_not_forked()?;
    // Nobody waits for the GIL while holding the lock, so taking it here cannot deadlock.
    let mut state = STATE.lock();
    match &state.stage {
        Stage::Running(runtime) => return Ok(runtime.handle().clone()),
        Stage::Ended => {
            return Err(PyRuntimeError::new_err(
                "tidegate cannot be used any more: the interpreter is shutting down",
            ));
        }
        Stage::Idle => {}
    }
    let runtime = build().map_err(|error| {
        PyRuntimeError::new_err(format!("tidegate's runtime could not start: {error}"))
    })?;
    let handle = runtime.handle().clone();
    state.stage = Stage::Running(runtime);
    OWNER.store(std::process::id(), Ordering::Release);
    drop(state);
    let hook = wrap_pyfunction!(_shutdown_runtime, py)?;
    py.import("atexit")?.call_method1("register", (hook,))?;
    Ok(handle)
}

/// Refuses to go on in a forked child of the process that runs the runtime.
///
/// # Errors
/// `RuntimeError` that says what to do instead.
pub(crate) fn check_not_forked() -> PyResult<()> {
    if is_forked() {
        return Err(PyRuntimeError::new_err(
            "tidegate does not work in a forked child of the process that uses it: its threads are not \
             in the child; start the child with multiprocessing's 'spawn' method, or fork before the \
             first Flow or Client is used",
        ));
    }
    Ok(())
}

/// Whether this process is a forked child of the one that started the runtime.
pub(crate) fn is_forked() -> bool {
    let owner = OWNER.load(Ordering::Acquire);
    owner != 0 && owner != std::process::id()
}

/// Has `closer` closed before the runtime ends, should it still be there.
pub(crate) fn close_at_exit(closer: Weak<dyn Closer>) {
    let mut state = STATE.lock();
    state.closers.retain(|known| known.strong_count() > 0);
    state.closers.push(closer);
}

fn build() -> std::io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Builder::new_multi_thread()
        .worker_threads(if cores <= 2 { 1 } else { (cores / 2).min(4) })
        .max_blocking_threads(16)
        .thread_keep_alive(Duration::from_secs(2))
        .thread_name("tidegate-io")
        .enable_all()
        .build()
}

/// Closes what still runs and ends the runtime; registered with `atexit` at the first start.
#[pyfunction]
fn _shutdown_runtime(py: Python<'_>) {
    if is_forked() {
        return;
    }
    py.detach(|| {
        let closers = std::mem::take(&mut STATE.lock().closers);
        for closer in closers.iter().filter_map(Weak::upgrade) {
            closer.close_at_exit();
        }
        let stage = std::mem::replace(&mut STATE.lock().stage, Stage::Ended);
        if let Stage::Running(runtime) = stage {
            runtime.shutdown_timeout(SHUTDOWN_LIMIT);
        }
    });
}
