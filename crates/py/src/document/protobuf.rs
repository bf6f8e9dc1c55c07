//! Real protobuf messages of Documents, for those who have protobuf installed.

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyType};
use tidegate_doc::Field;

use super::recursion::Level;
use super::{PyDocument, PyDocumentArray, encode, tensor};

fn message<'py>(name: &str, wire: Bound<'py, PyBytes>) -> PyResult<Bound<'py, PyAny>> {
    wire.py()
        .import("tidegate._protobuf")?
        .call_method1("parse", (name, wire))
}

fn bytes_of(message: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    let bytes = message
        .call_method0("SerializeToString")?
        .cast_into::<PyBytes>()?;
    Ok(super::binary::shared(&bytes))
}

/// A Document with its arrays, nested ones too, as lists or as numpy arrays.
fn converted<'py>(
    document: &Bound<'py, PyDocument>,
    ndarray_type: &str,
) -> PyResult<Bound<'py, PyDocument>> {
    let _level = Level::enter(document.py(), c" while converting a Document")?;
    let document = PyDocument::deep_copy(document, None)?;
    for field in [Field::Tensor, Field::Embedding] {
        if PyDocument::is_set(&document, field)? {
            let value = PyDocument::get(&document, field)?;
            let array = tensor::numpy(document.py())?
                .call_method1("asarray", (tensor::to_numpy(&value)?,))?;
            let value = if ndarray_type == "list" {
                array.call_method0("tolist")?
            } else {
                array
            };
            PyDocument::put(&document, field, &value)?;
        }
    }
    for field in [Field::Chunks, Field::Matches] {
        if PyDocument::is_set(&document, field)? {
            let nested = PyDocument::get(&document, field)?.cast_into::<PyDocumentArray>()?;
            let children: Vec<_> = PyDocumentArray::documents(&nested)?
                .iter()
                .map(|child| converted(child, ndarray_type))
                .collect::<PyResult<_>>()?;
            PyDocumentArray::replace_rows(&nested, children)?;
        }
    }
    Ok(document)
}

/// A copy of an array of Documents whose arrays are all lists or all numpy's.
pub(crate) fn array_as<'py>(
    array: &Bound<'py, PyDocumentArray>,
    ndarray_type: &str,
) -> PyResult<Bound<'py, PyDocumentArray>> {
    check(ndarray_type)?;
    let documents = PyDocumentArray::documents(array)?;
    let documents: Vec<_> = documents
        .iter()
        .map(|document| converted(document, ndarray_type))
        .collect::<PyResult<_>>()?;
    PyDocumentArray::of(array.py(), documents)
}

fn check(ndarray_type: &str) -> PyResult<()> {
    if matches!(ndarray_type, "list" | "numpy") {
        return Ok(());
    }
    Err(PyValueError::new_err(format!(
        "ndarray_type is '{ndarray_type}', and 'list', 'numpy' or None is what it can be"
    )))
}

#[pymethods]
impl PyDocument {
    /// The Document as a `DocumentProto`, its arrays as they are or all as 'list' or 'numpy'.
    #[pyo3(signature = (ndarray_type=None))]
    fn to_protobuf<'py>(
        slf: &Bound<'py, Self>,
        ndarray_type: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let document = match ndarray_type {
            None => slf.clone(),
            Some(kind) => {
                check(kind)?;
                converted(slf, kind)?
            }
        };
        let wire = PyBytes::new(slf.py(), &encode::document(&document)?);
        message("docarray.DocumentProto", wire)
    }

    /// A Document from a `DocumentProto`.
    #[classmethod]
    fn from_protobuf<'py>(
        cls: &Bound<'py, PyType>,
        pb_msg: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::read(cls, bytes_of(pb_msg)?)
    }
}

#[pymethods]
impl PyDocumentArray {
    /// The array as a `DocumentArrayProto`, the Documents' arrays as they are or all as 'list' or 'numpy'.
    #[pyo3(signature = (ndarray_type=None))]
    fn to_protobuf<'py>(
        slf: &Bound<'py, Self>,
        ndarray_type: Option<&str>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = match ndarray_type {
            None => slf.clone(),
            Some(kind) => array_as(slf, kind)?,
        };
        message("docarray.DocumentArrayProto", encode::array_bytes(&array)?)
    }

    /// An array from a `DocumentArrayProto`.
    #[classmethod]
    fn from_protobuf<'py>(
        cls: &Bound<'py, PyType>,
        pb_msg: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = cls.py();
        let array = Self::from_wire(py, bytes_of(pb_msg)?)?.into_bound(py);
        Self::length(&array)?;
        Self::in_class(cls, array)
    }
}
