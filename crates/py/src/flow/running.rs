//! A Flow that runs: its gateway, its server and its workers. Nothing here touches Python.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use parking_lot::Mutex;
use tidegate_core::graph::Topology;
use tidegate_core::{Call, Error, ErrorKind};
use tidegate_gateway::{Address, External, Gateway, GatewayOptions, Head, PollingTable};
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

/// One Executor of the Flow, or a part of one.
pub(super) struct Member {
    pub(super) name: Arc<str>,
    pub(super) place: Place,
    pub(super) timeout_send: Option<Duration>,
}

/// Where an Executor runs.
pub(super) enum Place {
    Workers(Box<Deployment>),
    Inline(Arc<dyn Call>),
    /// Elsewhere: its addresses, and what goes with every call.
    External(Vec<Address>, Vec<(String, String)>),
    /// In shards, which are members too.
    Sharded(Shards),
}

/// An Executor in shards, by the names of its parts.
pub(super) struct Shards {
    pub(super) shards: Vec<String>,
    pub(super) polling: PollingTable,
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
    pub(super) reduce: bool,
}

/// A Flow whose parts are there; it serves once [`Running::start`] has returned.
pub(super) struct Running {
    gateway: Arc<Gateway>,
    externals: Vec<Arc<External>>,
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
        topology: Option<Topology>,
        notices: Arc<Notices>,
    ) -> Result<Self, Error> {
        let plan = match topology {
            Some(topology) => topology,
            None => Topology::chain(members.iter().map(|member| &*member.name)),
        }
        .plan()?;
        let bound = Server::bind(&edge.host, edge.port).await?;
        let mut parts = Parts::default();
        for member in members {
            parts.add(member)?;
        }
        let warn = notices.clone();
        let options = GatewayOptions {
            on_warning: Arc::new(move |message| warn.add("warning", "gateway", message)),
            ..GatewayOptions::default()
        };
        let gateway = Gateway::new(plan, parts.calls, options);
        let deployments = parts.deployments;
        Ok(Self {
            gateway,
            externals: parts.externals,
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
        self.gateway.warn_of_plan();
        let discovery = join_all(self.externals.iter().map(|external| external.discover()));
        let (started, _) = tokio::join!(self.supervisor.start(), discovery);
        started?;
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
        self.supervisor.forsake_queues();
        self.shutdown.begin(grace);
        let server = self.server.lock().take();
        if let Some(server) = server {
            let _ = timeout(grace.saturating_add(CUT_LIMIT), server).await;
        }
        let left = grace.saturating_sub(begun.elapsed());
        let _ = timeout(left, self.gateway.floating_done()).await;
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

/// The Executors as they are put together.
#[derive(Default)]
struct Parts {
    calls: HashMap<Arc<str>, Arc<dyn Call>>,
    deployments: Vec<(Deployment, Arc<Pool>)>,
    externals: Vec<Arc<External>>,
}

impl Parts {
    fn add(&mut self, member: Member) -> Result<(), Error> {
        let name = member.name;
        let call: Arc<dyn Call> = match member.place {
            Place::Inline(call) => call,
            Place::Workers(deployment) => {
                let limits = PoolLimits {
                    in_flight: deployment.max_in_flight,
                    ..PoolLimits::default()
                };
                let pool = Pool::new(name.clone(), limits);
                self.deployments.push((*deployment, pool.clone()));
                pool
            }
            Place::External(addresses, metadata) => {
                let external = External::connect(name.clone(), &addresses, metadata)?;
                self.externals.push(external.clone());
                external
            }
            Place::Sharded(shards) => Arc::new(self.head(&name, shards)?),
        };
        let call = match member.timeout_send {
            Some(limit) => Arc::new(SendTimeout::new(name.clone(), call, limit)),
            None => call,
        };
        self.calls.insert(name, call);
        Ok(())
    }

    fn head(&mut self, name: &Arc<str>, parts: Shards) -> Result<Head, Error> {
        let mut take = |part: String| {
            self.calls.remove(&*part).ok_or_else(|| {
                let said = format!("Executor `{name}` has no part `{part}`");
                Error::new(ErrorKind::Internal, said)
            })
        };
        let shards = parts.shards.into_iter().map(&mut take);
        let shards = shards.collect::<Result<Vec<_>, _>>()?;
        let mut head = Head::new(name.clone(), shards, parts.polling).reduce(parts.reduce);
        if let Some(before) = parts.before {
            head = head.before(take(before)?);
        }
        if let Some(after) = parts.after {
            head = head.after(take(after)?);
        }
        Ok(head)
    }
}
