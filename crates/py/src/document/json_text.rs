//! JSON text straight from rows: received ones from their bytes, others from their objects.
//!
//! What is not plain (an object of a class that JSON has nothing for, text with lone surrogates, a sparse
//! array) is *odd*: the caller then goes by way of dicts and Python's own `json`, which knows what to do.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use tidegate_doc::Field;
use tidegate_doc::json::plain::{Fields, KEYS, all_have_ids, write_row};
use tidegate_doc::json::{Dialect, JsonText, NoJson, proto, write_dense};
use tidegate_doc::tensor::DenseView;

use super::encode::{self, Step};
use super::score::PyNamedScore;
use super::{PyDocument, PyDocumentArray, tensor};

/// How deep Documents and values may nest here.
const DEPTH: usize = 60;

/// Why there is no text.
enum Halt {
    /// Something is odd.
    Odd,
    /// Something is wrong.
    Failed(PyErr),
}

impl From<PyErr> for Halt {
    fn from(error: PyErr) -> Self {
        Self::Failed(error)
    }
}

impl From<NoJson> for Halt {
    fn from(error: NoJson) -> Self {
        if error.has_no_form() {
            Self::Odd
        } else {
            Self::Failed(PyValueError::new_err(error.to_string()))
        }
    }
}

type Written = Result<(), Halt>;

