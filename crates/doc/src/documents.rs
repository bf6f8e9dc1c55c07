//! Documents in order as a Rust value: rows over the received bytes until they are changed.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use crate::document::Document;
use crate::field::Field;
use crate::scan::{ScanError, nested_rows, scan_array};
use crate::wire::{Counter, Sink, Span, Writer};

/// Documents in order.
///
/// ```
/// use tidegate_doc::{Document, DocumentArray};
///
/// let documents: DocumentArray = ["a", "b"].map(|text| Document::new().with_text(text)).into();
/// let mut again = DocumentArray::from_bytes(documents.to_bytes()).unwrap();
/// assert_eq!(again, documents);
/// again.get_mut(0).unwrap().set_text("changed");
/// assert_eq!(again.iter().map(|d| d.text().to_owned()).collect::<Vec<_>>(), ["changed", "b"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct DocumentArray {
    frame: Bytes,
    rows: Vec<Row>,
    changed: bool,
}

#[derive(Debug, Clone)]
enum Row {
    Raw(Span),
    Live(Arc<Document>),
}

impl DocumentArray {
    /// An empty array.
    #[must_use]
    pub fn new() -> Self {
        Self {
            changed: true,
            ..Self::default()
        }
    }

    /// An array from a serialised `DocumentArrayProto`; rows are decoded when they are read.
    ///
    /// # Errors
    /// When any part of it could not be decoded; the error names the Document and the field.
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, ScanError> {
        let frame = bytes.into();
        let rows = scan_array(&frame)?.into_iter().map(Row::Raw).collect();
        Ok(Self {
            frame,
            rows,
            changed: false,
        })
    }

    /// The Documents nested in field `field` of a serialised Document that a scan has passed.
    pub(crate) fn nested(message: &Bytes, field: Field) -> Self {
        let rows = nested_rows(message, 0, field.number())
            .into_iter()
            .map(Row::Raw)
            .collect();
        Self {
            frame: message.clone(),
            rows,
            changed: true,
        }
    }

    /// The array as a serialised `DocumentArrayProto`: the very bytes that it came in where nothing changed,
    /// and rows that nobody changed as they came.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        if !self.changed {
            return self.frame.clone();
        }
        let mut size = Counter::default();
        self.write(&mut size, 1, 0);
        let mut out = Writer::with_capacity(size.len);
        self.write(&mut out, 1, 0);
        out.out.into()
    }

    pub(crate) fn write(&self, sink: &mut impl Sink, number: u32, depth: usize) {
        for row in &self.rows {
            match row {
                Row::Raw(span) => sink.bytes_field(number, span.of(&self.frame)),
                Row::Live(document) => {
                    let mut size = Counter::default();
                    document.write(&mut size, depth);
                    sink.head(number, size.len);
                    document.write(sink, depth);
                }
            }
        }
    }

    /// How many Documents it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The Document at an index; a change to what is returned does not show here, see [`Self::get_mut`].
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Document> {
        Some(match self.rows.get(index)? {
            Row::Live(document) => Document::clone(document),
            Row::Raw(span) => self.decode(*span),
        })
    }

    fn decode(&self, span: Span) -> Document {
        let start = span.start as usize;
        Document::over(self.frame.slice(start..start + span.len as usize))
    }

    /// The bytes of a row: as received where nobody changed it, else written anew.
    pub(crate) fn row_bytes(&self, index: usize) -> Option<Cow<'_, [u8]>> {
        Some(match self.rows.get(index)? {
            Row::Raw(span) => Cow::Borrowed(span.of(&self.frame)),
            Row::Live(document) => Cow::Owned(document.to_bytes()),
        })
    }

    /// Puts the bytes of a Document, which a scan has passed, in the place of a row, or at the end.
    pub(crate) fn put_row(&mut self, index: usize, bytes: Bytes) {
        let new = Row::Live(Arc::new(Document::over(bytes)));
        match self.rows.get_mut(index) {
            Some(row) => *row = new,
            None => self.rows.push(new),
        }
        self.changed = true;
    }

    /// Adds a row of another array at the end.
    pub(crate) fn push_row(&mut self, other: &Self, index: usize) {
        self.rows.extend(other.rows.get(index).map(|row| match row {
            Row::Raw(span) => Row::Live(Arc::new(other.decode(*span))),
            Row::Live(document) => Row::Live(document.clone()),
        }));
        self.changed = true;
    }

    /// The rows that are marked, in order.
    pub(crate) fn kept(&self, marks: &[bool]) -> Self {
        let kept = self.rows.iter().zip(marks).filter(|(_, kept)| **kept);
        Self {
            frame: self.frame.clone(),
            rows: kept.map(|(row, _)| row.clone()).collect(),
            changed: self.changed || marks.contains(&false),
        }
    }

    /// The Document at an index, to be changed in place.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Document> {
        if let Row::Raw(span) = *self.rows.get(index)? {
            let document = Row::Live(Arc::new(self.decode(span)));
            *self.rows.get_mut(index)? = document;
        }
        self.changed = true;
        match self.rows.get_mut(index)? {
            Row::Live(document) => Some(Arc::make_mut(document)),
            Row::Raw(_) => None,
        }
    }

    /// Adds a Document at the end.
    pub fn push(&mut self, document: Document) {
        self.changed = true;
        self.rows.push(Row::Live(Arc::new(document)));
    }

    /// Removes and returns the Document at an index.
    pub fn remove(&mut self, index: usize) -> Option<Document> {
        let document = self.get(index)?;
        self.changed = true;
        self.rows.remove(index);
        Some(document)
    }

    /// Its Documents, in order.
    pub fn iter(&self) -> impl Iterator<Item = Document> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The last Document with an id.
    #[must_use]
    pub fn find_id(&self, id: &str) -> Option<Document> {
        (0..self.len())
            .rev()
            .filter_map(|index| self.get(index))
            .find(|d| d.id() == id)
    }
}

impl PartialEq for DocumentArray {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl FromIterator<Document> for DocumentArray {
    fn from_iter<I: IntoIterator<Item = Document>>(documents: I) -> Self {
        let mut array = Self::new();
        array.extend(documents);
        array
    }
}

impl Extend<Document> for DocumentArray {
    fn extend<I: IntoIterator<Item = Document>>(&mut self, documents: I) {
        self.changed = true;
        self.rows.extend(
            documents
                .into_iter()
                .map(|document| Row::Live(Arc::new(document))),
        );
    }
}

impl<const N: usize> From<[Document; N]> for DocumentArray {
    fn from(documents: [Document; N]) -> Self {
        documents.into_iter().collect()
    }
}

impl From<Vec<Document>> for DocumentArray {
    fn from(documents: Vec<Document>) -> Self {
        documents.into_iter().collect()
    }
}
