//! How bytes travel: frames to a local worker, gRPC at the edge.

pub mod channel;
pub mod frames;
pub mod pool;
pub mod server;
