//! `google.protobuf.Struct`: values with names, as tags and parameters travel.
//!
//! On the wire every number is a double. Where asked to, a whole number is marked: beside the double
//! its `Value` carries the exact integer in a field that other readers skip ([`EXACT_INT`]).

use std::collections::HashMap;

pub use crate::map::Map;
pub use crate::value::Value;
use crate::wire::{Entry, Reader, Sink, WireType, Writer, varint_len};

/// The field of a `Value` in which an exact integer stands, zigzag coded.
pub const EXACT_INT: u32 = 1001;

/// The wire's view of one `Value`.
#[derive(Debug, Clone, Copy)]
pub enum ValueView<'a> {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number that was marked as one.
    Int(i64),
    /// A number.
    Number(f64),
    /// Text.
    Text(&'a str),
    /// A serialised `ListValue`.
    List(&'a [u8]),
    /// A serialised `Struct`.
    Map(&'a [u8]),
}

impl<'a> ValueView<'a> {
    /// Reads a `Value` that a scan has passed; the kind that comes last wins.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut view = Self::Null;
        let mut exact = None;
        for entry in Reader::new(bytes).flatten() {
            match (entry.number, entry.wire) {
                (1, WireType::Varint) => view = Self::Null,
                (2, WireType::Fixed64) => view = Self::Number(entry.double()),
                (3, WireType::Bytes) => view = Self::Text(entry.text()),
                (4, WireType::Varint) => view = Self::Bool(entry.varint() != 0),
                (5, WireType::Bytes) => view = Self::Map(entry.payload),
                (6, WireType::Bytes) => view = Self::List(entry.payload),
                (EXACT_INT, WireType::Varint) => exact = Some(unzigzag(entry.varint())),
                _ => {}
            }
        }
        match (view, exact) {
            (Self::Number(_), Some(exact)) => Self::Int(exact),
            (view, _) => view,
        }
    }

    /// The value with everything in it.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Number(value) => Value::Number(value),
            Self::Text(value) => Value::Text(value.to_owned()),
            Self::List(bytes) => Value::List(items(bytes).map(Self::to_value).collect()),
            Self::Map(bytes) => Value::Map(to_map(bytes)),
        }
    }
}

/// The values of a serialised `ListValue`.
pub fn items(bytes: &[u8]) -> impl Iterator<Item = ValueView<'_>> {
    Reader::new(bytes)
        .flatten()
        .filter(is_message)
        .map(|entry| ValueView::new(entry.payload))
}

/// The names and values of a serialised `Struct`, as they stand: a later one of the same name wins.
pub fn fields(bytes: &[u8]) -> impl Iterator<Item = (&str, ValueView<'_>)> {
    Reader::new(bytes)
        .flatten()
        .filter(is_message)
        .map(|entry| {
            let (mut key, mut value) = ("", ValueView::Null);
            for part in Reader::new(entry.payload).flatten() {
                match (part.number, part.wire) {
                    (1, WireType::Bytes) => key = part.text(),
                    (2, WireType::Bytes) => value = ValueView::new(part.payload),
                    _ => {}
                }
            }
            (key, value)
        })
}

fn is_message(entry: &Entry<'_>) -> bool {
    entry.number == 1 && entry.wire == WireType::Bytes
}

/// The names and values of a serialised `Struct`, each name once: where it first stood, what came last.
#[must_use]
pub fn distinct(bytes: &[u8]) -> Vec<(&str, ValueView<'_>)> {
    last_of_each(fields(bytes))
}

/// Pairs with each name once: where it first stood, with what came last.
pub(crate) fn last_of_each<'a, T>(pairs: impl Iterator<Item = (&'a str, T)>) -> Vec<(&'a str, T)> {
    /// From here on names are looked up, so that many of them do not take quadratic time.
    const MANY: usize = 16;
    let mut out: Vec<(&str, T)> = Vec::new();
    let mut index: HashMap<&str, usize> = HashMap::new();
    for (name, value) in pairs {
        let known = if index.is_empty() {
            out.iter().position(|(known, _)| *known == name)
        } else {
            index.get(name).copied()
        };
        if let Some(slot) = known.and_then(|at| out.get_mut(at)) {
            slot.1 = value;
            continue;
        }
        out.push((name, value));
        if out.len() == MANY {
            index.extend(out.iter().enumerate().map(|(at, (name, _))| (*name, at)));
        } else if out.len() > MANY {
            index.insert(name, out.len() - 1);
        }
    }
    out
}

