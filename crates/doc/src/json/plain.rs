//! The plain dialect, written: one key per field, null where it is unset.

use super::array::{is_known, write_array};
use super::{JsonText, NoJson};
use crate::field::Field;
use crate::id::Id;
use crate::row::RowView;
use crate::structure::{self, ValueView};
use crate::tensor::NdArrayView;
use crate::wire::{Entry, Reader, WireType};

/// The keys, in order. `_metadata` follows only where it is set.
pub const KEYS: [Field; 19] = [
    Field::Id,
    Field::ParentId,
    Field::Granularity,
    Field::Adjacency,
    Field::Blob,
    Field::Tensor,
    Field::MimeType,
    Field::Text,
    Field::Weight,
    Field::Uri,
    Field::Tags,
    Field::Offset,
    Field::Location,
    Field::Embedding,
    Field::Modality,
    Field::Evaluations,
    Field::Scores,
    Field::Chunks,
    Field::Matches,
];

/// The fields of one received Document, each where it stands last.
#[derive(Debug)]
pub struct Fields<'a> {
    row: RowView<'a>,
    last: [Option<Entry<'a>>; 21],
    fresh_id: Option<String>,
}

impl<'a> Fields<'a> {
    /// The fields of a serialised Document that a scan has passed.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let row = RowView::new(bytes);
        let mut last = [None; 21];
        for (field, entry) in row.fields() {
            if field.bit() & Field::CONTENT_MASK != 0 {
                for other in Field::CONTENT {
                    last[other as usize] = None;
                }
            }
            last[field as usize] = Some(entry);
        }
        if last[Field::Id as usize].is_some_and(|id| id.payload.is_empty()) {
            last[Field::Id as usize] = None;
        }
        Self {
            row,
            last,
            fresh_id: None,
        }
    }

    /// Gives the Document an id where it came without one.
    #[must_use]
    pub fn with_id(mut self, id: Option<String>) -> Self {
        self.fresh_id = id;
        self
    }

    /// Whether it has an id.
    #[must_use]
    pub fn has_id(&self) -> bool {
        self.fresh_id.is_some() || self.last[Field::Id as usize].is_some()
    }

    /// The entry of a field that has a value other than its default.
    fn set(&self, field: Field) -> Option<Entry<'a>> {
        self.last[field as usize].filter(|entry| match field {
            Field::Granularity | Field::Adjacency => entry.varint() != 0,
            Field::Weight | Field::Offset => entry.float() != 0.0,
            Field::Tensor | Field::Embedding => is_known(&NdArrayView::new(entry.payload)),
            Field::Chunks | Field::Matches | Field::Scores | Field::Evaluations => true,
            _ => !entry.payload.is_empty(),
        })
    }

    /// Writes the value of a field, null where it is unset.
    ///
    /// # Errors
    /// When it holds an array that is no list of numbers.
    pub fn write(&self, out: &mut JsonText, field: Field) -> Result<(), NoJson> {
        let Some(entry) = self.set(field) else {
            match (field, &self.fresh_id) {
                (Field::Id, Some(id)) => out.str(id),
                _ => out.null(),
            }
            return Ok(());
        };
        match field {
            _ if field.is_text() => out.str(entry.text()),
            Field::Blob => out.base64(entry.payload),
            Field::Granularity | Field::Adjacency => out.unsigned(entry.varint() & 0xffff_ffff),
            Field::Weight | Field::Offset => out.float(entry.float().into()),
            Field::Location => {
                out.open('[');
                for number in self.row.location() {
                    out.next();
                    out.float(number.into());
                }
                out.close(']');
            }
            Field::Tensor | Field::Embedding => {
                write_array(out, &NdArrayView::new(entry.payload))
                    .map_err(|error| NoJson::new(field.name(), error))?;
            }
            Field::Tags | Field::Metadata => write_tags(out, entry.payload),
            Field::Scores | Field::Evaluations => write_scores(out, &self.row, field),
            _ => {
                out.open('[');
                for (index, child) in self.row.all(field).enumerate() {
                    out.next();
                    write_row(out, child.payload)
                        .map_err(|error| error.inside(&format!("{}[{index}]", field.name())))?;
                }
                out.close(']');
            }
        }
        Ok(())
    }

    /// Whether `_metadata` is set, which is the one key that is not always there.
    #[must_use]
    pub fn has_metadata(&self) -> bool {
        self.set(Field::Metadata).is_some()
    }
}

