//! A running Flow, held by Python.

mod drawing;
mod notices;
mod running;
mod topology;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::graph::Topology;
use tidegate_core::{Error, ErrorKind};
use tidegate_gateway::{Address, Polling, PollingTable};
use tidegate_orchestrator::Deployment;
use tokio::runtime::Handle;

pub(crate) use self::drawing::draw_flow;
use self::notices::Notices;
use self::running::{Edge, Member, Place, Running, Shards};
use self::topology::topology_of;
pub(crate) use self::topology::{nearest, plan_topology};
use crate::bridge::Inbox;
use crate::errors::to_py;
use crate::runtime::{self, Closer};

/// How often a blocked call looks whether a signal has come.
const SIGNALS: Duration = Duration::from_millis(50);
/// How long ending everything by force may take.
const FORCE_LIMIT: Duration = Duration::from_secs(3);
/// What a Flow that is still open when the interpreter ends is given to finish.
const EXIT_GRACE: Duration = Duration::from_secs(1);
/// Calls that a worker has at once, unless its settings say otherwise.
const MAX_IN_FLIGHT: usize = 10_000;

/// Runs a Flow: the gateway in this process, the Executors in workers or inline.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct FlowRuntime {
    edge: Edge,
    members: Mutex<Vec<Member>>,
    topology: Mutex<Option<Topology>>,
    handler: Mutex<Option<Py<PyAny>>>,
    shared: Arc<Shared>,
}

/// What outlives the Python object until everything has ended.
struct Shared(Mutex<Stage>);

enum Stage {
    New,
    Starting(Arc<Running>),
    Serving(Arc<Running>, Handle),
    Closing(Arc<Running>),
    Closed,
}

impl Shared {
    fn running(&self) -> Option<Arc<Running>> {
        match &*self.0.lock() {
            Stage::Starting(running) | Stage::Serving(running, _) | Stage::Closing(running) => {
                Some(running.clone())
            }
            Stage::New | Stage::Closed => None,
        }
    }

    /// Takes the one start that there is; it counts as closed until it is under way.
    fn begin(&self) -> PyResult<()> {
        let mut stage = self.0.lock();
        if !matches!(*stage, Stage::New) {
            return Err(PyRuntimeError::new_err("a FlowRuntime starts once"));
        }
        *stage = Stage::Closed;
        Ok(())
    }

    /// Takes the Flow out of service; what was served, if anything was.
    fn leave(&self) -> Option<(Arc<Running>, Handle)> {
        let mut stage = self.0.lock();
        match std::mem::replace(&mut *stage, Stage::Closed) {
            Stage::Serving(running, handle) => {
                *stage = Stage::Closing(running.clone());
                Some((running, handle))
            }
            Stage::Starting(running) => {
                // Whoever waits for the start is told that it was stopped.
                running.kill();
                *stage = Stage::Starting(running);
                None
            }
            other @ Stage::Closing(_) => {
                *stage = other;
                None
            }
            Stage::New | Stage::Closed => None,
        }
    }
}

impl Closer for Shared {
    fn close_at_exit(&self) {
        if let Some((running, handle)) = self.leave() {
            let ended = spawn(&handle, {
                let running = running.clone();
                async move { running.close(EXIT_GRACE).await }
            });
            if ended.wait(EXIT_GRACE * 2 + FORCE_LIMIT).is_err() {
                running.kill();
                let _ = ended.wait(FORCE_LIMIT);
            }
            running.notices().close();
        }
    }
}

#[pymethods]
impl FlowRuntime {
    #[new]
    #[pyo3(signature = (*, host, port, max_message_bytes, prefetch, name))]
    fn new(
        host: String,
        port: Option<u16>,
        max_message_bytes: usize,
        prefetch: usize,
        name: String,
    ) -> Self {
        let port = port.unwrap_or(0);
        Self {
            edge: Edge {
                name,
                host,
                port,
                max_message_bytes,
                prefetch,
            },
            members: Mutex::default(),
            topology: Mutex::default(),
            handler: Mutex::default(),
            shared: Arc::new(Shared(Mutex::new(Stage::New))),
        }
    }

