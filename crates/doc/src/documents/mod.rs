//! Documents in order as a Rust value: rows over the received bytes until they are changed.

mod bulk;
mod form;
mod ids;
mod iter;
mod list;
mod parts;
mod sample;
mod traverse;

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;

pub use bulk::ColumnError;
pub use iter::{IntoIter, Iter, IterMut};
pub use traverse::TraverseError;

use crate::document::Document;
use crate::field::Field;
use crate::id::Id;
use crate::scan::{ScanError, nested_rows, scan_array, scan_rows};
use crate::wire::{Counter, Sink, Span, Writer};
use ids::Index;

/// Documents in order.
///
/// A received array is scanned once and then lies as it came: a Document is made of its bytes when somebody
/// looks at it, and [`Self::to_bytes`] copies those that nobody changed; an array that nobody changed is
/// sent on as the very bytes that came. Clones and parts share their Documents until one of them is
/// changed. Access by index and by id is fallible; nothing here panics.
///
/// ```
/// use tidegate_doc::DocumentArray;
///
/// let mut documents: DocumentArray = ["red", "green", "blue"].into_iter().collect();
/// for document in &mut documents {
///     let upper = document.text().to_uppercase();
///     document.set_text(upper);
/// }
/// documents.retain(|document| document.text() != "GREEN");
///
/// let again = DocumentArray::from_bytes(documents.to_bytes())?;
/// assert_eq!(again.texts(), ["RED", "BLUE"]);
/// assert_eq!(again.by_id(documents.get(1).unwrap().id()).unwrap().text(), "BLUE");
/// # Ok::<(), tidegate_doc::ScanError>(())
/// ```
#[derive(Clone)]
pub struct DocumentArray {
    frame: Frame,
    rows: Vec<Row>,
    /// Whether `frame` is the array as it would be written.
    whole: bool,
    index: OnceLock<Index>,
}

/// What was received, and what the ids of those that came without are made of.
#[derive(Debug, Clone)]
struct Frame {
    bytes: Bytes,
    seed: Id,
}

impl Deref for Frame {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.bytes
    }
}

/// One Document: where it lies in the frame, and itself once somebody looked.
#[derive(Clone)]
struct Row {
    span: Span,
    document: OnceLock<Arc<Document>>,
}

impl From<Span> for Row {
    fn from(span: Span) -> Self {
        let document = OnceLock::new();
        Self { span, document }
    }
}

impl From<Arc<Document>> for Row {
    fn from(document: Arc<Document>) -> Self {
        let (span, document) = (Span::default(), document.into());
        Self { span, document }
    }
}

impl From<Document> for Row {
    fn from(document: Document) -> Self {
        Arc::new(document).into()
    }
}

impl Row {
    fn document(&self, frame: &Frame) -> &Arc<Document> {
        self.document.get_or_init(|| {
            let start = self.span.start as usize;
            let bytes = frame.slice(start..start + self.span.len as usize);
            Arc::new(Document::over(bytes, frame.seed.at(self.span.start)))
        })
    }

    fn document_mut(&mut self, frame: &Frame) -> &mut Document {
        self.document(frame);
        match self.document.get_mut() {
            Some(document) => Arc::make_mut(document),
            None => unreachable!("a row that was looked at has its Document"),
        }
    }

    fn into_document(self, frame: &Frame) -> Document {
        self.document(frame);
        match self.document.into_inner() {
            Some(document) => Arc::unwrap_or_clone(document),
            None => unreachable!("a row that was looked at has its Document"),
        }
    }
}

impl Default for DocumentArray {
    fn default() -> Self {
        Self::new()
    }
}

impl DocumentArray {
    /// Makes an empty array.
    ///
    /// ```
    /// assert!(tidegate_doc::DocumentArray::new().is_empty());
    /// ```
    #[must_use]
    pub const fn new() -> Self {
        Self {
            frame: Frame {
                bytes: Bytes::new(),
                seed: Id::NONE,
            },
            rows: Vec::new(),
            whole: true,
            index: OnceLock::new(),
        }
    }

