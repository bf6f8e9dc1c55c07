//! A column of arrays as one matrix, copied straight from where each lies.

use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use tidegate_doc::nearest::Float;
use tidegate_doc::tensor::{ArrayView, NdArrayView, item_size};
use tidegate_doc::wire::{Filler, Sink, Span};
use tidegate_doc::{Field, RowView};

use super::nearest::floats;
use super::rows::Row;
use super::tensor::numpy;
use super::{PyDocument, PyDocumentArray};

/// The received array of one row: its frame and where its `NdArrayProto` lies.
struct Found {
    frame: Arc<Bytes>,
    span: Span,
}

impl Found {
    fn bytes(&self) -> &[u8] {
        self.span.of(&self.frame)
    }
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
        let Some(found) = found else {
            return Self::gathered_live(slf, field);
        };
        let Some(model) = found.first().map(|first| Model::of(first.bytes())) else {
            return Ok(None);
        };
        let Some(model) = model else { return Ok(None) };
        if !found.iter().all(|one| model.is_like(one.bytes())) {
            return Ok(None);
        }
        let pieces: Vec<&[u8]> = found
            .iter()
            .map(|one| one.bytes().get(model.buffer.clone()).unwrap_or_default())
            .collect();
        let shape = model.shape.iter().map(|d| *d as usize);
        matrix(py, shape, model.dtype, &pieces)
    }

    /// The column as one fresh numpy array, where all rows have numpy's own arrays of native floats, in C
    /// order and of one dtype and shape.
    fn gathered_live<'py>(
        slf: &Bound<'py, Self>,
        field: Field,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = slf.py();
        let objects = Self::with(slf, |rows| {
            let each = rows.list.iter().map(|row| match row {
                Row::Raw(..) => None,
                Row::Live(document) => PyDocument::with(document.bind(py), |state| {
                    state.object(field).map(|object| object.clone_ref(py))
                })
                .ok()?,
            });
            each.collect::<Option<Vec<_>>>()
        })?;
        let arrays = objects.and_then(|objects| {
            let each = objects.iter().map(|object| floats(object.bind(py)));
            each.collect::<Option<Vec<_>>>()
        });
        let Some(arrays) = arrays else {
            return Ok(None);
        };
        let Some((_, float, shape)) = arrays.first() else {
            return Ok(None);
        };
        if !arrays.iter().all(|(_, f, s)| f == float && s == shape) {
            return Ok(None);
        }
        let pieces: Vec<&[u8]> = arrays.iter().map(|(buffer, ..)| buffer.bytes()).collect();
        let dtype = match float {
            Float::F32 => "<f4",
            Float::F64 => "<f8",
        };
        matrix(py, shape.iter().copied(), dtype, &pieces)
    }
}

/// A fresh numpy array with a row for each piece; `None` where numpy sees another size.
fn matrix<'py>(
    py: Python<'py>,
    shape: impl Iterator<Item = usize>,
    dtype: &str,
    pieces: &[&[u8]],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let shape: Vec<usize> = std::iter::once(pieces.len()).chain(shape).collect();
    let matrix = numpy(py)?
        .getattr("empty")?
        .call1((PyTuple::new(py, shape)?, super::tensor::dtype(py, dtype)?))?;
    let room = PyUntypedBuffer::get(&matrix)?;
    let len = pieces.iter().map(|piece| piece.len()).sum();
    if room.readonly() || room.len_bytes() != len || !room.is_c_contiguous() || len == 0 {
        return Ok(None);
    }
    // SAFETY: the matrix is new, so that nobody else sees its elements, and numpy has just said how many
    // bytes they are, one after another.
    #[allow(unsafe_code)]
    let out =
        unsafe { std::slice::from_raw_parts_mut(room.buf_ptr().cast::<MaybeUninit<u8>>(), len) };
    let mut filler = Filler::new(out);
    for piece in pieces {
        filler.raw(piece);
    }
    Ok((filler.left() == 0).then_some(matrix))
}

/// The array of the first row, which those of all others have to be like.
struct Model<'a> {
    bytes: &'a [u8],
    /// Where in it the elements are.
    buffer: Range<usize>,
    shape: Vec<u32>,
    dtype: &'a str,
}

impl<'a> Model<'a> {
    /// A serialised array that can be a row of a matrix.
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let view = NdArrayView::new(bytes);
        let (ArrayView::Dense(dense), "numpy") = (view.content, view.cls_name) else {
            return None;
        };
        if item_size(dense.dtype).is_none() || dense.buffer.is_empty() {
            return None;
        }
        Some(Self {
            bytes,
            buffer: dense.buffer_start..dense.buffer_start + dense.buffer.len(),
            shape: dense.shape,
            dtype: dense.dtype,
        })
    }

    /// Whether another array differs from this one in its elements at most. Written alike, only their bytes
    /// differ; written in another way, it does not count as alike.
    fn is_like(&self, other: &[u8]) -> bool {
        let (start, end) = (self.buffer.start, self.buffer.end);
        other.len() == self.bytes.len()
            && other.get(..start) == self.bytes.get(..start)
            && other.get(end..) == self.bytes.get(end..)
    }
}