fn told(written: Written, out: JsonText) -> PyResult<Option<String>> {
    match written {
        Ok(()) => Ok(Some(out.finish())),
        Err(Halt::Odd) => Ok(None),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// An array as a JSON list; `None` where something in it is odd.
pub(super) fn array(
    array: &Bound<'_, PyDocumentArray>,
    dialect: Dialect,
) -> PyResult<Option<String>> {
    let mut out = JsonText::new();
    let written = rows(&mut out, array, dialect, 0);
    told(written, out)
}

/// A Document as a JSON object; `None` where something in it is odd.
pub(super) fn document(
    document: &Bound<'_, PyDocument>,
    dialect: Dialect,
) -> PyResult<Option<String>> {
    let mut out = match dialect {
        Dialect::Plain => JsonText::new(),
        Dialect::Protobuf => JsonText::indented(2),
    };
    let written = live(&mut out, document, dialect, 0);
    told(written, out)
}

fn rows(
    out: &mut JsonText,
    array: &Bound<'_, PyDocumentArray>,
    dialect: Dialect,
    depth: usize,
) -> Written {
    let py = array.py();
    if depth > DEPTH {
        return Err(Halt::Odd);
    }
    out.open('[');
    for step in encode::steps(array)? {
        out.next();
        match step {
            Step::Raw(frame, span) => received(out, span.of(&frame), dialect)?,
            Step::Live(document) => live(out, document.bind(py), dialect, depth)?,
        }
    }
    out.close(']');
    Ok(())
}

fn received(out: &mut JsonText, row: &[u8], dialect: Dialect) -> Written {
    match dialect {
        Dialect::Protobuf => proto::write_row(out, row),
        // An id that is made now is one that the Document has to keep.
        Dialect::Plain if !all_have_ids(row) => return Err(Halt::Odd),
        Dialect::Plain => write_row(out, row)?,
    }
    Ok(())
}

fn live(
    out: &mut JsonText,
    document: &Bound<'_, PyDocument>,
    dialect: Dialect,
    depth: usize,
) -> Written {
    let py = document.py();
    if dialect == Dialect::Protobuf {
        proto::write_row(out, &encode::document(document)?);
        return Ok(());
    }
    let root = PyDocument::root(document)?;
    let mut objects: [Option<Py<PyAny>>; 21] = Default::default();
    let (source, lazy, fresh) = PyDocument::with(&root, |state| {
        for (field, object) in state.objects() {
            if let Some(slot) = objects.get_mut(field as usize) {
                *slot = Some(object.clone_ref(py));
            }
        }
        let fresh = state.random_id();
        let source = state.source().map(|(frame, span)| (frame.clone(), span));
        (source, state.lazy(), fresh)
    })?;
    let row = source.as_ref().map(|(frame, span)| span.of(frame));
    let nested = Field::Chunks.bit() | Field::Matches.bit();
    let lacks_ids = lazy & nested != 0 && row.is_some_and(|row| !all_have_ids(row));
    if lacks_ids || (fresh.is_some() && row.is_some()) {
        return Err(Halt::Odd);
    }
    let fields = Fields::new(row.unwrap_or_default());
    out.open('{');
    for field in KEYS {
        out.key(field.name());
        if let (Field::Id, Some(id)) = (field, fresh) {
            out.str(std::str::from_utf8(&id.hex()).unwrap_or_default());
        } else if lazy & field.bit() != 0 {
            fields.write(out, field)?;
        } else if let Some(Some(object)) = objects.get(field as usize) {
            object_of(out, field, object.bind(py), depth)?;
        } else {
            out.null();
        }
    }
    if lazy & Field::Metadata.bit() != 0 {
        if fields.has_metadata() {
            out.key(Field::Metadata.name());
            fields.write(out, Field::Metadata)?;
        }
    } else if let Some(Some(object)) = objects.get(Field::Metadata as usize) {
        let object = object.bind(py);
        if object.is_truthy()? {
            out.key(Field::Metadata.name());
            tags(out, object)?;
        }
    }
    out.close('}');
    Ok(())
}

/// Writes an object that stands for a field; null where it is the field's default.
fn object_of(out: &mut JsonText, field: Field, object: &Bound<'_, PyAny>, depth: usize) -> Written {
    match field {
        _ if object.is_none() => out.null(),
        _ if field.is_text() => {
            let text = object.cast::<PyString>().map_err(|_| Halt::Odd)?;
            let text = text.to_str().map_err(|_| Halt::Odd)?;
            if text.is_empty() && field != Field::Id {
                out.null();
            } else {
                out.str(text);
            }
        }
        Field::Blob => match object.cast::<PyBytes>().map_err(|_| Halt::Odd)?.as_bytes() {
            [] => out.null(),
            bytes => out.base64(bytes),
        },
        Field::Granularity | Field::Adjacency => match whole(object)? {
            0 => out.null(),
            number => out.int(number),
        },
        Field::Weight | Field::Offset => {
            let number = number(object)?;
            if number == 0.0 {
                out.null();
            } else {
                out.float(number);
            }
        }
        Field::Tensor | Field::Embedding => any_array(out, object)?,
        Field::Tags | Field::Metadata | Field::Location | Field::Scores | Field::Evaluations
            if !object.is_truthy()? =>
        {
            out.null();
        }
        Field::Tags | Field::Metadata => tags(out, object)?,
        Field::Location => {
            if !object.is_instance_of::<PyList>() && !object.is_instance_of::<PyTuple>() {
                return Err(Halt::Odd);
            }
            out.open('[');
            for item in object.try_iter()? {
                out.next();
                out.float(number(&item?)?);
            }
            out.close(']');
        }
        Field::Scores | Field::Evaluations => scores(out, object)?,
        _ => {
            let array = object.cast::<PyDocumentArray>().map_err(|_| Halt::Odd)?;
            if PyDocumentArray::length(array)? == 0 {
                out.null();
            } else {
                rows(out, array, Dialect::Plain, depth + 1)?;
            }
        }
    }
    Ok(())
}

fn whole(object: &Bound<'_, PyAny>) -> Result<i64, Halt> {
    if object.is_instance_of::<PyInt>() && !object.is_instance_of::<PyBool>() {
        object.extract().map_err(|_| Halt::Odd)
    } else {
        Err(Halt::Odd)
    }
}

fn number(object: &Bound<'_, PyAny>) -> Result<f64, Halt> {
    match object.cast::<PyFloat>() {
        Ok(number) => Ok(number.value()),
        Err(_) if object.is_instance_of::<PyInt>() => object.extract().map_err(|_| Halt::Odd),
        Err(_) => Err(Halt::Odd),
    }
}

fn any_array(out: &mut JsonText, object: &Bound<'_, PyAny>) -> Written {
    if object.is_instance_of::<PyList>() {
        return value(out, object, 0);
    }
    if !tensor::is_numpy(object) || !tensor::is_plain_numpy(object) {
        return Err(Halt::Odd);
    }
    let dense = tensor::dense(object).map_err(|_| Halt::Odd)?;
    let view = DenseView {
        buffer: dense.buffer.bytes(),
        buffer_start: 0,
        shape: dense.shape.clone(),
        dtype: &dense.dtype,
    };
    write_dense(out, &view).map_err(|_| Halt::Odd)
}

fn tags(out: &mut JsonText, object: &Bound<'_, PyAny>) -> Written {
    let tags = object.cast_exact::<PyDict>().map_err(|_| Halt::Odd)?;
    out.open('{');
    for (name, item) in tags.iter() {
        key(out, &name)?;
        if item.is_instance_of::<PyInt>() && !item.is_instance_of::<PyBool>() {
            match item.extract::<i64>() {
                Ok(number @ (0 | 1)) => out.bool(number == 1),
                _ => out.float(item.extract()?),
            }
        } else {
            value(out, &item, 0)?;
        }
    }
    out.close('}');
    Ok(())
}

fn key(out: &mut JsonText, name: &Bound<'_, PyAny>) -> Written {
    let name = name.cast::<PyString>().map_err(|_| Halt::Odd)?;
    out.key(name.to_str().map_err(|_| Halt::Odd)?);
    Ok(())
}

fn scores(out: &mut JsonText, object: &Bound<'_, PyAny>) -> Written {
    let py = object.py();
    let scores = object.cast::<PyDict>().map_err(|_| Halt::Odd)?;
    out.open('{');
    for (name, score) in scores.iter() {
        key(out, &name)?;
        let score = score.cast::<PyNamedScore>().map_err(|_| Halt::Odd)?;
        let parts = score.try_borrow().map_err(PyErr::from)?.share(py);
        out.open('{');
        for (name, part) in PyNamedScore::NAMES.into_iter().zip(parts) {
            out.key(name);
            match part.map(|part| part.into_bound(py)) {
                Some(part) => value(out, &part, 0)?,
                None => out.null(),
            }
        }
        out.close('}');
    }
    out.close('}');
    Ok(())
}

/// Writes a value as `json.dumps` does.
fn value(out: &mut JsonText, object: &Bound<'_, PyAny>, depth: usize) -> Written {
    if depth > DEPTH {
        return Err(Halt::Odd);
    }
    if let Ok(text) = object.cast::<PyString>() {
        out.str(text.to_str().map_err(|_| Halt::Odd)?);
    } else if let Ok(number) = object.cast::<PyFloat>() {
        out.float(number.value());
    } else if object.is_none() {
        out.null();
    } else if let Ok(truth) = object.cast::<PyBool>() {
        out.bool(truth.is_true());
    } else if object.is_instance_of::<PyInt>() {
        out.int(whole(object)?);
    } else if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        out.open('[');
        for item in object.try_iter()? {
            out.next();
            value(out, &item?, depth + 1)?;
        }
        out.close(']');
    } else if let Ok(map) = object.cast_exact::<PyDict>() {
        out.open('{');
        for (name, item) in map.iter() {
            key(out, &name)?;
            value(out, &item, depth + 1)?;
        }
        out.close('}');
    } else {
        return Err(Halt::Odd);
    }
    Ok(())
}