/// Writes a serialised Document that a scan has passed. One without an id gets a new one.
///
/// # Errors
/// When it holds an array that is no list of numbers.
pub fn write_row(out: &mut JsonText, row: &[u8]) -> Result<(), NoJson> {
    let fields = Fields::new(row);
    let fresh = (!fields.has_id()).then(|| Id::random().to_string());
    write_fields(out, &fields.with_id(fresh))
}

/// Writes the fields of one Document as an object.
pub(crate) fn write_fields(out: &mut JsonText, fields: &Fields<'_>) -> Result<(), NoJson> {
    out.open('{');
    for field in KEYS {
        out.plain_key(field.name());
        fields.write(out, field)?;
    }
    if fields.has_metadata() {
        out.plain_key(Field::Metadata.name());
        fields.write(out, Field::Metadata)?;
    }
    out.close('}');
    Ok(())
}

/// Whether every Document nested in a serialised one has an id, and it itself.
#[must_use]
pub fn all_have_ids(row: &[u8]) -> bool {
    let mut has_id = false;
    for (field, entry) in RowView::new(row).fields() {
        match field {
            Field::Id => has_id = !entry.payload.is_empty(),
            Field::Chunks | Field::Matches if !all_have_ids(entry.payload) => return false,
            _ => {}
        }
    }
    has_id
}

/// Writes tags: at the top level 0 and 1 are truth values and other whole numbers floats.
fn write_tags(out: &mut JsonText, bytes: &[u8]) {
    out.open('{');
    for (name, value) in structure::distinct(bytes) {
        out.key(name);
        match value {
            ValueView::Int(value @ (0 | 1)) => out.bool(value == 1),
            #[allow(clippy::cast_precision_loss)]
            ValueView::Int(value) => out.float(value as f64),
            value => write_value(out, value),
        }
    }
    out.close('}');
}

/// Writes a value as it is.
pub(crate) fn write_value(out: &mut JsonText, value: ValueView<'_>) {
    match value {
        ValueView::Null => out.null(),
        ValueView::Bool(value) => out.bool(value),
        ValueView::Int(value) => out.int(value),
        ValueView::Number(value) => out.float(value),
        ValueView::Text(value) => out.str(value),
        ValueView::List(bytes) => {
            out.open('[');
            for item in structure::items(bytes) {
                out.next();
                write_value(out, item);
            }
            out.close(']');
        }
        ValueView::Map(bytes) => {
            out.open('{');
            for (name, value) in structure::distinct(bytes) {
                out.key(name);
                write_value(out, value);
            }
            out.close('}');
        }
    }
}

/// The names and messages of a map whose values are messages, each name once.
pub(crate) fn pairs<'a>(entries: impl Iterator<Item = Entry<'a>>) -> Vec<(&'a str, &'a [u8])> {
    let pairs = entries.map(|entry| {
        let (mut key, mut value): (&str, &[u8]) = ("", &[]);
        for part in Reader::new(entry.payload).flatten() {
            match (part.number, part.wire) {
                (1, WireType::Bytes) => key = part.text(),
                (2, WireType::Bytes) => value = part.payload,
                _ => {}
            }
        }
        (key, value)
    });
    structure::last_of_each(pairs)
}

fn write_scores(out: &mut JsonText, row: &RowView<'_>, field: Field) {
    out.open('{');
    for (name, score) in pairs(row.all(field)) {
        out.key(name);
        let mut parts: [Option<Entry<'_>>; 4] = [None; 4];
        for entry in Reader::new(score).flatten() {
            let fits = match entry.number {
                1 => entry.wire == WireType::Fixed32,
                2..=4 => entry.wire == WireType::Bytes,
                _ => false,
            };
            if fits {
                parts[entry.number as usize - 1] = Some(entry);
            }
        }
        out.open('{');
        for (index, name) in ["value", "op_name", "description", "ref_id"]
            .into_iter()
            .enumerate()
        {
            out.plain_key(name);
            match parts[index] {
                Some(entry) if index == 0 && entry.float() != 0.0 => {
                    out.float(entry.float().into());
                }
                Some(entry) if index > 0 && !entry.payload.is_empty() => out.str(entry.text()),
                _ => out.null(),
            }
        }
        out.close('}');
    }
    out.close('}');
}
