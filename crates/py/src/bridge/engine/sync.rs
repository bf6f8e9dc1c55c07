//! The body of the thread for sync methods.

use pyo3::intern;
use pyo3::prelude::*;
use tidegate_transport::frames::Lane;

use super::Engine;
use super::sync_lane::Batch;
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
            while let Some(job) = self.lane.try_next() {
                if job.ticket.start() {
                    self.run_one(py, &job.call);
                }
                if batch.count() {
                    break;
                }
            }
            py.detach(|| self.replies.flush());
            let state = self.state.lock();
            let wanted = !state.waiting.is_empty() || state.draining;
            drop(state);
            if wanted || self.replies.needs_loop() {
                self.wake.wake();
            }
        }
        Ok(())
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
