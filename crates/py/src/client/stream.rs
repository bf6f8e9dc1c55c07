//! One `post` on the wire: requests go out, answers come back, blocking or for an event loop.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use tidegate_core::{Header, Payload, Request};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::channel::SIGNAL_CHECK;
use super::documents;
use super::mailbox::{Answer, Mailbox, Taken};
use super::response::PyResponse;
use crate::errors;

/// A request on its way to the wire.
pub(super) struct Outgoing {
    /// Its place in the input.
    pub(super) index: usize,
    /// The encoded message.
    pub(super) message: Bytes,
}

/// What the requests of one stream have in common.
pub(super) struct Template {
    pub(super) endpoint: Option<String>,
    pub(super) target: Option<String>,
    pub(super) parameters: Bytes,
}

/// Ids of one stream's requests: a random half, and the place in the input.
#[derive(Clone, Copy)]
pub(super) struct Ids(u64);

impl Ids {
    pub(super) fn new() -> Self {
        // The standard library seeds each hasher from the system's randomness.
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u128(Instant::now().elapsed().as_nanos());
        Self(hasher.finish())
    }

    fn of(self, index: usize) -> String {
        format!("{:016x}{index:016x}", self.0)
    }

    /// The place in the input that an id stands for; `None` for an id of another stream.
    pub(super) fn index(self, id: &str) -> Option<usize> {
        let (prefix, index) = (id.get(..16)?, id.get(16..)?);
        if index.len() != 16 || u64::from_str_radix(prefix, 16).ok()? != self.0 {
            return None;
        }
        usize::from_str_radix(index, 16).ok()
    }
}

/// An open stream of requests to a gateway, and of its answers.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct CallStream {
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) outbox: Mutex<Option<UnboundedSender<Outgoing>>>,
    pub(super) task: AbortHandle,
    pub(super) template: Template,
    pub(super) ids: Ids,
}

impl CallStream {
    fn give<'py>(&self, py: Python<'py>, taken: Taken) -> PyResult<Option<Bound<'py, PyList>>> {
        let answers = match taken {
            Taken::Answers(answers) => answers,
            Taken::Nothing => Vec::new(),
            Taken::Finished => return Ok(None),
            Taken::Broken(error) => return Err(errors::to_py(py, &error)),
        };
        let list = PyList::empty(py);
        for Answer { index, outcome } in answers {
            let item = match outcome {
                Ok(request) => Bound::new(py, PyResponse::new(request))?.into_any(),
                Err(error) => errors::to_py(py, &error)
                    .into_value(py)
                    .into_bound(py)
                    .into_any(),
            };
            list.append(PyTuple::new(
                py,
                [index.into_pyobject(py)?.into_any(), item],
            )?)?;
        }
        Ok(Some(list))
    }
}

#[pymethods]
impl CallStream {
    /// Sends a request with `docs`, a DocumentArray or `None`, and returns its place in the input;
    /// `None` where nothing more may be sent. Does not wait.
    #[pyo3(signature = (docs: "DocumentArray | None", /) -> "int | None")]
    fn send(&self, docs: Option<&Bound<'_, PyAny>>) -> PyResult<Option<usize>> {
        let payload = docs.map(documents::to_bytes).transpose()?.map(Payload);
        // The lock keeps the order of the indices and that of the wire the same.
        let outbox = self.outbox.lock();
        let Some(index) = self.mailbox.post() else {
            return Ok(None);
        };
        let request = Request {
            header: Header {
                request_id: self.ids.of(index),
                endpoint: self.template.endpoint.clone(),
                target: self.template.target.clone(),
                ..Header::default()
            },
            parameters: self.template.parameters.clone(),
            payload,
            ..Request::default()
        };
        let message = tidegate_proto::encode_request(&request);
        self.mailbox.posting(message.len());
        if let Some(outbox) = outbox.as_ref() {
            // Where nobody reads any more the stream has ended, and the mailbox says why.
            let _ = outbox.send(Outgoing { index, message });
        }
        Ok(Some(index))
    }

    /// Whether a request may be sent now without more being under way than `prefetch` allows.
    fn has_room(&self) -> bool {
        self.mailbox.has_room()
    }

    /// Waits until a request may be sent; false when nothing more may be.
    fn wait_for_room(&self, py: Python<'_>) -> PyResult<bool> {
        loop {
            match py.detach(|| self.mailbox.wait_for_room(SIGNAL_CHECK)) {
                None => return Ok(false),
                Some(true) => return Ok(true),
                Some(false) => py.check_signals()?,
            }
        }
    }

    /// Says that no more requests will be sent; those that were are still answered.
    fn close_input(&self) {
        self.mailbox.close_input();
        let outbox = self.outbox.lock().take();
        drop(outbox);
    }

    /// Whether nothing more may be sent.
    fn input_is_closed(&self) -> bool {
        self.mailbox.input_is_closed()
    }

    /// Waits for answers and returns them with their places; `None` when there are no more.
    #[pyo3(signature = () -> "list[tuple[int, Response | BaseException]] | None")]
    fn recv<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        loop {
            let taken = py.detach(|| self.mailbox.wait(SIGNAL_CHECK));
            match taken {
                Taken::Nothing => py.check_signals()?,
                taken => return self.give(py, taken),
            }
        }
    }

    /// Returns the answers that are there, with their places; `None` when there are no more.
    #[pyo3(signature = () -> "list[tuple[int, Response | BaseException]] | None")]
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.give(py, self.mailbox.take())
    }

    /// Makes the descriptor unreadable until the next answers come after a `take`: what is there stays
    /// there, and a loop that is busy elsewhere is not woken again and again.
    fn acknowledge(&self) {
        self.mailbox.acknowledge();
    }

    /// The descriptor that becomes readable when `take` has something to give.
    fn fileno(&self) -> PyResult<i32> {
        self.mailbox
            .wake()
            .map(|wake| wake.fd())
            .ok_or_else(|| PyRuntimeError::new_err("the stream was opened for blocking calls"))
    }

    /// Ends the stream; what still runs for it is cancelled, and its descriptor is closed.
    fn cancel(&self) {
        self.mailbox.close_wake();
        if !self.mailbox.is_settled() {
            self.task.abort();
        }
        self.close_input();
    }
}

impl Drop for CallStream {
    fn drop(&mut self) {
        if !self.mailbox.is_settled() {
            self.task.abort();
        }
    }
}
