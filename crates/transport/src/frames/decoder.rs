//! Bytes of a socket in, frames out.

use bytes::Bytes;

use super::sections::ALIGN;
use super::{Frame, FrameError, FrameHeader, HEADER_LEN, Kind, flags};

/// How much one read asks for.
const CHUNK: usize = 64 * 1024;
/// From this many bytes on a body may have a tensor that is viewed where it lies.
const WITH_TENSORS: usize = 2048;

/// A long body that is being read, at a place that is a multiple of [`ALIGN`].
#[derive(Debug)]
struct Large {
    header: FrameHeader,
    /// How many bytes before the body there are for that.
    before: usize,
    body: Vec<u8>,
}

impl Large {
    fn new(header: FrameHeader) -> Self {
        let (before, body) = aligned(header.len as usize);
        Self {
            header,
            before,
            body,
        }
    }

    fn missing(&self) -> usize {
        self.before + self.header.len as usize - self.body.len()
    }

    fn into_body(self) -> Bytes {
        Bytes::from(self.body).split_off(self.before)
    }
}

/// Room for `len` bytes at a multiple of [`ALIGN`], with the bytes that are to be before them.
fn aligned(len: usize) -> (usize, Vec<u8>) {
    let mut memory: Vec<u8> = Vec::with_capacity(len + ALIGN - 1);
    let before = memory.as_ptr().align_offset(ALIGN).min(ALIGN - 1);
    memory.resize(before, 0);
    (before, memory)
}

/// A short body in memory of its own; where a large tensor may be in it, at a multiple of [`ALIGN`].
fn copied(body: &[u8]) -> Bytes {
    if body.len() < WITH_TENSORS {
        return Bytes::copy_from_slice(body);
    }
    let (before, mut memory) = aligned(body.len());
    memory.extend_from_slice(body);
    Bytes::from(memory).split_off(before)
}

/// Splits a stream into frames, without asking for more memory than a valid header calls for.
///
/// Small frames of one read are copied out of a buffer that is used again; the body of a frame longer
/// than the buffer is read straight into memory of its own.
#[derive(Debug)]
pub struct Decoder {
    limit: u64,
    chunk: Vec<u8>,
    taken: usize,
    large: Option<Large>,
}

impl Decoder {
    /// A decoder that refuses bodies above `limit` bytes.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            chunk: Vec::with_capacity(CHUNK),
            taken: 0,
            large: None,
        }
    }

    /// Refuses bodies above `limit` bytes from the next frame on.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Where to read next: append to it, at most [`Decoder::wanted`] bytes, then call [`Decoder::frame`]
    /// until it gives `None`.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        if let Some(large) = &mut self.large {
            return &mut large.body;
        }
        if self.taken > 0 {
            self.chunk.drain(..self.taken);
            self.taken = 0;
        }
        self.chunk
            .reserve(CHUNK.saturating_sub(self.chunk.len()).max(1));
        &mut self.chunk
    }

    /// How many bytes [`Decoder::buffer`] may take now: what is missing of a long body, else a chunk.
    #[must_use]
    pub fn wanted(&self) -> usize {
        match &self.large {
            Some(large) => large.missing(),
            None => CHUNK.saturating_sub(self.chunk.len() - self.taken).max(1),
        }
    }

    /// Whether bytes of an unfinished frame are held.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.large.is_some() || self.taken < self.chunk.len()
    }

    /// The next whole frame.
    ///
    /// # Errors
    /// [`FrameError`] where the bytes are no frame; the decoder is of no further use then.
    pub fn frame(&mut self) -> Result<Option<Frame>, FrameError> {
        loop {
            if let Some(large) = self.large.take() {
                if large.missing() > 0 {
                    self.large = Some(large);
                    return Ok(None);
                }
                let header = large.header;
                let body = large.into_body();
                return Ok(Some(Frame { header, body }));
            }
            let held = &self.chunk[self.taken..];
            let Some(fixed) = held.first_chunk::<HEADER_LEN>() else {
                return Ok(None);
            };
            let parsed = self.header(fixed)?;
            let len = u32::from_le_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]) as usize;
            let held_body = &held[HEADER_LEN..];
            if held_body.len() >= len {
                let body = copied(&held_body[..len]);
                self.taken += HEADER_LEN + len;
                match parsed {
                    Some(header) => return Ok(Some(Frame { header, body })),
                    None => continue,
                }
            }
            if HEADER_LEN + len <= CHUNK {
                return Ok(None);
            }
            let Some(header) = parsed else {
                return Err(FrameError::TooLong {
                    len: len as u64,
                    limit: CHUNK as u64,
                });
            };
            let mut large = Large::new(header);
            large.body.extend_from_slice(held_body);
            self.chunk.clear();
            self.taken = 0;
            self.large = Some(large);
        }
    }

    /// The header, or `None` for a kind that may be skipped.
    fn header(&self, fixed: &[u8; HEADER_LEN]) -> Result<Option<FrameHeader>, FrameError> {
        let u64_at = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&fixed[at..at + 8]);
            u64::from_le_bytes(bytes)
        };
        let len = u32::from_le_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]);
        if u64::from(len) > self.limit {
            return Err(FrameError::TooLong {
                len: u64::from(len),
                limit: self.limit,
            });
        }
        let bits = fixed[5];
        if bits & !flags::KNOWN != 0 {
            return Err(FrameError::UnknownFlags(bits));
        }
        let Some(kind) = Kind::from_wire(fixed[4]) else {
            if bits & flags::IGNORABLE != 0 {
                return Ok(None);
            }
            return Err(FrameError::UnknownKind(fixed[4]));
        };
        let aux = u16::from_le_bytes([fixed[6], fixed[7]]);
        Ok(Some(FrameHeader {
            len,
            kind,
            flags: bits,
            aux,
            id: u64_at(8),
            arg: u64_at(16),
        }))
    }
}
