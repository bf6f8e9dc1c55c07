//! One Document as a Rust value: what was set, over the received bytes of what was not.

mod builder;
mod content;
mod decoded;
mod encode;
mod form;
mod getters;
mod nesting;
mod setters;
mod value;

use bytes::Bytes;

pub use builder::DocumentBuilder;
pub use content::Content;
pub use value::{FieldError, FieldRef, FieldValue};

use crate::arrays::NdArray;
use crate::documents::DocumentArray;
use crate::field::Field;
use crate::id::Id;
use crate::row::RowView;
use crate::scan::{ScanError, scan_document};
use crate::score::{Scores, read_entry};
use crate::structure;
use decoded::Decoded;

/// A piece of data that travels through a Flow: content, an embedding, tags, Documents inside it.
///
/// Made by [`Document::builder`], from text, bytes or an array by [`From`], or from what came over the
/// network by [`Document::from_bytes`]. Its content is text, bytes or an array: setting one removes the
/// others. A field without a value reads as its default: empty text, 0, no tags.
///
/// Received Documents are decoded field by field when somebody looks; what nobody set is written as the
/// very bytes that came, fields that this version does not know among them. Cloning shares buffers and
/// the Documents inside.
///
/// ```
/// use tidegate_doc::{Content, Document};
///
/// let mut document = Document::builder()
///     .text("a red bicycle")
///     .tag("price", 120)
///     .embedding([0.1_f32, 0.9])
///     .chunk("a red")
///     .chunk("bicycle")
///     .build();
/// assert_eq!(document.chunks().get(0).unwrap().parent_id(), document.id());
///
/// document.set_tag("size__wheel", 28.0);
/// assert_eq!(document.tag("size__wheel").and_then(|size| size.as_i64()), Some(28));
/// assert_eq!(document.content(), Some(Content::Text("a red bicycle")));
///
/// let again = Document::from_bytes(document.to_bytes())?;
/// assert_eq!(again, document);
/// # Ok::<(), tidegate_doc::ScanError>(())
/// ```
#[derive(Clone)]
pub struct Document {
    received: Bytes,
    /// The fields that are still read from `received`, as bits.
    lazy: u32,
    dirty: bool,
    id: IdText,
    /// What the ids of received Documents inside are made of where they came without.
    seed: Id,
    set: Vec<(Field, FieldValue)>,
    decoded: Decoded,
}

/// Where its id stands.
#[derive(Debug, Clone)]
enum IdText {
    None,
    Received,
    Fresh([u8; 32]),
    Set(Box<str>),
}

impl Default for Document {
    fn default() -> Self {
        Self::new()
    }
}

