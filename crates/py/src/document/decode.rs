//! From received bytes to the Python object of a field, on first touch.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};
use tidegate_doc::wire::{Reader, Span, WireType};
use tidegate_doc::{Field, RowView, nested_rows};

use super::array::PyDocumentArray;
use super::score::PyNamedScore;
use super::structs::read_struct;
use super::{PyDocument, score, tensor};

/// The object of `field` of the Document whose bytes are `span` of `frame`.
pub(super) fn field<'py>(
    owner: &Bound<'py, PyDocument>,
    field: Field,
    frame: &Arc<Bytes>,
    span: Span,
) -> PyResult<Bound<'py, PyAny>> {
    let py = owner.py();
    let row = RowView::new(span.of(frame));
    let Some(entry) = row.find(field) else {
        return fields_default(py);
    };
    Ok(match field {
        _ if field.is_text() => PyString::new(py, entry.text()).into_any(),
        Field::Blob => PyBytes::new(py, entry.payload).into_any(),
        Field::Granularity | Field::Adjacency =>
        {
            #[allow(clippy::cast_possible_truncation)]
            PyInt::new(py, entry.varint() as u32).into_any()
        }
        Field::Weight | Field::Offset => PyFloat::new(py, entry.float().into()).into_any(),
        Field::Location => PyList::new(py, row.location())?.into_any(),
        Field::Tensor | Field::Embedding => {
            let start = span.start as usize + entry.payload_start;
            tensor::read(py, frame, Span::new(start, entry.payload.len()))?
        }
        Field::Tags | Field::Metadata => read_struct(py, entry.payload)?.into_any(),
        Field::Scores | Field::Evaluations => scores(py, &row, field)?,
        _ => {
            let rows = nested_rows(span.of(frame), span.start as usize, field.number());
            PyDocumentArray::nested(owner, field, Some(frame.clone()), rows)?.into_any()
        }
    })
}

fn fields_default(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    Ok(py.None().into_bound(py))
}

fn scores<'py>(py: Python<'py>, row: &RowView<'_>, field: Field) -> PyResult<Bound<'py, PyAny>> {
    let scores = score::empty_scores(py)?;
    for entry in row.all(field) {
        let (mut key, mut value): (&str, &[u8]) = ("", &[]);
        for part in Reader::new(entry.payload).flatten() {
            match (part.number, part.wire) {
                (1, WireType::Bytes) => key = part.text(),
                (2, WireType::Bytes) => value = part.payload,
                _ => {}
            }
        }
        scores.set_item(key, PyNamedScore::received(py, value)?)?;
    }
    Ok(scores)
}

/// An empty dict, as unset tags are.
pub(super) fn empty_dict(py: Python<'_>) -> Bound<'_, PyAny> {
    PyDict::new(py).into_any()
}
