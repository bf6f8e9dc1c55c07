//! `google.protobuf.Struct` and dicts.

use bytes::Bytes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use tidegate_doc::structure::{self, Builder, ValueView};
use tidegate_doc::wire::DEPTH_LIMIT;

/// A serialised `google.protobuf.Struct` as a dict. Whole numbers that our own encoder marked come back as ints.
pub(crate) fn struct_to_py<'py>(py: Python<'py>, wire: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    if let Err(error) = tidegate_doc::scan_struct(wire) {
        let error = tidegate_core::Error::new(
            tidegate_core::ErrorKind::InvalidInput,
            format!("parameters cannot be read: {error}"),
        );
        return Err(crate::errors::to_py(py, &error));
    }
    read_struct(py, wire)
}

/// A dict as a serialised `google.protobuf.Struct`; ints are marked. Fails naming the key and the type.
pub(crate) fn py_to_struct(dict: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    write_struct(dict, true).map(Bytes::from)
}

/// A `Struct` that a scan has passed, as a dict.
pub(super) fn read_struct<'py>(py: Python<'py>, wire: &[u8]) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in structure::fields(wire) {
        dict.set_item(key, read_value(py, value)?)?;
    }
    Ok(dict)
}

fn read_value<'py>(py: Python<'py>, value: ValueView<'_>) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        ValueView::Null => py.None().into_bound(py),
        ValueView::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
        ValueView::Int(value) => PyInt::new(py, value).into_any(),
        ValueView::Number(value) => PyFloat::new(py, value).into_any(),
        ValueView::Text(value) => PyString::new(py, value).into_any(),
        ValueView::Map(bytes) => read_struct(py, bytes)?.into_any(),
        ValueView::List(bytes) => {
            let list = PyList::empty(py);
            for item in structure::items(bytes) {
                list.append(read_value(py, item)?)?;
            }
            list.into_any()
        }
    })
}

/// A mapping as a serialised `Struct`; errors name the key.
pub(super) fn write_struct(dict: &Bound<'_, PyAny>, mark_ints: bool) -> PyResult<Vec<u8>> {
    let mut builder = Builder::new(mark_ints);
    write_fields(&mut builder, dict, &mut Vec::new())?;
    Ok(builder.finish())
}

/// The way from the outermost mapping to the value at hand, for errors and the depth limit.
type Way = Vec<String>;

fn write_fields(builder: &mut Builder, dict: &Bound<'_, PyAny>, way: &mut Way) -> PyResult<()> {
    if way.len() * 3 >= DEPTH_LIMIT {
        return Err(PyValueError::new_err(format!(
            "{} is nested deeper than {} levels (does it contain itself?)",
            show(way.get(..3).unwrap_or(way)),
            DEPTH_LIMIT / 3
        )));
    }
    if let Ok(dict) = dict.cast::<PyDict>() {
        for (key, value) in dict.iter() {
            write_entry(builder, &key, &value, way)?;
        }
        return Ok(());
    }
    let Ok(mapping) = dict.cast::<PyMapping>() else {
        return Err(PyTypeError::new_err(format!(
            "{} is {}, and a dict is what can travel",
            show(way),
            a_type(dict)
        )));
    };
    for pair in mapping.items()?.iter() {
        write_entry(builder, &pair.get_item(0)?, &pair.get_item(1)?, way)?;
    }
    Ok(())
}

fn write_entry(
    builder: &mut Builder,
    key: &Bound<'_, PyAny>,
    value: &Bound<'_, PyAny>,
    way: &mut Way,
) -> PyResult<()> {
    let Ok(text) = key.cast::<PyString>() else {
        return Err(PyTypeError::new_err(format!(
            "{} has a key that is {}, and keys must be str",
            show(way),
            a_type(key)
        )));
    };
    let text = text.to_str()?;
    let [entry, content] = builder.entry(text);
    write_value(builder, value, way, &|| text.to_owned())?;
    builder.close(content);
    builder.close(entry);
    Ok(())
}

fn write_value(
    builder: &mut Builder,
    value: &Bound<'_, PyAny>,
    way: &mut Way,
    name: &dyn Fn() -> String,
) -> PyResult<()> {
    if let Ok(text) = value.cast::<PyString>() {
        builder.text(text.to_str()?);
    } else if value.is_none() {
        builder.null();
    } else if let Ok(value) = value.cast::<PyBool>() {
        builder.bool(value.is_true());
    } else if value.is_instance_of::<PyInt>() {
        match value.extract::<i64>() {
            Ok(value) => builder.int(value),
            Err(_) => builder.number(value.extract()?),
        }
    } else if let Ok(number) = value.cast::<PyFloat>() {
        let number = number.value();
        if !number.is_finite() {
            way.push(name());
            return Err(PyValueError::new_err(format!(
                "{} is {number}, which cannot travel",
                show(way)
            )));
        }
        builder.number(number);
    } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        way.push(name());
        let list = builder.list();
        check_depth(way)?;
        for (index, item) in value.try_iter()?.enumerate() {
            let open = builder.item();
            write_value(builder, &item?, way, &|| index.to_string())?;
            builder.close(open);
        }
        builder.close(list);
        way.pop();
    } else if value.is_instance_of::<PyDict>() || value.cast::<PyMapping>().is_ok() {
        way.push(name());
        let map = builder.map();
        write_fields(builder, value, way)?;
        builder.close(map);
        way.pop();
    } else {
        way.push(name());
        return Err(PyValueError::new_err(format!(
            "{} is {}, and None, bool, int, float, str, list, tuple and dict are what can travel",
            show(way),
            a_type(value)
        )));
    }
    Ok(())
}

fn check_depth(way: &Way) -> PyResult<()> {
    if way.len() * 3 >= DEPTH_LIMIT {
        return Err(PyValueError::new_err(format!(
            "{} is nested deeper than {} levels (does it contain itself?)",
            show(way.get(..3).unwrap_or(way)),
            DEPTH_LIMIT / 3
        )));
    }
    Ok(())
}

fn show(way: &[String]) -> String {
    if way.is_empty() {
        "the value".to_owned()
    } else {
        format!("[{}]", way.join("]["))
    }
}

/// A value's type with its article, for messages.
pub(super) fn a_type(value: &Bound<'_, PyAny>) -> String {
    let name = value
        .get_type()
        .name()
        .map_or_else(|_| "object".to_owned(), |n| n.to_string());
    let vowel = name.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    format!("{} {name}", if vowel { "an" } else { "a" })
}
