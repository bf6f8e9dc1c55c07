//! From Documents to bytes: a plan that knows the exact size, then one pass that writes it.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::{PyBackedBytes, PyBackedStr};
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyMapping, PyString};
use tidegate_doc::align::{self, LargeFinder};
use tidegate_doc::wire::{Counter, DEPTH_LIMIT, Sink, Span, Writer};
use tidegate_doc::{Field, Id, RowView};

use super::array::PyDocumentArray;
use super::rows::Row;
use super::score::{PyNamedScore, float};
use super::structs::{a_type, write_struct};
use super::{PyDocument, encode_array, encode_quick, fresh_bytes};

/// One step of writing.
pub(super) enum Piece {
    /// The tag and length of a message; the length is filled in when its end is known.
    Head(u32, usize),
    /// Room before a Document with a large tensor.
    Room(usize),
    /// Received bytes as they are.
    Splice(Arc<Bytes>, Span),
    Id(Id),
    Text(u32, PyBackedStr),
    Blob(u32, PyBackedBytes),
    Int(u32, u64),
    Float(u32, f32),
    /// A field whose content was written already.
    Message(u32, Vec<u8>),
    /// Bytes that are whole fields already.
    Fields(Vec<u8>),
    Array(Box<encode_array::Array>),
}

impl Piece {
    fn write(&self, sink: &mut impl Sink) {
        match self {
            Self::Head(number, len) => sink.head(*number, *len),
            Self::Room(room) => align::write_room(sink, *room),
            Self::Splice(frame, span) => sink.raw(span.of(frame)),
            Self::Id(id) => sink.bytes_field(1, &id.hex()),
            Self::Text(number, text) => sink.bytes_field(*number, text.as_bytes()),
            Self::Blob(number, bytes) => sink.bytes_field(*number, bytes),
            Self::Int(number, value) => sink.varint_field(*number, *value),
            Self::Float(number, value) => sink.float_field(*number, *value),
            Self::Message(number, bytes) => sink.bytes_field(*number, bytes),
            Self::Fields(bytes) => sink.raw(bytes),
            Self::Array(array) => array.write(sink),
        }
    }
}

/// What is to be written, in order, and how long it is so far.
pub(super) struct Plan {
    pieces: Vec<Piece>,
    size: Counter,
    /// The Documents that the walk is inside of, with the field and index that led there.
    way: Vec<(usize, &'static str, usize)>,
    /// Keep whole numbers in tags whole, for pickles.
    exact: bool,
    /// Make room for large tensors.
    aligned: bool,
    /// Room for the objects of the Document at hand, empty between Documents.
    scratch: Vec<(Field, Py<PyAny>)>,
}

impl Plan {
    fn new() -> Self {
        Self {
            pieces: Vec::new(),
            size: Counter::default(),
            way: Vec::new(),
            exact: false,
            aligned: false,
            scratch: Vec::new(),
        }
    }

    fn push(&mut self, piece: Piece) {
        piece.write(&mut self.size);
        self.pieces.push(piece);
    }

    /// Writes a message whose content `f` plans.
    fn message(&mut self, number: u32, f: impl FnOnce(&mut Self) -> PyResult<()>) -> PyResult<()> {
        let (at, before) = (self.pieces.len(), self.size.len);
        self.pieces.push(Piece::Head(number, 0));
        f(self)?;
        let len = self.size.len - before;
        let head = Piece::Head(number, len);
        head.write(&mut self.size);
        if let Some(piece) = self.pieces.get_mut(at) {
            *piece = head;
        }
        Ok(())
    }

    fn finish(self) -> PyResult<Vec<u8>> {
        fresh_bytes::vector(self.size.len, |out| {
            self.pieces.iter().for_each(|piece| piece.write(out));
            Ok(())
        })
    }

