//! Calls from tokio to an Executor in the same process.

use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{
    self as core, CallFuture, CallReply, CallRequest, Error, ErrorKind, Payload, Results, Retry,
};
use tidegate_transport::frames::Lane;
use tokio::sync::oneshot;

use super::callback::Callback;
use super::calls::{Call, Command, Outcome, Replies};
use super::endpoint::{DEFAULT_ENDPOINT, Endpoint, Table};
use super::engine::{self, Engine, Limits};

/// Who waits for an answer.
type Caller = oneshot::Sender<Result<CallReply, Error>>;

/// The side that tokio sees: plain values and a wake.
struct Shared {
    pod: Arc<str>,
    names: Vec<String>,
    fallback: Option<usize>,
    next_id: AtomicU64,
    queue: Mutex<Queue>,
    callers: Mutex<HashMap<u64, Caller>>,
    /// Answers that wait for the next flush: waking the callers' thread once is enough for many.
    answers: Mutex<Vec<(Caller, Result<CallReply, Error>)>>,
    wake: Arc<super::wake::Wake>,
}

struct Queue {
    commands: Vec<Command>,
    open: bool,
}

impl Shared {
    fn place(&self, endpoint: &str) -> Option<usize> {
        self.names
            .iter()
            .position(|name| name == endpoint)
            .or(self.fallback)
    }

    fn ended(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("the Executor '{}' has ended", self.pod),
        )
    }

    /// Queues a command; false when nobody takes any.
    fn push(&self, command: Command) -> bool {
        {
            let mut queue = self.queue.lock();
            if !queue.open {
                return false;
            }
            queue.commands.push(command);
        }
        self.wake.wake();
        true
    }

    fn close(&self) {
        let left = {
            let mut queue = self.queue.lock();
            queue.open = false;
            std::mem::take(&mut queue.commands)
        };
        for command in left {
            if let Command::Start(call) = command {
                self.reply(call.id, Err(self.ended().with_retry(Retry::NeverStarted)));
            }
        }
        self.flush();
        // Callers whose calls are gone with the loop are woken by the drop of their senders.
        let callers = std::mem::take(&mut *self.callers.lock());
        drop(callers);
    }
}

impl Replies for Shared {
    fn starting(&self, _lane: Lane, _id: u64) -> std::io::Result<()> {
        Ok(())
    }

    fn reply(&self, id: u64, answer: Result<Outcome, Error>) {
        let caller = self.callers.lock().remove(&id);
        if let Some(caller) = caller {
            let answer = answer.map(|outcome| CallReply {
                payload: outcome.payload.map(Payload),
                results: outcome
                    .results
                    .map(|dict| Results {
                        pod: Arc::clone(&self.pod),
                        dict,
                    })
                    .into_iter()
                    .collect(),
                partial: None,
            });
            self.answers.lock().push((caller, answer));
        }
    }

    fn flush(&self) {
        let answers = std::mem::take(&mut *self.answers.lock());
        for (caller, answer) in answers {
            // A caller that has gone needs no answer.
            let _ = caller.send(answer);
        }
    }

    fn needs_loop(&self) -> bool {
        false
    }

    fn is_congested(&self) -> bool {
        false
    }
}

/// Tells the loop that a caller has gone, unless it has been answered.
struct CancelOnDrop<'a> {
    shared: &'a Shared,
    id: Option<u64>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let caller = self.shared.callers.lock().remove(&id);
            drop(caller);
            self.shared.push(Command::Cancel(id));
        }
    }
}

/// The Executor, as the gateway calls it.
struct InlineCall(Arc<Shared>);

impl core::Call for InlineCall {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        Box::pin(async move {
            let shared = &*self.0;
            let Some(endpoint) = shared.place(&request.endpoint) else {
                return Ok(CallReply::default());
            };
            let id = shared.next_id.fetch_add(1, Ordering::Relaxed);
            let (sender, receiver) = oneshot::channel();
            shared.callers.lock().insert(id, sender);
            let mut guard = CancelOnDrop {
                shared,
                id: Some(id),
            };
            let call = Call {
                id,
                endpoint,
                deadline: request.deadline,
                parameters: request.parameters,
                branches: request
                    .branches
                    .into_iter()
                    .map(|branch| {
                        (
                            Bytes::copy_from_slice(branch.from.as_bytes()),
                            branch.payload.0,
                        )
                    })
                    .collect(),
            };
            if !shared.push(Command::Start(call)) {
                return Err(shared.ended().with_retry(Retry::NeverStarted));
            }
            let answer = match request.deadline {
                None => receiver.await,
                Some(deadline) => match tokio::time::timeout_at(deadline.into(), receiver).await {
                    Ok(answer) => answer,
                    Err(_) => {
                        let message =
                            format!("the deadline passed while '{}' was at work", shared.pod);
                        return Err(Error::new(ErrorKind::DeadlineExceeded, message));
                    }
                },
            };
            guard.id = None;
            answer.unwrap_or_else(|_| Err(shared.ended()))
        })
    }

    fn serves(&self, endpoint: &str) -> bool {
        self.0.place(endpoint).is_some()
    }

    fn endpoints(&self) -> Vec<String> {
        self.0.names.clone()
    }

    fn flush(&self) {
        self.0.push(Command::Flush);
    }
}

