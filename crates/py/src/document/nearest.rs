//! The nearest embeddings: searched where they lie, in received bytes or in numpy's arrays.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use tidegate_doc::nearest::{Float, Metric, Nearest, Reads, Search, VectorColumn};
use tidegate_doc::wire::Span;
use tidegate_doc::{Field, RowView};

use super::rows::Row;
use super::tensor::{Buffer, is_numpy, is_plain_numpy};
use super::{PyDocument, PyDocumentArray};

/// Places, distances, the smallest and the largest of all distances.
type Found = (Vec<usize>, Vec<f64>, f64, f64);

/// The frame of an array's received rows.
type Frame = Option<Arc<Bytes>>;

/// Where the embedding of one row is.
enum Source {
    /// In a received row of the array's own frame.
    Row(Span),
    /// In a received row of another frame.
    Other(Arc<Bytes>, Span),
    /// In Python.
    Object(Py<PyAny>),
}

#[pymethods]
impl PyDocumentArray {
    /// What is nearest to each row of a matrix of floats: places, distances, the smallest and the largest
    /// distance of all, and whether distances are 64-bit floats. None where the embeddings are no dense
    /// float arrays of one shape that fits the matrix.
    fn _nearest<'py>(
        slf: &Bound<'py, Self>,
        queries: &Bound<'py, PyAny>,
        metric: &str,
        limit: usize,
    ) -> PyResult<Option<(Vec<Found>, bool)>> {
        let Some(metric) = Metric::from_name(metric) else {
            return Ok(None);
        };
        // Looked at by name first, so that numpy's class is known from then on.
        let numpy = is_numpy(queries).then(|| floats(queries)).flatten();
        let Some((queries, float, shape)) = numpy else {
            return Ok(None);
        };
        let (width, bytes) = (shape.get(1).copied().unwrap_or(0), queries.bytes());
        let (frame, sources) = Self::embedding_sources(slf)?;
        let Some(sources) = sources.filter(|sources| !sources.is_empty() && width > 0) else {
            return Ok(None);
        };
        let search = |wide: bool| {
            let py = slf.py();
            let frame = frame.as_ref().map_or(&[][..], |frame| frame);
            let asked = (metric, width, Some(limit));
            if wide {
                let vectors = match float {
                    Float::F32 => widened(&numbers(bytes, f32::from_le_bytes)),
                    Float::F64 => numbers(bytes, f64::from_le_bytes),
                };
                searched(py, frame, &sources, vectors, asked)
            } else {
                let vectors = numbers(bytes, f32::from_le_bytes);
                searched(py, frame, &sources, vectors, asked)
            }
        };
        // Only a search in 32 bits can turn out too narrow for the rows.
        let mut wide = float == Float::F64;
        let mut found = search(wide);
        if found.is_none() && !wide {
            wide = true;
            found = search(wide);
        }
        let each = |n: Nearest| (n.places, n.distances, n.least, n.most);
        Ok(found.map(|found| (found.into_iter().map(each).collect(), wide)))
    }
}

impl PyDocumentArray {
    /// Where the embedding of each row is; `None` where one has none.
    fn embedding_sources(slf: &Bound<'_, Self>) -> PyResult<(Frame, Option<Vec<Source>>)> {
        let py = slf.py();
        Self::with(slf, |rows| {
            let each = rows.list.iter().map(|row| match row {
                Row::Raw(span, _) => Some(Source::Row(*span)),
                Row::Live(document) => PyDocument::with(document.bind(py), |state| {
                    if let Some(object) = state.object(Field::Embedding) {
                        return Some(Source::Object(object.clone_ref(py)));
                    }
                    let lazy = state.is_lazy(Field::Embedding);
                    let (frame, span) = state.source().filter(|_| lazy)?;
                    Some(Source::Other(frame.clone(), span))
                })
                .ok()?,
            });
            (rows.frame.clone(), each.collect())
        })
    }
}

/// A numpy array of native floats in C order: its buffer, what they are, and its dimensions.
pub(super) fn floats(array: &Bound<'_, PyAny>) -> Option<(Buffer, Float, Vec<usize>)> {
    if !cfg!(target_endian = "little") || !is_plain_numpy(array) {
        return None;
    }
    let buffer = PyUntypedBuffer::get(array).ok()?;
    let float = match buffer.format().to_bytes() {
        b"f" => Float::F32,
        b"d" => Float::F64,
        _ => return None,
    };
    let shape = buffer.shape().to_vec();
    buffer
        .is_c_contiguous()
        .then(|| (Buffer::Borrowed(buffer), float, shape))
}

fn numbers<T, const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (numbers, _) = bytes.as_chunks::<N>();
    numbers.iter().map(|bytes| read(*bytes)).collect()
}

fn widened(numbers: &[f32]) -> Vec<f64> {
    numbers.iter().map(|number| f64::from(*number)).collect()
}

/// Searches the rows, without the GIL where all of them are received ones; `None` where one does not fit.
fn searched<T: Reads>(
    py: Python<'_>,
    frame: &[u8],
    sources: &[Source],
    vectors: Vec<T>,
    (metric, width, limit): (Metric, usize, Option<usize>),
) -> Option<Vec<Nearest>> {
    let received: Option<Vec<RowView<'_>>> = sources
        .iter()
        .map(|source| match source {
            Source::Row(span) => Some(RowView::new(span.of(frame))),
            Source::Other(frame, span) => Some(RowView::new(span.of(frame))),
            Source::Object(_) => None,
        })
        .collect();
    let mut search = Search::new(metric, vectors, width, limit);
    if let Some(rows) = received {
        return py.detach(|| {
            let column = VectorColumn::like(*rows.first()?, Field::Embedding)?;
            for row in &rows {
                search
                    .offer(column.of(*row)?, column.float())
                    .then_some(())?;
            }
            Some(search.finish())
        });
    }
    let mut shape: Option<(Float, Vec<usize>)> = None;
    let mut agrees = |float: Float, found: Vec<usize>| match &shape {
        Some(known) => (known.0 == float && known.1 == found).then_some(()),
        None => {
            shape = Some((float, found));
            Some(())
        }
    };
    let mut column: Option<VectorColumn<'_>> = None;
    for source in sources {
        let row = match source {
            Source::Object(object) => {
                let (buffer, float, shape) = floats(object.bind(py))?;
                if shape.is_empty() {
                    return None;
                }
                agrees(float, shape)?;
                search.offer(buffer.bytes(), float).then_some(())?;
                continue;
            }
            Source::Row(span) => RowView::new(span.of(frame)),
            Source::Other(frame, span) => RowView::new(span.of(frame)),
        };
        if column.is_none() {
            let made = VectorColumn::like(row, Field::Embedding)?;
            agrees(
                made.float(),
                made.shape().iter().map(|d| *d as usize).collect(),
            )?;
            column = Some(made);
        }
        let column = column.as_ref()?;
        search
            .offer(column.of(row)?, column.float())
            .then_some(())?;
    }
    Some(search.finish())
}
