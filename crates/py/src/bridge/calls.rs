//! What passes between those who bring calls and the engine that runs them: plain values.

use std::io;
use std::time::Instant;

use bytes::Bytes;
use tidegate_core::Error;
use tidegate_transport::frames::Lane;

/// A call to be run.
pub(crate) struct Call {
    pub(crate) id: u64,
    /// The endpoint's place in the table.
    pub(crate) endpoint: usize,
    pub(crate) deadline: Option<Instant>,
    /// A serialised Struct.
    pub(crate) parameters: Bytes,
    /// For each branch the Executor before, and a serialised `DocumentArrayProto`, empty where the
    /// request carried no data.
    pub(crate) branches: Vec<(Bytes, Bytes)>,
}

/// What an engine is told.
pub(crate) enum Command {
    /// Run this.
    Start(Call),
    /// The caller of this id has gone.
    Cancel(u64),
    /// Let nothing wait for company any more.
    Flush,
}

/// What an endpoint gave back.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The Documents, or `None` when they are those that were sent.
    pub(crate) payload: Option<Bytes>,
    /// The dict that was returned, a serialised Struct.
    pub(crate) results: Option<Bytes>,
}

/// Where answers go. Nothing behind this touches Python, so it may be called with or without the GIL.
pub(crate) trait Replies: Send + Sync {
    /// Writes down that user code runs for `id` from now on.
    fn starting(&self, lane: Lane, id: u64) -> io::Result<()>;

    /// Takes the answer of `id`; every call has exactly one.
    fn reply(&self, id: u64, answer: Result<Outcome, Error>);

    /// Hands on what has been taken, without blocking.
    fn flush(&self);

    /// Whether something waits that only the loop can hand on.
    fn needs_loop(&self) -> bool;

    /// Whether so much waits to be handed on that no new call should start.
    fn is_congested(&self) -> bool;
}
