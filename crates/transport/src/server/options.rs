//! What a server may be told.

use std::time::Duration;

/// A server's settings.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The longest request, decompressed. 256 MiB.
    pub max_message_bytes: usize,
    /// How many requests of one stream are in progress at once, where its caller does not say. 1000; 0 is
    /// no limit but that of bytes.
    pub prefetch: usize,
    /// What the answers that clients have not read yet may come to, over all streams. 1 GiB; beyond it the
    /// streams with the most of it are ended.
    pub max_unsent_bytes: usize,
    /// How many connections are open at once; further ones wait. 10,000.
    pub max_connections: usize,
    /// How long a client may take over a connection's first bytes or a request's headers. 10 s.
    pub header_timeout: Duration,
    /// How long a stream with no request in progress is kept open. 1 h.
    pub stream_idle: Duration,
    /// After how long without a sign of life a client is asked for one. 30 s.
    pub keepalive_interval: Duration,
    /// How long it may take to answer that. 10 s.
    pub keepalive_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            max_message_bytes: 256 * 1024 * 1024,
            prefetch: 1000,
            max_unsent_bytes: 1024 * 1024 * 1024,
            max_connections: 10_000,
            header_timeout: Duration::from_secs(10),
            stream_idle: Duration::from_secs(3600),
            keepalive_interval: Duration::from_secs(30),
            keepalive_timeout: Duration::from_secs(10),
        }
    }
}
