//! Arrays whose rows take no Python to be written: one pass that measures, one that writes.
//!
//! That is so where every row is as it was received, or has texts, bytes and plain numpy arrays in the
//! place of what was received. All others go by the plan of [`encode`](super::encode).

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use tidegate_doc::tensor::write_dense;
use tidegate_doc::wire::{Counter, Sink, Span};
use tidegate_doc::{Field, RowView};

use super::numpy_layout::Plain;
use super::rows::{Row, Rows};
use super::state::State;
use super::{PyDocument, PyDocumentArray};

/// How long each row will be, and all of them with their heads.
pub(super) struct Measured {
    rows: Vec<usize>,
    pub(super) len: usize,
}

/// Measures an array; `None` where it has to be planned.
pub(super) fn measure(array: &Bound<'_, PyDocumentArray>) -> PyResult<Option<Measured>> {
    let py = array.py();
    PyDocumentArray::with(array, |rows| {
        let mut lens = Vec::with_capacity(rows.list.len());
        let mut size = Counter::default();
        for row in rows.list.iter() {
            let len = match row {
                Row::Raw(span, _) => span.len as usize,
                Row::Live(document) => {
                    let document = PyDocument::root(document.bind(py)).ok()?;
                    let mut row = Counter::default();
                    PyDocument::with(&document, |state| fields(py, state, &mut row)).ok()??;
                    row.len
                }
            };
            size.head(1, len);
            size.len += len;
            lens.push(len);
        }
        Some(Measured {
            rows: lens,
            len: size.len,
        })
    })
}

/// Writes an array that was measured; nothing may run in between.
pub(super) fn write(
    array: &Bound<'_, PyDocumentArray>,
    measured: &Measured,
    sink: &mut impl Sink,
) -> PyResult<()> {
    let py = array.py();
    PyDocumentArray::with(array, |rows: &mut Rows| {
        let frame = rows.frame.as_ref();
        for (row, len) in rows.list.iter().zip(&measured.rows) {
            sink.head(1, *len);
            match row {
                Row::Raw(span, _) => sink.raw(frame.map_or(&[], |frame| span.of(frame))),
                Row::Live(document) => {
                    let document = PyDocument::root(document.bind(py))?;
                    PyDocument::with(&document, |state| fields(py, state, sink))?;
                }
            }
        }
        Ok(())
    })?
}

/// Writes the fields of a Document; `None` where that takes more than is known here.
fn fields(py: Python<'_>, state: &State, sink: &mut impl Sink) -> Option<()> {
    if let Some((frame, span)) = state.source() {
        if !state.is_dirty() {
            sink.raw(span.of(frame));
            return Some(());
        }
        let start = span.start as usize;
        for run in RowView::new(span.of(frame)).kept(state.lazy()) {
            sink.raw(Span::new(start + run.start, run.len()).of(frame));
        }
    }
    if let Some(id) = state.random_id() {
        sink.bytes_field(Field::Id.number(), &id.hex());
    }
    let lazy = state.lazy();
    state
        .objects()
        .filter(|(field, _)| lazy & field.bit() == 0)
        .try_for_each(|(field, object)| {
            let object = object.bind(py);
            let number = field.number();
            match field {
                _ if field.is_text() => {
                    let text = object.cast::<PyString>().ok()?.to_str().ok()?;
                    if !text.is_empty() {
                        sink.bytes_field(number, text.as_bytes());
                    }
                }
                Field::Blob => {
                    let bytes = object.cast::<PyBytes>().ok()?.as_bytes();
                    if !bytes.is_empty() {
                        sink.bytes_field(number, bytes);
                    }
                }
                Field::Tensor | Field::Embedding => {
                    let plain = Plain::of(object)?;
                    let mut len = Counter::default();
                    write_dense(&mut len, &plain.parts(), "numpy");
                    sink.head(number, len.len);
                    write_dense(sink, &plain.parts(), "numpy");
                }
                _ => return None,
            }
            Some(())
        })
}
