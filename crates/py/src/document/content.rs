//! Content as one thing, whichever field holds it, and MIME types.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyFrozenSet, PyString, PyTuple};
use tidegate_doc::Field;

use super::PyDocument;

#[pymethods]
impl PyDocument {
    /// Its content, whichever of text, tensor and blob it is; None where it has none. Setting it chooses
    /// the field by type: str is text, bytes are a blob, anything else is a tensor.
    #[getter]
    fn content<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        match Self::content_kind(slf)? {
            Some(field) => Self::get(slf, field),
            None => Ok(slf.py().None().into_bound(slf.py())),
        }
    }

    #[setter(content)]
    fn set_content(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put_content(slf, value)
    }

    /// Which field its content is in: 'text', 'tensor' or 'blob'; None where it has none.
    #[getter]
    fn content_type(slf: &Bound<'_, Self>) -> PyResult<Option<&'static str>> {
        Ok(Self::content_kind(slf)?.map(Field::name))
    }

    /// The names of the fields that are set to something other than their default.
    #[getter]
    pub(super) fn non_empty_fields<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let mut names = Vec::new();
        for field in Field::ALL {
            if Self::is_set(slf, field)? {
                names.push(field.name());
            }
        }
        PyTuple::new(slf.py(), names)
    }
}

impl PyDocument {
    /// Which content field is set to something other than its default.
    pub(super) fn content_kind(slf: &Bound<'_, Self>) -> PyResult<Option<Field>> {
        for field in Field::CONTENT {
            if Self::is_set(slf, field)? {
                return Ok(Some(field));
            }
        }
        Ok(None)
    }

    /// Sets the content field that fits the value's type; None clears all three.
    pub(super) fn put_content(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        if value.is_none() {
            return Field::CONTENT
                .into_iter()
                .try_for_each(|field| Self::put(slf, field, value));
        }
        let field = if value.is_instance_of::<PyString>() {
            Field::Text
        } else if value.is_instance_of::<PyBytes>() {
            Field::Blob
        } else {
            Field::Tensor
        };
        Self::put(slf, field, value)
    }
}

fn guess<'py>(name: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = name.py();
    let guessed = py
        .import(intern!(py, "mimetypes"))?
        .call_method1(intern!(py, "guess_type"), (name,))?
        .get_item(0)?;
    Ok((!guessed.is_none()).then_some(guessed))
}

/// The MIME type that a URI's suffix or data header tells.
pub(super) fn mime_type_of_uri<'py>(
    uri: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if uri.is_instance_of::<PyString>() {
        guess(uri)
    } else {
        Ok(None)
    }
}

/// A MIME type as it is, or completed where it is only a suffix such as `png`.
pub(super) fn known_mime_type<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static KNOWN: PyOnceLock<Py<PyFrozenSet>> = PyOnceLock::new();
    let py = value.py();
    if !value.is_instance_of::<PyString>() || !value.is_truthy()? {
        return Ok(value.clone());
    }
    let known = KNOWN.get_or_try_init(py, || {
        let module = py.import(intern!(py, "mimetypes"))?;
        module.call_method0("init")?;
        let types = module.getattr("types_map")?.call_method0("values")?;
        let items: Vec<_> = types.try_iter()?.collect::<PyResult<_>>()?;
        Ok::<_, PyErr>(PyFrozenSet::new(py, items)?.unbind())
    })?;
    if known.bind(py).contains(value)? {
        return Ok(value.clone());
    }
    let suffix = PyString::new(py, &format!("*.{value}"));
    Ok(guess(suffix.as_any())?.unwrap_or_else(|| value.clone()))
}