impl Document {
    /// Makes a Document with a new id and nothing else.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// assert_eq!(Document::new().id().len(), 32);
    /// assert_ne!(Document::new().id(), Document::new().id());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        let id = Id::random();
        Self {
            received: Bytes::new(),
            lazy: 0,
            dirty: true,
            id: IdText::Fresh(id.hex()),
            seed: id,
            set: Vec::new(),
            decoded: Decoded::default(),
        }
    }

    /// Reads a serialised `DocumentProto`; its fields are decoded when somebody looks.
    ///
    /// One that has no id gets a new one.
    ///
    /// # Errors
    /// When any part of it could not be decoded; the error names the field.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::from_bytes(Document::from("hello").to_bytes())?;
    /// assert_eq!(document.text(), "hello");
    /// let error = Document::from_bytes(&b"\x22\x01\xff"[..]).unwrap_err();
    /// assert_eq!(error.to_string(), "text is not valid UTF-8 (at byte 0)");
    /// # Ok::<(), tidegate_doc::ScanError>(())
    /// ```
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, ScanError> {
        let bytes = bytes.into();
        scan_document(&bytes)?;
        Ok(Self::over(bytes, Id::random()))
    }

    /// A Document over bytes that a scan has passed, with its id should it have come without.
    pub(crate) fn over(received: Bytes, seed: Id) -> Self {
        let lazy = RowView::new(&received).mask();
        let id = if lazy & Field::Id.bit() == 0 {
            IdText::Fresh(seed.hex())
        } else {
            IdText::Received
        };
        Self {
            received,
            lazy,
            dirty: false,
            id,
            seed,
            set: Vec::new(),
            decoded: Decoded::default(),
        }
    }

    /// Whether a field has a value, be it an empty one.
    ///
    /// ```
    /// use tidegate_doc::{Document, Field};
    ///
    /// let document = Document::from("hello");
    /// assert!(document.has(Field::Text) && !document.has(Field::Blob));
    /// ```
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        match field {
            Field::Id => !matches!(self.id, IdText::None),
            _ => self.lazy & field.bit() != 0 || self.stored(field).is_some(),
        }
    }

    /// The value of a field; `None` where it is unset.
    ///
    /// ```
    /// use tidegate_doc::{Document, Field, FieldRef};
    ///
    /// let document = Document::from("hello");
    /// assert_eq!(document.get(Field::Text), Some(FieldRef::Text("hello")));
    /// assert_eq!(document.get(Field::Uri), None);
    /// ```
    #[must_use]
    pub fn get(&self, field: Field) -> Option<FieldRef<'_>> {
        if !self.has(field) {
            return None;
        }
        if let Some(value) = self.stored(field) {
            return Some(value.as_ref());
        }
        let entry = || RowView::new(&self.received).find(field);
        Some(match field {
            Field::Id => FieldRef::Text(self.id()),
            _ if field.is_text() => FieldRef::Text(entry()?.text()),
            #[allow(clippy::cast_possible_truncation)]
            Field::Granularity | Field::Adjacency => FieldRef::Int(entry()?.varint() as u32),
            Field::Weight | Field::Offset => FieldRef::Float(entry()?.float()),
            _ => self.decoded.get(field, || self.decode(field)).as_ref(),
        })
    }

    /// The value of a field that a set one keeps as a value of its own.
    fn stored(&self, field: Field) -> Option<&FieldValue> {
        let (_, value) = self.set.iter().find(|(f, _)| *f == field)?;
        Some(value)
    }

    /// The value of a received field, decoded; only for those that are kept once decoded.
    fn decode(&self, field: Field) -> FieldValue {
        let row = RowView::new(&self.received);
        let slice = || {
            row.find(field).map_or_else(Bytes::new, |entry| {
                self.received.slice(entry.payload_start..entry.end)
            })
        };
        match field {
            Field::Blob => FieldValue::Blob(slice()),
            Field::Location => FieldValue::Floats(row.location()),
            Field::Tensor | Field::Embedding => {
                FieldValue::Array(Box::new(NdArray::read(&slice())))
            }
            Field::Tags | Field::Metadata => FieldValue::Map(structure::to_map(&slice())),
            Field::Scores | Field::Evaluations => {
                let scores: Scores = row.all(field).map(|entry| read_entry(&entry)).collect();
                FieldValue::Scores(scores)
            }
            _ => FieldValue::Documents(Box::new(DocumentArray::nested(
                &self.received,
                field,
                self.seed,
            ))),
        }
    }

    /// Sets a field; of the content fields only one keeps a value.
    ///
    /// # Errors
    /// When the field cannot have such a value; the Document stays as it was.
    ///
    /// ```
    /// use tidegate_doc::{Document, Field};
    ///
    /// let mut document = Document::new();
    /// document.set(Field::Uri, "https://example.org")?;
    /// let error = document.set(Field::Text, 1.5).unwrap_err();
    /// assert_eq!(error.to_string(), "text takes text, not a number");
    /// # Ok::<(), tidegate_doc::FieldError>(())
    /// ```
    pub fn set(&mut self, field: Field, value: impl Into<FieldValue>) -> Result<(), FieldError> {
        let value = value.into();
        value.check(field)?;
        self.put(field, value);
        Ok(())
    }

    /// Sets a field to a value of its kind.
    fn put(&mut self, field: Field, value: FieldValue) {
        match (field, value) {
            (Field::Id, FieldValue::Text(id)) => self.set_id(id),
            (_, value) => {
                if field.bit() & Field::CONTENT_MASK == 0 {
                    self.unset(field);
                } else {
                    for content in Field::CONTENT {
                        self.unset(content);
                    }
                }
                if self.set.capacity() == 0 {
                    self.set.reserve_exact(1);
                }
                self.set.push((field, value));
            }
        }
    }

    /// Removes the value of a field, of `id` too.
    ///
    /// ```
    /// use tidegate_doc::{Document, Field};
    ///
    /// let mut document = Document::from("hello");
    /// document.unset(Field::Text);
    /// assert_eq!(document.text(), "");
    /// ```
    pub fn unset(&mut self, field: Field) {
        self.dirty = true;
        if self.lazy & field.bit() != 0 {
            self.lazy &= !field.bit();
            self.decoded.take(field);
        }
        self.set.retain(|(f, _)| *f != field);
        if field == Field::Id {
            self.id = IdText::None;
        }
    }

    /// Removes the value of a field and returns it.
    ///
    /// ```
    /// use tidegate_doc::{Document, Field, FieldValue};
    ///
    /// let mut document = Document::from("hello");
    /// assert_eq!(document.pop(Field::Text), Some(FieldValue::from("hello")));
    /// assert_eq!(document.pop(Field::Text), None);
    /// ```
    pub fn pop(&mut self, field: Field) -> Option<FieldValue> {
        if !self.has(field) {
            return None;
        }
        let value = if let Some(at) = self.set.iter().position(|(f, _)| *f == field) {
            Some(self.set.swap_remove(at).1)
        } else if let Some(value) = self.decoded.take(field) {
            Some(value)
        } else {
            self.get(field).map(FieldRef::to_value)
        };
        self.unset(field);
        value
    }

    /// Removes the value of every field, of `id` too.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from("hello");
    /// document.clear();
    /// assert!(document.non_empty_fields().is_empty());
    /// ```
    pub fn clear(&mut self) {
        *self = Self {
            id: IdText::None,
            ..Self::new()
        };
    }

    /// The fields with a value that is not empty, in the order in which Python names them.
    ///
    /// ```
    /// use tidegate_doc::{Document, Field};
    ///
    /// let document = Document::builder().text("hello").tag("k", 1).uri("").build();
    /// assert_eq!(document.non_empty_fields(), [Field::Id, Field::Text, Field::Tags]);
    /// ```
    #[must_use]
    pub fn non_empty_fields(&self) -> Vec<Field> {
        let full = |field: &Field| {
            *field == Field::Id && self.has(Field::Id)
                || self.get(*field).is_some_and(|value| !value.is_empty())
        };
        Field::ALL.into_iter().filter(full).collect()
    }

    /// The value of a field, in place; a received one is decoded and counts as changed from now on.
    fn live(&mut self, field: Field, default: impl FnOnce() -> FieldValue) -> &mut FieldValue {
        self.dirty = true;
        let at = match self.set.iter().position(|(f, _)| *f == field) {
            Some(at) => at,
            None => {
                let value = self.pop(field).unwrap_or_else(default);
                self.set.push((field, value));
                self.set.len() - 1
            }
        };
        &mut self.set[at].1
    }
}
