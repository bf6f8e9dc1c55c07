//! How bytes travel: frames to a local worker, gRPC at the edge.

pub mod frames;
pub mod server;