    /// Adds an Executor that runs in `replicas` worker processes, behind those added so far.
    ///
    /// `devices` go round among the replicas as `CUDA_VISIBLE_DEVICES`. With `single` its one Pod goes by
    /// the name itself.
    #[pyo3(signature = (
        name, *, replicas, argv, env, settings, blob, timeout_ready = None, timeout_send = None,
        devices = Vec::new(), single = false
    ))]
    #[allow(clippy::too_many_arguments)] // Keywords, each named at the call.
    fn add_worker(
        &self,
        name: String,
        replicas: u32,
        argv: Vec<OsString>,
        env: Vec<(OsString, OsString)>,
        settings: &[u8],
        blob: &[u8],
        timeout_ready: Option<f64>,
        timeout_send: Option<f64>,
        devices: Vec<String>,
        single: bool,
    ) -> PyResult<()> {
        let settings: serde_json::Map<_, _> = serde_json::from_slice(settings)
            .map_err(|error| PyValueError::new_err(format!("settings of `{name}`: {error}")))?;
        let in_flight = settings
            .get("max_in_flight")
            .and_then(serde_json::Value::as_u64);
        // Taken now, under the GIL: a worker that is restarted later gets the same, and no thread of
        // ours reads the environment while Python changes it.
        let mut whole: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        whole.extend(env);
        let member: Arc<str> = name.as_str().into();
        let deployment = Box::new(Deployment {
            name,
            devices,
            single,
            replicas: replicas.max(1),
            argv,
            env: whole.into_iter().collect(),
            cwd: std::env::current_dir().ok(),
            settings,
            blob: Bytes::copy_from_slice(blob),
            timeout_ready: seconds(timeout_ready),
            max_in_flight: in_flight
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(MAX_IN_FLIGHT),
            max_message_bytes: self.edge.max_message_bytes as u64,
        });
        let timeout_send = seconds(timeout_send);
        self.members.lock().push(Member {
            name: member,
            place: Place::Workers(deployment),
            timeout_send,
        });
        Ok(())
    }

    /// Adds an Executor that is reached at `addresses`, each a host, a port and whether to encrypt;
    /// `metadata` goes with every call.
    #[pyo3(signature = (name, addresses, *, metadata = Vec::new(), timeout_send = None))]
    fn add_external(
        &self,
        name: &str,
        addresses: Vec<(String, u16, bool)>,
        metadata: Vec<(String, String)>,
        timeout_send: Option<f64>,
    ) {
        let addresses = addresses.into_iter();
        let addresses = addresses.map(|(host, port, tls)| Address { host, port, tls });
        self.members.lock().push(Member {
            name: name.into(),
            place: Place::External(addresses.collect(), metadata),
            timeout_send: seconds(timeout_send),
        });
    }

    /// Puts members that were added into one Executor: its shards, and who comes before and after them.
    ///
    /// `polling` is `any` or `all`, by the endpoint where `endpoints` says so.
    #[pyo3(signature = (
        name, shards, *, polling, endpoints, before = None, after = None, reduce = true,
        timeout_send = None
    ))]
    #[allow(clippy::too_many_arguments)] // Keywords, each named at the call.
    fn add_head(
        &self,
        name: &str,
        shards: Vec<String>,
        polling: &str,
        endpoints: BTreeMap<String, String>,
        before: Option<String>,
        after: Option<String>,
        reduce: bool,
        timeout_send: Option<f64>,
    ) -> PyResult<()> {
        let mut table = PollingTable::new(polling_of(polling)?);
        for (endpoint, polling) in endpoints {
            table = table.with(endpoint, polling_of(&polling)?);
        }
        self.members.lock().push(Member {
            name: name.into(),
            place: Place::Sharded(Shards {
                shards,
                polling: table,
                before,
                after,
                reduce,
            }),
            timeout_send: seconds(timeout_send),
        });
        Ok(())
    }

    /// Says which Executor needs which; without it they are a chain. See `plan_topology`.
    fn set_topology(&self, nodes: Vec<Bound<'_, PyDict>>) -> PyResult<()> {
        *self.topology.lock() = Some(topology_of(&nodes)?);
        Ok(())
    }

    /// Adds an Executor that runs in this process, behind those added so far.
    #[pyo3(signature = (name, inbox, *, timeout_send = None))]
    fn add_inline(&self, name: &str, inbox: &Bound<'_, Inbox>, timeout_send: Option<f64>) {
        let call = inbox.get().call_handle();
        self.members.lock().push(Member {
            name: name.into(),
            place: Place::Inline(call),
            timeout_send: seconds(timeout_send),
        });
    }

    /// Has everything worth telling told to `handler(kind, pod, message)`, from a thread of its own, once
    /// the Flow starts. Kinds: `died`, `restarted`, `crash-loop`, `forced`, `warning`.
    fn set_event_handler(&self, handler: Option<Py<PyAny>>) {
        let former = std::mem::replace(&mut *self.handler.lock(), handler);
        drop(former);
    }

    /// Starts every worker and serves once all are ready; blocks without the GIL.
    ///
    /// `on_waiting(pods)` is called, from this thread, with those that are awaited, whenever they change.
    /// The first failure is raised after all others have been stopped, as is what a signal handler raises.
    #[pyo3(signature = (on_waiting = None))]
    fn start(&self, py: Python<'_>, on_waiting: Option<Py<PyAny>>) -> PyResult<()> {
        let handle = runtime::handle(py)?;
        self.shared.begin()?;
        let notices = Arc::new(Notices::default());
        let members = std::mem::take(&mut *self.members.lock());
        let topology = self.topology.lock().take();
        let prepare = Running::prepare(self.edge.clone(), members, topology, notices.clone());
        let prepared = spawn(&handle, prepare);
        let running = wait(py, &prepared, || Ok(()))?.map_err(|error| to_py(py, &error))?;
        let running = Arc::new(running);
        *self.shared.0.lock() = Stage::Starting(running.clone());
        let outcome = self.run(py, &handle, &running, on_waiting);
        match &outcome {
            Ok(()) => {
                *self.shared.0.lock() = Stage::Serving(running, handle);
                let shared = Arc::downgrade(&self.shared);
                runtime::close_at_exit(shared);
            }
            Err(_) => {
                *self.shared.0.lock() = Stage::Closed;
                py.detach(|| running.notices().close());
            }
        }
        outcome
    }

    /// Finishes what runs within `grace` seconds, closes the Executors, and ends the workers.
    ///
    /// Does nothing the second time. What a signal handler raises meanwhile ends everything at once.
    fn close(&self, py: Python<'_>, grace: f64) -> PyResult<()> {
        runtime::check_not_forked()?;
        let Some((running, handle)) = self.shared.leave() else {
            return Ok(());
        };
        let grace = seconds(Some(grace)).unwrap_or_default();
        let ended = spawn(&handle, {
            let running = running.clone();
            async move { running.close(grace).await }
        });
        let mut outcome = wait(py, &ended, || Ok(()));
        if outcome.is_err() {
            running.kill();
            py.detach(|| {
                let _ = ended.wait(FORCE_LIMIT);
            });
        }
        py.detach(|| running.notices().close());
        *self.shared.0.lock() = Stage::Closed;
        if outcome.is_ok() {
            outcome = py.check_signals();
        }
        outcome
    }

    /// The port that is listened on; what was asked for while none is.
    #[getter]
    fn port(&self) -> u16 {
        self.shared
            .running()
            .map_or(self.edge.port, |running| running.address().port())
    }

    /// The host that was asked for.
    #[getter]
    fn host(&self) -> &str {
        &self.edge.host
    }

    /// The Flow's name.
    #[getter]
    fn name(&self) -> &str {
        &self.edge.name
    }

    /// Whether requests are served, and every Executor has a worker.
    fn is_ready(&self) -> PyResult<bool> {
        runtime::check_not_forked()?;
        Ok(match &*self.shared.0.lock() {
            Stage::Serving(running, _) => running.is_ready(),
            _ => false,
        })
    }

    /// The processes of the Pods that have one.
    fn pids(&self) -> BTreeMap<String, u32> {
        let pods = self
            .shared
            .running()
            .map(|running| running.supervisor().pods());
        let pods = pods.unwrap_or_default().into_iter();
        pods.filter_map(|pod| Some((pod.pod.to_string(), pod.pid?)))
            .collect()
    }

    /// Where each Pod is in its life: `starting`, `ready`, `restarting`, `draining`, `failed` or `stopped`.
    fn states(&self) -> BTreeMap<String, &'static str> {
        let pods = self
            .shared
            .running()
            .map(|running| running.supervisor().pods());
        let pods = pods.unwrap_or_default().into_iter();
        pods.map(|pod| (pod.pod.to_string(), pod.phase.as_str()))
            .collect()
    }
}

