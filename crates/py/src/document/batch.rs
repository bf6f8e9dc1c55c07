//! Documents of several received arrays as one array, and back.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use tidegate_core::Error;
use tidegate_doc::scan_rows;
use tidegate_doc::wire::Span;

use super::array::{PyDocumentArray, bad_input};
use super::node::PyDocument;
use super::rows::{Row, Rows, make};

/// A received array whose Documents go into batches. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Received {
    frame: Arc<Bytes>,
    rows: Arc<[(Span, u32)]>,
}

impl Received {
    /// Looks through a serialised `DocumentArrayProto`.
    ///
    /// # Errors
    /// `InvalidInput` when it is none.
    pub(crate) fn scan(bytes: Bytes) -> Result<Self, Error> {
        let rows = scan_rows(&bytes, |span, mask| (span, mask))
            .map_err(|error| bad_input(error.to_string()))?;
        Ok(Self {
            frame: Arc::new(bytes),
            rows: rows.into(),
        })
    }

    /// How many Documents it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// A Document of it, not decoded yet.
    pub(crate) fn document(&self, py: Python<'_>, index: usize) -> PyResult<Py<PyDocument>> {
        let (span, mask) = self
            .rows
            .get(index)
            .copied()
            .ok_or_else(|| pyo3::exceptions::PyIndexError::new_err("no such Document"))?;
        Ok(make(py, Arc::clone(&self.frame), span, mask)?.unbind())
    }

    /// What stands for it now; `moved` where that is not each of its own Documents at its place.
    pub(crate) fn array<'py>(
        &self,
        py: Python<'py>,
        documents: Vec<Py<PyDocument>>,
        moved: bool,
    ) -> PyResult<Bound<'py, PyDocumentArray>> {
        let rows = Rows {
            frame: Some(Arc::clone(&self.frame)),
            list: documents.into_iter().map(Row::Live).collect(),
            changed: moved,
            ..Rows::default()
        };
        PyDocumentArray::over(py, rows)
    }
}

/// The Documents as one array.
pub(crate) fn batch_of(
    py: Python<'_>,
    documents: &[Py<PyDocument>],
) -> PyResult<Py<PyDocumentArray>> {
    let documents = documents.iter().map(|document| document.bind(py).clone());
    Ok(PyDocumentArray::of(py, documents)?.unbind())
}

/// The Documents of an array, in order.
pub(crate) fn documents_of(array: &Bound<'_, PyDocumentArray>) -> PyResult<Vec<Py<PyDocument>>> {
    let documents = PyDocumentArray::documents(array)?;
    Ok(documents.into_iter().map(Bound::unbind).collect())
}
