//! Merging arrays that hold parts of the same Documents, as the answers of several branches do.
//!
//! Documents are told by their ids. The first array wins: what a Document has stays, what only a later one
//! has is taken over, chunks and matches are merged the same way, and Documents that only a later array has
//! are added at the end. Rows that this leaves alone stay the bytes they came as.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;

use crate::documents::DocumentArray;
use crate::field::Field;
use crate::row::RowView;
use crate::scan::{ScanError, scan_array};
use crate::wire::{Counter, DEPTH_LIMIT, Sink, Writer};

/// The fields that are never taken over as a whole.
const OWN: u32 =
    Field::Id.bit() | Field::ParentId.bit() | Field::Chunks.bit() | Field::Matches.bit();

/// Merges serialised `DocumentArrayProto`s, the first one first; where the others add nothing the very
/// bytes of the first are returned.
///
/// # Errors
/// When any of them is no array of Documents; the error names the Document and the field.
///
/// ```
/// use tidegate_doc::{Document, DocumentArray, reduce};
///
/// let mut text = Document::new().with_text("hello");
/// text.set_id("a");
/// let mut vector = Document::new().with_embedding(vec![1.0_f32]);
/// vector.set_id("a");
/// let parts = [text, vector].map(|document| DocumentArray::from([document]).to_bytes());
/// let merged = DocumentArray::from_bytes(reduce(&parts).unwrap()).unwrap();
/// assert_eq!(merged.len(), 1);
/// let document = merged.get(0).unwrap();
/// assert_eq!(document.text(), "hello");
/// assert!(document.embedding().is_some());
/// ```
pub fn reduce(arrays: &[Bytes]) -> Result<Bytes, ScanError> {
    let Some((first, others)) = arrays.split_first() else {
        return Ok(Bytes::new());
    };
    let mut merged = Merging::default();
    for (index, array) in arrays.iter().enumerate() {
        for (place, span) in scan_array(array)?.into_iter().enumerate() {
            let row = span.of(array);
            if index == 0 {
                merged.add(row, (index, place));
            } else {
                merged.merge(row, (index, place));
            }
        }
    }
    if others.is_empty() || !merged.changed {
        return Ok(first.clone());
    }
    let mut size = Counter::default();
    merged.write(&mut size);
    let mut out = Writer::with_capacity(size.len);
    merged.write(&mut out);
    Ok(out.out.into())
}

impl DocumentArray {
    /// Merges another array into this one: what a Document has here stays, what only the one with the same
    /// id there has is taken over, chunks and matches likewise, and Documents that are only there are added.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let named = |id: &str, text: &str| {
    ///     let mut document = Document::new().with_text(text);
    ///     document.set_id(id);
    ///     document
    /// };
    /// let mut docs = DocumentArray::from([named("a", "ours")]);
    /// docs.reduce(&DocumentArray::from([named("a", "theirs"), named("b", "new")]));
    /// assert_eq!(docs.iter().map(|d| d.text().to_owned()).collect::<Vec<_>>(), ["ours", "new"]);
    /// ```
    pub fn reduce(&mut self, other: &Self) {
        let ours: Vec<_> = (0..self.len())
            .filter_map(|at| self.row_bytes(at))
            .collect();
        let theirs: Vec<_> = (0..other.len())
            .filter_map(|at| other.row_bytes(at))
            .collect();
        let mut merging = Merging::default();
        for (place, row) in ours.iter().enumerate() {
            merging.add(row, (0, place));
        }
        for (place, row) in theirs.iter().enumerate() {
            merging.merge(row, (1, place));
        }
        let mut changed = Vec::new();
        for (place, (row, source)) in merging.rows.into_iter().enumerate() {
            match (row, source) {
                (Cow::Owned(bytes), _) => changed.push((place, Ok(bytes))),
                (Cow::Borrowed(_), (1, source)) => changed.push((place, Err(source))),
                (Cow::Borrowed(_), _) => {}
            }
        }
        drop(ours);
        for (place, row) in changed {
            match row {
                Ok(bytes) => self.put_row(place, bytes.into()),
                Err(source) => self.push_row(other, source),
            }
        }
    }

    /// Merges several arrays into this one, the first ones first.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let parts = [1, 2].map(|n| (0..n).map(|_| Document::new()).collect::<DocumentArray>());
    /// let mut docs = DocumentArray::new();
    /// docs.reduce_all(&parts);
    /// assert_eq!(docs.len(), 3);
    /// ```
    pub fn reduce_all<'a>(&mut self, others: impl IntoIterator<Item = &'a Self>) {
        for other in others {
            self.reduce(other);
        }
    }
}

/// Which array a row came from, and its place there.
type Source = (usize, usize);

/// Rows merged so far: borrowed where they are as they came.
#[derive(Default)]
struct Merging<'a> {
    rows: Vec<(Cow<'a, [u8]>, Source)>,
    /// The last row with each id.
    places: HashMap<&'a [u8], usize>,
    /// Whether anything else was done than to add the rows of the first array.
    changed: bool,
    /// Whether a row that was there is another one now.
    rewritten: bool,
    depth: usize,
}

