//! Runs calls: async ones as Tasks on the loop, sync ones on their thread.
//!
//! All methods that take `py` run on the loop's thread, but [`Engine::run_sync`], which is the body of
//! the thread for sync methods. The state is behind a lock that is never held while Python runs, not
//! even for the drop of an object.

mod batches;
mod slices;
mod start;
mod stop;
mod sync;
mod sync_lane;
mod task;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{Error, ErrorKind, Retry};

use self::batches::{Batches, Due};
use self::sync_lane::{SyncLane, Ticket};
use self::task::TaskMaker;
use super::answer::{Begun, Stop};
use super::callback::Callback;
use super::calls::{Call, Command, Replies};
use super::endpoint::Table;
use super::wake::Wake;

/// The most calls started in one turn of the loop.
const TURN_CALLS: usize = 256;
/// How long one turn may start calls.
const TURN_TIME: Duration = Duration::from_millis(2);
/// How long answers may wait for the calls behind them to take their first step.
const HOLD_TIME: Duration = Duration::from_micros(500);

/// How much an engine does at once; the fields are those of a Python object.
#[derive(FromPyObject, Clone, Copy)]
pub(crate) struct Limits {
    /// The most calls that run at once, a batch being one; more wait.
    pub(crate) max_in_flight: usize,
    /// The most calls that wait.
    pub(crate) max_queue: usize,
    /// The most threads for sync methods.
    sync_threads: usize,
    /// How many batches of async methods with the same parameters run at once.
    side_by_side: usize,
}

/// What an engine is made of.
pub(crate) struct Parts<'py> {
    pub(crate) looper: Bound<'py, PyAny>,
    /// The context that every call's own is copied from.
    pub(crate) context: Bound<'py, PyAny>,
    pub(crate) table: Table,
    pub(crate) replies: Arc<dyn Replies>,
    pub(crate) limits: Limits,
    /// Starts one more thread that runs [`Engine::run_sync`].
    pub(crate) on_thread: Bound<'py, PyAny>,
    /// Called once on the loop when a drain has come to its end.
    pub(crate) on_idle: Bound<'py, PyAny>,
    /// Wakes the loop.
    pub(crate) wake: Arc<Wake>,
}

/// See the module.
pub(crate) struct Engine {
    looper: Py<PyAny>,
    call_soon: Py<PyAny>,
    context: Py<PyAny>,
    /// For our own callbacks: they need no copy of anybody's.
    quiet_context: Py<PyAny>,
    iscoroutine: Py<PyAny>,
    on_idle: Py<PyAny>,
    on_thread: Py<PyAny>,
    tasks: TaskMaker,
    table: Table,
    replies: Arc<dyn Replies>,
    lane: SyncLane,
    wake: Arc<Wake>,
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    live: HashMap<u64, Live>,
    /// Calls that have come and not been started yet.
    waiting: VecDeque<Call>,
    /// Those of them that nobody waits for any more.
    unwanted: HashSet<u64>,
    batches: Batches,
    turn_due: bool,
    flush_due: bool,
    draining: bool,
    idle_told: bool,
}

impl State {
    /// How many calls and batches have been started or handed to the threads.
    fn at_work(&self) -> usize {
        self.live.len() + self.batches.running.len()
    }

    /// Whether a place that becomes free is wanted.
    fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
            || !self.batches.ready.is_empty()
            || self.batches.batcher.waiting() > 0
    }
}

/// What an engine does next.
enum Next {
    Call(Call),
    Due(Due),
}

/// A call that has been started or handed to the sync thread.
enum Live {
    Task {
        task: Py<PyAny>,
        begun: Begun,
        stopped: Option<Stop>,
    },
    Sync(Arc<Ticket>),
}

impl Engine {
    pub(crate) fn new(py: Python<'_>, parts: Parts<'_>) -> PyResult<Arc<Self>> {
        let contextvars = py.import("contextvars")?;
        Ok(Arc::new(Self {
            looper: parts.looper.clone().unbind(),
            call_soon: parts.looper.getattr("call_soon")?.unbind(),
            context: parts.context.unbind(),
            quiet_context: contextvars.call_method0("Context")?.unbind(),
            iscoroutine: py.import("asyncio")?.getattr("iscoroutine")?.unbind(),
            on_idle: parts.on_idle.unbind(),
            on_thread: parts.on_thread.unbind(),
            tasks: TaskMaker::new(&parts.looper)?,
            state: Mutex::new(State {
                batches: Batches::new(&parts.table, parts.limits),
                ..State::default()
            }),
            table: parts.table,
            replies: parts.replies,
            lane: SyncLane::new(parts.limits.sync_threads),
            wake: parts.wake,
            limits: Limits {
                max_in_flight: parts.limits.max_in_flight.max(1),
                ..parts.limits
            },
        }))
    }

