//! The first frame of each end: which protocol, which release, which endpoints.

use serde::{Deserialize, Serialize};

use super::FrameError;

/// Changed whenever a frame's meaning changes.
pub const PROTOCOL_VERSION: u32 = 2;

/// What an end says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the sender.
    pub protocol: u32,
    /// The sender's release.
    pub version: String,
    /// The Executor's class name (worker only).
    #[serde(default)]
    pub executor: String,
    /// The endpoint table (worker only); a Start names an endpoint by its place here.
    #[serde(default)]
    pub endpoints: Vec<HelloEndpoint>,
}

/// One endpoint of a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloEndpoint {
    /// The path, such as `/index` or `/default`.
    pub name: String,
    /// Whether it runs on the thread for sync methods (and so in that [lane](super::Lane)).
    #[serde(default)]
    pub sync: bool,
}

impl Hello {
    /// What this release says, without endpoints.
    #[must_use]
    pub fn ours() -> Self {
        Self {
            protocol: PROTOCOL_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            executor: String::new(),
            endpoints: Vec::new(),
        }
    }

    /// Its bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a peer's hello.
    ///
    /// # Errors
    /// [`FrameError::Malformed`] where it is none; [`FrameError::Version`] naming both versions where
    /// they do not fit.
    pub fn decode(body: &[u8]) -> Result<Self, FrameError> {
        let peer: Self =
            serde_json::from_slice(body).map_err(|_| FrameError::Malformed("hello"))?;
        if peer.protocol != PROTOCOL_VERSION {
            return Err(FrameError::Version(format!(
                "the peer is tidegate {} (frame protocol {}), this is tidegate {} (frame protocol {})",
                peer.version,
                peer.protocol,
                env!("CARGO_PKG_VERSION"),
                PROTOCOL_VERSION
            )));
        }
        Ok(peer)
    }
}
