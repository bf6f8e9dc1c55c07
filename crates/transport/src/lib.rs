//! How bytes travel: frames to a local worker, gRPC at the edge.

pub mod channel;
pub mod client;
pub mod codes;
pub mod frames;
mod grpc;
pub mod pool;
pub mod server;

pub use grpc::Encoding;
