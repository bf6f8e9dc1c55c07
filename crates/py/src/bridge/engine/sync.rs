//! The body of the thread for sync methods.

use std::time::Instant;

use pyo3::intern;
use pyo3::prelude::*;
use tidegate_transport::frames::Lane;

use super::Engine;
use super::slices::RunningSlice;
use super::sync_lane::{Batch, Work};
use crate::bridge::answer::{self, Begun};
use crate::bridge::calls::Call;

impl Engine {
    /// Ends the thread for sync methods, after the call that it is running.
    pub(crate) fn end_sync(&self) {
        self.lane.end();
    }

    /// The body of the thread for sync methods; returns when [`Engine::end_sync`] has been called.
    pub(crate) fn run_sync(&self, py: Python<'_>) -> PyResult<()> {
        while py.detach(|| self.lane.wait()) {
            let mut batch = Batch::new();
            while let Some(work) = self.lane.try_next() {
                match work {
                    Work::Call(job) if job.ticket.start() => self.run_one(py, &job.call),
                    Work::Call(_) => {}
                    Work::Slice(slice) => {
                        self.run_slice(py, slice);
                        self.pull();
                    }
                }
                if batch.count() {
                    break;
                }
            }
            py.detach(|| self.replies.flush());
            let state = self.state.lock();
            let wanted = state.has_waiting() || state.draining;
            drop(state);
            if wanted || self.replies.needs_loop() {
                self.wake.wake();
            }
        }
        Ok(())
    }

    /// Hands the batch that is due to the threads itself, without the loop in between.
    fn pull(&self) {
        let mut state = self.state.lock();
        if state.at_work() >= self.limits.max_in_flight || self.replies.is_congested() {
            return;
        }
        let Some(slice) = state.due_slice(Instant::now()) else {
            return;
        };
        let entry = self.table.entries.get(slice.endpoint);
        if entry.is_none_or(|entry| entry.is_async) {
            state.batches.ready.push(slice);
            drop(state);
            self.wake.wake();
            return;
        }
        let running = RunningSlice::Sync;
        state.batches.running.insert(slice.id, running);
        drop(state);
        // One more thread is not asked for: this one is free.
        self.lane.push_free(Work::Slice(slice));
    }

    fn run_one(&self, py: Python<'_>, call: &Call) {
        let Some(entry) = self.table.entries.get(call.endpoint) else {
            return;
        };
        if let Some(arguments) = self.begin(py, Lane::Sync, entry, call) {
            let begun = Begun {
                endpoint: call.endpoint,
                given: arguments.given,
            };
            let handler = (&entry.handler,);
            let ended = self.own_context(py).and_then(|context| {
                context.call_method(intern!(py, "run"), handler, Some(&arguments.keywords))
            });
            let answer = answer::make(&self.table, &begun, ended, None, py);
            self.replies.reply(call.id, answer);
        }
        let live = self.state.lock().live.remove(&call.id);
        drop(live);
    }
}
