//! Reading and setting the fields of a `Document`.

use pyo3::exceptions::{PyException, PyImportError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString};
use tidegate_doc::Field;

use super::array::PyDocumentArray;
use super::state::Place;
use super::{PyDocument, content, decode, score};

impl PyDocument {
    /// The value of a field: its object, or what the received bytes say, or its default.
    pub(super) fn get<'py>(slf: &Bound<'py, Self>, field: Field) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if field.is_text() {
            // The common case in one go: making a str runs no Python code.
            let text = Self::with(slf, |state| state.text(py, field))?;
            if let Some(text) = text {
                return Ok(text);
            }
        }
        match Self::with(slf, |state| state.place(py, field))? {
            Place::Object(object) => {
                let object = object.into_bound(py);
                if matches!(field, Field::Chunks | Field::Matches)
                    && let Ok(array) = object.cast::<PyDocumentArray>()
                {
                    PyDocumentArray::take_in(array, slf)?;
                }
                Ok(object)
            }
            Place::Received(frame, span) => {
                let object = decode::field(&Self::root(slf)?, field, &frame, span)
                    .map_err(|error| Self::misread(slf, field, error))?;
                let kept = object.clone().unbind();
                let live = is_live(field);
                let old = Self::take(slf, &object, |state| {
                    if live {
                        state.escape(field, kept)
                    } else {
                        state.store(field, Some(kept))
                    }
                })?;
                drop(old);
                Ok(object)
            }
            Place::Unset if field == Field::Id => Self::make_id(slf),
            Place::Unset => Self::make_default(slf, field),
        }
    }

    /// An error of a field that cannot be decoded, with the Document and the field named.
    fn misread(slf: &Bound<'_, Self>, field: Field, error: PyErr) -> PyErr {
        let py = slf.py();
        if !matches!(field, Field::Tensor | Field::Embedding) {
            return error;
        }
        let id = Self::get(slf, Field::Id).map_or_else(|_| String::new(), |id| id.to_string());
        let why = format!(
            "{} of the Document '{id}': {}",
            field.name(),
            error.value(py)
        );
        let named = if error.is_instance_of::<PyImportError>(py) {
            PyImportError::new_err(why)
        } else if error.is_instance_of::<PyException>(py) {
            PyValueError::new_err(why)
        } else {
            return error;
        };
        named.set_cause(py, Some(error));
        named
    }

    fn make_id<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let Some(id) = Self::with(slf, |state| state.random_id())? else {
            return Ok(py.None().into_bound(py));
        };
        let text = PyString::from_bytes(py, &id.hex())?.into_any();
        let kept = text.clone().unbind();
        Self::with(slf, |state| state.show_id(kept))?;
        Ok(text)
    }

    fn make_default<'py>(slf: &Bound<'py, Self>, field: Field) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let object = match field {
            Field::Tags | Field::Metadata => decode::empty_dict(py),
            Field::Scores | Field::Evaluations => score::empty_scores(py)?,
            Field::Location => PyList::empty(py).into_any(),
            Field::Chunks | Field::Matches => {
                PyDocumentArray::nested(&Self::root(slf)?, field, None, Vec::new())?.into_any()
            }
            Field::Granularity | Field::Adjacency => return Ok(PyInt::new(py, 0).into_any()),
            Field::Weight | Field::Offset => return Ok(PyFloat::new(py, 0.0).into_any()),
            Field::Blob => return Ok(PyBytes::new(py, b"").into_any()),
            Field::Tensor | Field::Embedding => return Ok(py.None().into_bound(py)),
            _ => return Ok(intern!(py, "").clone().into_any()),
        };
        let kept = object.clone().unbind();
        Self::take(slf, &object, |state| state.escape(field, kept))?;
        Ok(object)
    }

    /// Sets a field as an assignment from Python does.
    pub(super) fn put(
        slf: &Bound<'_, Self>,
        field: Field,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        match field {
            Field::Chunks | Field::Matches if !value.is_none() => {
                let root = Self::root(slf)?;
                let array = PyDocumentArray::adopt(&root, field, value)?;
                Self::store_object(slf, field, array.as_any())
            }
            Field::MimeType if !value.is_none() => {
                let value = content::known_mime_type(value)?;
                Self::store_object(slf, field, &value)
            }
            Field::Uri if value.is_truthy()? => {
                Self::store_object(slf, field, value)?;
                match content::mime_type_of_uri(value)? {
                    Some(mime_type) => Self::store_object(slf, Field::MimeType, &mime_type),
                    None => Ok(()),
                }
            }
            Field::Id => {
                super::rows::note_id_change();
                Self::store_object(slf, field, value)
            }
            _ => Self::store_object(slf, field, value),
        }
    }

    fn store_object(slf: &Bound<'_, Self>, field: Field, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let object = (!value.is_none()).then(|| value.clone().unbind());
        let old = Self::take(slf, value, |state| state.set(field, object))?;
        drop(old);
        Ok(())
    }

    /// Whether a field counts as non-empty: it has a value, and another than its default.
    pub(super) fn is_set(slf: &Bound<'_, Self>, field: Field) -> PyResult<bool> {
        let py = slf.py();
        if !Self::with(slf, |state| state.has(field))? {
            return Ok(false);
        }
        match field {
            Field::Id | Field::Tensor | Field::Embedding => Ok(!Self::get(slf, field)?.is_none()),
            Field::Text | Field::Blob => {
                let received = Self::with(slf, |state| {
                    state.entry(field).map(|entry| !entry.payload.is_empty())
                })?;
                match received {
                    Some(set) => Ok(set),
                    None => Self::object_is_set(slf, field),
                }
            }
            _ => {
                let received = Self::with(slf, |state| {
                    let entry = state.entry(field)?;
                    Some(match field {
                        Field::Granularity | Field::Adjacency => entry.varint() != 0,
                        Field::Weight | Field::Offset => entry.float() != 0.0,
                        Field::Chunks | Field::Matches | Field::Scores | Field::Evaluations => true,
                        _ => !entry.payload.is_empty(),
                    })
                })?;
                let _ = py;
                received.map_or_else(|| Self::object_is_set(slf, field), Ok)
            }
        }
    }

    fn object_is_set(slf: &Bound<'_, Self>, field: Field) -> PyResult<bool> {
        let py = slf.py();
        let object = Self::with(slf, |state| state.object(field).map(|o| o.clone_ref(py)))?;
        let Some(object) = object else {
            return Ok(false);
        };
        let object = object.into_bound(py);
        if object.is_none() {
            return Ok(false);
        }
        match field {
            Field::Text | Field::ParentId | Field::Uri | Field::Modality | Field::MimeType => {
                Ok(object.ne(intern!(py, ""))?)
            }
            Field::Blob => object.ne(PyBytes::new(py, b"")),
            Field::Granularity | Field::Adjacency | Field::Weight | Field::Offset => object.ne(0),
            _ => object.is_truthy(),
        }
    }
}

/// Whether a field's object can be changed by whoever reads it.
pub(super) fn is_live(field: Field) -> bool {
    matches!(
        field,
        Field::Tags
            | Field::Metadata
            | Field::Location
            | Field::Scores
            | Field::Evaluations
            | Field::Chunks
            | Field::Matches
    )
}
