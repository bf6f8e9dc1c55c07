//! How a call begins, and how it ends.

use std::sync::Arc;
use std::time::Instant;

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{Error, ErrorKind, Retry};
use tidegate_transport::frames::Lane;

use super::sync_lane::{Job, Ticket, Work};
use super::{Engine, Live};
use crate::bridge::answer::{self, Begun};
use crate::bridge::arguments::{self, Arguments};
use crate::bridge::callback::Callback;
use crate::bridge::calls::Call;
use crate::bridge::endpoint::Entry;

impl Engine {
    pub(super) fn start(
        self: &Arc<Self>,
        py: Python<'_>,
        call: Call,
        within_task: bool,
    ) -> PyResult<()> {
        let Some(entry) = self.table.entries.get(call.endpoint) else {
            let message = format!(
                "{} has no endpoint number {}",
                self.table.executor, call.endpoint
            );
            self.replies
                .reply(call.id, Err(Error::new(ErrorKind::Protocol, message)));
            return Ok(());
        };
        if !entry.is_async {
            let ticket = Arc::new(Ticket::default());
            self.state
                .lock()
                .live
                .insert(call.id, Live::Sync(Arc::clone(&ticket)));
            return self.hand_to_thread(py, Work::Call(Job { call, ticket }));
        }
        let Some(arguments) = self.begin(py, Lane::Async, entry, &call) else {
            return Ok(());
        };
        let begun = Begun {
            endpoint: call.endpoint,
            given: arguments.given,
        };
        let ended = match self.first_step(entry, &arguments.keywords, within_task) {
            Ok(First::Returned(value)) => Ok(value),
            Ok(First::Suspended(task)) => return self.keep(call.id, task, begun),
            Err(raised) => Err(raised),
        };
        self.replies
            .reply(call.id, answer::make(&self.table, &begun, ended, None, py));
        Ok(())
    }

    /// Queues work for the threads for sync methods, and has one more started where all are busy.
    pub(super) fn hand_to_thread(&self, py: Python<'_>, work: Work) -> PyResult<()> {
        if self.lane.push(work) {
            self.on_thread.bind(py).call0()?;
        }
        Ok(())
    }

    /// Checks the deadline, writes down the start and makes the arguments. `None`: it has been answered.
    pub(super) fn begin<'py>(
        &self,
        py: Python<'py>,
        lane: Lane,
        entry: &Entry,
        call: &Call,
    ) -> Option<Arguments<'py>> {
        let made = if call
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            let message = "the deadline passed before the call was started";
            Err(Error::new(ErrorKind::DeadlineExceeded, message).with_retry(Retry::NeverStarted))
        } else if let Err(error) = self.replies.starting(lane, call.id) {
            let message = "the start of the call could not be written down";
            Err(Error::new(ErrorKind::Internal, message).with_source(error))
        } else {
            arguments::build(py, entry.wanted, call)
        };
        match made {
            Ok(arguments) => Some(arguments),
            Err(error) => {
                self.replies.reply(call.id, Err(error));
                None
            }
        }
    }

    /// A context for one call: what it sets, no other call sees.
    pub(super) fn own_context<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.context.bind(py).call_method0(intern!(py, "copy"))
    }

    pub(super) fn first_step<'py>(
        &self,
        entry: &Entry,
        keywords: &Bound<'py, PyDict>,
        within_task: bool,
    ) -> PyResult<First<'py>> {
        let py = keywords.py();
        let context = self.own_context(py)?;
        let handler = entry.handler.bind(py);
        let mut coroutine = if entry.is_plain {
            handler.call((), Some(keywords))?
        } else {
            context.call_method(intern!(py, "run"), (handler,), Some(keywords))?
        };
        if !entry.is_plain
            && !self
                .iscoroutine
                .bind(py)
                .call1((&coroutine,))?
                .is_truthy()?
        {
            if !coroutine.hasattr(intern!(py, "__await__"))? {
                return Ok(First::Returned(coroutine));
            }
            coroutine = py
                .import("tidegate._serving")?
                .call_method1("await_it", (coroutine,))?;
        }
        let task = self.tasks.start(&coroutine, &context, within_task)?;
        if task.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(First::Returned(task.call_method0(intern!(py, "result"))?));
        }
        Ok(First::Suspended(task))
    }

    /// Keeps a Task that is not done yet, and has its end answered.
    fn keep(self: &Arc<Self>, id: u64, task: Bound<'_, PyAny>, begun: Begun) -> PyResult<()> {
        let py = task.py();
        let kept = task.clone().unbind();
        self.state.lock().live.insert(
            id,
            Live::Task {
                task: kept,
                begun,
                stopped: None,
            },
        );
        let engine = Arc::clone(self);
        let finish = Callback::new(py, move |py, _| engine.finished(py, id))?;
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "context"), &self.quiet_context)?;
        task.call_method(intern!(py, "add_done_callback"), (finish,), Some(&keywords))?;
        Ok(())
    }

    fn finished(self: &Arc<Self>, py: Python<'_>, id: u64) -> PyResult<()> {
        let (live, more) = {
            let mut state = self.state.lock();
            (state.live.remove(&id), state.has_waiting())
        };
        if let Some(Live::Task {
            task,
            begun,
            stopped,
        }) = live
        {
            let ended = task.bind(py).call_method0(intern!(py, "result"));
            self.replies
                .reply(id, answer::make(&self.table, &begun, ended, stopped, py));
        }
        if more {
            self.schedule_turn(py)
        } else {
            self.schedule_flush(py)
        }
    }
}

/// How a first step went.
pub(super) enum First<'py> {
    Returned(Bound<'py, PyAny>),
    Suspended(Bound<'py, PyAny>),
}
