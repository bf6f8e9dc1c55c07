//! The bridge between Rust and asyncio.
//!
//! Calls come in as plain values: from frames on a worker's channel ([`worker`]), or from tokio in the
//! same process ([`inbox`]). The [`engine`] starts each as a real `asyncio.Task` whose first step runs at
//! once, or hands it to the thread for sync methods, and passes the answer back as plain values. Tokio
//! threads never touch Python, and no lock is held while Python runs.

mod answer;
mod arguments;
mod callback;
mod calls;
mod endpoint;
mod engine;
mod exception;
mod handshake;
mod inbox;
mod lifeline;
mod outgoing;
mod probe;
mod pump;
mod wake;
mod worker;

pub(crate) use endpoint::Endpoint;
pub(crate) use inbox::Inbox;
pub(crate) use probe::{BridgeProbe, ProbeCall};
pub(crate) use worker::WorkerChannel;
