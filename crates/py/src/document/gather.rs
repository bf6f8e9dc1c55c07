//! A column of arrays as one matrix, copied straight from where each lies.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyTuple};
use tidegate_doc::tensor::{ArrayView, NdArrayView, item_size};
use tidegate_doc::wire::Span;
use tidegate_doc::{Field, RowView};

use super::rows::Row;
use super::tensor::numpy;
use super::{PyDocument, PyDocumentArray};

/// The received array of one row: its frame and where its `NdArrayProto` lies.
struct Found {
    frame: Arc<Bytes>,
    span: Span,
}

fn locate(frame: &Arc<Bytes>, row: Span, field: Field) -> Option<Found> {
    let entry = RowView::new(row.of(frame)).find(field)?;
    let start = row.start as usize + entry.payload_start;
    Some(Found {
        frame: frame.clone(),
        span: Span::new(start, entry.payload.len()),
    })
}

impl PyDocumentArray {
    /// The column as one fresh numpy array, where every row still has it as received, dense, and of one
    /// dtype and shape; `None` where that is not so and the arrays have to be stacked one by one.
    pub(super) fn gathered<'py>(
        slf: &Bound<'py, Self>,
        field: Field,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let found = Self::with(slf, |rows| {
            let frame = rows.frame.as_ref();
            let each = rows.list.iter().map(|row| match row {
                Row::Raw(span, _) => locate(frame?, *span, field),
                Row::Live(document) => {
                    PyDocument::with(document.bind(py), |state| match state.source() {
                        Some((frame, span)) if state.is_lazy(field) => locate(frame, span, field),
                        _ => None,
                    })
                    .ok()?
                }
            });
            each.collect::<Option<Vec<_>>>()
        })?;
        let Some(found) = found else { return Ok(None) };
        let Some(first) = found.first() else {
            return Ok(None);
        };
        let first = NdArrayView::new(first.span.of(&first.frame));
        let (ArrayView::Dense(model), "numpy") = (&first.content, first.cls_name) else {
            return Ok(None);
        };
        if item_size(model.dtype).is_none() || model.buffer.is_empty() {
            return Ok(None);
        }
        let mut buffers: Vec<&[u8]> = Vec::with_capacity(found.len());
        for one in &found {
            match NdArrayView::new(one.span.of(&one.frame)) {
                NdArrayView {
                    content: ArrayView::Dense(dense),
                    cls_name: "numpy",
                    ..
                } if dense.dtype == model.dtype && dense.shape == model.shape => {
                    buffers.push(dense.buffer);
                }
                _ => return Ok(None),
            }
        }
        let size = model.buffer.len();
        let bytes = PyByteArray::new_with(py, size * buffers.len(), |out| {
            for (row, buffer) in out.chunks_exact_mut(size).zip(&buffers) {
                if let Some(buffer) = buffer.get(..size) {
                    row.copy_from_slice(buffer);
                }
            }
            Ok(())
        })?;
        let shape = std::iter::once(buffers.len()).chain(model.shape.iter().map(|d| *d as usize));
        let shape = PyTuple::new(py, shape.collect::<Vec<_>>())?;
        numpy(py)?
            .getattr("ndarray")?
            .call1((shape, model.dtype, bytes))
            .map(Some)
    }
}
