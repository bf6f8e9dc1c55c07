//! The protobuf dialect: names and kinds of fields as protobuf's JSON mapping has them.

use crate::wire::WireType;

/// What a field of a message holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// Text.
    Text,
    /// Bytes, as base64.
    Bytes,
    /// A whole number of 32 bits.
    Int,
    /// A float of 32 bits.
    Float,
    /// Floats of 32 bits.
    Floats,
    /// Whole numbers of 32 bits.
    Ints,
    /// Any values with names.
    Struct,
    /// A message.
    One(&'static Message),
    /// Documents.
    Documents,
    /// Messages with names.
    Map(&'static Message),
}

impl Kind {
    /// Whether a payload of this layout belongs to such a field.
    #[must_use]
    pub fn takes(self, wire: WireType) -> bool {
        match self {
            Self::Int => wire == WireType::Varint,
            Self::Float => wire == WireType::Fixed32,
            Self::Floats => matches!(wire, WireType::Fixed32 | WireType::Bytes),
            Self::Ints => matches!(wire, WireType::Varint | WireType::Bytes),
            _ => wire == WireType::Bytes,
        }
    }
}

/// A field: its number, its name in the schema and in camel case, and its kind.
#[derive(Debug)]
pub struct Slot(pub u32, pub &'static str, pub &'static str, pub Kind);

/// The fields of a message.
pub type Message = [Slot];

const SCORE: &Message = &[
    Slot(1, "value", "value", Kind::Float),
    Slot(2, "op_name", "opName", Kind::Text),
    Slot(3, "description", "description", Kind::Text),
    Slot(4, "ref_id", "refId", Kind::Text),
];

const DENSE: &Message = &[
    Slot(1, "buffer", "buffer", Kind::Bytes),
    Slot(2, "shape", "shape", Kind::Ints),
    Slot(3, "dtype", "dtype", Kind::Text),
];

const SPARSE: &Message = &[
    Slot(1, "indices", "indices", Kind::One(DENSE)),
    Slot(2, "values", "values", Kind::One(DENSE)),
    Slot(3, "shape", "shape", Kind::Ints),
];

const ARRAY: &Message = &[
    Slot(1, "dense", "dense", Kind::One(DENSE)),
    Slot(2, "sparse", "sparse", Kind::One(SPARSE)),
    Slot(3, "cls_name", "clsName", Kind::Text),
    Slot(4, "parameters", "parameters", Kind::Struct),
];

/// The fields of a Document.
pub const DOCUMENT: &Message = &[
    Slot(1, "id", "id", Kind::Text),
    Slot(2, "blob", "blob", Kind::Bytes),
    Slot(3, "tensor", "tensor", Kind::One(ARRAY)),
    Slot(4, "text", "text", Kind::Text),
    Slot(5, "granularity", "granularity", Kind::Int),
    Slot(6, "adjacency", "adjacency", Kind::Int),
    Slot(7, "parent_id", "parentId", Kind::Text),
    Slot(8, "weight", "weight", Kind::Float),
    Slot(9, "uri", "uri", Kind::Text),
    Slot(10, "modality", "modality", Kind::Text),
    Slot(11, "mime_type", "mimeType", Kind::Text),
    Slot(12, "offset", "offset", Kind::Float),
    Slot(13, "location", "location", Kind::Floats),
    Slot(14, "chunks", "chunks", Kind::Documents),
    Slot(15, "matches", "matches", Kind::Documents),
    Slot(16, "embedding", "embedding", Kind::One(ARRAY)),
    Slot(17, "tags", "tags", Kind::Struct),
    Slot(18, "scores", "scores", Kind::Map(SCORE)),
    Slot(19, "evaluations", "evaluations", Kind::Map(SCORE)),
    Slot(20, "_metadata", "Metadata", Kind::Struct),
];
