//! `tidegate._tidegate`: what Python sees of the Rust rooms.
//!
//! A leaf: classes wrap what the other crates do, and no logic lives here but the bridge to asyncio.

mod bridge;
mod client;
mod document;
mod errors;
mod flow;
mod runtime;

use pyo3::prelude::*;

#[pymodule]
fn _tidegate(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    document::register(module)?;
    bridge::register(module)?;
    client::register(module)?;
    flow::register(module)?;
    Ok(())
}
