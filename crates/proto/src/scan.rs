//! Reading protobuf field by field, without decoding what is inside.

use bytes::Bytes;
use tidegate_core::{Error, ErrorKind};

/// The deepest nesting of groups that is skipped; protobuf's own limit.
const MAX_GROUPS: usize = 100;

/// What a field holds.
pub(crate) enum Value {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 2: where it lies in the input.
    Len(usize, usize),
    /// Wire types 1, 5 and groups, which no field of ours has.
    Other,
}

/// A field, and where it begins and ends, its tag included.
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) value: Value,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Walks over the fields of the message that lies at `pos..end` of `input`.
pub(crate) struct Scanner<'a> {
    input: &'a Bytes,
    message: &'static str,
    pos: usize,
    end: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(input: &'a Bytes, message: &'static str) -> Self {
        Self {
            input,
            message,
            pos: 0,
            end: input.len(),
        }
    }

    /// A scanner of the message that a field of this one holds.
    pub(crate) fn inside(&self, message: &'static str, range: (usize, usize)) -> Self {
        Self {
            input: self.input,
            message,
            pos: range.0,
            end: range.1,
        }
    }

    /// The next field, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Field>, Error> {
        if self.pos == self.end {
            return Ok(None);
        }
        let start = self.pos;
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).unwrap_or(0);
        if number == 0 || number > (1 << 29) - 1 {
            return Err(self.malformed("a field number out of range"));
        }
        let value = self.value(tag & 7, number)?;
        Ok(Some(Field {
            number,
            value,
            start,
            end: self.pos,
        }))
    }

    /// The slice of the input from `start` to `end`, shared and not copied.
    pub(crate) fn slice(&self, start: usize, end: usize) -> Bytes {
        self.input.slice(start..end)
    }

    /// A field's UTF-8 text.
    pub(crate) fn text(&self, field: &Field, name: &str) -> Result<String, Error> {
        let (start, end) = self.len(field, name)?;
        match std::str::from_utf8(&self.input[start..end]) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(self.malformed(&format!("`{name}` is not UTF-8"))),
        }
    }

    /// Where the content of a length-delimited field lies.
    pub(crate) fn len(&self, field: &Field, name: &str) -> Result<(usize, usize), Error> {
        match field.value {
            Value::Len(start, end) => Ok((start, end)),
            _ => Err(self.malformed(&format!("`{name}` has another wire type"))),
        }
    }

    /// The error for this message.
    pub(crate) fn malformed(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::InvalidInput,
            format!("malformed {}: {what}", self.message),
        )
    }

    fn value(&mut self, wire_type: u64, number: u32) -> Result<Value, Error> {
        match wire_type {
            0 => self.varint().map(Value::Varint),
            1 => self.skip(8).map(|()| Value::Other),
            2 => {
                let len = self.varint()?;
                let start = self.pos;
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                self.skip(len)?;
                Ok(Value::Len(start, self.pos))
            }
            3 => self.skip_group(number).map(|()| Value::Other),
            5 => self.skip(4).map(|()| Value::Other),
            other => Err(self.malformed(&format!("wire type {other}"))),
        }
    }

    /// Skips a group, and those inside, without recursion.
    fn skip_group(&mut self, number: u32) -> Result<(), Error> {
        let mut open = vec![u64::from(number)];
        while let Some(innermost) = open.last().copied() {
            let tag = self.varint()?;
            let field = tag >> 3;
            if field == 0 || field > (1 << 29) - 1 {
                return Err(self.malformed("a field number out of range"));
            }
            match tag & 7 {
                0 => drop(self.varint()?),
                1 => self.skip(8)?,
                2 => {
                    let len = self.varint()?;
                    self.skip(usize::try_from(len).unwrap_or(usize::MAX))?;
                }
                3 if open.len() < MAX_GROUPS => open.push(field),
                3 => return Err(self.malformed("groups nested too deep")),
                4 if field == innermost => drop(open.pop()),
                4 => return Err(self.malformed("the end of a group that is not open")),
                5 => self.skip(4)?,
                other => return Err(self.malformed(&format!("wire type {other}"))),
            }
        }
        Ok(())
    }

    fn skip(&mut self, len: usize) -> Result<(), Error> {
        if len > self.end - self.pos {
            return Err(self.malformed("it ends in the middle of a field"));
        }
        self.pos += len;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for (i, &byte) in self.input[self.pos..self.end].iter().take(10).enumerate() {
            if i == 9 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * i);
            if byte < 0x80 {
                self.pos += i + 1;
                return Ok(value);
            }
        }
        Err(self.malformed("a number that does not end"))
    }
}
