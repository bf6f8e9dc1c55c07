//! The client's door to a gateway: one connection, opened when first used, shared by all calls.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::client::{CallOptions, Channel};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::drive::{Drive, encoding};
use super::mailbox::{Mailbox, MailboxOptions};
use super::stream::{CallStream, Ids, Template};
use super::wake::Wake;
use crate::document::py_to_struct;
use crate::{errors, runtime};

/// How often a blocked call looks for signals, so that Ctrl-C is obeyed.
pub(super) const SIGNAL_CHECK: Duration = Duration::from_millis(50);

/// A connection to a gateway, shared by all calls of a client.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct ClientChannel {
    channel: Channel,
}

/// What one `post` asks for: attributes of Python's `PostSpec`.
#[derive(FromPyObject)]
struct PostSpec<'py> {
    on: String,
    target_executor: Option<String>,
    parameters: Bound<'py, PyAny>,
    prefetch: Option<usize>,
    window: usize,
    results_in_order: bool,
    timeout: Option<f64>,
    metadata: Vec<(String, String)>,
    compression: Option<String>,
    stream: bool,
}

impl PostSpec<'_> {
    fn options(&self) -> PyResult<CallOptions> {
        Ok(CallOptions {
            results_in_order: self.results_in_order,
            prefetch: self.prefetch,
            timeout: self.timeout.map(seconds).transpose()?,
            metadata: self.metadata.clone(),
            compression: encoding(self.compression.as_deref()),
        })
    }
}

/// A duration of a whole call.
fn seconds(value: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(value)
        .map_err(|_| PyValueError::new_err(format!("timeout={value} is no number of seconds")))
}

#[pymethods]
impl ClientChannel {
    #[new]
    #[pyo3(signature = (host, port, *, tls=false))]
    fn new(py: Python<'_>, host: &str, port: u16, tls: bool) -> PyResult<Self> {
        let handle = runtime::handle(py)?;
        let _inside = handle.enter();
        let channel = super::drive::connect(host, port, tls).map_err(|e| errors::to_py(py, &e))?;
        Ok(Self { channel })
    }

    /// Opens a stream for one `post`; `watched` is for an event loop, which needs a descriptor.
    #[pyo3(signature = (spec: "object", watched: "bool") -> "CallStream")]
    fn open(&self, py: Python<'_>, spec: PostSpec<'_>, watched: bool) -> PyResult<CallStream> {
        let handle = runtime::handle(py)?;
        let wake = watched.then(Wake::new).transpose()?;
        let options = MailboxOptions {
            window: spec.window.max(1),
            in_order: spec.results_in_order,
        };
        let mailbox = Arc::new(Mailbox::new(options, wake));
        let (outbox, requests) = mpsc::unbounded_channel();
        let ids = Ids::new();
        let drive = Drive {
            channel: self.channel.clone(),
            options: spec.options()?,
            mailbox: Arc::clone(&mailbox),
            requests,
            ids,
        };
        let template = Template {
            endpoint: Some(spec.on.clone()),
            target: spec
                .target_executor
                .clone()
                .filter(|target| !target.is_empty()),
            parameters: py_to_struct(&spec.parameters).map_err(|error| {
                let said = format!("the parameters cannot be sent: {}", error.value(py));
                errors::to_py(py, &Error::new(ErrorKind::InvalidInput, said))
            })?,
        };
        let task = if spec.stream {
            handle.spawn(drive.stream())
        } else {
            handle.spawn(drive.unary())
        };
        Ok(CallStream {
            mailbox,
            outbox: Mutex::new(Some(outbox)),
            task: task.abort_handle(),
            template,
            ids,
        })
    }

    /// The bytes that `docs`, a DocumentArray, take in a request; fails where they cannot travel.
    #[staticmethod]
    #[pyo3(signature = (docs: "DocumentArray", /) -> "int")]
    fn encoded_len(docs: &Bound<'_, PyAny>) -> PyResult<usize> {
        Ok(super::documents::to_bytes(docs)?.len())
    }

    /// Asks whether every Executor of the Flow answers, waiting up to `timeout` seconds; false where
    /// nobody can be reached.
    #[pyo3(signature = (timeout=None))]
    fn dry_run(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let handle = runtime::handle(py)?;
        let limit = timeout.map(seconds).transpose()?;
        let deadline = limit.map(|limit| Instant::now() + limit);
        let channel = self.channel.clone();
        let mut task = handle.spawn(async move {
            let ask = super::drive::dry_run(&channel);
            match deadline {
                Some(deadline) => {
                    tokio::time::timeout_at(deadline, ask)
                        .await
                        .unwrap_or_else(|_| {
                            Err(Error::new(
                                ErrorKind::DeadlineExceeded,
                                "no answer to the dry run in time",
                            ))
                        })
                }
                None => ask.await,
            }
        });
        loop {
            let done = py.detach(|| {
                handle.block_on(async { tokio::time::timeout(SIGNAL_CHECK, &mut task).await.ok() })
            });
            match done {
                Some(Ok(answer)) => return Ok(answer.unwrap_or(false)),
                Some(Err(_)) => return Ok(false),
                None => {
                    if let Err(signal) = py.check_signals() {
                        task.abort();
                        return Err(signal);
                    }
                }
            }
        }
    }
}
