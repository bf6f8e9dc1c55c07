//! `tidegate._tidegate`: what Python sees of the Rust rooms.
//!
//! A leaf: classes wrap what the other crates do, and no logic lives here but the bridge to asyncio.

mod bridge;
mod client;
mod document;
mod errors;
mod flow;
mod runtime;
mod spec;

use pyo3::prelude::*;

#[pymodule]
mod _tidegate {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bridge::{BridgeProbe, Endpoint, Inbox, ProbeCall, WorkerChannel};
    #[pymodule_export]
    use crate::client::{
        CallStream, ClientChannel, PyData, PyHeader, PyRemoteException, PyResponse, PyRoute,
        PyStatus, PyTimestamp,
    };
    #[pymodule_export]
    use crate::document::{
        _forget_random_ids, PyChunkArray, PyDocument, PyDocumentArray, PyMatchArray, PyNamedScore,
    };
    #[pymodule_export]
    use crate::flow::{FlowRuntime, draw_flow, nearest, plan_topology};
    #[pymodule_export]
    use crate::spec::{_cli, _options, _renamed_options, dump_yaml, load_yaml};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        crate::document::register(module)
    }
}
