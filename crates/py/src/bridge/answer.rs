//! From what a handler gave back, or raised, to the call's answer.

use pyo3::exceptions::PyTypeError;
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use tidegate_core::{Error, ErrorKind};

use super::arguments::Given;
use super::calls::Outcome;
use super::endpoint::Table;
use super::exception::error_from;
use crate::document::{PyDocumentArray, Wire, py_to_struct};

/// A call that has begun: what its answer depends on.
pub(crate) struct Begun {
    pub(crate) endpoint: usize,
    pub(crate) given: Given,
}

/// Makes the answer. `stopped` says why the call was told to stop, where it was.
pub(crate) fn make(
    table: &Table,
    begun: &Begun,
    ended: PyResult<Bound<'_, PyAny>>,
    stopped: Option<Stop>,
    py: Python<'_>,
) -> Result<Outcome, Error> {
    let answer = ended.and_then(|returned| outcome(table, begun, &returned));
    if let Some(error) = begun.given.scan_error(py) {
        return Err(error);
    }
    answer.map_err(|raised| match stopped {
        Some(stop) if raised.is_instance_of::<CancelledError>(py) => stop.error(),
        _ => error_from(py, &raised, &table.executor),
    })
}

/// Why a call was told to stop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Its caller has gone.
    CallerGone,
    /// The Executor is to end.
    Ending,
}

impl Stop {
    pub(crate) fn error(self) -> Error {
        match self {
            Self::CallerGone => Error::new(ErrorKind::Cancelled, "the caller has gone"),
            Self::Ending => Error::new(
                ErrorKind::Unavailable,
                "the Executor ended before the call did, and the call was cancelled",
            ),
        }
    }
}

fn outcome(table: &Table, begun: &Begun, returned: &Bound<'_, PyAny>) -> PyResult<Outcome> {
    let py = returned.py();
    if returned.is_none() {
        return Ok(Outcome {
            payload: edited(table, begun, py)?,
            results: None,
        });
    }
    if let Ok(array) = returned.cast::<PyDocumentArray>() {
        let is_given = begun.given.docs.as_ref().is_some_and(|docs| docs.is(array));
        let payload = if is_given {
            edited(table, begun, py)?
        } else {
            Some(bytes_of(table, array)?)
        };
        return Ok(Outcome {
            payload,
            results: None,
        });
    }
    if let Ok(dict) = returned.cast::<PyDict>() {
        let results = Some(py_to_struct(dict)?);
        return Ok(Outcome {
            payload: edited(table, begun, py)?,
            results,
        });
    }
    if let Ok(close) = returned.getattr("close")
        && returned.hasattr("cr_frame").unwrap_or(false)
    {
        // A coroutine that nobody will await: without this, Python would warn of it later.
        let _ = close.call0();
    }
    let endpoint = table
        .entries
        .get(begun.endpoint)
        .map_or("", |entry| entry.name.as_str());
    let executor = &table.executor;
    let kind = returned.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "the endpoint '{endpoint}' of {executor} returned {kind}; it may return None (the Documents as \
         they are), a DocumentArray (which replaces them) or a dict (which becomes results)"
    )))
}

/// The Documents that the handler was given, where it has changed them.
fn edited(table: &Table, begun: &Begun, py: Python<'_>) -> PyResult<Option<bytes::Bytes>> {
    let Some(docs) = &begun.given.docs else {
        return Ok(None);
    };
    Ok(match table.wire(docs.bind(py))? {
        Wire::Unchanged(_) => None,
        Wire::Encoded(bytes) => Some(bytes),
    })
}

fn bytes_of(table: &Table, array: &Bound<'_, PyDocumentArray>) -> PyResult<bytes::Bytes> {
    Ok(match table.wire(array)? {
        Wire::Unchanged(bytes) | Wire::Encoded(bytes) => bytes,
    })
}
