//! The `DocumentArray` class: rows over a frame, its nested kinds, and its way to and from the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use pyo3::PyTraverseError;
use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyWeakrefReference};
use tidegate_core::{Error, ErrorKind};
use tidegate_doc::wire::Span;
use tidegate_doc::{Field, RowView, ScanError, scan_rows};

use super::rows::{Peek, Row, Rows, make};
use super::{PyDocument, encode};

/// Above this many bytes the scan runs without the interpreter's lock.
const SCAN_DETACHED: usize = 64 * 1024;

/// Counts the payloads that were scanned, for tests to see which were not.
static SCANS: AtomicU64 = AtomicU64::new(0);

/// How many payloads were scanned so far in this process.
pub(crate) fn scans() -> u64 {
    SCANS.load(Ordering::Relaxed)
}

/// Documents in order: a live mutable sequence that also finds them by id.
#[pyclass(name = "DocumentArray", module = "tidegate", subclass, weakref, dict)]
pub(crate) struct PyDocumentArray {
    pub(super) body: Body,
    pub(super) nest: Option<Box<Nest>>,
}

/// The `chunks` of a Document.
#[pyclass(name = "ChunkArray", module = "tidegate", extends = PyDocumentArray, subclass)]
pub(crate) struct PyChunkArray;

/// The `matches` of a Document.
#[pyclass(name = "MatchArray", module = "tidegate", extends = PyDocumentArray, subclass)]
pub(crate) struct PyMatchArray;

pub(super) enum Body {
    /// Received, and nobody has looked yet.
    Wire(Bytes),
    /// Received, and found to be no Documents.
    Broken(Bytes, Box<ScanError>),
    /// Rows.
    Own(Rows),
    /// `DocumentArray(other)`: whatever changes here changes there.
    Alias(Py<PyDocumentArray>),
}

/// Where a nested array belongs.
pub(super) struct Nest {
    pub(super) parent: Py<PyWeakrefReference>,
    pub(super) field: Field,
}

/// What an array is on the wire.
pub(crate) enum Wire {
    /// Nobody changed it: the very bytes that it was made from.
    Unchanged(Bytes),
    /// Encoded anew.
    Encoded(Bytes),
}

enum Step<'py> {
    Ready,
    Scan(Bytes),
    Broken(String),
    Alias(Bound<'py, PyDocumentArray>),
}

impl PyDocumentArray {
    /// An array over a serialised `DocumentArrayProto`; nothing is scanned before the first touch.
    pub(crate) fn from_wire(py: Python<'_>, wire: Bytes) -> PyResult<Py<Self>> {
        Py::new(
            py,
            Self {
                body: Body::Wire(wire),
                nest: None,
            },
        )
    }

    /// Its bytes.
    pub(crate) fn to_wire(slf: &Bound<'_, Self>) -> PyResult<Wire> {
        match Self::unchanged(slf)? {
            Some(bytes) => Ok(Wire::Unchanged(bytes)),
            None => encode::array(slf).map(|bytes| Wire::Encoded(Bytes::from(bytes))),
        }
    }

    /// The very bytes that it was made from, where nobody changed it.
    pub(super) fn unchanged(slf: &Bound<'_, Self>) -> PyResult<Option<Bytes>> {
        let py = slf.py();
        let this = slf.try_borrow()?;
        match &this.body {
            Body::Wire(bytes) | Body::Broken(bytes, _) => Ok(Some(bytes.clone())),
            Body::Alias(other) => {
                let other = other.bind(py).clone();
                drop(this);
                Self::unchanged(&other)
            }
            Body::Own(rows) => {
                let whole = this.nest.is_none() && !rows.changed;
                Ok(rows
                    .frame
                    .as_ref()
                    .filter(|_| whole && !any_dirty(py, rows))
                    .map(|f| Bytes::clone(f)))
            }
        }
    }

    /// Why its bytes could not be read, where a touch has found that out.
    pub(crate) fn scan_error(&self) -> Option<Error> {
        match &self.body {
            Body::Broken(_, error) => Some(bad_input(error.to_string())),
            _ => None,
        }
    }

