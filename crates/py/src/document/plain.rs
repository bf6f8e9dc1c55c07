//! Documents as plain dicts with one key per field: what JSON replies of a gateway hold.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use tidegate_doc::Field;
use tidegate_doc::json::plain::KEYS;

use super::recursion::Level;
use super::score::{PyNamedScore, empty_scores};
use super::structs::a_type;
use super::{PyDocument, PyDocumentArray, tensor};

/// Which keys of the dict are wanted.
#[derive(Default)]
pub(super) struct Choice<'py> {
    /// Leave out what is None.
    pub(super) exclude_none: bool,
    /// Only these keys of the outermost Document.
    pub(super) include: Option<Bound<'py, PyAny>>,
    /// Not these keys of the outermost Document.
    pub(super) exclude: Option<Bound<'py, PyAny>>,
}

impl<'py> Choice<'py> {
    /// Takes the choices out of keywords; returns those that are left.
    pub(super) fn take(
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<(Self, Option<Bound<'py, PyDict>>)> {
        let mut choice = Self::default();
        let Some(kwargs) = kwargs else {
            return Ok((choice, None));
        };
        let rest = kwargs.copy()?;
        for (key, value) in kwargs.iter() {
            match key.cast::<PyString>()?.to_str()? {
                "exclude_none" | "exclude_unset" | "exclude_defaults" => {
                    choice.exclude_none |= value.is_truthy()?;
                }
                "include" => choice.include = (!value.is_none()).then_some(value),
                "exclude" => choice.exclude = (!value.is_none()).then_some(value),
                "by_alias" | "skip_defaults" => {}
                _ => continue,
            }
            rest.del_item(key)?;
        }
        Ok((choice, (!rest.is_empty()).then_some(rest)))
    }

    fn wants(&self, name: &str) -> PyResult<bool> {
        if let Some(include) = &self.include
            && !include.contains(name)?
        {
            return Ok(false);
        }
        match &self.exclude {
            Some(exclude) => Ok(!exclude.contains(name)?),
            None => Ok(true),
        }
    }

    fn nested(&self) -> Self {
        Self {
            exclude_none: self.exclude_none,
            include: None,
            exclude: None,
        }
    }
}

/// A Document as a dict.
pub(super) fn to_dict<'py>(
    document: &Bound<'py, PyDocument>,
    choice: &Choice<'py>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = document.py();
    let _level = Level::enter(py, c" while making a dict of a Document")?;
    let out = PyDict::new(py);
    for field in KEYS {
        if !choice.wants(field.name())? {
            continue;
        }
        if PyDocument::is_set(document, field)? {
            let value = PyDocument::get(document, field)?;
            out.set_item(field.name(), plain(field, &value, choice)?)?;
        } else if !choice.exclude_none {
            out.set_item(field.name(), py.None())?;
        }
    }
    if PyDocument::is_set(document, Field::Metadata)? {
        out.set_item(
            "_metadata",
            coerced(&PyDocument::get(document, Field::Metadata)?)?,
        )?;
    }
    Ok(out)
}

/// Every Document of an array as a dict.
pub(super) fn to_list<'py>(
    array: &Bound<'py, PyDocumentArray>,
    choice: &Choice<'py>,
) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(array.py());
    for document in PyDocumentArray::documents(array)? {
        list.append(to_dict(&document, choice)?)?;
    }
    Ok(list)
}

fn plain<'py>(
    field: Field,
    value: &Bound<'py, PyAny>,
    choice: &Choice<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    match field {
        Field::Blob => base64_encode(value),
        Field::Tensor | Field::Embedding => {
            if value.is_instance_of::<PyList>() {
                return Ok(value.clone());
            }
            if tensor::framework(value) == Some("scipy") {
                return value.call_method0("toarray")?.call_method0("tolist");
            }
            tensor::to_numpy(value)?.call_method0("tolist")
        }
        Field::Tags => coerced(value),
        Field::Weight | Field::Offset => Ok(PyFloat::new(py, value.extract()?).into_any()),
        Field::Location => {
            let numbers: Vec<f64> = value
                .try_iter()?
                .map(|n| n?.extract())
                .collect::<PyResult<_>>()?;
            Ok(PyList::new(py, numbers)?.into_any())
        }
        Field::Scores | Field::Evaluations => {
            let out = PyDict::new(py);
            for (name, score) in value.cast::<PyDict>()?.iter() {
                out.set_item(name, PyNamedScore::plain(&score, choice.exclude_none)?)?;
            }
            Ok(out.into_any())
        }
        Field::Chunks | Field::Matches => {
            Ok(to_list(value.cast::<PyDocumentArray>()?, &choice.nested())?.into_any())
        }
        _ => Ok(value.clone()),
    }
}