impl<'a> Merging<'a> {
    /// Adds a row, whether its id is known or not.
    fn add(&mut self, row: &'a [u8], source: Source) {
        if let Some(id) = id(row) {
            self.places.insert(id, self.rows.len());
        }
        self.rows.push((Cow::Borrowed(row), source));
    }

    /// Adds a row, or what it has and the row with its id lacks.
    fn merge(&mut self, row: &'a [u8], source: Source) {
        self.merge_or(row, source, Cow::Borrowed);
    }

    fn merge_or(
        &mut self,
        row: &'a [u8],
        source: Source,
        adopted: impl FnOnce(&'a [u8]) -> Cow<'a, [u8]>,
    ) {
        let known = id(row).and_then(|id| self.places.get(id));
        let Some((ours, _)) = known.and_then(|place| self.rows.get_mut(*place)) else {
            self.add(row, source);
            if let Some((last, _)) = self.rows.last_mut() {
                *last = adopted(row);
            }
            self.changed = true;
            return;
        };
        if let Some(merged) = documents(ours, row, self.depth) {
            *ours = Cow::Owned(merged);
            self.changed = true;
            self.rewritten = true;
        }
    }

    fn write(&self, sink: &mut impl Sink) {
        for (row, _) in &self.rows {
            sink.bytes_field(1, row);
        }
    }
}

fn id(row: &[u8]) -> Option<&[u8]> {
    let id = RowView::new(row).find(Field::Id)?.payload;
    (!id.is_empty()).then_some(id)
}

/// A Document with what only another has of it; `None` where that is nothing.
fn documents(ours: &[u8], theirs: &[u8], depth: usize) -> Option<Vec<u8>> {
    let (our_row, their_row) = (RowView::new(ours), RowView::new(theirs));
    let taken = their_row.non_empty() & !our_row.non_empty() & !OWN;
    let mut kept = !taken;
    if taken & Field::CONTENT_MASK != 0 {
        // Of the content fields one has a value: as in docarray, the one that is set last.
        kept &= !Field::CONTENT_MASK;
    }
    let mut nested = Vec::new();
    for field in [Field::Chunks, Field::Matches] {
        let (merged, count) = children(our_row, their_row, field, depth);
        if merged.rewritten {
            kept &= !field.bit();
            nested.extend(merged.rows.into_iter().map(|(row, _)| (field, row)));
        } else {
            nested.extend(
                merged
                    .rows
                    .into_iter()
                    .skip(count)
                    .map(|(row, _)| (field, row)),
            );
        }
    }
    if taken == 0 && nested.is_empty() {
        return None;
    }
    let mut out = Writer::with_capacity(ours.len() + theirs.len() + 16);
    for run in our_row.kept(kept) {
        out.raw(ours.get(run).unwrap_or_default());
    }
    for (_, entry) in their_row
        .fields()
        .filter(|(field, _)| taken & field.bit() != 0)
    {
        out.raw(theirs.get(entry.start..entry.end).unwrap_or_default());
    }
    for (field, row) in nested {
        out.bytes_field(field.number(), &row);
    }
    Some(out.out)
}

/// The Documents in a field of two rows, merged, and how many of them ours had.
fn children<'a>(
    ours: RowView<'a>,
    theirs: RowView<'a>,
    field: Field,
    depth: usize,
) -> (Merging<'a>, usize) {
    let mut merging = Merging {
        depth: depth + 1,
        ..Merging::default()
    };
    let mut others = theirs.all(field).peekable();
    if others.peek().is_none() || depth >= DEPTH_LIMIT {
        return (merging, 0);
    }
    for child in ours.all(field) {
        merging.add(child.payload, (0, 0));
    }
    let count = merging.rows.len();
    for child in others {
        merging.merge_or(child.payload, (1, 0), |row| adopted(row, ours, field));
    }
    (merging, count)
}

/// A row as a child of another: it tells its parent's id and how deep it is.
fn adopted<'a>(row: &'a [u8], parent: RowView<'_>, field: Field) -> Cow<'a, [u8]> {
    let view = RowView::new(row);
    let level = if field == Field::Chunks {
        Field::Granularity
    } else {
        Field::Adjacency
    };
    let deep = |row: RowView<'_>| {
        row.find(level)
            .map_or(0, |entry| entry.varint() & 0xffff_ffff)
    };
    let wanted = deep(parent) + 1;
    let owner = (field == Field::Chunks)
        .then(|| parent.find(Field::Id))
        .flatten()
        .map(|id| id.payload);
    let told = view.find(Field::ParentId).map(|id| id.payload);
    let owned = owner.is_none() || owner == told;
    if owned && deep(view) == wanted {
        return Cow::Borrowed(row);
    }
    let mut replaced = level.bit();
    if !owned {
        replaced |= Field::ParentId.bit();
    }
    let mut out = Writer::with_capacity(row.len() + 48);
    for run in view.kept(!replaced) {
        out.raw(row.get(run).unwrap_or_default());
    }
    out.varint_field(level.number(), wanted);
    if let Some(owner) = owner.filter(|_| !owned) {
        out.bytes_field(Field::ParentId.number(), owner);
    }
    Cow::Owned(out.out)
}
