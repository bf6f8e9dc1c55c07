//! A worker's channel, as `python -m tidegate._worker` sees it.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tidegate_core::{Error, ErrorKind, RemoteException};
use tidegate_transport::frames::{Decoder, Frame, FrameHeader, Hello, Kind, Ledger, encode_error};

use super::calls::Replies;
use super::endpoint::{Endpoint, Table};
use super::engine::{self, Engine, Limits};
use super::exception::error_from;
use super::handshake;
use super::lifeline::Lifeline;
use super::outgoing::{FRAME_ROOM, Outgoing};
use super::pump::{self, Pump};
use super::wake::Wake;
use crate::errors::to_py;

/// How long the last frames may take to be read when the worker ends.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The channel between a worker and the gateway that has spawned it.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct WorkerChannel {
    channel: Arc<OwnedFd>,
    lifeline: Arc<Lifeline>,
    settings: Bytes,
    blob: Bytes,
    fresh: Mutex<Option<(Ledger, Decoder)>>,
    serving: Mutex<Option<Arc<Serving>>>,
}

struct Serving {
    engine: Arc<Engine>,
    pump: Arc<Pump>,
    outgoing: Arc<Outgoing>,
}

/// What [`WorkerChannel::serve`] is told; its fields are those of a Python object.
#[derive(FromPyObject)]
struct ServeOptions<'py> {
    #[pyo3(attribute("loop"))]
    looper: Bound<'py, PyAny>,
    context: Bound<'py, PyAny>,
    executor: String,
    endpoints: Vec<Py<Endpoint>>,
    limits: Limits,
    output_array_type: Option<String>,
    on_thread: Bound<'py, PyAny>,
    max_message_bytes: u64,
    on_idle: Bound<'py, PyAny>,
    on_drain: Bound<'py, PyAny>,
    on_gone: Bound<'py, PyAny>,
}

#[pymethods]
impl WorkerChannel {
    /// Takes the channel from standard input and listens until the parent has said what to run.
    #[new]
    fn open(py: Python<'_>) -> PyResult<Self> {
        let opened = py
            .detach(handshake::open)
            .map_err(|error| to_py(py, &error))?;
        let channel = Arc::new(opened.channel);
        let lifeline = Lifeline::start(Arc::clone(&channel))?;
        Ok(Self {
            channel,
            lifeline,
            settings: opened.settings,
            blob: opened.blob,
            fresh: Mutex::new(Some((opened.ledger, opened.decoder))),
            serving: Mutex::new(None),
        })
    }