/// A serialised `Struct` as names and values; of entries with the same name the last counts.
#[must_use]
pub fn to_map(bytes: &[u8]) -> Map {
    fields(bytes)
        .map(|(key, value)| (key.to_owned(), value.to_value()))
        .collect()
}

/// Builds serialised `Struct`s and `Value`s from the inside out.
///
/// Lengths are filled in when a message is closed, so that a caller can walk its own values once.
#[derive(Debug, Default)]
pub struct Builder {
    writer: Writer,
    mark_ints: bool,
}

/// A message that is being written; closing it fills in its length.
#[derive(Debug)]
#[must_use]
pub struct Open(usize);

impl Builder {
    /// A builder; with `mark_ints`, whole numbers stay whole between peers that know the mark.
    #[must_use]
    pub fn new(mark_ints: bool) -> Self {
        Self {
            writer: Writer::default(),
            mark_ints,
        }
    }

    /// Whether whole numbers are marked.
    #[must_use]
    pub fn marks_ints(&self) -> bool {
        self.mark_ints
    }

    /// What was written.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.writer.out
    }

    /// Opens the map entry of `key`, up to and including its `Value`; two messages to close.
    pub fn entry(&mut self, key: &str) -> [Open; 2] {
        let entry = self.open(1);
        self.writer.bytes_field(1, key.as_bytes());
        [entry, self.open(2)]
    }

    /// Opens one item of a `ListValue`.
    pub fn item(&mut self) -> Open {
        self.open(1)
    }

    /// Opens the `Struct` of a `Value`.
    pub fn map(&mut self) -> Open {
        self.open(5)
    }

    /// Opens the `ListValue` of a `Value`.
    pub fn list(&mut self) -> Open {
        self.open(6)
    }

    /// Writes an empty value.
    pub fn null(&mut self) {
        self.writer.varint_field(1, 0);
    }

    /// Writes a truth value.
    pub fn bool(&mut self, value: bool) {
        self.writer.varint_field(4, u64::from(value));
    }

    /// Writes a number.
    pub fn number(&mut self, value: f64) {
        self.writer.double_field(2, value);
    }

    /// Writes a whole number.
    pub fn int(&mut self, value: i64) {
        #[allow(clippy::cast_precision_loss)]
        self.number(value as f64);
        if self.mark_ints {
            self.writer.varint_field(EXACT_INT, zigzag(value));
        }
    }

    /// Writes text.
    pub fn text(&mut self, value: &str) {
        self.writer.bytes_field(3, value.as_bytes());
    }

    fn open(&mut self, number: u32) -> Open {
        self.writer.tag(number, 2);
        self.writer.out.push(0);
        Open(self.writer.out.len())
    }

    /// Fills in the length of a message.
    pub fn close(&mut self, open: Open) {
        let out = &mut self.writer.out;
        let len = out.len() - open.0;
        if len < 0x80 {
            #[allow(clippy::cast_possible_truncation)]
            if let Some(slot) = out.get_mut(open.0 - 1) {
                *slot = len as u8;
            }
            return;
        }
        let mut prefix = Writer::with_capacity(varint_len(len as u64));
        prefix.varint(len as u64);
        out.splice(open.0 - 1..open.0, prefix.out);
    }

    /// Writes a value with everything in it.
    pub fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.null(),
            Value::Bool(value) => self.bool(*value),
            Value::Int(value) => self.int(*value),
            Value::Number(value) => self.number(*value),
            Value::Text(value) => self.text(value),
            Value::List(values) => {
                let list = self.list();
                for value in values {
                    let item = self.item();
                    self.value(value);
                    self.close(item);
                }
                self.close(list);
            }
            Value::Map(fields) => {
                let map = self.map();
                self.fields(fields);
                self.close(map);
            }
        }
    }

    /// Writes the content of a `Struct`.
    pub fn fields<'a>(&mut self, fields: impl IntoIterator<Item = (&'a String, &'a Value)>) {
        for (key, value) in fields {
            let [entry, content] = self.entry(key);
            self.value(value);
            self.close(content);
            self.close(entry);
        }
    }
}

