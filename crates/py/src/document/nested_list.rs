//! Arrays given as nested lists of numbers; they travel and come back without numpy.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyTuple};
use tidegate_doc::tensor::DenseView;

use super::structs::a_type;
use super::tensor::{Buffer, Dense};

#[derive(PartialEq, PartialOrd, Clone, Copy)]
enum Kind {
    Bool,
    Int,
    Float,
}

struct Flat {
    shape: Vec<usize>,
    kind: Kind,
    numbers: Vec<Number>,
}

#[derive(Clone, Copy)]
enum Number {
    Bool(bool),
    Int(i64),
    Float(f64),
}

/// A nested list of numbers as an array; `None` where it holds something else than plain numbers.
pub(super) fn flatten(value: &Bound<'_, PyAny>) -> PyResult<Option<Dense>> {
    let mut shape = Vec::new();
    let mut first = value.clone();
    while is_sequence(&first) {
        let len = first.len()?;
        shape.push(len);
        if shape.len() > 32 {
            return Err(PyValueError::new_err(
                "is nested deeper than the 32 dimensions of an array",
            ));
        }
        if len == 0 {
            break;
        }
        first = first.get_item(0)?;
    }
    let mut flat = Flat {
        shape,
        kind: Kind::Bool,
        numbers: Vec::new(),
    };
    if !walk(value, 0, &mut flat)? {
        return Ok(None);
    }
    if flat.numbers.is_empty() {
        flat.kind = Kind::Float;
    }
    let mut bytes = Vec::with_capacity(flat.numbers.len() * 8);
    for number in &flat.numbers {
        match flat.kind {
            Kind::Bool => bytes.push(u8::from(number.int() != 0)),
            Kind::Int => bytes.extend(number.int().to_le_bytes()),
            Kind::Float => bytes.extend(number.float().to_le_bytes()),
        }
    }
    let dtype = match flat.kind {
        Kind::Bool => "|b1",
        Kind::Int => "<i8",
        Kind::Float => "<f8",
    };
    let shape = flat
        .shape
        .into_iter()
        .map(u32::try_from)
        .collect::<Result<_, _>>();
    let shape = shape.map_err(|_| PyValueError::new_err("has a dimension above 2**32"))?;
    Ok(Some(Dense {
        buffer: Buffer::Owned(bytes),
        shape,
        dtype: dtype.to_owned(),
    }))
}

impl Number {
    fn int(self) -> i64 {
        match self {
            Self::Bool(value) => i64::from(value),
            Self::Int(value) => value,
            Self::Float(_) => 0,
        }
    }

    #[allow(clippy::cast_precision_loss)]
    fn float(self) -> f64 {
        match self {
            Self::Float(value) => value,
            other => other.int() as f64,
        }
    }
}

fn is_sequence(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()
}

fn walk(value: &Bound<'_, PyAny>, depth: usize, flat: &mut Flat) -> PyResult<bool> {
    if let Some(&len) = flat.shape.get(depth) {
        if !is_sequence(value) || value.len()? != len {
            return Err(PyValueError::new_err(format!(
                "is a ragged list: every item of dimension {depth} must have {len} items"
            )));
        }
        for item in value.try_iter()? {
            if !walk(&item?, depth + 1, flat)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let (kind, number) = if let Ok(value) = value.cast::<PyBool>() {
        (Kind::Bool, Number::Bool(value.is_true()))
    } else if value.is_instance_of::<PyInt>() {
        match value.extract::<i64>() {
            Ok(value) => (Kind::Int, Number::Int(value)),
            Err(_) => return Ok(false),
        }
    } else if let Ok(value) = value.cast::<PyFloat>() {
        (Kind::Float, Number::Float(value.value()))
    } else if is_sequence(value) {
        return Err(PyValueError::new_err(
            "is a ragged list: some of its items are lists, some are not",
        ));
    } else if super::tensor::framework(value).is_some() {
        return Ok(false);
    } else {
        return Err(PyTypeError::new_err(format!(
            "is a list that holds {}, and numbers are what can travel",
            a_type(value)
        )));
    };
    if kind > flat.kind {
        flat.kind = kind;
    }
    flat.numbers.push(number);
    Ok(true)
}

/// A received array as nested lists; `None` for dtypes that numpy has to read.
pub(super) fn read<'py>(
    py: Python<'py>,
    dense: &DenseView<'_>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    fn every<'a, const N: usize>(buffer: &'a [u8]) -> impl Iterator<Item = [u8; N]> + 'a {
        buffer.as_chunks::<N>().0.iter().copied()
    }
    let buffer = dense.buffer;
    let flat = match dense.dtype {
        "<i8" => PyList::new(
            py,
            every(buffer).map(i64::from_le_bytes).collect::<Vec<_>>(),
        )?,
        "<f8" => PyList::new(
            py,
            every(buffer).map(f64::from_le_bytes).collect::<Vec<_>>(),
        )?,
        "<i4" => PyList::new(
            py,
            every(buffer).map(i32::from_le_bytes).collect::<Vec<_>>(),
        )?,
        "<f4" => PyList::new(
            py,
            every(buffer).map(f32::from_le_bytes).collect::<Vec<_>>(),
        )?,
        "|b1" => PyList::new(py, buffer.iter().map(|b| *b != 0).collect::<Vec<_>>())?,
        _ => return Ok(None),
    };
    let Some((_, inner)) = dense.shape.split_first() else {
        return flat.get_item(0).map(Some);
    };
    if dense.count() != Some(flat.len()) {
        return Err(PyValueError::new_err(
            "a received list's shape and content disagree",
        ));
    }
    let mut level = flat;
    for (depth, len) in inner.iter().enumerate().rev() {
        let len = *len as usize;
        let groups: usize = dense
            .shape
            .iter()
            .take(depth + 1)
            .map(|d| *d as usize)
            .product();
        let rows = (0..groups).map(|i| level.get_slice(i * len, (i + 1) * len));
        level = PyList::new(py, rows.collect::<Vec<_>>())?;
    }
    Ok(Some(level.into_any()))
}
