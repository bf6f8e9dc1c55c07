//! One Document as received: its fields found in the bytes when they are wanted.

use std::ops::Range;

use crate::field::Field;
use crate::tensor::{ArrayView, NdArrayView};
use crate::wire::{Entry, Reader};

/// A view of one serialised `DocumentProto` that a scan has passed.
#[derive(Debug, Clone, Copy)]
pub struct RowView<'a> {
    bytes: &'a [u8],
}

/// The mask of a row, with one more field that it has come upon.
#[inline]
pub(crate) fn noted(mask: u32, field: Field, payload: &[u8]) -> u32 {
    match field {
        Field::Id if payload.is_empty() => mask & !field.bit(),
        _ if field.bit() & Field::CONTENT_MASK != 0 => mask & !Field::CONTENT_MASK | field.bit(),
        _ => mask | field.bit(),
    }
}

impl<'a> RowView<'a> {
    /// The row in `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The fields that it has, as bits; of the content fields only the one that came last, and no id
    /// that is empty.
    #[must_use]
    pub fn mask(self) -> u32 {
        self.fields()
            .fold(0, |mask, (field, entry)| noted(mask, field, entry.payload))
    }

    /// The last entry of a field.
    #[must_use]
    pub fn find(self, field: Field) -> Option<Entry<'a>> {
        let mut found = None;
        let mut reader = Reader::new(self.bytes);
        while let Some(Ok(entry)) = reader.next() {
            if entry.number == field.number() && field.takes(entry.wire) {
                found = Some(entry);
            }
        }
        found
    }

    /// The fields that have a value other than their default, as bits. A row that came without an id has
    /// none here.
    #[must_use]
    pub fn non_empty(self) -> u32 {
        let mut mask = 0;
        for (field, entry) in self.fields() {
            if field.bit() & Field::CONTENT_MASK != 0 {
                mask &= !Field::CONTENT_MASK;
            }
            let set = match field {
                Field::Granularity | Field::Adjacency => entry.varint() & 0xffff_ffff != 0,
                Field::Weight | Field::Offset => entry.float() != 0.0,
                Field::Chunks | Field::Matches | Field::Scores | Field::Evaluations => true,
                Field::Tensor | Field::Embedding => is_array(entry.payload),
                _ => !entry.payload.is_empty(),
            };
            if set {
                mask |= field.bit();
            } else {
                mask &= !field.bit();
            }
        }
        mask
    }

    /// Every entry of a repeated field, in order.
    pub fn all(self, field: Field) -> impl Iterator<Item = Entry<'a>> {
        self.fields()
            .filter(move |(f, _)| *f == field)
            .map(|(_, entry)| entry)
    }

    /// Its fields in the order of the bytes.
    pub fn fields(self) -> impl Iterator<Item = (Field, Entry<'a>)> {
        Reader::new(self.bytes).flatten().filter_map(|entry| {
            let field = Field::from_number(entry.number)?;
            field.takes(entry.wire).then_some((field, entry))
        })
    }

    /// Where in the row every field in `keep` and every unknown field stands, in runs as long as possible.
    pub fn kept(self, keep: u32) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut entries = Reader::new(self.bytes).flatten();
        let mut run: Option<Range<usize>> = None;
        let mut done = false;
        std::iter::from_fn(move || {
            while !done {
                let Some(entry) = entries.next() else {
                    done = true;
                    return run.take();
                };
                let known = Field::from_number(entry.number).filter(|f| f.takes(entry.wire));
                if known.is_none_or(|field| keep & field.bit() != 0) {
                    match &mut run {
                        Some(run) if run.end == entry.start => run.end = entry.end,
                        _ => {
                            if let Some(before) = run.replace(entry.start..entry.end) {
                                return Some(before);
                            }
                        }
                    }
                }
            }
            None
        })
    }

    /// The numbers of a `location` field, packed or not.
    #[must_use]
    pub fn location(self) -> Vec<f32> {
        let mut out = Vec::new();
        for entry in self.all(Field::Location) {
            let (numbers, _) = entry.payload.as_chunks::<4>();
            out.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
        }
        out
    }
}

/// Whether an `NdArrayProto` is one that can be read.
pub(crate) fn is_array(message: &[u8]) -> bool {
    let view = NdArrayView::new(message);
    match view.content {
        ArrayView::None => false,
        ArrayView::Dense(_) => {
            matches!(
                view.cls_name,
                "numpy" | "list" | "torch" | "tensorflow" | "paddle" | "jax"
            )
        }
        ArrayView::Sparse { .. } => {
            matches!(view.cls_name, "scipy" | "torch" | "tensorflow" | "paddle")
        }
    }
}
