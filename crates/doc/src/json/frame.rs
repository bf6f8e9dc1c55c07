//! From what a JSON text says to rows over a frame, as if they had been received. What such bytes cannot
//! hold exactly (64-bit weights, whole numbers deep in tags, arrays that can be written to) stands beside
//! them, for a face whose objects can.

use super::JsonError;
use super::draft::{Content, Draft, Score};
use crate::arrays::{NdArray, Tensor};
use crate::field::Field;
use crate::id::Id;
use crate::score::NamedScore;
use crate::structure::{self, Value};
use crate::wire::{Counter, Sink, Span, Writer};

/// Documents that are nested deeper are handed out one by one.
const SPLICED_DEPTH: usize = 30;
/// Tags that are nested deeper are handed out as values.
const SPLICED_TAGS: usize = 8;

/// Documents that were read from JSON.
#[derive(Debug, Default)]
pub struct JsonRows {
    /// The bytes of what bytes hold exactly: an array's message when no row has more than that.
    pub frame: Vec<u8>,
    /// The Documents.
    pub rows: Vec<JsonRow>,
}

/// One Document that was read from JSON.
#[derive(Debug)]
pub struct JsonRow {
    /// Its bytes in the frame.
    pub span: Span,
    /// What else it has, in the order in which it is to be set.
    pub more: Vec<(Field, Exact)>,
}

/// A value that a Document's bytes do not hold exactly.
#[derive(Debug)]
pub enum Exact {
    /// Text that has a say in other fields, or is empty.
    Text(String),
    /// A whole number of 64 bits.
    Int(i64),
    /// A float of 64 bits.
    Float(f64),
    /// Floats of 64 bits.
    Floats(Vec<f64>),
    /// An array that can be written to.
    Array(Tensor),
    /// Values with names.
    Map(Vec<(String, Value)>),
    /// Scores with names.
    Scores(Vec<(String, Score)>),
    /// Documents.
    Documents(Vec<JsonRow>),
}

impl JsonRows {
    /// Whether the frame is the whole array.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.rows.iter().all(|row| row.more.is_empty())
    }

    /// Adds a Document; where not `exact`, all of it goes into the frame.
    pub(super) fn push(&mut self, draft: Draft<'_>, exact: bool) -> Result<(), JsonError> {
        let mut out = Writer {
            out: std::mem::take(&mut self.frame),
        };
        let row = row(&mut out, draft, exact);
        self.frame = out.out;
        if u32::try_from(self.frame.len()).is_err() {
            let said = "is too much: 4 GiB is the most that can be read at once";
            return Err(JsonError::new(said.to_owned(), 0));
        }
        self.rows.push(row);
        Ok(())
    }
}

fn row(out: &mut Writer, mut draft: Draft<'_>, exact: bool) -> JsonRow {
    let fresh = draft.id.is_none().then(|| Id::random().hex());
    let mut more = Vec::new();
    let mut nested = Vec::new();
    if exact {
        draft.take_exact(&mut more);
        for (field, children) in [
            (Field::Chunks, &mut draft.chunks),
            (Field::Matches, &mut draft.matches),
        ] {
            if !children.iter().all(|child| child.is_spliced(1)) {
                nested.push((field, std::mem::take(children)));
            }
        }
    }
    let mut size = Counter::default();
    draft.write(&mut size, fresh.as_ref());
    out.head(1, size.len);
    let start = out.out.len();
    draft.write(out, fresh.as_ref());
    let span = Span::new(start, out.out.len() - start);
    for (field, children) in nested {
        let rows = children.into_iter().map(|child| row(out, child, exact));
        more.push((field, Exact::Documents(rows.collect())));
    }
    JsonRow { span, more }
}

#[allow(clippy::cast_possible_truncation)]
fn is_short(value: f64) -> bool {
    f64::from(value as f32).to_bits() == value.to_bits()
}

fn is_unsigned(value: Option<i64>) -> bool {
    value.is_none_or(|value| u32::try_from(value).is_ok())
}

fn values(tags: &[(String, Value)]) -> impl Iterator<Item = &Value> {
    tags.iter().map(|(_, value)| value)
}

