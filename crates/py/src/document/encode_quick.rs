//! Arrays whose rows take no Python to be written: one pass that measures, one that writes.
//!
//! That is so where every row is as it was received, or has texts, bytes and plain numpy arrays in the
//! place of what was received. All others go by the plan of [`encode`](super::encode).

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};
use tidegate_doc::align::{self, LargeFinder};
use tidegate_doc::tensor::write_dense;
use tidegate_doc::wire::{Counter, Sink, Span};
use tidegate_doc::{Field, RowView};

use super::numpy_layout::Plain;
use super::rows::{Row, Rows};
use super::state::State;
use super::{PyDocument, PyDocumentArray};

/// One row: the room in front of it, and how long it will be.
struct Sizes {
    room: usize,
    len: usize,
}

/// How long each row will be, and all of them with their heads.
pub(super) struct Measured {
    rows: Vec<Sizes>,
    pub(super) len: usize,
}

/// Measures an array; `None` where it has to be planned. With `aligned`, room is made for large tensors.
pub(super) fn measure(
    array: &Bound<'_, PyDocumentArray>,
    aligned: bool,
) -> PyResult<Option<Measured>> {
    let py = array.py();
    PyDocumentArray::with(array, |rows| {
        let mut sizes = Vec::with_capacity(rows.list.len());
        let mut size = Counter::default();
        for row in rows.list.iter() {
            let mut large = None;
            let len = match row {
                Row::Raw(span, _) => {
                    if aligned && let Some(frame) = &rows.frame {
                        large = align::first_large(span.of(frame));
                    }
                    span.len as usize
                }
                Row::Live(document) => {
                    let document = PyDocument::root(document.bind(py)).ok()?;
                    PyDocument::with(&document, |state| {
                        let mut row = Counter::default();
                        fields(py, state, &mut row)?;
                        if aligned && row.len >= align::LARGE {
                            large = large_in(py, state);
                        }
                        Some(row.len)
                    })
                    .ok()??
                }
            };
            let mut head = Counter::default();
            head.head(1, len);
            let room = large.map_or(0, |at| align::room_before(size.len + head.len + at));
            size.len += room + head.len + len;
            sizes.push(Sizes { room, len });
        }
        Some(Measured {
            rows: sizes,
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
        for (row, sizes) in rows.list.iter().zip(&measured.rows) {
            align::write_room(sink, sizes.room);
            sink.head(1, sizes.len);
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

/// Where in what [`fields`] writes the first large tensor begins.
fn large_in(py: Python<'_>, state: &State) -> Option<usize> {
    let mut before = LargeFinder::default();
    if let Some((frame, span)) = state.source() {
        let row = span.of(frame);
        if !state.is_dirty() {
            return align::first_large(row);
        }
        for run in RowView::new(row).kept(state.lazy()) {
            let run = row.get(run).unwrap_or_default();
            if let Some(at) = align::first_large(run) {
                return Some(before.len + at);
            }
            before.len += run.len();
        }
    }
    if let Some(id) = state.random_id() {
        before.bytes_field(Field::Id.number(), &id.hex());
    }
    for (field, object) in own(state) {
        before.found = None;
        value(field, object.bind(py), &mut before)?;
        if matches!(field, Field::Tensor | Field::Embedding) && before.found.is_some() {
            return before.found;
        }
    }
    None
}

/// The objects that are written in the place of what was received.
fn own(state: &State) -> impl Iterator<Item = (Field, &Py<PyAny>)> {
    let lazy = state.lazy();
    state
        .objects()
        .filter(move |(field, _)| lazy & field.bit() == 0)
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
    own(state).try_for_each(|(field, object)| value(field, object.bind(py), sink))
}

/// Writes one field; `None` where that takes more than is known here.
fn value(field: Field, object: &Bound<'_, PyAny>, sink: &mut impl Sink) -> Option<()> {
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
}
