//! What a path leads to in a received row, nothing of it decoded that nobody asks about.

use crate::field::Field;
use crate::row::{RowView, is_array};
use crate::structure::{self, Value, ValueView};
use crate::tensor::{ArrayView, NdArrayView};
use crate::wire::{Entry, Reader, WireType};

/// A value of a row.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    /// Nothing: Python's None.
    Absent,
    Bool(bool),
    Int(i64),
    Number(f64),
    Text(&'a str),
    Blob(&'a [u8]),
    /// A serialised `ListValue`.
    List(&'a [u8]),
    /// A serialised `Struct`.
    Map(&'a [u8]),
    Floats(Vec<f32>),
    /// A serialised `NdArrayProto`.
    Array(&'a [u8]),
    /// The scores of a row in one of two fields.
    Scores(RowView<'a>, Field),
    /// A serialised `NamedScoreProto`.
    Score(&'a [u8]),
    /// The Documents in one of two fields of a row.
    Documents(RowView<'a>, Field),
    Document(RowView<'a>),
}

/// A place in a Document: `tags__a__b`, `chunks__0__text`.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) name: String,
    first: First,
    rest: Vec<String>,
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Field(Field),
    Content,
    ContentType,
}

impl First {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "content" => Some(Self::Content),
            "content_type" => Some(Self::ContentType),
            _ => Field::from_name(name).map(Self::Field),
        }
    }
}

impl Path {
    /// The path with a name; `None` where it begins with no field.
    pub(super) fn new(name: &str) -> Option<Self> {
        let whole = First::from_name(name);
        let mut parts = name.split("__");
        let first = match whole {
            Some(whole) => whole,
            None => First::from_name(parts.next()?)?,
        };
        let rest = if whole.is_some() {
            Vec::new()
        } else {
            parts.map(str::to_owned).collect()
        };
        Some(Self {
            name: name.to_owned(),
            first,
            rest,
        })
    }

    /// The field that it is, where it leads no further.
    pub(super) fn field(&self) -> Option<Field> {
        match self.first {
            First::Field(field) if self.rest.is_empty() => Some(field),
            _ => None,
        }
    }

    /// What it leads to in a row; an error says why it leads nowhere.
    pub(super) fn find<'a>(&self, row: RowView<'a>) -> Result<Found<'a>, String> {
        let mut found = first(row, self.first)?;
        for part in &self.rest {
            // As in docarray, the way ends at whatever is empty.
            if !found.is_truthy() {
                return Ok(Found::Absent);
            }
            found = match found.step(part)? {
                Some(found) => found,
                None => return Ok(Found::Absent),
            };
        }
        Ok(found)
    }
}

fn first(row: RowView<'_>, first: First) -> Result<Found<'_>, String> {
    let kind = || Field::CONTENT.into_iter().find(|field| is_set(row, *field));
    match first {
        First::Field(field) => read(row, field),
        First::Content => kind().map_or(Ok(Found::Absent), |field| read(row, field)),
        First::ContentType => Ok(kind().map_or(Found::Absent, |field| Found::Text(field.name()))),
    }
}

/// The last entry of a field; of the content fields only of the one that came last.
fn entry(row: RowView<'_>, field: Field) -> Option<Entry<'_>> {
    if field.bit() & Field::CONTENT_MASK == 0 {
        return row.find(field);
    }
    let content = |(f, _): &(Field, Entry<'_>)| f.bit() & Field::CONTENT_MASK != 0;
    let last = row.fields().filter(content).last()?;
    (last.0 == field).then_some(last.1)
}

/// Whether a field of a row counts as non-empty.
pub(super) fn is_set(row: RowView<'_>, field: Field) -> bool {
    if field == Field::Id {
        // One that came without gets an id as soon as somebody looks.
        return true;
    }
    row.non_empty() & field.bit() != 0
}

fn read(row: RowView<'_>, field: Field) -> Result<Found<'_>, String> {
    match field {
        Field::Chunks | Field::Matches => return Ok(Found::Documents(row, field)),
        Field::Scores | Field::Evaluations => return Ok(Found::Scores(row, field)),
        Field::Location => return Ok(Found::Floats(row.location())),
        _ => {}
    }
    let entry = entry(row, field);
    let payload = entry.map_or(&[][..], |entry| entry.payload);
    Ok(match field {
        Field::Id if payload.is_empty() => return Err("it came without an id".to_owned()),
        _ if field.is_text() => Found::Text(entry.map_or("", |entry| entry.text())),
        Field::Blob => Found::Blob(payload),
        #[allow(clippy::cast_possible_truncation)]
        Field::Granularity | Field::Adjacency => {
            Found::Int(entry.map_or(0, |entry| i64::from(entry.varint() as u32)))
        }
        Field::Weight | Field::Offset => {
            Found::Number(entry.map_or(0.0, |entry| f64::from(entry.float())))
        }
        Field::Tensor | Field::Embedding if is_array(payload) => Found::Array(payload),
        Field::Tags | Field::Metadata => Found::Map(payload),
        _ => Found::Absent,
    })
}

impl<'a> From<ValueView<'a>> for Found<'a> {
    fn from(value: ValueView<'a>) -> Self {
        match value {
            ValueView::Null => Self::Absent,
            ValueView::Bool(value) => Self::Bool(value),
            ValueView::Int(value) => Self::Int(value),
            ValueView::Number(value) => Self::Number(value),
            ValueView::Text(text) => Self::Text(text),
            ValueView::List(bytes) => Self::List(bytes),
            ValueView::Map(bytes) => Self::Map(bytes),
        }
    }
}

impl<'a> Found<'a> {
    fn is_truthy(&self) -> bool {
        match self {
            Self::Absent => false,
            Self::Bool(value) => *value,
            Self::Int(value) => *value != 0,
            Self::Number(value) => *value != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Blob(bytes) => !bytes.is_empty(),
            Self::List(bytes) => structure::items(bytes).next().is_some(),
            Self::Map(bytes) => structure::fields(bytes).next().is_some(),
            Self::Floats(numbers) => !numbers.is_empty(),
            Self::Scores(row, field) | Self::Documents(row, field) => {
                row.all(*field).next().is_some()
            }
            Self::Array(_) | Self::Score(_) | Self::Document(_) => true,
        }
    }

    /// What a part of a path leads to from here; `None` where a map has no such name.
    fn step(&self, part: &str) -> Result<Option<Self>, String> {
        match self {
            Self::Map(bytes) => {
                let named = structure::fields(bytes).filter(|(name, _)| *name == part);
                return Ok(named.last().map(|(_, value)| value.into()));
            }
            Self::Scores(row, field) => {
                let named = row
                    .all(*field)
                    .map(named_score)
                    .filter(|(name, _)| *name == part);
                return Ok(named.last().map(|(_, score)| Self::Score(score)));
            }
            _ => {}
        }
        if let Ok(at) = part.parse::<isize>() {
            return self.item(at).map(Some);
        }
        match self {
            Self::Document(row) => match First::from_name(part) {
                Some(step) => first(*row, step).map(Some),
                None => Err(format!("a Document has no field '{part}'")),
            },
            Self::Score(bytes) => score_part(bytes, part).map(Some),
            _ => Err(format!("{} has no '{part}'", self.kind())),
        }
    }

    fn item(&self, at: isize) -> Result<Self, String> {
        let place = |len: usize| {
            let at = if at < 0 {
                len.checked_sub(at.unsigned_abs())
            } else {
                Some(at.unsigned_abs())
            };
            at.filter(|at| *at < len)
        };
        let found = match self {
            Self::List(bytes) => place(structure::items(bytes).count())
                .and_then(|at| structure::items(bytes).nth(at))
                .map(Self::from),
            Self::Floats(numbers) => place(numbers.len())
                .and_then(|at| numbers.get(at))
                .map(|number| Self::Number(f64::from(*number))),
            Self::Blob(bytes) => place(bytes.len())
                .and_then(|at| bytes.get(at))
                .map(|byte| Self::Int(i64::from(*byte))),
            Self::Text(text) => place(text.chars().count())
                .and_then(|at| text.char_indices().nth(at))
                .and_then(|(at, char)| text.get(at..at + char.len_utf8()))
                .map(Self::Text),
            Self::Documents(row, field) => place(row.all(*field).count())
                .and_then(|at| row.all(*field).nth(at))
                .map(|entry| Self::Document(RowView::new(entry.payload))),
            _ => return Err(format!("{} has no item {at}", self.kind())),
        };
        found.ok_or_else(|| format!("{} has no item {at}", self.kind()))
    }

    /// How many items it has; `None` where it has no length.
    pub(super) fn len(&self) -> Option<usize> {
        Some(match self {
            Self::Text(text) => text.chars().count(),
            Self::Blob(bytes) => bytes.len(),
            Self::List(bytes) => structure::items(bytes).count(),
            Self::Map(bytes) => distinct(structure::fields(bytes).map(|(name, _)| name)),
            Self::Floats(numbers) => numbers.len(),
            Self::Scores(row, field) => distinct(row.all(*field).map(|e| named_score(e).0)),
            Self::Documents(row, field) => row.all(*field).count(),
            Self::Array(message) => match NdArrayView::new(message).content {
                ArrayView::Dense(dense) => usize::try_from(*dense.shape.first()?).ok()?,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// It as a plain value; `None` where it is none.
    pub(super) fn to_value(&self) -> Option<Value> {
        Some(match self {
            Self::Absent => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Number(value) => Value::Number(*value),
            Self::Text(text) => Value::Text((*text).to_owned()),
            Self::List(bytes) => ValueView::List(bytes).to_value(),
            Self::Map(bytes) => ValueView::Map(bytes).to_value(),
            Self::Floats(numbers) => Value::List(
                numbers
                    .iter()
                    .map(|n| Value::Number(f64::from(*n)))
                    .collect(),
            ),
            _ => return None,
        })
    }

    /// What it is, in a word.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Blob(_) => "a blob",
            Self::List(_) | Self::Floats(_) => "a list",
            Self::Map(_) => "a map",
            Self::Array(_) => "an array",
            Self::Scores(..) => "a map of scores",
            Self::Score(_) => "a score",
            Self::Documents(..) => "an array of Documents",
            Self::Document(_) => "a Document",
        }
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    names.collect::<std::collections::HashSet<_>>().len()
}

/// The name and the serialised score of an entry of a map of scores.
fn named_score<'a>(entry: Entry<'a>) -> (&'a str, &'a [u8]) {
    let (mut name, mut score) = ("", &[][..]);
    for part in Reader::new(entry.payload).flatten() {
        match (part.number, part.wire) {
            (1, WireType::Bytes) => name = part.text(),
            (2, WireType::Bytes) => score = part.payload,
            _ => {}
        }
    }
    (name, score)
}

fn score_part<'a>(score: &'a [u8], part: &str) -> Result<Found<'a>, String> {
    let entries = || Reader::new(score).flatten();
    let text = |number: u32| {
        let found = entries()
            .filter(|e| e.number == number && e.wire == WireType::Bytes)
            .last();
        Ok(Found::Text(found.map_or("", |entry| entry.text())))
    };
    match part {
        "value" => {
            let found = entries()
                .filter(|e| e.number == 1 && e.wire == WireType::Fixed32)
                .last();
            Ok(Found::Number(
                found.map_or(0.0, |entry| f64::from(entry.float())),
            ))
        }
        "op_name" => text(2),
        "description" => text(3),
        "ref_id" => text(4),
        _ => Err(format!("a score has no '{part}'")),
    }
}
