//! Walking the fields of one message.

/// How a field's payload is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireType {
    /// A base-128 integer.
    Varint,
    /// Eight bytes.
    Fixed64,
    /// A length and that many bytes.
    Bytes,
    /// A group, skipped whole.
    Group,
    /// Four bytes.
    Fixed32,
}

/// One field as it stands on the wire.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// Its number.
    pub number: u32,
    /// How its payload is laid out.
    pub wire: WireType,
    /// The payload: for a varint, its bytes as they stand; for `Bytes`, what follows the length.
    pub payload: &'a [u8],
    /// Where the field begins (its tag) in the message.
    pub start: usize,
    /// Where its payload begins in the message.
    pub payload_start: usize,
    /// Where it ends in the message.
    pub end: usize,
}

impl<'a> Entry<'a> {
    /// The payload as an unsigned integer; 0 where it is not a varint.
    #[must_use]
    pub fn varint(&self) -> u64 {
        read_varint(self.payload, 0).map_or(0, |(value, _)| value)
    }

    /// The payload as a 32-bit float; 0 where it is not four bytes.
    #[must_use]
    pub fn float(&self) -> f32 {
        self.payload.try_into().map_or(0.0, f32::from_le_bytes)
    }

    /// The payload as a 64-bit float; 0 where it is not eight bytes.
    #[must_use]
    pub fn double(&self) -> f64 {
        self.payload.try_into().map_or(0.0, f64::from_le_bytes)
    }

    /// The payload as text; empty where it is not UTF-8 (a scan has refused that).
    #[must_use]
    pub fn text(&self) -> &'a str {
        std::str::from_utf8(self.payload).unwrap_or_default()
    }
}

/// Why bytes are not a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The bytes end inside a field.
    #[error("ends in the middle of a field")]
    Truncated,
    /// An integer of more than ten bytes.
    #[error("has an integer of more than ten bytes")]
    Varint,
    /// Field number 0, or one above the largest that protobuf has.
    #[error("has a field with an impossible number")]
    Number,
    /// A payload layout that protobuf does not have, or an unopened group's end.
    #[error("has a field of an impossible wire type")]
    Type,
    /// Messages nested too deep.
    #[error("is nested deeper than 100 messages")]
    Depth,
}

/// An iterator over the fields of one message; after an error it ends.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` as one message.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next field where it is as most are: a small number, then at most 16 KiB of payload.
    #[inline]
    fn short(&mut self) -> Option<Entry<'a>> {
        let start = self.at;
        let &[tag, len, more, ..] = self.bytes.get(start..)? else {
            return None;
        };
        if tag & 0x87 != 2 || tag < 8 {
            return None;
        }
        let (len, payload_start) = match (len, more) {
            (0..0x80, _) => (usize::from(len), start + 2),
            (_, 0..0x80) => (usize::from(len & 0x7f) | usize::from(more) << 7, start + 3),
            _ => return None,
        };
        let end = payload_start + len;
        let payload = self.bytes.get(payload_start..end)?;
        self.at = end;
        Some(Entry {
            number: u32::from(tag >> 3),
            wire: WireType::Bytes,
            payload,
            start,
            payload_start,
            end,
        })
    }

    fn entry(&mut self) -> Result<Entry<'a>, Flaw> {
        let start = self.at;
        let (tag, at) = read_varint(self.bytes, start)?;
        let number = u32::try_from(tag >> 3).map_err(|_| Flaw::Number)?;
        if number == 0 || number > 0x1fff_ffff {
            return Err(Flaw::Number);
        }
        let (wire, payload_start, end) = match tag & 7 {
            0 => (WireType::Varint, at, read_varint(self.bytes, at)?.1),
            1 => (WireType::Fixed64, at, at + 8),
            2 => {
                let (len, at) = read_varint(self.bytes, at)?;
                let len = usize::try_from(len).map_err(|_| Flaw::Truncated)?;
                (
                    WireType::Bytes,
                    at,
                    at.checked_add(len).ok_or(Flaw::Truncated)?,
                )
            }
            3 => (WireType::Group, at, skip_group(self.bytes, at, number)?),
            5 => (WireType::Fixed32, at, at + 4),
            _ => return Err(Flaw::Type),
        };
        let payload = self.bytes.get(payload_start..end).ok_or(Flaw::Truncated)?;
        self.at = end;
        Ok(Entry {
            number,
            wire,
            payload,
            start,
            payload_start,
            end,
        })
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Entry<'a>, Flaw>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.bytes.len() {
            return None;
        }
        if let Some(entry) = self.short() {
            return Some(Ok(entry));
        }
        let entry = self.entry();
        if entry.is_err() {
            self.at = self.bytes.len();
        }
        Some(entry)
    }
}

/// Reads the integer at `at`: its value, and where it ends.
#[inline]
fn read_varint(bytes: &[u8], at: usize) -> Result<(u64, usize), Flaw> {
    let first = *bytes.get(at).ok_or(Flaw::Truncated)?;
    if first < 0x80 {
        return Ok((u64::from(first), at + 1));
    }
    let mut value = u64::from(first & 0x7f);
    for i in 1..10 {
        let byte = *bytes.get(at + i).ok_or(Flaw::Truncated)?;
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return if i == 9 && byte > 1 {
                Err(Flaw::Varint)
            } else {
                Ok((value, at + i + 1))
            };
        }
    }
    Err(Flaw::Varint)
}

/// Where the group `number`, whose content begins at `at`, ends.
fn skip_group(bytes: &[u8], at: usize, number: u32) -> Result<usize, Flaw> {
    let mut open = vec![number];
    let mut at = at;
    while let Some(&innermost) = open.last() {
        let (tag, next) = read_varint(bytes, at)?;
        let number = u32::try_from(tag >> 3).map_err(|_| Flaw::Number)?;
        at = match tag & 7 {
            0 => read_varint(bytes, next)?.1,
            1 => next + 8,
            2 => {
                let (len, next) = read_varint(bytes, next)?;
                let len = usize::try_from(len).map_err(|_| Flaw::Truncated)?;
                next.checked_add(len).ok_or(Flaw::Truncated)?
            }
            3 if open.len() < super::DEPTH_LIMIT => {
                open.push(number);
                next
            }
            3 => return Err(Flaw::Depth),
            4 if number == innermost => {
                open.pop();
                next
            }
            5 => next + 4,
            _ => return Err(Flaw::Type),
        };
    }
    Ok(at)
}