    /// Runs `f` over the rows, which must not call into Python.
    pub(super) fn with<R>(slf: &Bound<'_, Self>, f: impl FnOnce(&mut Rows) -> R) -> PyResult<R> {
        let py = slf.py();
        let mut f = Some(f);
        loop {
            let step = {
                let mut this = slf.try_borrow_mut()?;
                match &mut this.body {
                    Body::Own(rows) => match f.take() {
                        Some(f) => return Ok(f(rows)),
                        None => Step::Ready,
                    },
                    Body::Wire(bytes) => Step::Scan(bytes.clone()),
                    Body::Broken(_, error) => Step::Broken(error.to_string()),
                    Body::Alias(other) => Step::Alias(other.bind(py).clone()),
                }
            };
            match (step, f.take()) {
                (Step::Alias(other), Some(f)) => return Self::with(&other, f),
                (Step::Scan(bytes), rest) => {
                    Self::scan(slf, bytes)?;
                    f = rest;
                }
                (Step::Broken(why), _) => return Err(crate::errors::to_py(py, &bad_input(why))),
                (Step::Ready | Step::Alias(_), _) => {
                    return Err(pyo3::exceptions::PyRuntimeError::new_err(
                        "the array is in use by another call",
                    ));
                }
            }
        }
    }

    fn scan(slf: &Bound<'_, Self>, bytes: Bytes) -> PyResult<()> {
        SCANS.fetch_add(1, Ordering::Relaxed);
        let scanned = if bytes.len() > SCAN_DETACHED {
            slf.py().detach(|| scan_rows(&bytes, Row::Raw))
        } else {
            scan_rows(&bytes, Row::Raw)
        };
        let mut this = slf.try_borrow_mut()?;
        if matches!(this.body, Body::Wire(_)) {
            this.body = match scanned {
                Ok(rows) => Body::Own(Rows {
                    frame: Some(Arc::new(bytes)),
                    list: rows.into(),
                    ..Rows::default()
                }),
                Err(error) => Body::Broken(bytes, Box::new(error)),
            };
        }
        Ok(())
    }

    /// How many Documents it has.
    pub(super) fn length(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Self::with(slf, |rows| rows.list.len())
    }

