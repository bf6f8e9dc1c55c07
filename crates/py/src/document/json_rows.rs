//! Documents from JSON text: rows over a frame that the reader writes, objects only for what such a frame
//! cannot hold. What the reader finds odd is read by way of Python's `json` and dicts.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};
use tidegate_doc::json::{
    Dialect, Exact, JsonError, JsonRow, JsonRows, JsonScore, read_plain, read_plain_one,
    read_proto, read_proto_one,
};
use tidegate_doc::structure::Value;
use tidegate_doc::{RowView, Tensor};

use super::rows::{Row, Rows, make};
use super::score::{PyNamedScore, empty_scores};
use super::{PyDocument, PyDocumentArray, tensor};

/// Above this many bytes text is read without the interpreter's lock.
const READ_DETACHED: usize = 64 * 1024;

/// The text of a `str`, or of bytes in UTF-8; `None` where Python has to find out what it is.
fn text<'a>(source: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    if let Ok(text) = source.cast::<PyString>() {
        return text.to_str().ok();
    }
    let bytes = source.cast::<PyBytes>().ok()?.as_bytes();
    let marked = bytes.starts_with(&[0xef, 0xbb, 0xbf]) || bytes.iter().take(4).any(|b| *b == 0);
    std::str::from_utf8(bytes).ok().filter(|_| !marked)
}

fn detached<T: Send>(py: Python<'_>, text: &str, read: impl FnOnce(&str) -> T + Send) -> T {
    if text.len() > READ_DETACHED {
        py.detach(|| read(text))
    } else {
        read(text)
    }
}

/// What was read; `None` where it is odd.
fn judged<T>(py: Python<'_>, text: &str, read: Result<T, JsonError>) -> PyResult<Option<T>> {
    let error = match read {
        Ok(value) => return Ok(Some(value)),
        Err(error) if error.is_odd() => return Ok(None),
        Err(error) => error,
    };
    if !error.is_malformed() {
        return Err(PyValueError::new_err(error.to_string()));
    }
    let before = text.get(..error.offset()).unwrap_or(text).chars().count();
    let said = match error.path() {
        "" => error.what().to_owned(),
        path => format!("{path}: {}", error.what()),
    };
    let class = py.import("json")?.getattr("JSONDecodeError")?;
    Err(PyErr::from_value(class.call1((said, text, before))?))
}

/// An array from a JSON list; `None` where something in it is odd.
pub(super) fn array<'py>(
    source: &Bound<'py, PyAny>,
    dialect: Dialect,
) -> PyResult<Option<Bound<'py, PyDocumentArray>>> {
    let py = source.py();
    let Some(text) = text(source) else {
        return Ok(None);
    };
    match dialect {
        Dialect::Plain => {
            let read = detached(py, text, |text| read_plain(text, true));
            judged(py, text, read)?
                .map(|rows| of_rows(py, rows))
                .transpose()
        }
        Dialect::Protobuf => {
            let read = detached(py, text, read_proto);
            let Some(wire) = judged(py, text, read)? else {
                return Ok(None);
            };
            let array = PyDocumentArray::from_wire(py, Bytes::from(wire))?.into_bound(py);
            PyDocumentArray::length(&array)?;
            Ok(Some(array))
        }
    }
}

/// A Document from a JSON object; `None` where something in it is odd.
pub(super) fn document<'py>(
    cls: &Bound<'py, PyType>,
    source: &Bound<'py, PyAny>,
    dialect: Dialect,
) -> PyResult<Option<Bound<'py, PyDocument>>> {
    let py = source.py();
    let Some(text) = text(source) else {
        return Ok(None);
    };
    match dialect {
        Dialect::Plain if !cls.is(py.get_type::<PyDocument>()) => Ok(None),
        Dialect::Plain => {
            let Some(rows) = judged(py, text, read_plain_one(text, true))? else {
                return Ok(None);
            };
            let frame = Arc::new(Bytes::from(rows.frame));
            let row = rows.rows.into_iter().next();
            row.map(|row| of_row(py, &frame, row)).transpose()
        }
        Dialect::Protobuf => {
            let wire = judged(py, text, read_proto_one(text))?;
            wire.map(|wire| PyDocument::read(cls, wire.into()))
                .transpose()
        }
    }
}

