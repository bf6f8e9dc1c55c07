//! The gateway, as servers see it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tidegate_core::graph::{Index, Plan, Topology};
use tidegate_core::{Call, Error, ErrorKind, Request, Status, StatusCode};
use tidegate_transport::server::{BoxFuture, Service};
use tokio_util::task::TaskTracker;

use crate::dispatch::dispatch;
use crate::options::GatewayOptions;
use crate::target::Targets;

/// After so many warnings, old ones may be given again.
const WARNINGS_REMEMBERED: usize = 256;

/// Routes requests through one Plan.
pub struct Gateway {
    pub(crate) plan: Plan,
    /// Who runs each node of the Plan; `None` where Documents just go past.
    calls: Box<[Option<Arc<dyn Call>>]>,
    /// What nobody waits for.
    pub(crate) floating: TaskTracker,
    pub(crate) options: GatewayOptions,
    pub(crate) targets: Targets,
    draining: AtomicBool,
    /// What callers have been warned of.
    warned: Mutex<HashSet<String>>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway of `plan`, whose Executors are run by `calls`, each under its name there. A node of the
    /// Plan that has none lets Documents past: it is where branches meet, and no more.
    #[must_use]
    pub fn new(
        plan: Plan,
        mut calls: HashMap<Arc<str>, Arc<dyn Call>>,
        options: GatewayOptions,
    ) -> Arc<Self> {
        let nodes = plan.nodes().iter();
        let calls = nodes.map(|node| calls.remove(node.name())).collect();
        Arc::new(Self {
            plan,
            calls,
            floating: TaskTracker::new(),
            options,
            targets: Targets::default(),
            draining: AtomicBool::new(false),
            warned: Mutex::default(),
        })
    }

    /// A gateway of Executors one after another.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] where two have the same name.
    pub fn chain(
        executors: Vec<(Arc<str>, Arc<dyn Call>)>,
        options: GatewayOptions,
    ) -> Result<Arc<Self>, Error> {
        let plan = Topology::chain(executors.iter().map(|(name, _)| &**name)).plan()?;
        Ok(Self::new(plan, executors.into_iter().collect(), options))
    }

    /// Carries one request through the Executors, and gives the answer.
    ///
    /// An Executor's error is an answer: its status says so.
    ///
    /// # Errors
    /// What the gateway refuses or could not have done: [`InvalidInput`], [`Overloaded`],
    /// [`Unavailable`], [`DeadlineExceeded`] and the like.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the Executor's call.
    ///
    /// [`InvalidInput`]: tidegate_core::ErrorKind::InvalidInput
    /// [`Overloaded`]: tidegate_core::ErrorKind::Overloaded
    /// [`Unavailable`]: tidegate_core::ErrorKind::Unavailable
    /// [`DeadlineExceeded`]: tidegate_core::ErrorKind::DeadlineExceeded
    pub async fn handle(self: &Arc<Self>, request: Request) -> Result<Request, Error> {
        self.check_open()?;
        dispatch(self, request).await
    }

    /// Takes no request from now on, and is not ready; those on their way go on to their end, without
    /// waiting for others to be handled with.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        self.calls.iter().flatten().for_each(|call| call.flush());
    }

    /// Warns of what was probably not meant, before any request comes: Executors that no answer waits for.
    pub fn warn_of_plan(&self) {
        for name in self.plan.dangling() {
            self.warn(format!(
                "nothing needs Executor '{name}' and it is not the last one, so no answer waits for it: \
                 say `floating`, or join it with `needs`"
            ));
        }
    }

    /// Waits until nothing floats any more; those who wait decide for how long.
    ///
    /// # Cancel safety
    /// Dropping the future leaves what floats as it is.
    pub async fn floating_done(&self) {
        self.floating.close();
        self.floating.wait().await;
    }

    /// Who runs a node.
    pub(crate) fn call(&self, index: Index) -> Option<&Arc<dyn Call>> {
        self.calls.get(index)?.as_ref()
    }

    fn check_open(&self) -> Result<(), Error> {
        if self.draining.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Unavailable, "the flow is closing"));
        }
        Ok(())
    }

    /// Every endpoint that some Executor has, in the order of first mention.
    #[must_use]
    pub fn endpoints(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for call in self.calls.iter().flatten() {
            for endpoint in call.endpoints() {
                if !all.contains(&endpoint) {
                    all.push(endpoint);
                }
            }
        }
        all
    }

    /// Whether a request made now would find every Executor.
    ///
    /// # Errors
    /// That of the first Executor that is not there, or that the gateway is draining.
    pub fn ready(&self) -> Result<(), Error> {
        self.check_open()?;
        let mut calls = self.calls.iter().flatten();
        calls.try_for_each(|call| call.ready())
    }

    /// Tells of something once, however many requests meet it.
    pub(crate) fn warn(&self, warning: String) {
        let mut warned = self.warned.lock();
        if warned.len() >= WARNINGS_REMEMBERED {
            warned.clear();
        }
        let new = warned.insert(warning.clone());
        drop(warned);
        if new {
            (self.options.on_warning)(warning);
        }
    }
}

impl Service for Gateway {
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<Result<Request, Error>> {
        Box::pin(async move { Gateway::handle(&self, request).await })
    }

    fn endpoints(&self) -> Vec<String> {
        Gateway::endpoints(self)
    }

    fn ready(&self) -> bool {
        Gateway::ready(self).is_ok()
    }

    fn dry_run(self: Arc<Self>) -> BoxFuture<Status> {
        let status = match Gateway::ready(&self) {
            Ok(()) => Status::default(),
            Err(error) => Status {
                code: StatusCode::Error,
                description: error.to_string(),
                exception: error.exception().cloned(),
            },
        };
        Box::pin(std::future::ready(status))
    }
}
