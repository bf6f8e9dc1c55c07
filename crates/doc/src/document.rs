//! One Document as a Rust value: what was set, over the received bytes of what was not.

use std::borrow::Cow;

use bytes::Bytes;

use crate::array_value::NdArray;
use crate::documents::DocumentArray;
use crate::field::Field;
use crate::id::Id;
use crate::row::RowView;
use crate::scan::{ScanError, scan_document};
use crate::score::{NamedScore, read_entry, write_map};
use crate::structure::{self, Value};
use crate::wire::{Counter, DEPTH_LIMIT, Sink, Writer};

/// A piece of data that travels through a Flow: content, an embedding, tags, Documents inside it.
///
/// ```
/// use tidegate_doc::Document;
///
/// let mut document = Document::new().with_text("hello");
/// assert_eq!(document.text(), "hello");
/// document.set_blob(&b"bytes"[..]);
/// assert_eq!(document.text(), "");
/// let again = Document::from_bytes(document.to_bytes()).unwrap();
/// assert_eq!(again.id(), document.id());
/// ```
#[derive(Debug, Clone)]
pub struct Document {
    received: Bytes,
    lazy: u32,
    dirty: bool,
    fresh_id: Option<Id>,
    set: Vec<(Field, FieldValue)>,
}

/// The value of one field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// `id`, `text`, `uri` and the like.
    Text(String),
    /// `blob`.
    Blob(Bytes),
    /// `granularity` and `adjacency`.
    Int(u32),
    /// `weight` and `offset`.
    Float(f32),
    /// `location`.
    Floats(Vec<f32>),
    /// `tensor` and `embedding`.
    Array(NdArray),
    /// `tags` and `_metadata`.
    Map(Vec<(String, Value)>),
    /// `scores` and `evaluations`.
    Scores(Vec<(String, NamedScore)>),
    /// `chunks` and `matches`.
    Documents(DocumentArray),
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Document {
    /// A Document with a new id and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self {
            received: Bytes::new(),
            lazy: 0,
            dirty: true,
            fresh_id: Some(Id::random()),
            set: Vec::new(),
        }
    }

    /// A Document from a serialised `DocumentProto`; its fields are decoded when they are read.
    ///
    /// # Errors
    /// When any part of it could not be decoded; the error names the field.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, ScanError> {
        let bytes = bytes.into();
        scan_document(&bytes)?;
        Ok(Self::over(bytes))
    }

    /// A Document over bytes that a scan has passed.
    pub(crate) fn over(received: Bytes) -> Self {
        let lazy = RowView::new(&received).mask();
        let fresh_id = (lazy & Field::Id.bit() == 0).then(Id::random);
        Self {
            received,
            lazy,
            dirty: false,
            fresh_id,
            set: Vec::new(),
        }
    }

    /// The Document as a serialised `DocumentProto`; what was not set since it came is written as it came.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut size = Counter::default();
        self.write(&mut size, 0);
        let mut out = Writer::with_capacity(size.len);
        self.write(&mut out, 0);
        out.out
    }

    /// Writes its fields. Nesting below [`DEPTH_LIMIT`] is left out, for no reader would accept it.
    pub(crate) fn write(&self, sink: &mut impl Sink, depth: usize) {
        if !self.dirty {
            return sink.raw(&self.received);
        }
        for run in RowView::new(&self.received).kept(self.lazy) {
            sink.raw(self.received.get(run).unwrap_or_default());
        }
        if let Some(id) = self.fresh_id.filter(|_| self.stored(Field::Id).is_none()) {
            sink.bytes_field(Field::Id.number(), &id.hex());
        }
        for (field, value) in &self.set {
            write_field(sink, field.number(), value, depth);
        }
    }

    fn stored(&self, field: Field) -> Option<&FieldValue> {
        self.set
            .iter()
            .find(|(f, _)| *f == field)
            .map(|(_, value)| value)
    }

    fn row(&self, field: Field) -> Option<RowView<'_>> {
        (self.lazy & field.bit() != 0).then(|| RowView::new(&self.received))
    }

    /// Whether a field has a value.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        self.lazy & field.bit() != 0
            || self.stored(field).is_some()
            || (field == Field::Id && self.fresh_id.is_some())
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> Cow<'_, str> {
        match (self.stored(Field::Id), self.fresh_id) {
            (Some(FieldValue::Text(id)), _) => Cow::Borrowed(id),
            (_, Some(id)) => Cow::Owned(id.to_string()),
            _ => Cow::Borrowed(self.str(Field::Id)),
        }
    }

    /// The value of a field whose values are text; empty where it is unset or holds something else.
    #[must_use]
    pub fn str(&self, field: Field) -> &str {
        match self.stored(field) {
            Some(FieldValue::Text(text)) => text,
            Some(_) => "",
            None if field.is_text() => self
                .row(field)
                .and_then(|row| row.find(field))
                .map_or("", |entry| entry.text()),
            None => "",
        }
    }

    /// Its content as text; empty where unset.
    #[must_use]
    pub fn text(&self) -> &str {
        self.str(Field::Text)
    }

    /// Its content as bytes; empty where unset.
    #[must_use]
    pub fn blob(&self) -> Bytes {
        match self.get(Field::Blob) {
            Some(FieldValue::Blob(bytes)) => bytes,
            _ => Bytes::new(),
        }
    }

    /// Its content as an array.
    #[must_use]
    pub fn tensor(&self) -> Option<NdArray> {
        self.array(Field::Tensor)
    }

    /// Its embedding.
    #[must_use]
    pub fn embedding(&self) -> Option<NdArray> {
        self.array(Field::Embedding)
    }

    fn array(&self, field: Field) -> Option<NdArray> {
        match self.get(field) {
            Some(FieldValue::Array(array)) => Some(array),
            _ => None,
        }
    }

    /// Its tags, each name once.
    #[must_use]
    pub fn tags(&self) -> Vec<(String, Value)> {
        match self.get(Field::Tags) {
            Some(FieldValue::Map(tags)) => tags,
            _ => Vec::new(),
        }
    }

    /// The Documents that it consists of.
    #[must_use]
    pub fn chunks(&self) -> DocumentArray {
        self.nested(Field::Chunks)
    }

    /// The Documents that match it.
    #[must_use]
    pub fn matches(&self) -> DocumentArray {
        self.nested(Field::Matches)
    }

    fn nested(&self, field: Field) -> DocumentArray {
        match self.get(field) {
            Some(FieldValue::Documents(documents)) => documents,
            _ => DocumentArray::new(),
        }
    }

    /// The value of a field, decoded; `None` where it is unset.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<FieldValue> {
        if let Some(value) = self.stored(field) {
            return Some(value.clone());
        }
        let row = self.row(field)?;
        let entry = row.find(field)?;
        let slice = || self.received.slice(entry.payload_start..entry.end);
        Some(match field {
            _ if field.is_text() => FieldValue::Text(entry.text().to_owned()),
            Field::Blob => FieldValue::Blob(slice()),
            #[allow(clippy::cast_possible_truncation)]
            Field::Granularity | Field::Adjacency => FieldValue::Int(entry.varint() as u32),
            Field::Weight | Field::Offset => FieldValue::Float(entry.float()),
            Field::Location => FieldValue::Floats(row.location()),
            Field::Tensor | Field::Embedding => FieldValue::Array(NdArray::read(&slice())),
            Field::Tags | Field::Metadata => FieldValue::Map(structure::to_map(entry.payload)),
            Field::Scores | Field::Evaluations => {
                let mut scores: Vec<(String, NamedScore)> = Vec::new();
                for (name, score) in row.all(field).map(|entry| read_entry(&entry)) {
                    scores.retain(|(known, _)| *known != name);
                    scores.push((name, score));
                }
                FieldValue::Scores(scores)
            }
            _ => FieldValue::Documents(DocumentArray::nested(&self.received, field)),
        })
    }

    /// Sets a field; of the content fields only one has a value.
    pub fn set(&mut self, field: Field, value: FieldValue) {
        self.unset(field);
        if field.bit() & Field::CONTENT_MASK != 0 {
            Field::CONTENT
                .into_iter()
                .for_each(|content| self.unset(content));
        }
        self.set.push((field, value));
    }

    /// Removes the value of a field.
    pub fn unset(&mut self, field: Field) {
        self.dirty = true;
        self.lazy &= !field.bit();
        self.set.retain(|(f, _)| *f != field);
        if field == Field::Id {
            self.fresh_id = None;
        }
    }

    /// Sets its id.
    pub fn set_id(&mut self, id: impl Into<String>) {
        self.set(Field::Id, FieldValue::Text(id.into()));
    }

    /// Sets its content to text.
    pub fn set_text(&mut self, text: impl Into<String>) {
        self.set(Field::Text, FieldValue::Text(text.into()));
    }

    /// Sets its content to bytes.
    pub fn set_blob(&mut self, blob: impl Into<Bytes>) {
        self.set(Field::Blob, FieldValue::Blob(blob.into()));
    }

    /// Sets its content to an array.
    pub fn set_tensor(&mut self, tensor: impl Into<NdArray>) {
        self.set(Field::Tensor, FieldValue::Array(tensor.into()));
    }

    /// Sets its embedding.
    pub fn set_embedding(&mut self, embedding: impl Into<NdArray>) {
        self.set(Field::Embedding, FieldValue::Array(embedding.into()));
    }

    /// Sets its tags.
    pub fn set_tags(&mut self, tags: Vec<(String, Value)>) {
        self.set(Field::Tags, FieldValue::Map(tags));
    }

    /// The Document with text as its content.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.set_text(text);
        self
    }

    /// The Document with an embedding.
    #[must_use]
    pub fn with_embedding(mut self, embedding: impl Into<NdArray>) -> Self {
        self.set_embedding(embedding);
        self
    }

    /// Makes Documents its chunks: each learns this one's id and its own granularity.
    pub fn set_chunks(&mut self, chunks: impl IntoIterator<Item = Self>) {
        let (id, level) = (self.id().into_owned(), self.int(Field::Granularity) + 1);
        let children = chunks.into_iter().map(|mut child| {
            child.set(Field::ParentId, FieldValue::Text(id.clone()));
            child.set(Field::Granularity, FieldValue::Int(level));
            child
        });
        self.set(Field::Chunks, FieldValue::Documents(children.collect()));
    }

    /// Makes Documents its matches: each learns its adjacency.
    pub fn set_matches(&mut self, matches: impl IntoIterator<Item = Self>) {
        let level = self.int(Field::Adjacency) + 1;
        let others = matches.into_iter().map(|mut other| {
            other.set(Field::Adjacency, FieldValue::Int(level));
            other
        });
        self.set(Field::Matches, FieldValue::Documents(others.collect()));
    }

    fn int(&self, field: Field) -> u32 {
        match self.get(field) {
            Some(FieldValue::Int(value)) => value,
            _ => 0,
        }
    }
}

impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
            && Field::ALL
                .into_iter()
                .filter(|field| *field != Field::Id)
                .all(|field| non_empty(self.get(field)) == non_empty(other.get(field)))
    }
}

fn non_empty(value: Option<FieldValue>) -> Option<FieldValue> {
    value.filter(|value| match value {
        FieldValue::Text(text) => !text.is_empty(),
        FieldValue::Blob(bytes) => !bytes.is_empty(),
        FieldValue::Int(value) => *value != 0,
        FieldValue::Float(value) => *value != 0.0,
        FieldValue::Floats(values) => !values.is_empty(),
        FieldValue::Array(_) => true,
        FieldValue::Map(map) => !map.is_empty(),
        FieldValue::Scores(scores) => !scores.is_empty(),
        FieldValue::Documents(documents) => !documents.is_empty(),
    })
}

fn write_field(sink: &mut impl Sink, number: u32, value: &FieldValue, depth: usize) {
    match value {
        FieldValue::Text(text) if !text.is_empty() => sink.bytes_field(number, text.as_bytes()),
        FieldValue::Blob(bytes) if !bytes.is_empty() => sink.bytes_field(number, bytes),
        FieldValue::Int(value) if *value != 0 => sink.varint_field(number, u64::from(*value)),
        FieldValue::Float(value) if *value != 0.0 => sink.float_field(number, *value),
        FieldValue::Floats(values) if !values.is_empty() => {
            sink.head(number, values.len() * 4);
            values
                .iter()
                .for_each(|value| sink.raw(&value.to_le_bytes()));
        }
        FieldValue::Array(array) => array.write(sink, number),
        FieldValue::Map(map) if !map.is_empty() => {
            sink.bytes_field(number, &structure::from_map(map, false));
        }
        FieldValue::Scores(scores) => write_map(sink, number, scores),
        FieldValue::Documents(documents) if depth < DEPTH_LIMIT => {
            documents.write(sink, number, depth + 1);
        }
        _ => {}
    }
}
