//! The values of fields when the field is known only at run time.

use std::fmt;

use bytes::Bytes;

use crate::arrays::NdArray;
use crate::documents::DocumentArray;
use crate::field::Field;
use crate::map::Map;
use crate::score::Scores;

/// The value of one field, owned: what [`Document::set`](super::Document::set) takes and
/// [`Document::pop`](super::Document::pop) gives.
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
    Array(Box<NdArray>),
    /// `tags` and `_metadata`.
    Map(Map),
    /// `scores` and `evaluations`.
    Scores(Scores),
    /// `chunks` and `matches`.
    Documents(Box<DocumentArray>),
}

/// The value of one field, borrowed: what [`Document::get`](super::Document::get) gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldRef<'a> {
    /// `id`, `text`, `uri` and the like.
    Text(&'a str),
    /// `blob`.
    Blob(&'a Bytes),
    /// `granularity` and `adjacency`.
    Int(u32),
    /// `weight` and `offset`.
    Float(f32),
    /// `location`.
    Floats(&'a [f32]),
    /// `tensor` and `embedding`.
    Array(&'a NdArray),
    /// `tags` and `_metadata`.
    Map(&'a Map),
    /// `scores` and `evaluations`.
    Scores(&'a Scores),
    /// `chunks` and `matches`.
    Documents(&'a DocumentArray),
}

/// A value that its field cannot have, such as a number as `text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldError {
    field: Field,
    given: &'static str,
}

impl FieldError {
    /// The field that was to be set.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, wanted) = (self.field.name(), takes(self.field));
        write!(f, "{field} takes {wanted}, not {}", self.given)
    }
}

impl std::error::Error for FieldError {}

/// What a field takes, in words.
fn takes(field: Field) -> &'static str {
    match field {
        _ if field.is_text() => "text",
        Field::Blob => "bytes",
        Field::Granularity | Field::Adjacency => "a whole number",
        Field::Weight | Field::Offset => "a number",
        Field::Location => "numbers",
        Field::Tensor | Field::Embedding => "an array",
        Field::Tags | Field::Metadata => "values with names",
        Field::Scores | Field::Evaluations => "scores",
        _ => "Documents",
    }
}

impl FieldValue {
    /// The value, borrowed.
    ///
    /// ```
    /// use tidegate_doc::{FieldRef, FieldValue};
    ///
    /// assert_eq!(FieldValue::from("a").as_ref(), FieldRef::Text("a"));
    /// ```
    #[must_use]
    pub fn as_ref(&self) -> FieldRef<'_> {
        match self {
            Self::Text(value) => FieldRef::Text(value),
            Self::Blob(value) => FieldRef::Blob(value),
            Self::Int(value) => FieldRef::Int(*value),
            Self::Float(value) => FieldRef::Float(*value),
            Self::Floats(value) => FieldRef::Floats(value),
            Self::Array(value) => FieldRef::Array(value),
            Self::Map(value) => FieldRef::Map(value),
            Self::Scores(value) => FieldRef::Scores(value),
            Self::Documents(value) => FieldRef::Documents(value),
        }
    }

    /// Checks that a field can have it.
    pub(super) fn check(&self, field: Field) -> Result<(), FieldError> {
        let given = match self {
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Floats(_) => "numbers",
            Self::Array(_) => "an array",
            Self::Map(_) => "values with names",
            Self::Scores(_) => "scores",
            Self::Documents(_) => "Documents",
        };
        if given == takes(field) {
            Ok(())
        } else {
            Err(FieldError { field, given })
        }
    }
}

impl FieldRef<'_> {
    /// Whether it counts as no value: the default of its field, or nothing in it.
    ///
    /// ```
    /// use tidegate_doc::FieldRef;
    ///
    /// assert!(FieldRef::Text("").is_empty() && FieldRef::Int(0).is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Blob(bytes) => bytes.is_empty(),
            Self::Int(value) => value == 0,
            Self::Float(value) => value == 0.0,
            Self::Floats(values) => values.is_empty(),
            Self::Array(_) => false,
            Self::Map(map) => map.is_empty(),
            Self::Scores(scores) => scores.is_empty(),
            Self::Documents(documents) => documents.is_empty(),
        }
    }

    /// The value, owned; buffers and Documents are shared, not copied.
    ///
    /// ```
    /// use tidegate_doc::{FieldRef, FieldValue};
    ///
    /// assert_eq!(FieldRef::Text("a").to_value(), FieldValue::from("a"));
    /// ```
    #[must_use]
    pub fn to_value(self) -> FieldValue {
        match self {
            Self::Text(value) => FieldValue::Text(value.to_owned()),
            Self::Blob(value) => FieldValue::Blob(value.clone()),
            Self::Int(value) => FieldValue::Int(value),
            Self::Float(value) => FieldValue::Float(value),
            Self::Floats(value) => FieldValue::Floats(value.to_vec()),
            Self::Array(value) => FieldValue::Array(Box::new(value.clone())),
            Self::Map(value) => FieldValue::Map(value.clone()),
            Self::Scores(value) => FieldValue::Scores(value.clone()),
            Self::Documents(value) => FieldValue::Documents(Box::new(value.clone())),
        }
    }
}

macro_rules! from {
    ($($type:ty => $make:expr;)*) => {$(
        impl From<$type> for FieldValue {
            fn from(value: $type) -> Self {
                $make(value)
            }
        }
    )*};
}

from! {
    &str => |value: &str| FieldValue::Text(value.to_owned());
    String => FieldValue::Text;
    Bytes => FieldValue::Blob;
    u32 => FieldValue::Int;
    f32 => FieldValue::Float;
    Vec<f32> => FieldValue::Floats;
    NdArray => |value| FieldValue::Array(Box::new(value));
    Map => FieldValue::Map;
    Scores => FieldValue::Scores;
    DocumentArray => |value| FieldValue::Documents(Box::new(value));
}