impl FlowRuntime {
    /// Starts `running` and waits for it; on a failure or a signal nothing is left.
    fn run(
        &self,
        py: Python<'_>,
        handle: &Handle,
        running: &Arc<Running>,
        on_waiting: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let handler = self
            .handler
            .lock()
            .as_ref()
            .map(|handler| handler.clone_ref(py));
        if let Some(handler) = handler {
            running.notices().tell_to(handler)?;
        }
        let started = spawn(handle, {
            let running = running.clone();
            async move { running.start().await }
        });
        let mut told = Vec::new();
        let outcome = wait(py, &started, || {
            let awaited = running.supervisor().awaited();
            if let Some(on_waiting) = &on_waiting
                && awaited != told
            {
                let pods: Vec<&str> = awaited.iter().map(|pod| &**pod).collect();
                on_waiting.call1(py, (pods,))?;
                told = awaited;
            }
            Ok(())
        });
        match outcome {
            Ok(outcome) => outcome.map_err(|error| to_py(py, &error)),
            Err(raised) => {
                running.kill();
                py.detach(|| {
                    let _ = started.wait(FORCE_LIMIT);
                });
                Err(raised)
            }
        }
    }
}

impl Drop for FlowRuntime {
    fn drop(&mut self) {
        if runtime::is_forked() {
            // The parent's: neither its workers nor its runtime's locks are ours to touch.
            std::mem::forget(self.shared.clone());
            return;
        }
        if let Some((running, _)) = self.shared.leave() {
            running.kill();
        }
    }
}

