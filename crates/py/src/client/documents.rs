//! Documents between Python and a request's payload.

use bytes::Bytes;
use pyo3::prelude::*;

use crate::document::{PyDocumentArray, Wire};

/// The serialised form of a DocumentArray.
pub(super) fn to_bytes(docs: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let docs = docs.cast::<PyDocumentArray>()?;
    Ok(match PyDocumentArray::to_wire(docs)? {
        Wire::Unchanged(bytes) | Wire::Encoded(bytes) => bytes,
    })
}

/// The DocumentArray that `bytes` are.
pub(super) fn from_bytes(py: Python<'_>, bytes: Bytes) -> PyResult<Bound<'_, PyDocumentArray>> {
    Ok(PyDocumentArray::from_wire(py, bytes)?.into_bound(py))
}

/// A list with a dict for each Document.
pub(super) fn to_dicts<'py>(docs: &Bound<'py, PyDocumentArray>) -> PyResult<Bound<'py, PyAny>> {
    docs.py()
        .import("tidegate._documents.plain")?
        .call_method1("to_dicts", (docs,))
}
