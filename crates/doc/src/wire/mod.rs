//! The protobuf wire format, read and written by hand.
//!
//! [`Reader`] walks the fields of one message and hands out their spans; [`Sink`] is what an encoder
//! writes to, once to learn the exact size ([`Counter`]) and once into the output ([`Writer`]).

mod reader;
mod sink;

pub use reader::{Entry, Flaw, Reader, WireType};
pub use sink::{Counter, Filler, Sink, Writer, varint_len};

/// How deep messages may nest, as other protobuf parsers have it.
pub const DEPTH_LIMIT: usize = 100;

/// One run of bytes inside a frame.
///
/// Offsets are 32 bits: a frame above 4 GiB is refused before it is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// How many bytes it has.
    pub len: u32,
}

impl Span {
    /// The span of `start..start + len`; both were checked against the 4 GiB limit.
    #[must_use]
    pub fn new(start: usize, len: usize) -> Self {
        #[allow(clippy::cast_possible_truncation)]
        Self {
            start: start as u32,
            len: len as u32,
        }
    }

    /// The bytes of `frame` that it names; empty where it does not fit.
    #[must_use]
    pub fn of(self, frame: &[u8]) -> &[u8] {
        let start = self.start as usize;
        frame
            .get(start..start + self.len as usize)
            .unwrap_or_default()
    }
}
