//! The edge: Jina's gRPC services, health, reflection and plain HTTP on one port.

mod service;

pub use service::{BoxFuture, Service};
