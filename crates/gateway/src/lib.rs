//! The gateway: carries a request through a Flow's Executors and its answer back.
//!
//! Pure routing. Documents stay the bytes they came in, also where a condition chooses among them and
//! where branches meet; parameters are looked into only where a key concerns the way.

mod dispatch;
mod external;
mod head;
mod hop;
mod join;
mod options;
mod order;
mod parameters;
mod service;
mod structs;
mod target;
mod walk;

pub use external::{Address, External};
pub use head::{Head, Polling, PollingTable};
pub use options::GatewayOptions;
pub use service::Gateway;