/// Writes names and values as a `Struct` without marks in field `number`.
pub(crate) fn write_map(sink: &mut impl Sink, number: u32, fields: &Map) {
    sink.head(number, map_len(fields));
    write_entries(sink, fields);
}

fn write_entries(sink: &mut impl Sink, fields: &Map) {
    for (key, value) in fields {
        let len = value_len(value);
        sink.head(1, message_len(key.len()) + message_len(len));
        sink.bytes_field(1, key.as_bytes());
        sink.head(2, len);
        write_value(sink, value);
    }
}

fn write_value(sink: &mut impl Sink, value: &Value) {
    match value {
        Value::Null => sink.varint_field(1, 0),
        Value::Bool(value) => sink.varint_field(4, u64::from(*value)),
        #[allow(clippy::cast_precision_loss)]
        Value::Int(value) => sink.double_field(2, *value as f64),
        Value::Number(value) => sink.double_field(2, *value),
        Value::Text(value) => sink.bytes_field(3, value.as_bytes()),
        Value::List(values) => {
            sink.head(6, values.iter().map(|v| message_len(value_len(v))).sum());
            for value in values {
                sink.head(1, value_len(value));
                write_value(sink, value);
            }
        }
        Value::Map(fields) => {
            sink.head(5, map_len(fields));
            write_entries(sink, fields);
        }
    }
}

/// How many bytes a `Struct` of names and values has without marks.
fn map_len(fields: &Map) -> usize {
    let entry = |(key, value): (&String, &Value)| {
        message_len(message_len(key.len()) + message_len(value_len(value)))
    };
    fields.iter().map(entry).sum()
}

/// A message or string with its length and a tag of one byte.
fn message_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

fn value_len(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 2,
        Value::Int(_) | Value::Number(_) => 9,
        Value::Text(text) => message_len(text.len()),
        Value::List(values) => message_len(values.iter().map(|v| message_len(value_len(v))).sum()),
        Value::Map(fields) => message_len(map_len(fields)),
    }
}

/// Names and values as a serialised `Struct`; with `mark_ints`, whole numbers are marked.
#[must_use]
pub fn from_map<'a>(
    fields: impl IntoIterator<Item = (&'a String, &'a Value)>,
    mark_ints: bool,
) -> Vec<u8> {
    let mut builder = Builder::new(mark_ints);
    builder.fields(fields);
    builder.finish()
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Map {
        Map::from([
            ("a".into(), Value::Int(1 << 60)),
            (
                "b".into(),
                Value::List(vec![Value::Null, Value::Bool(true), Value::Number(0.5)]),
            ),
            (
                "c".into(),
                Value::Map(Map::from([("d".into(), Value::Text("x".repeat(300)))])),
            ),
            ("e".into(), Value::Int(-7)),
        ])
    }

    #[test]
    fn marked_ints_come_back_exact() {
        let bytes = from_map(&sample(), true);
        crate::scan::scan_struct(&bytes).unwrap();
        let again = to_map(&bytes);
        assert_eq!(again, sample());
        assert!(matches!(again["a"], Value::Int(_)));
    }

    #[test]
    fn the_length_is_known_before_anything_is_written() {
        let mut out = Writer::default();
        write_map(&mut out, 17, &sample());
        let plain = from_map(&sample(), false);
        assert_eq!(map_len(&sample()), plain.len());
        assert!(out.out.ends_with(&plain));
    }

    #[test]
    fn unmarked_ints_come_back_as_numbers() {
        let map = to_map(&from_map(&Map::from([("a".into(), Value::Int(3))]), false));
        assert!(matches!(map["a"], Value::Number(3.0)));
    }

    #[test]
    fn a_later_entry_of_the_same_name_wins() {
        let mut bytes = from_map(&Map::from([("a".into(), Value::Int(3))]), true);
        bytes.extend(from_map(&Map::from([("a".into(), "x".into())]), true));
        assert_eq!(to_map(&bytes), Map::from([("a".into(), "x".into())]));
    }
}
