//! How a call is told to stop, and how all of them come to an end.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;
use tidegate_core::{Error, ErrorKind, Retry};

use super::{Engine, Live};
use crate::bridge::answer::Stop;

impl Engine {
    /// Answers a call that comes too late.
    pub(crate) fn refuse(&self, id: u64) {
        let message = "the Executor is ending and takes no new calls";
        let error = Error::new(ErrorKind::Unavailable, message);
        self.replies
            .reply(id, Err(error.with_retry(Retry::NeverStarted)));
    }

    pub(super) fn never_started(&self, id: u64, stop: Stop) {
        self.replies
            .reply(id, Err(stop.error().with_retry(Retry::NeverStarted)));
    }

    /// Tells the call to stop.
    pub(super) fn cancel(&self, py: Python<'_>, id: u64, stop: Stop) -> PyResult<()> {
        if self.leave_batch(py, id, stop)? {
            return Ok(());
        }
        let mut state = self.state.lock();
        let dropped = match state.live.get_mut(&id) {
            Some(Live::Task { task, stopped, .. }) => {
                let task = task.clone_ref(py);
                *stopped = Some(stop);
                drop(state);
                task.bind(py).call_method0(intern!(py, "cancel"))?;
                return Ok(());
            }
            Some(Live::Sync(ticket)) => ticket.drop_queued(),
            None => {
                if !state.waiting.is_empty() {
                    state.unwanted.insert(id);
                }
                false
            }
        };
        if dropped {
            state.live.remove(&id);
        }
        drop(state);
        if dropped {
            self.never_started(id, stop);
        }
        Ok(())
    }

    /// Takes no more calls; `on_idle` is called when those that are there have ended.
    pub(crate) fn drain(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        {
            let mut state = self.state.lock();
            state.draining = true;
            state.batches.batcher.close();
        }
        self.schedule_turn(py)
    }

    /// Tells every call to stop, started or not.
    pub(crate) fn cancel_all(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let (waiting, live, members, slices) = {
            let mut state = self.state.lock();
            let waiting = std::mem::take(&mut state.waiting);
            let live: Vec<u64> = state.live.keys().copied().collect();
            let slices: Vec<u64> = state.batches.running.keys().copied().collect();
            let mut members = state.batches.batcher.all_waiting();
            let ready = state.batches.ready.iter().flat_map(|slice| &slice.parts);
            members.extend(ready.map(|part| part.member));
            (waiting, live, members, slices)
        };
        for id in members {
            self.leave_batch(py, id, Stop::Ending)?;
        }
        self.stop_slices(py, &slices, Stop::Ending)?;
        for call in waiting {
            self.never_started(call.id, Stop::Ending);
        }
        for id in live {
            self.cancel(py, id, Stop::Ending)?;
        }
        self.schedule_turn(py)
    }
}
