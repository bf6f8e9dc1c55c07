//! A body of several parts: how many, how long each is, then the parts, each at a multiple of 64.

use bytes::Bytes;

use super::FrameError;

/// Where a section may begin.
pub const ALIGN: usize = 64;
/// The most sections that a body may have.
pub const MAX_SECTIONS: usize = 4096;

/// `len`, and what it takes to the next place where a section may begin.
#[must_use]
pub fn padded(len: usize) -> usize {
    len.next_multiple_of(ALIGN)
}

/// How many zero bytes follow a section of `len` bytes.
#[must_use]
pub fn padding(len: usize) -> usize {
    padded(len) - len
}

/// The length of the body that [`encode`] writes.
#[must_use]
pub fn encoded_len(parts: &[&[u8]]) -> usize {
    padded(4 + 4 * parts.len()) + parts.iter().map(|part| padded(part.len())).sum::<usize>()
}

/// Appends `parts` to `out`, whose present length must be where the body begins.
pub fn encode(parts: &[&[u8]], out: &mut Vec<u8>) {
    let start = out.len();
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes();
    out.reserve(encoded_len(parts));
    out.extend_from_slice(&number(parts.len()));
    for part in parts {
        out.extend_from_slice(&number(part.len()));
    }
    for part in parts {
        out.resize(start + padded(out.len() - start), 0);
        out.extend_from_slice(part);
    }
    out.resize(start + padded(out.len() - start), 0);
}

/// Cuts a body into its parts, which share its memory.
///
/// # Errors
/// [`FrameError::Malformed`] where the lengths do not fit the body; nothing is allocated by what they claim.
pub fn decode(body: &Bytes, what: &'static str) -> Result<Vec<Bytes>, FrameError> {
    let malformed = || FrameError::Malformed(what);
    let read = |at: usize| -> Result<usize, FrameError> {
        let bytes = body.get(at..at + 4).ok_or_else(malformed)?;
        let bytes: [u8; 4] = bytes.try_into().map_err(|_| malformed())?;
        Ok(u32::from_le_bytes(bytes) as usize)
    };
    let count = read(0)?;
    if count > MAX_SECTIONS || 4 + 4 * count > body.len() {
        return Err(malformed());
    }
    let mut parts = Vec::with_capacity(count);
    let mut at = padded(4 + 4 * count);
    for index in 0..count {
        let len = read(4 + 4 * index)?;
        let end = at
            .checked_add(len)
            .filter(|end| *end <= body.len())
            .ok_or_else(malformed)?;
        parts.push(body.slice(at..end));
        at = padded(end);
    }
    Ok(parts)
}