    /// Writes into an object of Python's, without a buffer in between.
    fn finish_bytes<'py>(self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        fresh_bytes::python_bytes(py, self.size.len, |out| {
            self.pieces.iter().for_each(|piece| piece.write(out));
            Ok(())
        })
    }

    /// Notes that a Document of the array itself begins, where room may be needed before it.
    fn leave_room(&mut self) -> Option<usize> {
        let wanted = self.aligned && self.way.is_empty();
        wanted.then(|| {
            self.pieces.push(Piece::Room(0));
            self.pieces.len() - 1
        })
    }

    /// Makes room before the Document that was planned since, where it has a large tensor.
    fn make_room(&mut self, at: usize) {
        let (mut row, mut large) = (LargeFinder::default(), None);
        for piece in self.pieces.iter().skip(at) {
            let start = row.len;
            row.found = None;
            piece.write(&mut row);
            let found = match piece {
                Piece::Splice(frame, span) => align::first_large(span.of(frame)).map(|i| start + i),
                Piece::Array(_) => row.found,
                _ => None,
            };
            large = large.or(found);
        }
        let start = self.size.len - row.len;
        let Some(large) = large else { return };
        let room = align::room_before(start + large);
        self.size.len += room;
        if let Some(piece) = self.pieces.get_mut(at) {
            *piece = Piece::Room(room);
        }
    }

    fn path(&self) -> String {
        let steps: Vec<_> = self
            .way
            .iter()
            .map(|(_, name, i)| format!("{name}[{i}]"))
            .collect();
        if steps.is_empty() {
            "the Document".to_owned()
        } else {
            steps.join(".")
        }
    }
}

/// An array as a `DocumentArrayProto` for another process of ours, which can view its large tensors.
pub(super) fn array(array: &Bound<'_, PyDocumentArray>) -> PyResult<Vec<u8>> {
    if let Some(measured) = encode_quick::measure(array, true)? {
        return fresh_bytes::vector(measured.len, |out| {
            encode_quick::write(array, &measured, out)
        });
    }
    let mut plan = Plan::new();
    plan.aligned = true;
    rows(&mut plan, array, 1, "docs")?;
    plan.finish()
}

/// An array as a `DocumentArrayProto` in an object of Python's.
pub(super) fn array_bytes<'py>(
    array: &Bound<'py, PyDocumentArray>,
) -> PyResult<Bound<'py, PyBytes>> {
    if let Some(measured) = encode_quick::measure(array, false)? {
        return fresh_bytes::python_bytes(array.py(), measured.len, |out| {
            encode_quick::write(array, &measured, out)
        });
    }
    let mut plan = Plan::new();
    rows(&mut plan, array, 1, "docs")?;
    plan.finish_bytes(array.py())
}

/// A Document as a `DocumentProto`.
pub(super) fn document(document: &Bound<'_, PyDocument>) -> PyResult<Vec<u8>> {
    let mut plan = Plan::new();
    content(&mut plan, &PyDocument::root(document)?)?;
    plan.finish()
}

/// A Document as a `DocumentProto` whose tags keep whole numbers, for our own reading.
pub(super) fn exact_document(document: &Bound<'_, PyDocument>) -> PyResult<Vec<u8>> {
    let mut plan = Plan::new();
    plan.exact = true;
    content(&mut plan, &PyDocument::root(document)?)?;
    plan.finish()
}

/// One row, as far as it can be told while the array is borrowed.
pub(super) enum Step {
    Raw(Arc<Bytes>, Span),
    Live(Py<PyDocument>),
}

/// The rows of an array as they are now; a walk over them may run Python code that changes it.
pub(super) fn steps(array: &Bound<'_, PyDocumentArray>) -> PyResult<Vec<Step>> {
    let py = array.py();
    PyDocumentArray::with(array, |rows| {
        let frame = rows.frame.as_ref();
        let steps = rows.list.iter().filter_map(|row| match row {
            Row::Raw(span, _) => frame.map(|frame| Step::Raw(frame.clone(), *span)),
            Row::Live(document) => Some(Step::Live(document.clone_ref(py))),
        });
        steps.collect()
    })
}