    /// The Document at an index; `None` past the end.
    pub(super) fn at<'py>(
        slf: &Bound<'py, Self>,
        index: usize,
    ) -> PyResult<Option<Bound<'py, PyDocument>>> {
        let py = slf.py();
        match Self::with(slf, |rows| rows.peek(py, index))? {
            None => Ok(None),
            Some(Peek::Live(document)) => Ok(Some(document)),
            Some(Peek::Raw(frame, span, mask)) => {
                let document = make(py, frame, span, mask)?;
                let kept = document.clone().unbind();
                Self::with(slf, |rows| match rows.list.get_mut(index) {
                    Some(row @ Row::Raw(..)) => *row = Row::Live(kept),
                    _ => drop(kept),
                })?;
                Ok(Some(document))
            }
        }
    }

    /// Every Document, in order.
    pub(super) fn documents<'py>(slf: &Bound<'py, Self>) -> PyResult<Vec<Bound<'py, PyDocument>>> {
        let length = Self::length(slf)?;
        let mut documents = Vec::with_capacity(length);
        for index in 0..length {
            documents.extend(Self::at(slf, index)?);
        }
        Ok(documents)
    }

    /// A plain array of rows.
    pub(super) fn over(py: Python<'_>, rows: Rows) -> PyResult<Bound<'_, Self>> {
        let body = Body::Own(rows);
        Bound::new(py, Self { body, nest: None })
    }

    /// A plain array of Documents.
    pub(super) fn of<'py>(
        py: Python<'py>,
        documents: impl IntoIterator<Item = Bound<'py, PyDocument>>,
    ) -> PyResult<Bound<'py, Self>> {
        Bound::new(
            py,
            Self {
                body: Body::Own(own(documents)),
                nest: None,
            },
        )
    }

    /// The nested array that a Document shows as `chunks` or `matches`.
    pub(super) fn nested<'py>(
        parent: &Bound<'py, PyDocument>,
        field: Field,
        frame: Option<Arc<Bytes>>,
        spans: Vec<Span>,
    ) -> PyResult<Bound<'py, Self>> {
        let list = spans.into_iter().map(|span| {
            let bytes = frame.as_ref().map_or(&[][..], |frame| span.of(frame));
            Row::Raw(span, RowView::new(bytes).mask())
        });
        let rows = Rows {
            list: list.collect(),
            frame,
            ..Rows::default()
        };
        Self::nest(parent, field, Body::Own(rows))
    }

    /// A nested array of Documents that are marked already.
    pub(super) fn nested_of<'py>(
        parent: &Bound<'py, PyDocument>,
        field: Field,
        documents: Vec<Bound<'py, PyDocument>>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::nest(parent, field, Body::Own(own(documents)))
    }

    fn nest<'py>(
        parent: &Bound<'py, PyDocument>,
        field: Field,
        body: Body,
    ) -> PyResult<Bound<'py, Self>> {
        let py = parent.py();
        let nest = Nest {
            parent: PyWeakrefReference::new(parent)?.unbind(),
            field,
        };
        let base = PyClassInitializer::from(Self {
            body,
            nest: Some(Box::new(nest)),
        });
        let array = if field == Field::Chunks {
            Bound::new(py, base.add_subclass(PyChunkArray))?.into_any()
        } else {
            Bound::new(py, base.add_subclass(PyMatchArray))?.into_any()
        };
        Ok(array.cast_into::<Self>()?)
    }

    /// What `document.chunks = value` stores: an array that shares an array's rows, or takes the
    /// Documents of anything else; a list's are marked as children.
    pub(super) fn adopt<'py>(
        parent: &Bound<'py, PyDocument>,
        field: Field,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        if let Ok(array) = value.cast::<Self>() {
            if array
                .try_borrow()?
                .nest
                .as_ref()
                .is_some_and(|nest| nest.field == field)
            {
                return Ok(array.clone());
            }
            let adopted = Self::nest(parent, field, Body::Alias(Self::root(array)?.unbind()))?;
            for document in Self::documents(&adopted)? {
                Self::mark_child(&adopted, &document)?;
            }
            return Ok(adopted);
        }
        let marked = value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>();
        let adopted = Self::nest(parent, field, Body::Own(own(collect(value)?)))?;
        if marked || value.is_instance_of::<PyDocument>() {
            for document in Self::documents(&adopted)? {
                Self::mark_child(&adopted, &document)?;
            }
        }
        Ok(adopted)
    }

    /// The array whose rows this one shows: itself, or the one that it is an alias of.
    pub(super) fn root<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        match &slf.try_borrow()?.body {
            Body::Alias(other) => Ok(other.bind(slf.py()).clone()),
            _ => Ok(slf.clone()),
        }
    }

    /// Marks a Document as a child of the one that this array belongs to, if any.
    pub(super) fn mark_child(
        slf: &Bound<'_, Self>,
        document: &Bound<'_, PyDocument>,
    ) -> PyResult<()> {
        let Some(parent) = Self::parent(slf)? else {
            return Ok(());
        };
        let field = slf.try_borrow()?.nest.as_ref().map(|nest| nest.field);
        let depth = match field {
            Some(Field::Chunks) => {
                PyDocument::put(
                    document,
                    Field::ParentId,
                    &PyDocument::get(&parent, Field::Id)?,
                )?;
                Field::Granularity
            }
            _ => Field::Adjacency,
        };
        let level = PyDocument::get(&parent, depth)?.add(1)?;
        PyDocument::put(document, depth, &level)
    }

    /// The Document that this array is nested in, if it is and that is still there.
    pub(super) fn parent<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyDocument>>> {
        let py = slf.py();
        let parent = slf
            .try_borrow()?
            .nest
            .as_ref()
            .map(|nest| nest.parent.clone_ref(py));
        let Some(parent) = parent else {
            return Ok(None);
        };
        let parent = parent.bind(py).call0()?;
        Ok(parent.cast_into::<PyDocument>().ok())
    }

    /// The Document that this array is nested in and the field that it is there.
    pub(super) fn place<'py>(
        slf: &Bound<'py, Self>,
    ) -> PyResult<Option<(Bound<'py, PyDocument>, Field)>> {
        let field = slf.try_borrow()?.nest.as_ref().map(|nest| nest.field);
        Ok(Self::parent(slf)?.zip(field))
    }

    /// Replaces all rows.
    pub(super) fn replace_rows<'py>(
        slf: &Bound<'py, Self>,
        documents: impl IntoIterator<Item = Bound<'py, PyDocument>>,
    ) -> PyResult<()> {
        let mut new = own(documents);
        let old = Self::with(slf, |rows| {
            new.frame = rows.frame.take();
            new.note_change();
            std::mem::replace(rows, new)
        })?;
        drop(old);
        Ok(())
    }
}

