//! What a server serves.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tidegate_core::{Error, Request, Status};

/// A boxed future that owns what it needs.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// What stands behind a server: a gateway, or in tests an echo.
pub trait Service: Send + Sync + 'static {
    /// Answers a request. Its deadline is set where the caller sent one, and kept by the server too.
    ///
    /// An Executor's failure is no `Err`: it stands in the answer's `header.status`. An `Err` is a refusal
    /// of the service itself.
    ///
    /// # Cancel safety
    /// The caller has gone when the future is dropped.
    fn handle(self: Arc<Self>, request: Request) -> BoxFuture<Result<Request, Error>>;

    /// The endpoints of every Executor, for discovery.
    fn endpoints(&self) -> Vec<String>;

    /// Whether requests can be served now; what health checks answer.
    fn ready(&self) -> bool;

    /// Whether a request would make it through every Executor.
    fn dry_run(self: Arc<Self>) -> BoxFuture<Status>;
}