    /// Wakes the loop; whoever watches the descriptor calls [`Engine::woken`].
    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Takes commands and runs a turn.
    pub(crate) fn take(
        self: &Arc<Self>,
        py: Python<'_>,
        commands: impl Iterator<Item = Command>,
    ) -> PyResult<()> {
        let mut cancels = Vec::new();
        for command in commands {
            match command {
                Command::Start(call) => self.admit(py, call),
                Command::Cancel(id) => cancels.push(id),
                Command::Flush => self.state.lock().batches.batcher.close(),
            }
        }
        for id in cancels {
            self.cancel(py, id, Stop::CallerGone)?;
        }
        self.turn(py)
    }

    /// Puts a call in the line, or refuses it.
    fn admit(&self, py: Python<'_>, call: Call) {
        let mut state = self.state.lock();
        let entry = self.table.entries.get(call.endpoint);
        if state.draining {
            drop(state);
            self.refuse(call.id);
        } else if let Some(batching) = entry.and_then(|entry| entry.batching.as_ref()) {
            drop(state);
            self.admit_batched(py, batching, call);
        } else if state.at_work() + state.waiting.len()
            >= self
                .limits
                .max_in_flight
                .saturating_add(self.limits.max_queue)
        {
            drop(state);
            self.overloaded(call.id);
        } else {
            state.waiting.push_back(call);
        }
    }

    fn overloaded(&self, id: u64) {
        let Limits {
            max_in_flight,
            max_queue,
            ..
        } = self.limits;
        let message = format!(
            "{} handles {max_in_flight} requests at once and lets {max_queue} wait, and has as many \
             (`max_concurrency` and `max_queue`)",
            self.table.executor
        );
        let error = Error::new(ErrorKind::Overloaded, message).with_hint("send fewer at once");
        self.replies
            .reply(id, Err(error.with_retry(Retry::NeverStarted)));
    }

    /// Starts what waits, within the bounds of a turn, and hands the answers on.
    fn turn(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let began = Instant::now();
        let mut handed_on = began;
        let mut count = 0;
        let within_task = self.tasks.is_within_task(py);
        while let Some(work) = self.next_work() {
            self.begin_work(py, work, within_task)?;
            count += 1;
            let now = Instant::now();
            if count >= TURN_CALLS || now - began >= TURN_TIME {
                self.schedule_turn(py)?;
                break;
            }
            if now - handed_on >= HOLD_TIME {
                self.replies.flush();
                handed_on = now;
            }
        }
        self.arm_timer(py)?;
        self.flush(py)
    }

    fn begin_work(self: &Arc<Self>, py: Python<'_>, next: Next, within_task: bool) -> PyResult<()> {
        match next {
            Next::Call(call) => self.start(py, call, within_task),
            Next::Due(Due::Run(slice)) => self.start_slice(py, slice, within_task),
            Next::Due(Due::Expired {
                id,
                begun,
                held,
                tasks,
            }) => {
                drop(held);
                self.expired(id, begun);
                self.stop_slices(py, &tasks, Stop::CallerGone)
            }
        }
    }

    /// What is to be done next, unless too much runs.
    fn next_work(&self) -> Option<Next> {
        if self.replies.is_congested() {
            return None;
        }
        loop {
            let mut state = self.state.lock();
            if state.at_work() >= self.limits.max_in_flight {
                return None;
            }
            if let Some(due) = state.due(Instant::now()) {
                return Some(Next::Due(due));
            }
            let call = state.waiting.pop_front()?;
            if state.unwanted.is_empty() || !state.unwanted.remove(&call.id) {
                return Some(Next::Call(call));
            }
            drop(state);
            self.never_started(call.id, Stop::CallerGone);
        }
    }

    fn schedule_turn(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if std::mem::replace(&mut self.state.lock().turn_due, true) {
            return Ok(());
        }
        let engine = Arc::clone(self);
        let turn = Callback::new(py, move |py, _| {
            engine.state.lock().turn_due = false;
            engine.turn(py)
        })?;
        self.soon(py, turn)
    }

    fn schedule_flush(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        if std::mem::replace(&mut self.state.lock().flush_due, true) {
            return Ok(());
        }
        let engine = Arc::clone(self);
        let flush = Callback::new(py, move |py, _| {
            engine.state.lock().flush_due = false;
            engine.flush(py)
        })?;
        self.soon(py, flush)
    }

    fn soon(&self, py: Python<'_>, callback: Py<Callback>) -> PyResult<()> {
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "context"), &self.quiet_context)?;
        self.call_soon.bind(py).call((callback,), Some(&keywords))?;
        Ok(())
    }

    /// Hands answers on, and ends a drain when nothing is left.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.replies.flush();
        if self.replies.needs_loop() {
            self.wake.wake();
        }
        let told = {
            let mut state = self.state.lock();
            if state.waiting.is_empty() {
                state.unwanted.clear();
            }
            let idle = state.draining
                && state.live.is_empty()
                && state.waiting.is_empty()
                && state.batches.is_idle();
            !idle || std::mem::replace(&mut state.idle_told, true)
        };
        if !told {
            self.on_idle.bind(py).call0()?;
        }
        Ok(())
    }

    /// The loop's answer to [`Wake::wake`].
    pub(crate) fn woken(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        self.turn(py)
    }
}