/// An Executor in this process, on an event loop in a thread of its own.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct Inbox {
    shared: Arc<Shared>,
    engine: Mutex<Option<(Arc<Engine>, Py<PyAny>)>>,
}

/// What an [`Inbox`] is made of; its fields are those of a Python object.
#[derive(FromPyObject)]
struct InboxOptions<'py> {
    #[pyo3(attribute("loop"))]
    looper: Bound<'py, PyAny>,
    context: Bound<'py, PyAny>,
    executor: String,
    pod: String,
    endpoints: Vec<Py<Endpoint>>,
    limits: Limits,
    output_array_type: Option<String>,
    on_thread: Bound<'py, PyAny>,
    on_idle: Bound<'py, PyAny>,
}

#[pymethods]
impl Inbox {
    /// Registers with `options.looper`; to be called on its thread.
    #[new]
    fn new(py: Python<'_>, options: InboxOptions<'_>) -> PyResult<Self> {
        let table = Table::new(
            py,
            options.executor,
            &options.endpoints,
            options.output_array_type,
        )?;
        let names: Vec<String> = table
            .entries
            .iter()
            .map(|entry| entry.name.clone())
            .collect();
        let wake = Arc::new(super::wake::Wake::new()?);
        let shared = Arc::new(Shared {
            pod: options.pod.into(),
            fallback: names.iter().position(|name| name == DEFAULT_ENDPOINT),
            names,
            next_id: AtomicU64::new(1),
            queue: Mutex::new(Queue {
                commands: Vec::new(),
                open: true,
            }),
            callers: Mutex::new(HashMap::new()),
            answers: Mutex::new(Vec::new()),
            wake: Arc::clone(&wake),
        });
        let engine = Engine::new(
            py,
            engine::Parts {
                looper: options.looper.clone(),
                context: options.context,
                table,
                replies: Arc::clone(&shared) as Arc<dyn Replies>,
                limits: options.limits,
                on_thread: options.on_thread,
                on_idle: options.on_idle,
                wake: Arc::clone(&wake),
            },
        )?;
        let (inbox, taker) = (Arc::clone(&shared), Arc::clone(&engine));
        let woken = Callback::new(py, move |py, _| {
            inbox.wake.clear();
            let commands = std::mem::take(&mut inbox.queue.lock().commands);
            taker.take(py, commands.into_iter())
        })?;
        options
            .looper
            .call_method1("add_reader", (wake.fd(), woken))?;
        let looper = options.looper.unbind();
        Ok(Self {
            shared,
            engine: Mutex::new(Some((engine, looper))),
        })
    }

    /// Runs sync methods until [`Inbox::end_sync`]; the body of their thread.
    fn run_sync(&self, py: Python<'_>) -> PyResult<()> {
        self.engine(py)?.0.run_sync(py)
    }

    /// Ends the thread for sync methods after the call that it is running.
    fn end_sync(&self, py: Python<'_>) -> PyResult<()> {
        self.engine(py)?.0.end_sync();
        Ok(())
    }

    /// What became of the batches of each batched endpoint so far.
    fn batch_counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.engine(py)?.0.batch_counts(py)
    }

    /// Takes no more calls; `on_idle` is called when the last has ended. On the loop's thread.
    fn drain(&self, py: Python<'_>) -> PyResult<()> {
        self.engine(py)?.0.drain(py)
    }

    /// Cancels every call. On the loop's thread.
    fn cancel_all(&self, py: Python<'_>) -> PyResult<()> {
        self.engine(py)?.0.cancel_all(py)
    }

    /// Takes leave of the loop; callers that are left are told so. On the loop's thread.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.shared.close();
        let engine = self.engine.lock().take();
        if let Some((_engine, looper)) = engine {
            looper
                .bind(py)
                .call_method1("remove_reader", (self.shared.wake.fd(),))?;
        }
        Ok(())
    }
}

impl Inbox {
    /// The Executor, as the gateway calls it. Nothing behind it touches Python.
    pub(crate) fn call_handle(&self) -> Arc<dyn core::Call> {
        Arc::new(InlineCall(Arc::clone(&self.shared)))
    }

    fn engine(&self, py: Python<'_>) -> PyResult<(Arc<Engine>, Py<PyAny>)> {
        let engine = self.engine.lock();
        let found = engine
            .as_ref()
            .map(|(engine, looper)| (Arc::clone(engine), looper.clone_ref(py)));
        found.ok_or_else(|| PyRuntimeError::new_err("the Executor has ended"))
    }
}
