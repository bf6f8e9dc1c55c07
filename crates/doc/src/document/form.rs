//! How a Document is compared, shown, and made from what is in it.

use std::fmt;

use bytes::Bytes;

use super::{Document, FieldRef};
use crate::arrays::{NdArray, Tensor};
use crate::field::Field;

/// How many characters of a text are shown.
const SHOWN: usize = 40;

/// Equal in id and in every field that is not empty; arrays are compared by value.
impl PartialEq for Document {
    fn eq(&self, other: &Self) -> bool {
        let full = |document, field| Self::get(document, field).filter(|value| !value.is_empty());
        self.id() == other.id()
            && Field::ALL
                .into_iter()
                .filter(|field| *field != Field::Id)
                .all(|field| full(self, field) == full(other, field))
    }
}

/// Names what is set, and of large values only their size.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Document");
        for field in self.non_empty_fields() {
            if let Some(value) = self.get(field) {
                out.field(field.name(), &Shown(value));
            }
        }
        out.finish()
    }
}

struct Shown<'a>(FieldRef<'a>);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            FieldRef::Text(text) => match text.char_indices().nth(SHOWN) {
                Some((end, _)) => {
                    let start = text.get(..end).unwrap_or_default();
                    write!(f, "{start:?}... ({} bytes)", text.len())
                }
                None => write!(f, "{text:?}"),
            },
            FieldRef::Blob(bytes) => write!(f, "{} bytes", bytes.len()),
            FieldRef::Int(value) => write!(f, "{value}"),
            FieldRef::Float(value) => write!(f, "{value:?}"),
            FieldRef::Floats(values) => write!(f, "{values:?}"),
            FieldRef::Array(array) => f.write_str(&array.summary()),
            FieldRef::Map(values) => f.debug_set().entries(values.keys()).finish(),
            FieldRef::Scores(scores) => {
                let values = scores.iter().map(|(name, score)| (name, score.value));
                f.debug_map().entries(values).finish()
            }
            FieldRef::Documents(documents) => write!(f, "{} Documents", documents.len()),
        }
    }
}

/// A clone, which shares what is in it: an array can be collected from Documents that are lent.
impl From<&Self> for Document {
    fn from(document: &Self) -> Self {
        document.clone()
    }
}

macro_rules! from {
    ($($type:ty => $set:ident, $what:literal;)*) => {$(
        #[doc = concat!("A Document with a new id and ", $what, " as its content.")]
        impl From<$type> for Document {
            fn from(content: $type) -> Self {
                let mut document = Self::new();
                document.$set(content);
                document
            }
        }
    )*};
}

from! {
    &str => set_text, "text";
    String => set_text, "text";
    Bytes => set_blob, "bytes";
    Vec<u8> => set_blob, "bytes";
    NdArray => set_tensor, "an array";
    Tensor => set_tensor, "an array";
}