fn rows(
    plan: &mut Plan,
    array: &Bound<'_, PyDocumentArray>,
    number: u32,
    name: &'static str,
) -> PyResult<()> {
    let py = array.py();
    for (index, step) in steps(array)?.into_iter().enumerate() {
        let room = plan.leave_room();
        match step {
            Step::Raw(frame, span) => {
                plan.push(Piece::Head(number, span.len as usize));
                plan.push(Piece::Splice(frame, span));
            }
            Step::Live(document) => {
                let document = PyDocument::root(document.bind(py))?;
                let address = document.as_ptr().addr();
                if plan.way.iter().any(|(seen, ..)| *seen == address) {
                    return Err(PyValueError::new_err(format!(
                        "{}.{name}[{index}] is a Document that it is itself inside of; a cycle cannot travel",
                        plan.path()
                    )));
                }
                if plan.way.len() >= DEPTH_LIMIT {
                    return Err(PyValueError::new_err(format!(
                        "{name} is nested deeper than {DEPTH_LIMIT} Documents, which cannot travel"
                    )));
                }
                plan.way.push((address, name, index));
                plan.message(number, |plan| content(plan, &document))?;
                plan.way.pop();
            }
        }
        if let Some(at) = room {
            plan.make_room(at);
        }
    }
    Ok(())
}

/// Plans the fields of one Document, which is no alias.
fn content(plan: &mut Plan, root: &Bound<'_, PyDocument>) -> PyResult<()> {
    let py = root.py();
    let mut objects = std::mem::take(&mut plan.scratch);
    let spliced = PyDocument::with(root, |state| {
        if let Some((frame, span)) = state.source() {
            if !state.is_dirty() {
                plan.push(Piece::Splice(frame.clone(), span));
                return true;
            }
            let start = span.start as usize;
            for run in RowView::new(span.of(frame)).kept(state.lazy()) {
                let run = Span::new(start + run.start, run.len());
                plan.push(Piece::Splice(frame.clone(), run));
            }
        }
        if let Some(id) = state.random_id() {
            plan.push(Piece::Id(id));
        }
        let lazy = state.lazy();
        objects.extend(
            state
                .objects()
                .filter(|(field, _)| lazy & field.bit() == 0)
                .map(|(field, object)| (field, object.clone_ref(py))),
        );
        false
    })?;
    if spliced {
        plan.scratch = objects;
        return Ok(());
    }
    for (field, object) in objects.drain(..) {
        let object = object.into_bound(py);
        if field == Field::Chunks || field == Field::Matches {
            match object.cast::<PyDocumentArray>() {
                Ok(array) => rows(plan, array, field.number(), field.name())?,
                Err(_) => {
                    return Err(refuse(
                        plan,
                        root,
                        field,
                        &wrong(&object, "a DocumentArray"),
                    ));
                }
            }
            continue;
        }
        if let Err(error) = write_field(plan, field, &object) {
            return Err(refuse(plan, root, field, &error));
        }
    }
    plan.scratch = objects;
    Ok(())
}

/// An error with the Document and the field in front.
fn refuse(plan: &Plan, document: &Bound<'_, PyDocument>, field: Field, error: &PyErr) -> PyErr {
    let py = document.py();
    let id = PyDocument::id_text(document)
        .ok()
        .flatten()
        .unwrap_or_default();
    let why = error
        .value(py)
        .str()
        .map_or_else(|_| "cannot travel".into(), |s| s.to_string());
    let message = format!("{} (id '{id}'): {} {why}", plan.path(), field.name());
    let known = error.is_instance_of::<PyTypeError>(py);
    let fresh = if known {
        PyTypeError::new_err(message)
    } else {
        PyValueError::new_err(message)
    };
    fresh.set_cause(py, Some(error.clone_ref(py)));
    fresh
}

