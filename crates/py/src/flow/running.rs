//! A Flow that runs: its gateway, its server and its workers. Nothing here touches Python.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tidegate_core::{Call, Error};
use tidegate_gateway::{Gateway, GatewayOptions, Node, Plan};
use tidegate_orchestrator::{Deployment, SendTimeout, Supervisor};
use tidegate_transport::pool::{Pool, PoolLimits};
use tidegate_transport::server::{Bound, Server, ServerOptions, Shutdown};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::notices::Notices;

/// How long a server may take to end once what was in progress has been cut off.
const CUT_LIMIT: Duration = Duration::from_millis(500);

/// Where a Flow listens, and how much it takes.
#[derive(Clone)]
pub(super) struct Edge {
    pub(super) name: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) max_message_bytes: usize,
    pub(super) prefetch: usize,
}

/// One Executor of the chain.
pub(super) struct Member {
    pub(super) place: Place,
    pub(super) timeout_send: Option<Duration>,
}

/// Where an Executor runs.
pub(super) enum Place {
    Workers(Box<Deployment>),
    Inline { name: String, call: Arc<dyn Call> },
}

/// A Flow whose parts are there; it serves once [`Running::start`] has returned.
pub(super) struct Running {
    gateway: Arc<Gateway>,
    supervisor: Supervisor,
    notices: Arc<Notices>,
    address: SocketAddr,
    edge: Edge,
    bound: Mutex<Option<Bound>>,
    server: Mutex<Option<JoinHandle<()>>>,
    shutdown: Shutdown,
}

impl Running {
    /// Binds the port, and only then puts the parts together; spawns nothing.
    pub(super) async fn prepare(
        edge: Edge,
        members: Vec<Member>,
        notices: Arc<Notices>,
    ) -> Result<Self, Error> {
        let bound = Server::bind(&edge.host, edge.port).await?;
        let mut nodes = Vec::with_capacity(members.len());
        let mut deployments = Vec::new();
        for member in members {
            let (name, call): (Arc<str>, Arc<dyn Call>) = match member.place {
                Place::Inline { name, call } => (name.into(), call),
                Place::Workers(deployment) => {
                    let name: Arc<str> = deployment.name.as_str().into();
                    let limits = PoolLimits {
                        in_flight: deployment.max_in_flight,
                        ..PoolLimits::default()
                    };
                    let pool = Pool::new(name.clone(), limits);
                    deployments.push((*deployment, pool.clone()));
                    (name, pool)
                }
            };
            let call = match member.timeout_send {
                Some(limit) => Arc::new(SendTimeout::new(name.clone(), call, limit)),
                None => call,
            };
            nodes.push(Node { name, call });
        }
        let warn = notices.clone();
        let options = GatewayOptions {
            on_warning: Arc::new(move |message| warn.add("warning", "gateway", message)),
            ..GatewayOptions::default()
        };
        let gateway = Gateway::new(Plan::chain(nodes)?, options);
        Ok(Self {
            gateway,
            supervisor: Supervisor::new(deployments, notices.clone()),
            notices,
            address: bound.local_addr(),
            edge,
            bound: Mutex::new(Some(bound)),
            server: Mutex::new(None),
            shutdown: Shutdown::new(),
        })
    }

    /// Starts the workers, waits until all are ready, and serves.
    pub(super) async fn start(&self) -> Result<(), Error> {
        self.supervisor.start().await?;
        if let Some(bound) = self.bound.lock().take() {
            let options = ServerOptions {
                max_message_bytes: self.edge.max_message_bytes,
                prefetch: self.edge.prefetch,
                ..ServerOptions::default()
            };
            let notices = self.notices.clone();
            let served = bound.serve(self.gateway.clone(), options, self.shutdown.clone());
            // Ends when the shutdown has begun and its grace is over, or all is done.
            *self.server.lock() = Some(tokio::spawn(async move {
                if let Err(error) = served.await {
                    notices.add("failed", "gateway", error.to_string());
                }
            }));
        }
        Ok(())
    }

    /// Not ready any more, accepts nothing, finishes what runs within `grace`, closes the Executors.
    pub(super) async fn close(&self, grace: Duration) {
        let begun = Instant::now();
        self.bound.lock().take();
        self.gateway.drain();
        self.shutdown.begin(grace);
        let server = self.server.lock().take();
        if let Some(server) = server {
            let _ = timeout(grace.saturating_add(CUT_LIMIT), server).await;
        }
        self.supervisor
            .stop(grace.saturating_sub(begun.elapsed()))
            .await;
    }

    /// Ends everything now, also while [`Running::close`] waits.
    pub(super) fn kill(&self) {
        self.shutdown.begin(Duration::ZERO);
        self.supervisor.kill();
    }

    pub(super) fn is_ready(&self) -> bool {
        self.server.lock().is_some() && self.gateway.ready().is_ok()
    }

    pub(super) fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    pub(super) fn notices(&self) -> &Notices {
        &self.notices
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}
