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
mod sync_lane;
mod task;
mod wake;
mod worker;

use pyo3::prelude::*;

pub(crate) use inbox::Inbox;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<endpoint::Endpoint>()?;
    module.add_class::<worker::WorkerChannel>()?;
    module.add_class::<Inbox>()?;
    module.add_class::<probe::BridgeProbe>()?;
    module.add_class::<probe::ProbeCall>()?;
    Ok(())
}
