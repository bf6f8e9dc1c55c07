//! The edge: Jina's gRPC services, health, reflection and plain HTTP on one port.
//!
//! Requests are not decoded by a codec: their bytes go through `tidegate_proto`'s scan, and the answers'
//! Documents are sent as they are. hyper speaks HTTP; `dispatch` sorts by path; health and reflection are
//! tonic's, behind an axum router that plain HTTP joins.

mod backlog;
mod body;
mod call;
mod connection;
mod dispatch;
mod health;
mod idle;
mod listener;
mod options;
mod outbox;
mod refusal;
mod service;
mod shutdown;
mod unary;

pub use listener::{Bound, Server};
pub use options::ServerOptions;
pub use refusal::status_of_refusal;
pub use service::{BoxFuture, Service};
pub use shutdown::Shutdown;