fn of_rows(py: Python<'_>, rows: JsonRows) -> PyResult<Bound<'_, PyDocumentArray>> {
    let whole = rows.is_whole();
    let frame = Arc::new(Bytes::from(rows.frame));
    let mut list = Vec::with_capacity(rows.rows.len());
    for row in rows.rows {
        list.push(if row.more.is_empty() {
            Row::Raw(row.span, RowView::new(row.span.of(&frame)).mask())
        } else {
            Row::Live(of_row(py, &frame, row)?.unbind())
        });
    }
    let rows = Rows {
        frame: Some(frame),
        list: list.into(),
        changed: !whole,
        ..Rows::default()
    };
    PyDocumentArray::over(py, rows)
}

fn of_row<'py>(
    py: Python<'py>,
    frame: &Arc<Bytes>,
    row: JsonRow,
) -> PyResult<Bound<'py, PyDocument>> {
    let mask = RowView::new(row.span.of(frame)).mask();
    let document = make(py, frame.clone(), row.span, mask)?;
    for (field, exact) in row.more {
        PyDocument::put(&document, field, &object(py, frame, exact)?)?;
    }
    Ok(document)
}

fn object<'py>(py: Python<'py>, frame: &Arc<Bytes>, exact: Exact) -> PyResult<Bound<'py, PyAny>> {
    Ok(match exact {
        Exact::Text(text) => PyString::new(py, &text).into_any(),
        Exact::Int(value) => PyInt::new(py, value).into_any(),
        Exact::Float(value) => PyFloat::new(py, value).into_any(),
        Exact::Floats(values) => PyList::new(py, values)?.into_any(),
        Exact::Array(array) => numpy_array(py, &array)?,
        Exact::Map(map) => dict(py, map.iter().map(|(name, item)| (name, item)))?.into_any(),
        Exact::Scores(scores) => named_scores(py, &scores)?,
        Exact::Documents(rows) => {
            let nested = rows.into_iter().map(|row| of_row(py, frame, row));
            PyList::new(py, nested.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
    })
}

/// A numpy array that owns its numbers.
fn numpy_array<'py>(py: Python<'py>, array: &Tensor) -> PyResult<Bound<'py, PyAny>> {
    let numpy = tensor::numpy(py)?;
    let shape = PyTuple::new(py, array.shape())?;
    if array.buffer().is_empty() {
        return numpy.call_method1("zeros", (shape, array.dtype().as_str()));
    }
    numpy
        .call_method1(
            "frombuffer",
            (PyBytes::new(py, array.buffer()), array.dtype().as_str()),
        )?
        .call_method1("reshape", (shape,))?
        .call_method0("copy")
}

fn dict<'a, 'py>(
    py: Python<'py>,
    map: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    for (name, item) in map {
        out.set_item(name, value(py, item)?)?;
    }
    Ok(out)
}

fn value<'py>(py: Python<'py>, item: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match item {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Int(value) => PyInt::new(py, *value).into_any(),
        Value::Number(value) => PyFloat::new(py, *value).into_any(),
        Value::Text(value) => PyString::new(py, value).into_any(),
        Value::List(items) => {
            let items = items.iter().map(|item| value(py, item));
            PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
        }
        Value::Map(map) => dict(py, map)?.into_any(),
    })
}

fn named_scores<'py>(
    py: Python<'py>,
    scores: &[(String, JsonScore)],
) -> PyResult<Bound<'py, PyAny>> {
    let out = empty_scores(py)?;
    let class = py.get_type::<PyNamedScore>();
    for (name, score) in scores {
        let parts = PyDict::new(py);
        if let Some(number) = &score.value {
            parts.set_item("value", value(py, number)?)?;
        }
        for (name, text) in PyNamedScore::NAMES.into_iter().skip(1).zip(&score.texts) {
            if let Some(text) = text {
                parts.set_item(name, text)?;
            }
        }
        out.set_item(name, class.call1((parts,))?)?;
    }
    Ok(out)
}
