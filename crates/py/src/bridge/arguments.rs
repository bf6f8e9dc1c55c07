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
    /// An array for each branch: where there is one branch, it is `docs`.
    fn by_branch(&self) -> Vec<&Py<PyDocumentArray>> {
        if self.branches.is_empty() {
            self.docs.iter().collect()
        } else {
            self.branches.iter().collect()
        }
    }

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
    let by_branch = wanted.docs_matrix || wanted.docs_map;
    if wanted.docs || (by_branch && call.branches.len() < 2) {
        let docs = PyDocumentArray::from_wire(py, joined(&call.branches))?;
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
    if by_branch && call.branches.len() > 1 {
        for (_, payload) in &call.branches {
            let branch = PyDocumentArray::from_wire(py, payload.clone())?;
            given.branches.push(branch);
        }
    }
    if wanted.docs_matrix {
        keywords.set_item(intern!(py, "docs_matrix"), matrix(py, call, &given)?)?;
    }
    if wanted.docs_map {
        keywords.set_item(intern!(py, "docs_map"), map(py, call, &given)?)?;
    }
    if wanted.tracing_context {
        keywords.set_item(intern!(py, "tracing_context"), py.None())?;
    }
    Ok(Arguments { keywords, given })
}

/// The Documents branch by branch, or None where no branch has any.
///
/// A single branch is the very array that is handed over as `docs`, so that edits of either travel.
fn matrix(py: Python<'_>, call: &Call, given: &Given) -> PyResult<Py<PyAny>> {
    if call.branches.iter().all(|(_, payload)| payload.is_empty()) {
        return Ok(py.None());
    }
    Ok(PyList::new(py, given.by_branch())?.into_any().unbind())
}

/// The same arrays by the name of the Executor before, `gateway` for the first.
fn map<'py>(py: Python<'py>, call: &Call, given: &Given) -> PyResult<Bound<'py, PyDict>> {
    let map = PyDict::new(py);
    for ((from, _), array) in call.branches.iter().zip(given.by_branch()) {
        map.set_item(String::from_utf8_lossy(from), array)?;
    }
    Ok(map)
}

/// The Documents of all branches one after another: serialised arrays join by being put end to end.
fn joined(branches: &[(Bytes, Bytes)]) -> Bytes {
    match branches {
        [] => Bytes::new(),
        [(_, one)] => one.clone(),
        many => {
            let mut all = BytesMut::with_capacity(many.iter().map(|(_, one)| one.len()).sum());
            many.iter().for_each(|(_, one)| all.extend_from_slice(one));
            all.freeze()
        }
    }
}
