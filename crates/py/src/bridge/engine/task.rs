//! Real `asyncio.Task`s whose first step runs at once.
//!
//! Python 3.12 and later can do that (`eager_start`). On 3.11 a Task hands its first step to
//! `loop.call_soon`; while the Task is constructed, and only then, that attribute of the loop is
//! ours, and the step is run here instead, in the Task's own context.

use parking_lot::Mutex;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// Makes the Tasks of one loop.
pub(crate) struct TaskMaker {
    looper: Py<PyAny>,
    task_type: Py<PyAny>,
    current_task: Py<PyAny>,
    /// Keywords that are the same for every Task.
    keywords: Py<PyDict>,
    way: Way,
}

enum Way {
    /// The official one.
    Eager,
    /// The first step is captured.
    Captured(Py<Capture>),
    /// The loop runs the first step in its next turn.
    Plain,
}

impl TaskMaker {
    pub(crate) fn new(looper: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = looper.py();
        let asyncio = py.import("asyncio")?;
        let keywords = PyDict::new(py);
        keywords.set_item("loop", looper)?;
        let way = if py.version_info() >= (3, 12) {
            keywords.set_item("eager_start", true)?;
            Way::Eager
        } else {
            Self::capturing(looper)?
        };
        Ok(Self {
            looper: looper.clone().unbind(),
            task_type: asyncio.getattr("Task")?.unbind(),
            current_task: asyncio.getattr("current_task")?.unbind(),
            keywords: keywords.unbind(),
            way,
        })
    }

    /// Captures where the loop allows it: it must take attributes, and `call_soon` must not be one yet.
    fn capturing(looper: &Bound<'_, PyAny>) -> PyResult<Way> {
        let py = looper.py();
        let Ok(attributes) = looper.getattr("__dict__") else {
            return Ok(Way::Plain);
        };
        if attributes.contains("call_soon")? {
            return Ok(Way::Plain);
        }
        let original = looper.getattr("call_soon")?.unbind();
        let capture = Py::new(
            py,
            Capture {
                original,
                slot: Mutex::new(Slot::default()),
            },
        )?;
        if looper.setattr("call_soon", &capture).is_err() {
            return Ok(Way::Plain);
        }
        looper.delattr("call_soon")?;
        Ok(Way::Captured(capture))
    }

    /// Whether first steps cannot run at once just now, because a Task is being run further up the stack.
    pub(crate) fn is_within_task(&self, py: Python<'_>) -> bool {
        match self.way {
            Way::Captured(_) => {
                let current = self.current_task.bind(py).call1((&self.looper,));
                !current.is_ok_and(|task| task.is_none())
            }
            _ => false,
        }
    }

    /// Makes a Task of `coroutine` in `context` and runs its first step, unless `within_task`.
    ///
    /// # Errors
    /// What the first step raised, where that goes past the Task (`SystemExit`, `KeyboardInterrupt`).
    pub(crate) fn start<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        context: &Bound<'py, PyAny>,
        within_task: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = coroutine.py();
        let keywords = self.keywords.bind(py).copy()?;
        keywords.set_item(intern!(py, "context"), context)?;
        let make = || self.task_type.bind(py).call((coroutine,), Some(&keywords));
        let Way::Captured(capture) = &self.way else {
            return make();
        };
        if within_task {
            return make();
        }
        capture.get().expect(context);
        let task = {
            let _patch = Patch::set(self.looper.bind(py), capture)?;
            make()
        };
        let step = capture.get().take();
        let task = task?;
        if let Some(step) = step {
            context.call_method1(intern!(py, "run"), (step,))?;
        }
        Ok(task)
    }
}

/// Keeps the loop's `call_soon` replaced, and puts it back however its scope ends.
struct Patch<'a, 'py>(&'a Bound<'py, PyAny>);

impl<'a, 'py> Patch<'a, 'py> {
    fn set(looper: &'a Bound<'py, PyAny>, capture: &Py<Capture>) -> PyResult<Self> {
        looper.setattr(intern!(looper.py(), "call_soon"), capture)?;
        Ok(Self(looper))
    }
}

impl Drop for Patch<'_, '_> {
    fn drop(&mut self) {
        let _ = self.0.delattr(intern!(self.0.py(), "call_soon"));
    }
}

/// Stands in for `loop.call_soon` while a Task is constructed.
#[pyclass(frozen, module = "tidegate._tidegate")]
struct Capture {
    original: Py<PyAny>,
    slot: Mutex<Slot>,
}

#[derive(Default)]
struct Slot {
    /// The context of the Task being made: nobody else can be using it yet, so it tells the Task's own
    /// step from whatever a finaliser, run by chance just then, wants to have called.
    context: Option<Py<PyAny>>,
    step: Option<Py<PyAny>>,
}

impl Capture {
    fn expect(&self, context: &Bound<'_, PyAny>) {
        let fresh = Slot {
            context: Some(context.clone().unbind()),
            step: None,
        };
        let old = std::mem::replace(&mut *self.slot.lock(), fresh);
        drop(old);
    }

    fn take(&self) -> Option<Py<PyAny>> {
        let old = std::mem::take(&mut *self.slot.lock());
        old.step
    }
}

#[pymethods]
impl Capture {
    #[pyo3(signature = (callback, *args, context = None))]
    fn __call__<'py>(
        &self,
        py: Python<'py>,
        callback: Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        context: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Some(context) = &context {
            let mut slot = self.slot.lock();
            let is_ours = slot
                .context
                .as_ref()
                .is_some_and(|expected| expected.is(context));
            if is_ours && slot.step.is_none() {
                slot.step = Some(callback.unbind());
                return Ok(py.None().into_bound(py));
            }
        }
        let all: Vec<Bound<'py, PyAny>> = std::iter::once(callback).chain(args.iter()).collect();
        let keywords = PyDict::new(py);
        keywords.set_item("context", context)?;
        self.original
            .bind(py)
            .call(PyTuple::new(py, all)?, Some(&keywords))
    }
}
