//! Writing a Document: what was set anew, the rest as it came.

use bytes::Bytes;

use super::{Document, FieldValue, IdText};
use crate::field::Field;
use crate::row::RowView;
use crate::scan::{ScanError, scan_document};
use crate::score::write_map;
use crate::structure;
use crate::wire::{Counter, DEPTH_LIMIT, Sink, Writer};

impl Document {
    /// The Document as a serialised `DocumentProto`; what was not set since it came is written as it came.
    ///
    /// Readers refuse more than 100 messages inside each other, and name the field: see
    /// [`Self::try_to_bytes`] for knowing before sending.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let received = Document::from("hello").to_bytes();
    /// let document = Document::from_bytes(received.clone())?;
    /// assert_eq!(document.to_bytes().as_ptr(), received.as_ptr());
    /// # Ok::<(), tidegate_doc::ScanError>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        if !self.dirty {
            return self.received.clone();
        }
        let mut out = Writer::with_capacity(self.encoded_len(0));
        self.write(&mut out, 0);
        out.out.into()
    }

    /// The Document as a serialised `DocumentProto` that every reader takes.
    ///
    /// # Errors
    /// When Documents or tags are nested deeper than readers take; the error names the field.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from("core");
    /// for _ in 0..200 {
    ///     document = Document::builder().chunk(document).build();
    /// }
    /// let error = document.try_to_bytes().unwrap_err();
    /// assert!(error.to_string().contains("nested deeper than 100 messages"));
    /// ```
    pub fn try_to_bytes(&self) -> Result<Bytes, ScanError> {
        let bytes = self.to_bytes();
        scan_document(&bytes)?;
        Ok(bytes)
    }

    /// How many bytes [`Self::write`] writes.
    pub(crate) fn encoded_len(&self, depth: usize) -> usize {
        let mut size = Counter::default();
        if self.dirty {
            self.write_own(&mut size);
            let sizes = self.set.iter().map(|(field, value)| match value {
                FieldValue::Documents(inner) if depth <= DEPTH_LIMIT => {
                    inner.encoded_len(field.number(), depth + 1)
                }
                _ => 0,
            });
            size.len += sizes.sum::<usize>();
        } else {
            size.raw(&self.received);
        }
        size.len
    }

    /// Writes its fields, down to one level below what readers take, so that they refuse what is deeper.
    pub(crate) fn write(&self, sink: &mut impl Sink, depth: usize) {
        if !self.dirty {
            return sink.raw(&self.received);
        }
        self.write_own(sink);
        for (field, value) in &self.set {
            if let FieldValue::Documents(inner) = value
                && depth <= DEPTH_LIMIT
            {
                inner.write(sink, field.number(), depth + 1);
            }
        }
    }

    /// Writes all but set chunks and matches.
    fn write_own(&self, sink: &mut impl Sink) {
        let keep = match self.id {
            IdText::Received => self.lazy,
            _ => self.lazy & !Field::Id.bit(),
        };
        for run in RowView::new(&self.received).kept(keep) {
            sink.raw(self.received.get(run).unwrap_or_default());
        }
        match &self.id {
            IdText::Fresh(id) => sink.bytes_field(Field::Id.number(), id),
            IdText::Set(id) if !id.is_empty() => {
                sink.bytes_field(Field::Id.number(), id.as_bytes());
            }
            _ => {}
        }
        for (field, value) in &self.set {
            write_field(sink, field.number(), value);
        }
    }
}

fn write_field(sink: &mut impl Sink, number: u32, value: &FieldValue) {
    if value.as_ref().is_empty() {
        return;
    }
    match value {
        FieldValue::Text(text) => sink.bytes_field(number, text.as_bytes()),
        FieldValue::Blob(bytes) => sink.bytes_field(number, bytes),
        FieldValue::Int(value) => sink.varint_field(number, u64::from(*value)),
        FieldValue::Float(value) => sink.float_field(number, *value),
        FieldValue::Floats(values) => {
            sink.head(number, values.len() * 4);
            for value in values {
                sink.raw(&value.to_le_bytes());
            }
        }
        FieldValue::Array(array) => array.write(sink, number),
        FieldValue::Map(map) => structure::write_map(sink, number, map),
        FieldValue::Scores(scores) => write_map(sink, number, scores),
        FieldValue::Documents(_) => {}
    }
}