    /// The settings, JSON.
    #[getter]
    fn settings<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.settings)
    }

    /// The class and its arguments, pickled by the parent.
    #[getter]
    fn blob<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.blob)
    }

    /// Tells the parent that the Executor could not be started, and why.
    fn fail(&self, py: Python<'_>, raised: &Bound<'_, PyAny>, executor: &str) -> PyResult<()> {
        let told = error_from(py, &PyErr::from_value(raised.clone()), executor);
        let exception = told
            .exception()
            .cloned()
            .unwrap_or_else(RemoteException::default);
        let error = Error::new(ErrorKind::Startup, told.message()).with_exception(exception);
        let mut bytes = Vec::new();
        encode_error(0, &error, &mut bytes)
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        py.detach(|| write_all(&self.channel, &bytes))?;
        Ok(())
    }

    /// Says Hello, with the endpoints, and serves calls from `options.looper` from now on.
    fn serve(&self, py: Python<'_>, options: ServeOptions<'_>) -> PyResult<()> {
        let Some((ledger, mut decoder)) = self.fresh.lock().take() else {
            return Err(PyRuntimeError::new_err("the channel serves already"));
        };
        decoder.set_limit(options.max_message_bytes.saturating_add(FRAME_ROOM));
        let table = Table::new(
            py,
            options.executor,
            &options.endpoints,
            options.output_array_type,
        )?;
        let hello = Hello {
            executor: table.executor.clone(),
            endpoints: table.hello(),
            ..Hello::ours()
        };
        let hello = Frame::new(FrameHeader::new(Kind::Hello, 0), hello.encode().into())
            .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        let channel = Arc::clone(&self.channel);
        rustix::io::ioctl_fionbio(&channel, true).map_err(std::io::Error::from)?;
        let outgoing = Arc::new(Outgoing::new(channel, ledger, options.max_message_bytes));
        let engine = Engine::new(
            py,
            engine::Parts {
                looper: options.looper.clone(),
                context: options.context,
                table,
                replies: Arc::clone(&outgoing) as Arc<dyn Replies>,
                limits: options.limits,
                on_thread: options.on_thread,
                on_idle: options.on_idle,
                wake: Arc::new(Wake::new()?),
            },
        )?;
        let pump = Pump::new(pump::Parts {
            channel: Arc::clone(&self.channel),
            engine: Arc::clone(&engine),
            outgoing: Arc::clone(&outgoing),
            looper: options.looper,
            on_drain: options.on_drain,
            on_gone: options.on_gone,
            decoder,
        });
        outgoing.push(|tail| {
            tail.extend_from_slice(&hello.header.to_bytes());
            tail.extend_from_slice(&hello.body);
        });
        outgoing.flush();
        *self.serving.lock() = Some(Arc::new(Serving {
            engine,
            pump: Arc::clone(&pump),
            outgoing,
        }));
        pump.attach(py)
    }

    /// Runs sync methods until [`WorkerChannel::end_sync`]; the body of their thread.
    fn run_sync(&self, py: Python<'_>) -> PyResult<()> {
        self.serving()?.engine.run_sync(py)
    }

    /// Ends the thread for sync methods after the call that it is running.
    fn end_sync(&self) -> PyResult<()> {
        self.serving()?.engine.end_sync();
        Ok(())
    }

    /// What became of the batches of each batched endpoint so far.
    fn batch_counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.serving()?.engine.batch_counts(py)
    }

    /// Takes no more calls; `on_idle` is called when the last has ended. The process must be gone in
    /// `limit` seconds.
    fn drain(&self, py: Python<'_>, limit: f64) -> PyResult<()> {
        self.ending(limit);
        self.serving()?.engine.drain(py)
    }

    /// The process must be gone in `limit` seconds.
    fn ending(&self, limit: f64) {
        let limit = Duration::try_from_secs_f64(limit).unwrap_or(Duration::ZERO);
        if let Some(limit) = Instant::now().checked_add(limit) {
            self.lifeline.ending(limit);
        }
    }

    /// Cancels every call.
    fn cancel_all(&self, py: Python<'_>) -> PyResult<()> {
        self.serving()?.engine.cancel_all(py)
    }

    /// Writes what is left, and takes leave of the loop.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let serving = self.serving()?;
        serving.pump.detach(py)?;
        py.detach(|| {
            let limit = Instant::now() + LAST_WORDS;
            serving.outgoing.flush();
            while serving.outgoing.is_waiting() && Instant::now() < limit {
                wait_writable(&self.channel);
                serving.outgoing.flush();
            }
        });
        Ok(())
    }

    /// Lets go of the channel in a forked child: it is the parent's.
    fn forked(&self) -> PyResult<()> {
        Ok(handshake::cut_off(&self.channel)?)
    }

    /// The Executor has been closed: an exit from here on is a good one.
    fn closed(&self) {
        self.lifeline.closed();
    }
}

impl WorkerChannel {
    fn serving(&self) -> PyResult<Arc<Serving>> {
        let serving = self.serving.lock().clone();
        serving.ok_or_else(|| PyRuntimeError::new_err("the channel does not serve yet"))
    }
}

fn wait_writable(channel: &OwnedFd) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let step = Timespec {
        tv_sec: 0,
        tv_nsec: 50_000_000,
    };
    let mut descriptors = [PollFd::from_borrowed_fd(channel.as_fd(), PollFlags::OUT)];
    let _ = poll(&mut descriptors, Some(&step));
}

fn write_all(channel: &OwnedFd, mut bytes: &[u8]) -> std::io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(channel, bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
