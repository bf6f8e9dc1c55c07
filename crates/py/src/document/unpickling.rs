//! Pickles: read only where that is allowed, docarray's as well as our own.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::{PyDocument, PyDocumentArray, PyNamedScore};

/// Refuses unless a pickle may be read: asked for in the call, or by the environment.
pub(super) fn may_unpickle(py: Python<'_>, allow_pickle: bool) -> PyResult<()> {
    let allowed = allow_pickle || {
        let environment = py.import("os")?.getattr("environ")?;
        environment
            .call_method1("get", ("TIDEGATE_ALLOW_PICKLE",))?
            .eq("1")?
    };
    if allowed {
        return Ok(());
    }
    Err(PyValueError::new_err(
        "these bytes are a pickle, which can run any code when read; where you trust them say \
         allow_pickle=True (or set TIDEGATE_ALLOW_PICKLE=1), else write them with protocol='protobuf'",
    ))
}

/// What a pickle holds, which must be of a class; names of docarray's classes lead to ours.
pub(super) fn unpickle<'py>(
    bytes: &Bound<'py, PyBytes>,
    class: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    call(bytes.py(), "read", (bytes, class))
}

fn call<'py>(
    py: Python<'py>,
    function: &str,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    py.import("tidegate._documents.pickles")?
        .getattr(function)?
        .call1(arguments)
}

#[pymethods]
impl PyDocument {
    /// Takes the fields that a pickle of docarray has.
    fn __setstate__<'py>(slf: &Bound<'py, Self>, state: &Bound<'py, PyAny>) -> PyResult<()> {
        call(slf.py(), "fill_document", (slf, state)).map(drop)
    }
}

#[pymethods]
impl PyDocumentArray {
    /// Takes the Documents that a pickle of docarray has.
    fn __setstate__<'py>(slf: &Bound<'py, Self>, state: &Bound<'py, PyAny>) -> PyResult<()> {
        call(slf.py(), "fill_array", (slf, state)).map(drop)
    }
}

#[pymethods]
impl PyNamedScore {
    /// Takes the fields that a pickle of docarray has.
    fn __setstate__<'py>(slf: &Bound<'py, Self>, state: &Bound<'py, PyAny>) -> PyResult<()> {
        call(slf.py(), "fill_score", (slf, state)).map(drop)
    }
}