fn own<'py>(documents: impl IntoIterator<Item = Bound<'py, PyDocument>>) -> Rows {
    Rows {
        list: documents
            .into_iter()
            .map(|document| Row::Live(document.unbind()))
            .collect(),
        ..Rows::default()
    }
}

fn any_dirty(py: Python<'_>, rows: &Rows) -> bool {
    rows.list.iter().any(|row| match row {
        Row::Raw(..) => false,
        Row::Live(document) => {
            PyDocument::with(document.bind(py), |state| state.is_dirty()).unwrap_or(true)
        }
    })
}

pub(super) fn bad_input(why: String) -> Error {
    Error::new(
        ErrorKind::InvalidInput,
        format!("received documents cannot be read: {why}"),
    )
}

/// The exception for received bytes that are no Documents.
pub(super) fn refuse_input(py: Python<'_>, why: &str) -> PyErr {
    crate::errors::to_py(py, &bad_input(why.to_owned()))
}

/// The Documents of a Document, an array or any iterable.
pub(super) fn collect<'py>(value: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyDocument>>> {
    if let Ok(array) = value.cast::<PyDocumentArray>() {
        return PyDocumentArray::documents(array);
    }
    if let Ok(document) = value.cast::<PyDocument>() {
        return Ok(vec![document.clone()]);
    }
    let mut documents = Vec::with_capacity(value.len().unwrap_or(0));
    for item in value.try_iter()? {
        documents.push(a_document(item?)?);
    }
    Ok(documents)
}

/// A value that has to be a Document.
pub(super) fn a_document<'py>(value: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDocument>> {
    value.cast_into::<PyDocument>().map_err(|error| {
        PyTypeError::new_err(format!(
            "a DocumentArray holds Documents, not {}",
            super::structs::a_type(&error.into_inner())
        ))
    })
}

#[pymethods]
impl PyDocumentArray {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            body: Body::Own(Rows::default()),
            nest: None,
        }
    }

    /// Takes the Documents of an iterable, one Document, or another array, whose rows it then shares
    /// (with `copy=True` it copies the Documents).
    #[pyo3(signature = (docs=None, copy=false, **kwargs))]
    pub(super) fn __init__(
        slf: &Bound<'_, Self>,
        docs: Option<&Bound<'_, PyAny>>,
        copy: bool,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        super::sequence::refuse_stores(kwargs)?;
        let Some(docs) = docs.filter(|docs| !docs.is_none()) else {
            return Ok(());
        };
        let body = if let Ok(array) = docs.cast::<Self>() {
            if copy {
                Body::Own(own(super::sequence::deep_copies(array, None)?))
            } else {
                let root = Self::root(array)?;
                if root.is(slf) {
                    return Ok(());
                }
                Body::Alias(root.unbind())
            }
        } else if docs.is_instance_of::<PyDocument>() || docs.try_iter().is_ok() {
            let documents = collect(docs)?;
            if copy {
                let copies = documents.iter().map(|d| PyDocument::deep_copy(d, None));
                Body::Own(own(copies.collect::<PyResult<Vec<_>>>()?))
            } else {
                Body::Own(own(documents))
            }
        } else {
            return Ok(());
        };
        let mut this = slf.try_borrow_mut()?;
        let old = std::mem::replace(&mut this.body, body);
        drop(this);
        drop(old);
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(nest) = &self.nest {
            visit.call(&nest.parent)?;
        }
        match &self.body {
            Body::Own(rows) => rows.list.iter().try_for_each(|row| match row {
                Row::Raw(..) => Ok(()),
                Row::Live(document) => visit.call(document),
            }),
            Body::Alias(other) => visit.call(other),
            _ => Ok(()),
        }
    }

    fn __clear__(&mut self) {
        self.body = Body::Own(Rows::default());
        self.nest = None;
    }
}