/// Names and values as a map lends them.
pub(super) fn pairs<T>(pairs: &[(String, T)]) -> impl Iterator<Item = (&String, &T)> {
    pairs.iter().map(|(name, value)| (name, value))
}

fn holds_exactly<'a>(mut tags: impl Iterator<Item = &'a Value>, depth: usize) -> bool {
    fn exact(value: &Value, depth: usize) -> bool {
        match value {
            Value::Int(_) => false,
            Value::Number(number) => number.is_finite(),
            Value::List(items) => depth > 0 && items.iter().all(|item| exact(item, depth - 1)),
            Value::Map(map) => depth > 0 && map.values().all(|item| exact(item, depth - 1)),
            Value::Null | Value::Bool(_) | Value::Text(_) => true,
        }
    }
    tags.all(|content| exact(content, depth))
}

fn scores_exactly(scores: &[(String, Score)]) -> bool {
    // What is nought is not written, and one that is set to it is not one that is unset.
    scores.iter().all(|(_, score)| {
        let texts = score.texts.iter().flatten().all(|text| !text.is_empty());
        texts
            && match &score.value {
                None => true,
                Some(Value::Number(value)) => is_short(*value) && *value != 0.0,
                Some(_) => false,
            }
    })
}

impl Draft<'_> {
    /// Whether its bytes hold all of it exactly.
    fn is_spliced(&self, depth: usize) -> bool {
        let text =
            |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().is_none_or(str::is_empty);
        let tags = |tags: &Option<Vec<(String, Value)>>| {
            tags.as_deref()
                .is_none_or(|tags| holds_exactly(values(tags), SPLICED_TAGS))
        };
        depth <= SPLICED_DEPTH
            && self.id.as_deref() != Some("")
            && text(&self.uri)
            && text(&self.mime_type)
            && is_unsigned(self.granularity)
            && is_unsigned(self.adjacency)
            && self.weight.is_none_or(is_short)
            && self.offset.is_none_or(is_short)
            && self.location.iter().copied().all(is_short)
            && !matches!(self.content, Some(Content::Tensor(_)))
            && self.embedding.is_none()
            && tags(&self.tags)
            && tags(&self.metadata)
            && scores_exactly(&self.scores)
            && scores_exactly(&self.evaluations)
            && [&self.chunks, &self.matches]
                .into_iter()
                .flatten()
                .all(|child| child.is_spliced(depth + 1))
    }

    /// Moves what bytes do not hold exactly out of it.
    fn take_exact(&mut self, more: &mut Vec<(Field, Exact)>) {
        let mut add = |field: Field, value: Option<Exact>| {
            more.extend(value.map(|value| (field, value)));
        };
        if self.id.as_deref() == Some("") {
            add(Field::Id, Some(Exact::Text(String::new())));
        }
        for (field, value) in [
            (Field::Granularity, &mut self.granularity),
            (Field::Adjacency, &mut self.adjacency),
        ] {
            if !is_unsigned(*value) {
                add(field, value.take().map(Exact::Int));
            }
        }
        for (field, value) in [
            (Field::Weight, &mut self.weight),
            (Field::Offset, &mut self.offset),
        ] {
            add(field, value.take_if(|v| !is_short(*v)).map(Exact::Float));
        }
        if !self.location.iter().copied().all(is_short) {
            let numbers = std::mem::take(&mut self.location);
            add(Field::Location, Some(Exact::Floats(numbers)));
        }
        if let Some(Content::Tensor(tensor)) =
            self.content.take_if(|c| matches!(c, Content::Tensor(_)))
        {
            add(Field::Tensor, Some(Exact::Array(tensor)));
        }
        add(Field::Embedding, self.embedding.take().map(Exact::Array));
        for (field, value) in [
            (Field::Tags, &mut self.tags),
            (Field::Metadata, &mut self.metadata),
        ] {
            let inexact = value.take_if(|tags| !holds_exactly(values(tags), SPLICED_TAGS));
            add(field, inexact.map(Exact::Map));
        }
        for (field, value) in [
            (Field::Scores, &mut self.scores),
            (Field::Evaluations, &mut self.evaluations),
        ] {
            if !scores_exactly(value) {
                add(field, Some(Exact::Scores(std::mem::take(value))));
            }
        }
        for (field, value) in [
            (Field::Uri, &mut self.uri),
            (Field::MimeType, &mut self.mime_type),
        ] {
            let telling = value.take_if(|text| !text.is_empty());
            add(field, telling.map(|text| Exact::Text(text.into_owned())));
        }
    }

    /// Writes it as a `DocumentProto`.
    fn write(&self, sink: &mut impl Sink, fresh: Option<&[u8; 32]>) {
        let mut text = |field: Field, text: Option<&str>| {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                sink.bytes_field(field.number(), text.as_bytes());
            }
        };
        text(Field::Id, self.id.as_deref());
        text(Field::ParentId, self.parent_id.as_deref());
        text(Field::Uri, self.uri.as_deref());
        text(Field::Modality, self.modality.as_deref());
        text(Field::MimeType, self.mime_type.as_deref());
        if let Some(id) = fresh {
            sink.bytes_field(Field::Id.number(), id);
        }
        match &self.content {
            Some(Content::Text(text)) if !text.is_empty() => {
                sink.bytes_field(Field::Text.number(), text.as_bytes());
            }
            Some(Content::Blob(bytes)) if !bytes.is_empty() => {
                sink.bytes_field(Field::Blob.number(), bytes);
            }
            Some(Content::Tensor(tensor)) => {
                NdArray::from(tensor.clone()).write(sink, Field::Tensor.number());
            }
            _ => {}
        }
        if let Some(tensor) = &self.embedding {
            NdArray::from(tensor.clone()).write(sink, Field::Embedding.number());
        }
        self.write_numbers(sink);
        for (field, tags) in [(Field::Tags, &self.tags), (Field::Metadata, &self.metadata)] {
            if let Some(tags) = tags.as_deref().filter(|tags| !tags.is_empty()) {
                sink.bytes_field(field.number(), &structure::from_map(pairs(tags), false));
            }
        }
        for (field, scores) in [
            (Field::Scores, &self.scores),
            (Field::Evaluations, &self.evaluations),
        ] {
            let scores: Vec<_> = scores
                .iter()
                .map(|(name, score)| (name.clone(), score.named()))
                .collect();
            crate::score::write_map(sink, field.number(), pairs(&scores));
        }
        for (field, children) in [
            (Field::Chunks, &self.chunks),
            (Field::Matches, &self.matches),
        ] {
            for child in children {
                sink.bytes_field(field.number(), &child.encoded());
            }
        }
    }

    /// A nested one's bytes, made in one pass: to count first at every level would take time without end.
    fn encoded(&self) -> Vec<u8> {
        let fresh = self.id.is_none().then(|| Id::random().hex());
        let mut out = Writer::default();
        self.write(&mut out, fresh.as_ref());
        out.out
    }

    #[allow(clippy::cast_possible_truncation)]
    fn write_numbers(&self, sink: &mut impl Sink) {
        for (field, value) in [
            (Field::Granularity, self.granularity),
            (Field::Adjacency, self.adjacency),
        ] {
            let value = value.and_then(|value| u32::try_from(value).ok());
            if let Some(value) = value.filter(|value| *value != 0) {
                sink.varint_field(field.number(), value.into());
            }
        }
        for (field, value) in [(Field::Weight, self.weight), (Field::Offset, self.offset)] {
            if let Some(value) = value.filter(|value| *value != 0.0) {
                sink.float_field(field.number(), value as f32);
            }
        }
        if !self.location.is_empty() {
            sink.head(Field::Location.number(), self.location.len() * 4);
            for value in &self.location {
                sink.raw(&(*value as f32).to_le_bytes());
            }
        }
    }
}

impl Score {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn named(&self) -> NamedScore {
        let [op_name, description, ref_id] = self.texts.clone().map(Option::unwrap_or_default);
        NamedScore {
            value: match self.value {
                Some(Value::Number(value)) => value as f32,
                Some(Value::Int(value)) => value as f32,
                Some(Value::Bool(value)) => f32::from(u8::from(value)),
                _ => 0.0,
            },
            op_name,
            description,
            ref_id,
        }
    }
}
