//! What a channel and a call may be told.

use std::time::Duration;

use crate::grpc::Encoding;

/// A channel's settings.
#[derive(Debug, Clone)]
pub struct ChannelOptions {
    /// How long connecting may take. 5 s.
    pub connect_timeout: Duration,
    /// After how long without a sign of life a server with calls in progress is asked for one. 30 s.
    pub keepalive_interval: Duration,
    /// How long it may take to answer that. 20 s.
    pub keepalive_timeout: Duration,
    /// The longest answer, decompressed; `None` for gRPC's own limit of 4 GiB.
    pub max_message_bytes: Option<usize>,
}

impl Default for ChannelOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(20),
            max_message_bytes: None,
        }
    }
}

/// A call's settings.
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    /// Whether answers come in the order of the requests, and not as each is done.
    pub results_in_order: bool,
    /// How many requests the server has in progress at once; its own setting where `None`.
    pub prefetch: Option<usize>,
    /// Further metadata: names in lower case, values in printable ASCII.
    pub metadata: Vec<(String, String)>,
    /// How long the whole call may take; the server is told too.
    pub timeout: Option<Duration>,
    /// How requests are compressed. Answers come likewise.
    pub compression: Option<Encoding>,
}
