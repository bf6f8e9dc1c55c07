//! Drives a bridge without a gateway: for the bridge's own tests and measurements.

use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use pyo3::exceptions::{PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tidegate_core::{Branch, Call, CallReply, CallRequest, Error, Payload, Retry};
use tidegate_transport::channel::{LinkLimits, WorkerLink};
use tidegate_transport::frames::{Hello, Ledger};
use tokio::task::AbortHandle;

use super::Inbox;
use crate::runtime;

/// An Executor, to be called from a test.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct BridgeProbe {
    call: Arc<dyn Call>,
    link: Option<Arc<WorkerLink>>,
}

/// A call on its way. Dropping it does nothing; `cancel` does.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct ProbeCall {
    task: AbortHandle,
    answer: Mutex<mpsc::Receiver<Result<CallReply, Error>>>,
}

fn request(endpoint: &str, payloads: Vec<Bytes>, parameters: Bytes) -> CallRequest {
    CallRequest {
        request_id: Arc::from("probe"),
        endpoint: Arc::from(endpoint),
        parameters,
        branches: payloads
            .into_iter()
            .enumerate()
            .map(|(place, payload)| Branch {
                from: format!("before{place}").into(),
                payload: Payload(payload),
            })
            .collect(),
        deadline: None,
    }
}

#[pymethods]
impl BridgeProbe {
    /// Over the inbox of an inline Executor.
    #[staticmethod]
    fn inline(inbox: &Bound<'_, Inbox>) -> Self {
        Self {
            call: inbox.get().call_handle(),
            link: None,
        }
    }

    /// Over a channel and a ledger, whose descriptors it takes, to a worker that has said `hello`.
    #[staticmethod]
    #[allow(unsafe_code)]
    fn worker(py: Python<'_>, channel: RawFd, ledger: RawFd, hello: &[u8]) -> PyResult<Self> {
        // SAFETY: the caller has detached both descriptors and hands them over.
        let (channel, ledger) =
            unsafe { (OwnedFd::from_raw_fd(channel), OwnedFd::from_raw_fd(ledger)) };
        let hello =
            Hello::decode(hello).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let handle = runtime::handle(py)?;
        let _context = handle.enter();
        let pod = Arc::from("executor0/rep-0");
        let ledger = Ledger::from_fd(ledger);
        let link = WorkerLink::connect(channel.into(), ledger, hello, pod, LinkLimits::default())
            .map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Self {
            call: Arc::clone(&link) as Arc<dyn Call>,
            link: Some(link),
        })
    }

    /// How many payloads were scanned so far in this process.
    #[staticmethod]
    fn scans() -> u64 {
        crate::document::scans()
    }

    /// The endpoints.
    fn endpoints(&self) -> Vec<String> {
        self.call.endpoints()
    }

    /// How many calls the worker has not answered yet.
    fn in_flight(&self) -> usize {
        self.link.as_ref().map_or(0, |link| link.in_flight())
    }

    /// Asks the worker to end.
    fn drain(&self, grace: f64) {
        if let (Some(link), Ok(grace)) = (&self.link, Duration::try_from_secs_f64(grace)) {
            link.drain(grace);
        }
    }

    /// Begins a call.
    #[pyo3(signature = (endpoint, *payloads, parameters = None, timeout = None))]
    fn send(
        &self,
        py: Python<'_>,
        endpoint: &str,
        payloads: Vec<Vec<u8>>,
        parameters: Option<Vec<u8>>,
        timeout: Option<f64>,
    ) -> PyResult<ProbeCall> {
        let payloads = payloads.into_iter().map(Bytes::from).collect();
        let mut request = request(endpoint, payloads, parameters.unwrap_or_default().into());
        request.deadline = timeout
            .and_then(|timeout| Duration::try_from_secs_f64(timeout).ok())
            .and_then(|timeout| Instant::now().checked_add(timeout));
        let (sender, answer) = mpsc::channel();
        let call = Arc::clone(&self.call);
        let task = runtime::handle(py)?.spawn(async move {
            let _ = sender.send(call.call(request).await);
        });
        Ok(ProbeCall {
            task: task.abort_handle(),
            answer: Mutex::new(answer),
        })
    }

    /// Makes `calls` calls, `in_flight` at a time; gives the seconds and the latencies in microseconds
    /// of every call.
    fn rate(
        &self,
        py: Python<'_>,
        endpoint: &str,
        payload: &[u8],
        calls: usize,
        in_flight: usize,
    ) -> PyResult<(f64, Vec<f64>)> {
        let handle = runtime::handle(py)?;
        let payload = Bytes::copy_from_slice(payload);
        let lane = calls / in_flight.max(1);
        py.detach(|| {
            handle.block_on(async {
                let began = Instant::now();
                let lanes = (0..in_flight.max(1)).map(|_| {
                    let (call, payload) = (Arc::clone(&self.call), payload.clone());
                    let template = request(endpoint, vec![payload], Bytes::new());
                    tokio::spawn(async move {
                        let mut latencies = Vec::with_capacity(lane);
                        for _ in 0..lane {
                            let sent = Instant::now();
                            if call.call(template.clone()).await.is_err() {
                                break;
                            }
                            latencies.push(sent.elapsed().as_secs_f64() * 1e6);
                        }
                        latencies
                    })
                });
                let mut latencies = Vec::with_capacity(calls);
                for lane in lanes.collect::<Vec<_>>() {
                    latencies.extend(lane.await.unwrap_or_default());
                }
                Ok((began.elapsed().as_secs_f64(), latencies))
            })
        })
    }
}

#[pymethods]
impl ProbeCall {
    /// Drops the call, as a caller that leaves does.
    fn cancel(&self) {
        self.task.abort();
    }

    /// Whether the call has ended.
    fn is_answered(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits for the answer: a dict with `payload` and `results`, or with `kind` and the rest of an error.
    #[pyo3(signature = (limit = 20.0))]
    fn wait<'py>(&self, py: Python<'py>, limit: f64) -> PyResult<Bound<'py, PyDict>> {
        let limit = Duration::try_from_secs_f64(limit).unwrap_or_default();
        let answer = py.detach(|| self.answer.lock().recv_timeout(limit));
        let told = PyDict::new(py);
        match answer {
            Err(mpsc::RecvTimeoutError::Timeout) => {
                return Err(PyTimeoutError::new_err("no answer came in time"));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => told.set_item("kind", "dropped")?,
            Ok(Ok(reply)) => {
                let bytes = |bytes: Bytes| PyBytes::new(py, &bytes);
                told.set_item("kind", py.None())?;
                told.set_item("payload", reply.payload.map(|payload| bytes(payload.0)))?;
                let results = reply.results.into_iter().next();
                told.set_item("results", results.map(|results| bytes(results.dict)))?;
            }
            Ok(Err(error)) => {
                told.set_item("kind", error.kind().as_str())?;
                told.set_item("description", error.message())?;
                told.set_item("never_started", error.retry() == Retry::NeverStarted)?;
                if let Some(exception) = error.exception() {
                    told.set_item("name", &exception.name)?;
                    told.set_item("args", &exception.args)?;
                    told.set_item("stacks", &exception.stacks)?;
                    told.set_item("executor", &exception.executor)?;
                }
            }
        }
        Ok(told)
    }
}