/// Runs `future` on the runtime; its output comes out of what is returned.
fn spawn<T: Send + 'static>(
    handle: &Handle,
    future: impl Future<Output = T> + Send + 'static,
) -> Pending<T> {
    let (sender, receiver) = sync_channel(1);
    // Bounded by what it does; who no longer listens does not keep it from ending.
    handle.spawn(async move {
        let _ = sender.send(future.await);
    });
    Pending(Mutex::new(receiver))
}

/// What a task of the runtime will give.
struct Pending<T>(Mutex<Receiver<T>>);

impl<T> Pending<T> {
    fn wait(&self, limit: Duration) -> Result<T, RecvTimeoutError> {
        self.0.lock().recv_timeout(limit)
    }
}

/// Waits without the GIL, looking for signals and calling `tick` in between.
fn wait<T: Send>(
    py: Python<'_>,
    pending: &Pending<T>,
    mut tick: impl FnMut() -> PyResult<()>,
) -> PyResult<T> {
    loop {
        tick()?;
        match py.detach(|| pending.wait(SIGNALS)) {
            Ok(output) => return Ok(output),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                let error = Error::new(ErrorKind::Internal, "the runtime has ended");
                return Err(to_py(py, &error));
            }
        }
    }
}

fn polling_of(polling: &str) -> PyResult<Polling> {
    match polling {
        "any" => Ok(Polling::Any),
        "all" => Ok(Polling::All),
        other => Err(PyValueError::new_err(format!(
            "polling is 'any' or 'all', not '{other}'"
        ))),
    }
}

/// A number of seconds; `None` and what is negative stand for no limit.
fn seconds(value: Option<f64>) -> Option<Duration> {
    value.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}
