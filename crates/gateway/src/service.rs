//! The gateway, as servers see it.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use tidegate_core::{Error, ErrorKind, Request, Status, StatusCode};
use tidegate_transport::server::{BoxFuture, Service};

use crate::dispatch::dispatch;
use crate::options::GatewayOptions;
use crate::plan::Plan;
use crate::target::Targets;

/// After so many warnings, old ones may be given again.
const WARNINGS_REMEMBERED: usize = 256;

/// Routes requests through one Plan.
#[derive(Debug)]
pub struct Gateway {
    pub(crate) plan: Plan,
    pub(crate) options: GatewayOptions,
    pub(crate) targets: Targets,
    draining: AtomicBool,
    /// What callers have been warned of.
    warned: Mutex<HashSet<String>>,
}

impl Gateway {
    /// A gateway of `plan`.
    #[must_use]
    pub fn new(plan: Plan, options: GatewayOptions) -> Arc<Self> {
        Arc::new(Self {
            plan,
            options,
            targets: Targets::default(),
            draining: AtomicBool::new(false),
            warned: Mutex::default(),
        })
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
    pub async fn handle(&self, request: Request) -> Result<Request, Error> {
        self.check_open()?;
        dispatch(self, request).await
    }

    /// Takes no request from now on, and is not ready; those on their way go on to their end.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
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
        for node in self.plan.nodes() {
            for endpoint in node.call.endpoints() {
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
        self.plan
            .nodes()
            .iter()
            .try_for_each(|node| node.call.ready())
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
