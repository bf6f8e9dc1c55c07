//! The fields of a Document: names, numbers on the wire and order.

use crate::wire::WireType;

/// A field of the wire schema; its discriminant is its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Field {
    Id = 1,
    Blob = 2,
    Tensor = 3,
    Text = 4,
    Granularity = 5,
    Adjacency = 6,
    ParentId = 7,
    Weight = 8,
    Uri = 9,
    Modality = 10,
    MimeType = 11,
    Offset = 12,
    Location = 13,
    Chunks = 14,
    Matches = 15,
    Embedding = 16,
    Tags = 17,
    Scores = 18,
    Evaluations = 19,
    Metadata = 20,
}

impl Field {
    /// Every field, in the order in which a Document lists what it has.
    pub const ALL: [Self; 20] = [
        Self::Id,
        Self::ParentId,
        Self::Granularity,
        Self::Adjacency,
        Self::Blob,
        Self::Tensor,
        Self::MimeType,
        Self::Text,
        Self::Weight,
        Self::Uri,
        Self::Tags,
        Self::Metadata,
        Self::Offset,
        Self::Location,
        Self::Embedding,
        Self::Modality,
        Self::Evaluations,
        Self::Scores,
        Self::Chunks,
        Self::Matches,
    ];

    /// Every field by its number on the wire.
    pub const BY_NUMBER: [Self; 20] = [
        Self::Id,
        Self::Blob,
        Self::Tensor,
        Self::Text,
        Self::Granularity,
        Self::Adjacency,
        Self::ParentId,
        Self::Weight,
        Self::Uri,
        Self::Modality,
        Self::MimeType,
        Self::Offset,
        Self::Location,
        Self::Chunks,
        Self::Matches,
        Self::Embedding,
        Self::Tags,
        Self::Scores,
        Self::Evaluations,
        Self::Metadata,
    ];

    /// The fields of which a Document has at most one.
    pub const CONTENT: [Self; 3] = [Self::Text, Self::Tensor, Self::Blob];

    /// The bits of the content fields in a mask of fields.
    pub const CONTENT_MASK: u32 = Self::Text.bit() | Self::Tensor.bit() | Self::Blob.bit();

    /// The field with a number, where the schema has one.
    #[must_use]
    pub fn from_number(number: u32) -> Option<Self> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        Self::BY_NUMBER.get(index).copied()
    }

    /// The field with a name, as Python and JSON spell it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// Its bit in a mask of fields.
    #[must_use]
    pub const fn bit(self) -> u32 {
        1 << (self as u32)
    }

    /// Its name, as Python and JSON spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Blob => "blob",
            Self::Tensor => "tensor",
            Self::Text => "text",
            Self::Granularity => "granularity",
            Self::Adjacency => "adjacency",
            Self::ParentId => "parent_id",
            Self::Weight => "weight",
            Self::Uri => "uri",
            Self::Modality => "modality",
            Self::MimeType => "mime_type",
            Self::Offset => "offset",
            Self::Location => "location",
            Self::Chunks => "chunks",
            Self::Matches => "matches",
            Self::Embedding => "embedding",
            Self::Tags => "tags",
            Self::Scores => "scores",
            Self::Evaluations => "evaluations",
            Self::Metadata => "_metadata",
        }
    }

    /// Whether a payload of this layout belongs to the field; anything else is an unknown field.
    #[must_use]
    pub fn takes(self, wire: WireType) -> bool {
        match self {
            Self::Granularity | Self::Adjacency => wire == WireType::Varint,
            Self::Weight | Self::Offset => wire == WireType::Fixed32,
            Self::Location => matches!(wire, WireType::Fixed32 | WireType::Bytes),
            _ => wire == WireType::Bytes,
        }
    }

    /// Whether its content is UTF-8 text.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Id | Self::Text | Self::ParentId | Self::Uri | Self::Modality | Self::MimeType
        )
    }
}
