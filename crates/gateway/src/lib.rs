//! The gateway: carries a request through a Flow's Executors and its answer back.
//!
//! Pure routing. Documents stay the bytes they came in; parameters are looked into only where a key
//! concerns the way.

mod dispatch;
mod options;
mod parameters;
mod plan;
mod service;
mod structs;
mod target;

pub use options::GatewayOptions;
pub use plan::{Node, Plan};
pub use service::Gateway;
