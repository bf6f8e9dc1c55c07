//! The one door to user code: a call of one endpoint of one Executor.
//!
//! A Python Executor behind frames, one in this process and one on another machine are three things
//! that implement [`Call`]; whoever routes requests knows nothing else of them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::error::Error;
use crate::request::Payload;

/// The future of a call. Dropping it cancels the call: its coroutine sees `CancelledError`.
pub type CallFuture<'a> = Pin<Box<dyn Future<Output = Result<CallReply, Error>> + Send + 'a>>;

/// What an Executor is given.
#[derive(Debug, Clone)]
pub struct CallRequest {
    /// The caller's request id.
    pub request_id: Arc<str>,
    /// The endpoint as the caller wrote it; the Executor falls back to its `/default`.
    pub endpoint: Arc<str>,
    /// A serialised Struct, already narrowed to this Executor (`name__key` resolved).
    pub parameters: Bytes,
    /// The Documents: of one branch, or of each joined branch where nothing reduces them.
    pub branches: Vec<Branch>,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
}

/// Documents on their way into an Executor, and where they come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branch {
    /// The Executor that had them last, or `gateway`.
    pub from: Arc<str>,
    /// The Documents.
    pub payload: Payload,
}

/// What an Executor gives back.
#[derive(Debug, Clone, Default)]
pub struct CallReply {
    /// The Documents, or `None` when they are the ones that were sent, byte for byte.
    pub payload: Option<Payload>,
    /// The dicts that the endpoint returned: of one Pod, or of each shard that was asked.
    pub results: Vec<Results>,
    /// What is missing though there is an answer: shards that failed, and why.
    pub partial: Option<String>,
}

/// A dict returned by an endpoint, and the Pod that returned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Results {
    /// The Pod's name, such as `executor0/rep-0`.
    pub pod: Arc<str>,
    /// A serialised Struct.
    pub dict: Bytes,
}

/// An Executor, wherever it runs.
pub trait Call: Send + Sync {
    /// Runs the endpoint that `request` names.
    ///
    /// # Cancel safety
    /// Dropping the future tells the Executor to stop, and leaves nothing in flight.
    fn call(&self, request: CallRequest) -> CallFuture<'_>;

    /// Whether `endpoint` would run user code here (its own method, or `/default`). Where it would not,
    /// the Documents pass through untouched.
    fn serves(&self, endpoint: &str) -> bool;

    /// The endpoints, `/default` included, for discovery.
    fn endpoints(&self) -> Vec<String>;

    /// Has requests that wait for others, to be handled together, wait no more from now on: no others are to
    /// come.
    fn flush(&self) {}

    /// Whether a call made now would find someone to run it.
    ///
    /// # Errors
    /// Says who is awaited, or why nobody comes.
    fn ready(&self) -> Result<(), Error> {
        Ok(())
    }
}
