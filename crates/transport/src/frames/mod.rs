//! The frame protocol between a gateway and a local worker.
//!
//! A stream socket pair carries frames both ways. Every frame is a fixed header of 24 bytes, all
//! numbers little-endian, and a body:
//!
//! | bytes | field | meaning |
//! |---|---|---|
//! | 0..4 | length | of the body |
//! | 4 | kind | [`Kind`] |
//! | 5 | flags | [`flags`] |
//! | 6..8 | aux | endpoint index (Start); 0 elsewhere |
//! | 8..16 | id | the call's id; 0 for what concerns no call |
//! | 16..24 | arg | microseconds left, 0 for no deadline (Start); number of exception arguments (Error); grace in microseconds (Drain) |
//!
//! The body of Start, Reply, Error and Spec is cut into sections ([`sections`]) that begin at multiples of
//! 64 bytes, so that a tensor may be viewed where it lies.
//!
//! | kind | direction | sections |
//! |---|---|---|
//! | Spec | to the worker | settings (JSON), class and arguments (cloudpickle; parent to child only) |
//! | Hello | both ways, first | one JSON object: [`Hello`] |
//! | Start | to the worker | request id, parameters, then for each branch the name of the Executor before and a payload |
//! | Cancel, Drain, Flush | to the worker | none |
//! | Reply | to the gateway | results (where flagged), payload (where flagged) |
//! | Error | to the gateway | kind, description, exception name, Executor class, arguments..., traceback chunks... |
//!
//! A kind that is not in the table is refused, unless its frame carries [`flags::IGNORABLE`].
//! What a worker has started stands in its [ledger](Ledger), not in frames.

mod decoder;
mod hello;
mod ledger;
mod message;
pub mod sections;

pub use decoder::Decoder;
pub use hello::{Hello, HelloEndpoint, PROTOCOL_VERSION};
pub use ledger::{Lane, Ledger};
pub use message::{
    ReplyFrame, StartFrame, encode_error, encode_reply, encode_reply_head, encode_start,
    error_from_frame,
};

use bytes::Bytes;

/// The length of every frame's header, in bytes.
pub const HEADER_LEN: usize = 24;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Versions and the endpoint table.
    Hello = 1,
    /// What to run: settings and the class.
    Spec = 2,
    /// Run an endpoint.
    Start = 3,
    /// The caller has gone.
    Cancel = 4,
    /// An endpoint's answer.
    Reply = 5,
    /// A call that failed, or a worker that could not start (id 0).
    Error = 6,
    /// One element of a stream.
    Item = 7,
    /// The end of a stream.
    End = 8,
    /// More room for calls.
    Credit = 9,
    /// Finish what runs, close the Executor, leave.
    Drain = 10,
    /// Let no call wait for others any more.
    Flush = 11,
}

impl Kind {
    fn from_wire(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Hello,
            2 => Self::Spec,
            3 => Self::Start,
            4 => Self::Cancel,
            5 => Self::Reply,
            6 => Self::Error,
            7 => Self::Item,
            8 => Self::End,
            9 => Self::Credit,
            10 => Self::Drain,
            11 => Self::Flush,
            _ => return None,
        })
    }
}

/// Bits of a header's `flags`.
pub mod flags {
    /// Reply: a results section is there.
    pub const RESULTS: u8 = 1;
    /// Reply: a payload section is there; without it the Documents are those that were sent.
    pub const PAYLOAD: u8 = 2;
    /// Error: exception sections are there.
    pub const EXCEPTION: u8 = 4;
    /// Error: the call never reached user code.
    pub const NEVER_STARTED: u8 = 8;
    /// A receiver that does not know the kind skips the frame.
    pub const IGNORABLE: u8 = 128;
    /// Every bit that this version knows.
    pub const KNOWN: u8 = RESULTS | PAYLOAD | EXCEPTION | NEVER_STARTED | IGNORABLE;
}

/// A frame's fixed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// The body's length in bytes.
    pub len: u32,
    /// What it is.
    pub kind: Kind,
    /// See [`flags`].
    pub flags: u8,
    /// See the module's table.
    pub aux: u16,
    /// The call's id.
    pub id: u64,
    /// See the module's table.
    pub arg: u64,
}

impl FrameHeader {
    /// A header without a body.
    #[must_use]
    pub fn new(kind: Kind, id: u64) -> Self {
        Self {
            len: 0,
            kind,
            flags: 0,
            aux: 0,
            id,
            arg: 0,
        }
    }

    /// Its 24 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut out = [0; HEADER_LEN];
        out[0..4].copy_from_slice(&self.len.to_le_bytes());
        out[4] = self.kind as u8;
        out[5] = self.flags;
        out[6..8].copy_from_slice(&self.aux.to_le_bytes());
        out[8..16].copy_from_slice(&self.id.to_le_bytes());
        out[16..24].copy_from_slice(&self.arg.to_le_bytes());
        out
    }
}

/// A whole frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its fixed part.
    pub header: FrameHeader,
    /// Its body.
    pub body: Bytes,
}

impl Frame {
    /// A frame whose body is `body`.
    ///
    /// # Errors
    /// [`FrameError::TooLong`] above 4 GiB.
    pub fn new(mut header: FrameHeader, body: Bytes) -> Result<Self, FrameError> {
        header.len = u32::try_from(body.len()).map_err(|_| FrameError::TooLong {
            len: body.len() as u64,
            limit: u64::from(u32::MAX),
        })?;
        Ok(Self { header, body })
    }
}

/// Why bytes are no frame. The connection that sent them is closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A kind of another protocol version.
    #[error("frame of unknown kind {0}")]
    UnknownKind(u8),
    /// Flags of another protocol version.
    #[error("frame with unknown flags {0:#04x}")]
    UnknownFlags(u8),
    /// The length is over the limit; nothing was allocated for it.
    #[error("frame of {len} bytes is over the limit of {limit}")]
    TooLong {
        /// What the header says.
        len: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The sections do not fit the body, or one is missing.
    #[error("malformed {0} frame")]
    Malformed(&'static str),
    /// The two ends are of different releases.
    #[error("{0}")]
    Version(String),
}
