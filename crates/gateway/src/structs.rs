//! A serialised `google.protobuf.Struct`, read and written entry by entry without decoding values.
//!
//! Values are spliced as they stand, so whatever else they carry (the marks of whole numbers) survives.

const ENTRY: u8 = 0x0a;
const KEY: u8 = 0x0a;
const VALUE: u8 = 0x12;
/// `Value.struct_value`.
const STRUCT_VALUE: u64 = 5;
const LENGTH_DELIMITED: u64 = 2;

/// Why bytes are no Struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One entry of a Struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a [u8],
    /// A serialised `Value`.
    pub(crate) value: &'a [u8],
    /// The whole entry, its tag included.
    pub(crate) raw: &'a [u8],
}

struct Field<'a> {
    number: u64,
    /// The content of a length-delimited field.
    content: Option<&'a [u8]>,
    raw: &'a [u8],
}

/// Walks the fields of one message.
struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Result<u64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(Malformed)?;
            self.rest = rest;
            if shift < 64 {
                value |= u64::from(byte & 0x7f) << shift;
            }
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed)
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn next(&mut self) -> Result<Option<Field<'a>>, Malformed> {
        let before = self.rest;
        if before.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let content = match tag & 7 {
            0 => self.varint().map(|_| None)?,
            1 => self.take(8).map(|_| None)?,
            LENGTH_DELIMITED => {
                let len = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
                Some(self.take(len)?)
            }
            5 => self.take(4).map(|_| None)?,
            _ => return Err(Malformed),
        };
        let raw = &before[..before.len() - self.rest.len()];
        Ok(Some(Field {
            number: tag >> 3,
            content,
            raw,
        }))
    }
}

/// The entries of a Struct, in order; fields that are none are passed over.
pub(crate) fn entries(bytes: &[u8]) -> Entries<'_> {
    Entries(Fields { rest: bytes })
}

/// See [`entries`].
pub(crate) struct Entries<'a>(Fields<'a>);

impl<'a> Entries<'a> {
    fn step(&mut self) -> Result<Option<Entry<'a>>, Malformed> {
        while let Some(field) = self.0.next()? {
            let (1, Some(content)) = (field.number, field.content) else {
                continue;
            };
            let mut entry = Entry {
                key: &[],
                value: &[],
                raw: field.raw,
            };
            let mut fields = Fields { rest: content };
            while let Some(part) = fields.next()? {
                match (part.number, part.content) {
                    (1, Some(key)) => entry.key = key,
                    (2, Some(value)) => entry.value = value,
                    _ => {}
                }
            }
            return Ok(Some(entry));
        }
        Ok(None)
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().transpose()
    }
}

/// The Struct inside a `Value`, where it is one.
pub(crate) fn nested(value: &[u8]) -> Result<Option<&[u8]>, Malformed> {
    let mut found = None;
    let mut fields = Fields { rest: value };
    while let Some(field) = fields.next()? {
        // The last kind wins; 1 to 6 are the kinds that a Value can be.
        if (1..=6).contains(&field.number) {
            found = field.content.filter(|_| field.number == STRUCT_VALUE);
        }
    }
    Ok(found)
}

fn varint_len(value: usize) -> usize {
    let bits = usize::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

fn push_varint(mut value: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn field_len(len: usize) -> usize {
    1 + varint_len(len) + len
}

/// Appends an entry whose value is a serialised `Value`.
pub(crate) fn push_entry(key: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let entry = field_len(key.len()) + field_len(value.len());
    out.reserve(field_len(entry));
    out.push(ENTRY);
    push_varint(entry, out);
    out.push(KEY);
    push_varint(key.len(), out);
    out.extend_from_slice(key);
    out.push(VALUE);
    push_varint(value.len(), out);
    out.extend_from_slice(value);
}

/// Appends an entry whose value is the Struct `content`.
pub(crate) fn push_struct(key: &[u8], content: &[u8], out: &mut Vec<u8>) {
    let value = field_len(content.len());
    let entry = field_len(key.len()) + field_len(value);
    out.reserve(field_len(entry));
    out.push(ENTRY);
    push_varint(entry, out);
    out.push(KEY);
    push_varint(key.len(), out);
    out.extend_from_slice(key);
    out.push(VALUE);
    push_varint(value, out);
    out.push((STRUCT_VALUE << 3 | LENGTH_DELIMITED) as u8);
    push_varint(content.len(), out);
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        let mut bytes = Vec::new();
        push_struct(b"a", &[], &mut bytes);
        push_entry(b"long", &[0x20, 1], &mut bytes);
        let read: Vec<_> = entries(&bytes).map(Result::unwrap).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(
            (read[0].key, nested(read[0].value)),
            (&b"a"[..], Ok(Some(&[][..])))
        );
        assert_eq!(
            (read[1].key, nested(read[1].value)),
            (&b"long"[..], Ok(None))
        );
        let raw: Vec<u8> = read.iter().flat_map(|entry| entry.raw.to_vec()).collect();
        assert_eq!(raw, bytes);
    }

    #[test]
    fn nonsense_is_no_struct() {
        for bytes in [
            &[0x0a][..],
            &[0x0a, 9, 1],
            &[0xff; 11],
            &[0x0a, 2, 0x0a, 200],
            &[0x0b],
        ] {
            assert!(entries(bytes).any(|entry| entry.is_err()), "{bytes:?}");
        }
    }

    #[test]
    fn varints_have_the_length_that_is_announced() {
        for value in [0, 1, 127, 128, 16_383, 16_384, usize::MAX] {
            let mut out = Vec::new();
            push_varint(value, &mut out);
            assert_eq!(out.len(), varint_len(value), "{value}");
        }
    }
}