/// Tags as docarray's JSON has them: at the top level 0 and 1 become false and true, and other whole
/// numbers floats; what lies deeper stays as it is.
fn coerced<'py>(tags: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = tags.py();
    let out = PyDict::new(py);
    for (name, value) in tags.cast::<PyDict>()?.iter() {
        let value = if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
            match value.extract::<i64>() {
                Ok(number @ (0 | 1)) => PyBool::new(py, number == 1).to_owned().into_any(),
                _ => PyFloat::new(py, value.extract()?).into_any(),
            }
        } else if let Ok(tuple) = value.cast::<PyTuple>() {
            tuple.to_list().into_any()
        } else {
            value
        };
        out.set_item(name, value)?;
    }
    Ok(out.into_any())
}

/// Bytes as base64 text.
pub(super) fn base64_encode<'py>(bytes: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = bytes.py();
    py.import("base64")?
        .call_method1("b64encode", (bytes,))?
        .call_method1("decode", ("ascii",))
}

/// Bytes from base64 text; the error names the field.
pub(super) fn base64_decode<'py>(
    text: &Bound<'py, PyAny>,
    name: &str,
) -> PyResult<Bound<'py, PyBytes>> {
    let py = text.py();
    let decoded = py
        .import("base64")?
        .call_method1("b64decode", (text,))
        .map_err(|error| {
            PyValueError::new_err(format!("{name} is not base64: {}", error.value(py)))
        })?;
    Ok(decoded.cast_into()?)
}

/// A Document from a dict with one key per field; keys that are no fields are passed over.
pub(super) fn from_dict<'py>(
    cls: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
    depth: usize,
) -> PyResult<Bound<'py, PyDocument>> {
    let values = values.cast::<PyDict>().map_err(|_| {
        PyTypeError::new_err(format!(
            "a Document is made from a dict, not {}",
            a_type(values)
        ))
    })?;
    if depth > tidegate_doc::wire::DEPTH_LIMIT {
        return Err(PyValueError::new_err(
            "Documents are nested deeper than 100 levels",
        ));
    }
    let document = super::array::a_document(cls.call0()?)?;
    for (key, value) in values.iter() {
        let name = key.cast_into::<PyString>()?;
        let Some(field) = Field::from_name(name.to_str()?) else {
            continue;
        };
        if value.is_none() || matches!(field, Field::Chunks | Field::Matches) {
            continue;
        }
        let value = parsed(field, &value)?;
        PyDocument::put(&document, field, &value)?;
    }
    for field in [Field::Uri, Field::MimeType] {
        // As in the constructor, what is said about the MIME type beats what the uri suggests.
        if let Some(value) = values
            .get_item(field.name())?
            .filter(|value| !value.is_none())
        {
            PyDocument::put(&document, field, &parsed(field, &value)?)?;
        }
    }
    for field in [Field::Chunks, Field::Matches] {
        let Some(children) = values
            .get_item(field.name())?
            .filter(|value| !value.is_none())
        else {
            continue;
        };
        let plain = document.py().get_type::<PyDocument>().into_any();
        let mut nested = Vec::new();
        for child in children.try_iter()? {
            nested.push(from_dict(&plain, &child?, depth + 1)?);
        }
        if !nested.is_empty() {
            PyDocument::put(
                &document,
                field,
                PyList::new(document.py(), nested)?.as_any(),
            )?;
        }
    }
    Ok(document)
}

fn parsed<'py>(field: Field, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let refuse = |wanted: &str| {
        PyValueError::new_err(format!(
            "{} is {}, and {wanted} is needed",
            field.name(),
            a_type(value)
        ))
    };
    match field {
        Field::Blob => Ok(base64_decode(value, "blob")?.into_any()),
        Field::Tensor | Field::Embedding => tensor::numpy(py)?.call_method1("array", (value,)),
        Field::Granularity | Field::Adjacency => {
            let number: i64 = value.extract().map_err(|_| refuse("a whole number"))?;
            Ok(PyInt::new(py, number).into_any())
        }
        Field::Weight | Field::Offset => {
            let number: f64 = value.extract().map_err(|_| refuse("a number"))?;
            Ok(PyFloat::new(py, number).into_any())
        }
        Field::Tags | Field::Metadata => {
            if !value.is_instance_of::<PyDict>() {
                return Err(refuse("a dict"));
            }
            coerced(value)
        }
        Field::Scores | Field::Evaluations => {
            let scores = empty_scores(py)?;
            let class = py.get_type::<PyNamedScore>();
            for (name, score) in value.cast::<PyDict>().map_err(|_| refuse("a dict"))?.iter() {
                scores.set_item(name, class.call1((score,))?)?;
            }
            Ok(scores)
        }
        Field::Location => {
            let numbers: Vec<f64> = value.extract().map_err(|_| refuse("a list of numbers"))?;
            Ok(PyList::new(py, numbers)?.into_any())
        }
        _ if value.is_instance_of::<PyString>() => Ok(value.clone()),
        _ if value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>() => {
            Ok(value.str()?.into_any())
        }
        _ => Err(refuse("a str")),
    }
}
