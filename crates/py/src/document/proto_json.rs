//! Documents as protobuf's JSON mapping has them: camel-case names, only what is set, bytes as base64.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyFloat, PyInt, PyList, PyString};
use tidegate_doc::json::schema::{DOCUMENT, Kind, Message, Slot};
use tidegate_doc::wire::{Entry, Reader, Sink, WireType, Writer};

use super::plain::{base64_decode, base64_encode};
use super::structs::{a_type, read_struct, write_struct};

/// A serialised Document that a scan has passed, as a dict.
pub(super) fn to_dict<'py>(
    py: Python<'py>,
    wire: &[u8],
    proto_names: bool,
) -> PyResult<Bound<'py, PyDict>> {
    read(py, wire, DOCUMENT, proto_names)
}

fn read<'py>(
    py: Python<'py>,
    wire: &[u8],
    message: &'static Message,
    proto_names: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    for Slot(number, snake, camel, kind) in message {
        let name = if proto_names { *snake } else { *camel };
        let entries: Vec<Entry<'_>> = Reader::new(wire)
            .flatten()
            .filter(|entry| entry.number == *number && kind.takes(entry.wire))
            .collect();
        if let Some(last) = entries.last() {
            let value = match kind {
                Kind::Documents => {
                    let items = entries.iter().map(|e| to_dict(py, e.payload, proto_names));
                    PyList::new(py, items.collect::<PyResult<Vec<_>>>()?)?.into_any()
                }
                Kind::Map(inner) => read_map(py, &entries, inner, proto_names)?.into_any(),
                _ => read_one(py, last, &entries, *kind, proto_names)?,
            };
            out.set_item(name, value)?;
        }
    }
    Ok(out)
}

fn read_one<'py>(
    py: Python<'py>,
    last: &Entry<'_>,
    entries: &[Entry<'_>],
    kind: Kind,
    proto_names: bool,
) -> PyResult<Bound<'py, PyAny>> {
    Ok(match kind {
        Kind::Text => PyString::new(py, last.text()).into_any(),
        Kind::Bytes => base64_encode(PyBytes::new(py, last.payload).as_any())?,
        Kind::Int => PyInt::new(py, last.varint()).into_any(),
        Kind::Float => PyFloat::new(py, shortest(last.float())).into_any(),
        Kind::Floats => {
            let numbers = entries
                .iter()
                .flat_map(|entry| entry.payload.as_chunks::<4>().0);
            let numbers: Vec<f64> = numbers.map(|n| shortest(f32::from_le_bytes(*n))).collect();
            PyList::new(py, numbers)?.into_any()
        }
        Kind::Ints => {
            let mut wire = Writer::default();
            for entry in entries {
                match entry.wire {
                    WireType::Varint => wire.varint_field(2, entry.varint()),
                    _ => wire.bytes_field(2, entry.payload),
                }
            }
            let mut dense = Writer::default();
            dense.bytes_field(1, &wire.out);
            let shape = match tidegate_doc::tensor::NdArrayView::new(&dense.out).content {
                tidegate_doc::tensor::ArrayView::Dense(view) => view.shape,
                _ => Vec::new(),
            };
            PyList::new(py, shape)?.into_any()
        }
        Kind::Struct => read_struct(py, last.payload)?.into_any(),
        Kind::One(inner) => read(py, last.payload, inner, proto_names)?.into_any(),
        Kind::Documents | Kind::Map(_) => py.None().into_bound(py),
    })
}

fn read_map<'py>(
    py: Python<'py>,
    entries: &[Entry<'_>],
    inner: &'static Message,
    proto_names: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let map = PyDict::new(py);
    for entry in entries {
        let (mut key, mut value): (&str, &[u8]) = ("", &[]);
        for part in Reader::new(entry.payload).flatten() {
            match part.number {
                1 => key = part.text(),
                2 => value = part.payload,
                _ => {}
            }
        }
        map.set_item(key, read(py, value, inner, proto_names)?)?;
    }
    Ok(map)
}

/// A 32-bit float as the shortest decimal number that means it.
fn shortest(value: f32) -> f64 {
    value
        .to_string()
        .parse()
        .unwrap_or_else(|_| f64::from(value))
}

/// A dict as a serialised Document; names may be camel-case or as in the schema.
pub(super) fn from_dict(values: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    write(values, DOCUMENT, 0)
}

fn write(values: &Bound<'_, PyAny>, message: &'static Message, depth: usize) -> PyResult<Vec<u8>> {
    if depth > tidegate_doc::wire::DEPTH_LIMIT {
        return Err(PyValueError::new_err(
            "messages are nested deeper than 100 levels",
        ));
    }
    let values = values.cast::<PyDict>().map_err(|_| {
        PyTypeError::new_err(format!(
            "a message is made from a dict, not {}",
            a_type(values)
        ))
    })?;
    let mut out = Writer::default();
    for (key, value) in values.iter() {
        let key = key.cast_into::<PyString>()?;
        let name = key.to_str()?;
        let slot = message.iter().find(|slot| slot.1 == name || slot.2 == name);
        let Some(Slot(number, _, _, kind)) = slot else {
            return Err(PyValueError::new_err(format!(
                "'{name}' is no field of this message"
            )));
        };
        if !value.is_none() {
            write_one(&mut out, *number, (name, *kind), &value, depth)?;
        }
    }
    Ok(out.out)
}

fn write_one(
    out: &mut Writer,
    number: u32,
    (name, kind): (&str, Kind),
    value: &Bound<'_, PyAny>,
    depth: usize,
) -> PyResult<()> {
    let refuse = |wanted: &str| {
        PyValueError::new_err(format!(
            "{name} is {}, and {wanted} is needed",
            a_type(value)
        ))
    };
    match kind {
        Kind::Text => {
            let text = value.cast::<PyString>().map_err(|_| refuse("a str"))?;
            out.bytes_field(number, text.to_str()?.as_bytes());
        }
        Kind::Bytes => out.bytes_field(number, base64_decode(value, name)?.as_bytes()),
        Kind::Int => {
            let value: u32 = value.extract().map_err(|_| refuse("a whole number"))?;
            out.varint_field(number, value.into());
        }
        Kind::Float => {
            out.float_field(number, value.extract().map_err(|_| refuse("a number"))?);
        }
        Kind::Floats => {
            let numbers: Vec<f32> = value.extract().map_err(|_| refuse("a list of numbers"))?;
            out.head(number, numbers.len() * 4);
            numbers.iter().for_each(|n| out.raw(&n.to_le_bytes()));
        }
        Kind::Ints => {
            let numbers: Vec<u32> = value
                .extract()
                .map_err(|_| refuse("a list of whole numbers"))?;
            numbers
                .iter()
                .for_each(|n| out.varint_field(number, u64::from(*n)));
        }
        Kind::Struct => out.bytes_field(number, &write_struct(value, false)?),
        Kind::One(inner) => out.bytes_field(number, &write(value, inner, depth + 1)?),
        Kind::Documents => {
            for item in value.try_iter()? {
                out.bytes_field(number, &write(&item?, DOCUMENT, depth + 1)?);
            }
        }
        Kind::Map(inner) => {
            for (key, value) in value.cast::<PyDict>().map_err(|_| refuse("a dict"))?.iter() {
                let mut entry = Writer::default();
                let key = key.cast_into::<PyString>()?;
                entry.bytes_field(1, key.to_str()?.as_bytes());
                entry.bytes_field(2, &write(&value, inner, depth + 1)?);
                out.bytes_field(number, &entry.out);
            }
        }
    }
    Ok(())
}
