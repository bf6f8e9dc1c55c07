//! What a handler is given.

use bytes::{Bytes, BytesMut};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tidegate_core::{Error, ErrorKind};

use super::calls::Call;
use super::endpoint::Wanted;
use crate::document::{PyDocumentArray, struct_to_py};

/// A handler's keyword arguments, and the arrays among them.
pub(crate) struct Arguments<'py> {
    pub(crate) keywords: Bound<'py, PyDict>,
    pub(crate) given: Given,
}

/// The arrays that a handler was given: it may have changed them, or found them unreadable.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) docs: Option<Py<PyDocumentArray>>,
    branches: Vec<Py<PyDocumentArray>>,
}

impl Given {
    /// Why an array could not be read, where the handler has come upon that.
    pub(crate) fn scan_error(&self, py: Python<'_>) -> Option<Error> {
        let arrays = self.docs.iter().chain(&self.branches);
        arrays
            .filter_map(|array| array.borrow(py).scan_error())
            .next()
    }
}

/// Makes exactly the arguments that are `wanted`.
pub(crate) fn build<'py>(
    py: Python<'py>,
    wanted: Wanted,
    call: &Call,
) -> Result<Arguments<'py>, Error> {
    make(py, wanted, call).map_err(|failure| {
        Error::new(
            ErrorKind::InvalidInput,
            format!("the request cannot be read: {}", failure.value(py)),
        )
    })
}

fn make<'py>(py: Python<'py>, wanted: Wanted, call: &Call) -> PyResult<Arguments<'py>> {
    let keywords = PyDict::new(py);
    let mut given = Given::default();
    if wanted.docs || (wanted.docs_matrix && call.payloads.len() < 2) {
        let docs = PyDocumentArray::from_wire(py, joined(&call.payloads))?;
        if wanted.docs {
            keywords.set_item(intern!(py, "docs"), &docs)?;
        }
        given.docs = Some(docs);
    }
    if wanted.parameters {
        let parameters = if call.parameters.is_empty() {
            PyDict::new(py)
        } else {
            struct_to_py(py, &call.parameters)?
        };
        keywords.set_item(intern!(py, "parameters"), parameters)?;
    }
    if wanted.docs_matrix {
        keywords.set_item(intern!(py, "docs_matrix"), matrix(py, call, &mut given)?)?;
    }
    if wanted.docs_map {
        keywords.set_item(intern!(py, "docs_map"), py.None())?;
    }
    if wanted.tracing_context {
        keywords.set_item(intern!(py, "tracing_context"), py.None())?;
    }
    Ok(Arguments { keywords, given })
}

/// The Documents branch by branch, or None where no branch has any.
///
/// A single branch is the very array that is handed over as `docs`, so that edits of either travel.
fn matrix(py: Python<'_>, call: &Call, given: &mut Given) -> PyResult<Py<PyAny>> {
    if call.payloads.iter().all(Bytes::is_empty) {
        return Ok(py.None());
    }
    if call.payloads.len() < 2 {
        return Ok(PyList::new(py, &given.docs)?.into_any().unbind());
    }
    for payload in &call.payloads {
        given
            .branches
            .push(PyDocumentArray::from_wire(py, payload.clone())?);
    }
    Ok(PyList::new(py, &given.branches)?.into_any().unbind())
}

/// The Documents of all branches one after another: serialised arrays join by being put end to end.
fn joined(payloads: &[Bytes]) -> Bytes {
    match payloads {
        [] => Bytes::new(),
        [one] => one.clone(),
        many => {
            let mut all = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
            many.iter()
                .for_each(|payload| all.extend_from_slice(payload));
            all.freeze()
        }
    }
}
