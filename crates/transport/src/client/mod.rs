//! Calls to a gateway, ours or Jina's, over gRPC.

mod body;
mod channel;
mod failure;
mod options;
mod stream;

pub use channel::Channel;
pub use options::{CallOptions, ChannelOptions};
pub use stream::{Receiver, Sender};