    /// Makes an empty array with room for a number of Documents.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            rows: Vec::with_capacity(capacity),
            ..Self::new()
        }
    }

    /// Reads a serialised `DocumentArrayProto`; Documents are decoded when somebody looks.
    ///
    /// # Errors
    /// When any part of it could not be decoded; the error names the Document and the field.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let error = DocumentArray::from_bytes(&b"\x0a\x03\x22\x01\xff"[..]).unwrap_err();
    /// assert_eq!(error.to_string(), "docs[0].text is not valid UTF-8 (at byte 0)");
    /// ```
    pub fn from_bytes(bytes: impl Into<Bytes>) -> Result<Self, ScanError> {
        let frame = Frame {
            bytes: bytes.into(),
            seed: Id::random(),
        };
        let rows = scan_rows(&frame, |span, _| Row::from(span))?;
        Ok(Self {
            frame,
            rows,
            whole: true,
            index: OnceLock::new(),
        })
    }

    /// The Documents nested in field `field` of a serialised Document that a scan has passed.
    pub(crate) fn nested(message: &Bytes, field: Field, seed: Id) -> Self {
        let rows = nested_rows(message, 0, field.number());
        Self {
            frame: Frame {
                bytes: message.clone(),
                seed,
            },
            rows: rows.into_iter().map(Row::from).collect(),
            whole: false,
            index: OnceLock::new(),
        }
    }

    /// The array as a serialised `DocumentArrayProto`: the very bytes that it came in where nothing changed,
    /// and Documents that nobody changed as they came.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let received = DocumentArray::from(["a", "b"]).to_bytes();
    /// let array = DocumentArray::from_bytes(received.clone())?;
    /// assert_eq!(array.get(1).map(|document| document.text()), Some("b"));
    /// assert_eq!(array.to_bytes().as_ptr(), received.as_ptr());
    /// # Ok::<(), tidegate_doc::ScanError>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        if self.whole {
            return self.frame.bytes.clone();
        }
        let mut out = Writer::with_capacity(self.encoded_len(1, 1));
        self.write(&mut out, 1, 1);
        out.out.into()
    }

    /// The array as a serialised `DocumentArrayProto` that every reader takes.
    ///
    /// # Errors
    /// When Documents or tags are nested deeper than readers take; the error names Document and field.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a"]);
    /// assert_eq!(array.try_to_bytes()?, array.to_bytes());
    /// # Ok::<(), tidegate_doc::ScanError>(())
    /// ```
    pub fn try_to_bytes(&self) -> Result<Bytes, ScanError> {
        let bytes = self.to_bytes();
        if !self.whole {
            scan_array(&bytes)?;
        }
        Ok(bytes)
    }

    /// How many bytes [`Self::write`] writes.
    pub(crate) fn encoded_len(&self, number: u32, depth: usize) -> usize {
        let mut size = Counter::default();
        for row in &self.rows {
            let len = row.encoded_len(depth);
            size.head(number, len);
            size.len += len;
        }
        size.len
    }

    /// Writes each Document as field `number`.
    pub(crate) fn write(&self, sink: &mut impl Sink, number: u32, depth: usize) {
        for row in &self.rows {
            match row.document.get() {
                Some(document) => {
                    sink.head(number, document.encoded_len(depth));
                    document.write(sink, depth);
                }
                None => sink.bytes_field(number, row.span.of(&self.frame)),
            }
        }
    }

    /// The bytes of one Document: as received where nobody changed it, else written anew.
    pub(crate) fn row_bytes(&self, index: usize) -> Option<Cow<'_, [u8]>> {
        let row = self.rows.get(index)?;
        Some(match row.document.get() {
            Some(document) => Cow::Owned(document.to_bytes().into()),
            None => Cow::Borrowed(row.span.of(&self.frame)),
        })
    }

    /// Puts the bytes of a Document, which a scan has passed, in the place of a row, or at the end.
    pub(crate) fn put_row(&mut self, index: usize, bytes: Bytes) {
        self.touch();
        let new = Row::from(Document::over(bytes, Id::random()));
        match self.rows.get_mut(index) {
            Some(row) => *row = new,
            None => self.rows.push(new),
        }
    }

    /// Adds a row of another array at the end.
    pub(crate) fn push_row(&mut self, other: &Self, index: usize) {
        self.touch();
        let row = other.rows.get(index);
        self.rows
            .extend(row.map(|row| Row::from(Arc::clone(row.document(&other.frame)))));
    }

    /// The rows that are marked, in order.
    pub(crate) fn kept(&self, marks: &[bool]) -> Self {
        let kept = self.rows.iter().zip(marks).filter(|(_, kept)| **kept);
        let mut part = self.part(kept.map(|(row, _)| row.clone()));
        part.whole = self.whole && !marks.contains(&false);
        part
    }

    /// How many Documents it has.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::DocumentArray::from(["a", "b"]).len(), 2);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What must be done before any change: what was known of the whole no longer holds.
    fn touch(&mut self) {
        self.whole = false;
        self.index.take();
    }
}

impl Row {
    fn encoded_len(&self, depth: usize) -> usize {
        self.document
            .get()
            .map_or(self.span.len as usize, |document| {
                document.encoded_len(depth)
            })
    }
}