fn wrong(object: &Bound<'_, PyAny>, allowed: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "is {}, and {allowed} is what can travel",
        a_type(object)
    ))
}

fn write_field(plan: &mut Plan, field: Field, object: &Bound<'_, PyAny>) -> PyResult<()> {
    let number = field.number();
    if object.is_none() {
        return Ok(());
    }
    match field {
        _ if field.is_text() => {
            let Ok(text) = object.cast::<PyString>() else {
                return Err(wrong(object, "a str"));
            };
            let text = PyBackedStr::try_from(text.clone())
                .map_err(|_| PyValueError::new_err("has lone surrogates, which are not UTF-8"))?;
            if !text.is_empty() {
                plan.push(Piece::Text(number, text));
            }
        }
        Field::Blob => {
            let Ok(bytes) = object.cast::<PyBytes>() else {
                return Err(wrong(object, "bytes"));
            };
            if !bytes.as_bytes().is_empty() {
                plan.push(Piece::Blob(number, bytes.clone().into()));
            }
        }
        Field::Granularity | Field::Adjacency => {
            let whole = object.is_instance_of::<PyInt>() && !object.is_instance_of::<PyBool>();
            let Some(value) = whole.then(|| object.extract::<u32>().ok()).flatten() else {
                return Err(PyValueError::new_err(format!(
                    "is {}, and an int from 0 to 2**32 - 1 is what can travel",
                    object.repr()?
                )));
            };
            if value != 0 {
                plan.push(Piece::Int(number, u64::from(value)));
            }
        }
        Field::Weight | Field::Offset => {
            let Some(value) = float(object) else {
                return Err(wrong(object, "a number"));
            };
            if value != 0.0 {
                plan.push(Piece::Float(number, value));
            }
        }
        Field::Tags | Field::Metadata => {
            if object.cast::<PyMapping>().is_err() {
                return Err(wrong(object, "a dict"));
            }
            let bytes = write_struct(object, plan.exact)?;
            if !bytes.is_empty() {
                plan.push(Piece::Message(number, bytes));
            }
        }
        Field::Location => write_location(plan, number, object)?,
        Field::Scores | Field::Evaluations => write_scores(plan, number, object)?,
        _ => plan.push(Piece::Array(Box::new(encode_array::plan(number, object)?))),
    }
    Ok(())
}

fn write_location(plan: &mut Plan, number: u32, object: &Bound<'_, PyAny>) -> PyResult<()> {
    let mut packed = Vec::new();
    for item in object
        .try_iter()
        .map_err(|_| wrong(object, "a list of numbers"))?
    {
        let item = item?;
        let Some(value) = float(&item) else {
            return Err(wrong(&item, "a list of numbers"));
        };
        packed.extend(value.to_le_bytes());
    }
    if !packed.is_empty() {
        plan.push(Piece::Message(number, packed));
    }
    Ok(())
}

fn write_scores(plan: &mut Plan, number: u32, object: &Bound<'_, PyAny>) -> PyResult<()> {
    let Ok(scores) = object.cast::<PyDict>() else {
        return Err(wrong(object, "a dict of NamedScore"));
    };
    let mut out = Writer::default();
    for (key, score) in scores.iter() {
        let Ok(key) = key.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!(
                "has a key that is {}, and keys must be str",
                a_type(&key)
            )));
        };
        let Ok(score) = score.cast::<PyNamedScore>() else {
            return Err(PyTypeError::new_err(format!(
                "['{key}'] is {}, and a NamedScore is what can travel",
                a_type(&score)
            )));
        };
        let mut entry = Writer::default();
        entry.bytes_field(1, key.to_str()?.as_bytes());
        let value = PyNamedScore::write(score).map_err(|error| {
            PyTypeError::new_err(format!("['{key}'].{}", error.value(key.py())))
        })?;
        entry.bytes_field(2, &value);
        out.bytes_field(number, &entry.out);
    }
    plan.push(Piece::Fields(out.out));
    Ok(())
}
