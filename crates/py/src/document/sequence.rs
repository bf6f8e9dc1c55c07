//! `DocumentArray` as a mutable sequence.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::{PyIndexError, PyNotImplementedError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PyString};
use tidegate_doc::Field;

use super::array::{a_document, collect};
use super::rows::Row;
use super::structs::a_type;
use super::{PyDocument, PyDocumentArray};

/// Walks an array while it may change.
#[pyclass(name = "_DocumentIterator", module = "tidegate", frozen)]
pub(super) struct DocumentIterator {
    array: Py<PyDocumentArray>,
    next: AtomicUsize,
}

#[pymethods]
impl DocumentIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDocument>>> {
        let next = self.next.load(Ordering::Relaxed);
        let document = PyDocumentArray::at(self.array.bind(py), next)?;
        self.next.store(next + 1, Ordering::Relaxed);
        Ok(document)
    }
}

/// Refuses stores other than memory, naming what was asked for.
pub(super) fn refuse_stores(kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let Some(kwargs) = kwargs else { return Ok(()) };
    for (key, value) in kwargs.iter() {
        let key = key.to_string();
        if key == "storage" && (value.is_none() || value.eq("memory")?) {
            continue;
        }
        if matches!(key.as_str(), "storage" | "config" | "subindex_configs") {
            return Err(PyNotImplementedError::new_err(format!(
                "DocumentArray({key}={}) is not supported: arrays are held in memory; leave it out",
                value.repr()?
            )));
        }
        return Err(PyTypeError::new_err(format!(
            "DocumentArray() got an unexpected keyword '{key}'; it takes docs and copy"
        )));
    }
    Ok(())
}

/// Deep copies of every Document of an array.
pub(super) fn deep_copies<'py>(
    array: &Bound<'py, PyDocumentArray>,
    memo: Option<&Bound<'py, PyAny>>,
) -> PyResult<Vec<Bound<'py, PyDocument>>> {
    let documents = PyDocumentArray::documents(array)?;
    documents
        .iter()
        .map(|document| PyDocument::deep_copy(document, memo))
        .collect()
}

#[pymethods]
impl PyDocumentArray {
    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Self::length(slf)
    }

    fn __bool__(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Ok(Self::length(slf)? > 0)
    }

    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, DocumentIterator>> {
        Bound::new(
            slf.py(),
            DocumentIterator {
                array: slf.clone().unbind(),
                next: AtomicUsize::new(0),
            },
        )
    }

    fn __reversed__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        let documents: Vec<_> = Self::documents(slf)?.into_iter().rev().collect();
        PyList::new(slf.py(), documents)?.try_iter()
    }

    fn __contains__(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        if let Ok(id) = value.cast::<PyString>() {
            return Ok(Self::find_id(slf, id.to_str()?)?.is_some());
        }
        if let Ok(document) = value.cast::<PyDocument>() {
            return match PyDocument::id_text(document)? {
                Some(id) => Ok(Self::find_id(slf, &id)?.is_some()),
                None => Ok(false),
            };
        }
        Ok(false)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let address = slf.as_ptr().addr();
        match Self::length(slf) {
            Ok(length) => Ok(format!("<DocumentArray (length={length}) at {address}>")),
            Err(_) => Ok(format!("<DocumentArray (unreadable) at {address}>")),
        }
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else {
            return Ok(false);
        };
        if other.is(slf) {
            return Ok(true);
        }
        if !other.get_type().is(slf.get_type()) || Self::length(slf)? != Self::length(other)? {
            return Ok(false);
        }
        for (ours, theirs) in Self::documents(slf)?.iter().zip(Self::documents(other)?) {
            if !ours.eq(theirs)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn __add__<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        if Self::parent(slf)?.is_some() || other.is_instance_of::<PyDocument>() {
            return Err(PyTypeError::new_err(format!(
                "cannot add {} to {}; build a new array: DocumentArray([*a, *b])",
                a_type(other),
                a_type(slf.as_any())
            )));
        }
        let mut documents = deep_copies(slf, None)?;
        documents.extend(collect(other)?);
        Self::of(slf.py(), documents)
    }

    fn __iadd__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::extend(slf, other)
    }

    /// Adds a Document at the end; in `chunks` and `matches` it is marked as a child.
    pub(super) fn append(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let document = a_document(value.clone())?;
        Self::mark_child(slf, &document)?;
        let row = Row::Live(document.unbind());
        Self::with(slf, |rows| {
            rows.list.push(row);
            rows.note_change();
        })
    }

    /// Adds the Documents of an iterable at the end.
    fn extend(slf: &Bound<'_, Self>, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let documents = collect(values)?;
        Self::with(slf, |rows| {
            rows.list.extend(
                documents
                    .into_iter()
                    .map(|document| Row::Live(document.unbind())),
            );
            rows.note_change();
        })
    }

    /// Puts a Document before the one at an index.
    fn insert(slf: &Bound<'_, Self>, index: isize, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let row = Row::Live(a_document(value.clone())?.unbind());
        Self::with(slf, |rows| {
            let len = rows.list.len();
            let at = if index < 0 {
                len.saturating_sub(index.unsigned_abs())
            } else {
                index.unsigned_abs().min(len)
            };
            rows.list.insert(at, row);
            rows.note_change();
        })
    }

    /// Removes and returns the Document at an index, the last one if none is given.
    #[pyo3(signature = (index=-1))]
    fn pop<'py>(slf: &Bound<'py, Self>, index: isize) -> PyResult<Bound<'py, PyDocument>> {
        let at = Self::position(slf, index)?;
        let document =
            Self::at(slf, at)?.ok_or_else(|| PyIndexError::new_err("pop from an empty array"))?;
        Self::remove_rows(slf, &[at])?;
        Ok(document)
    }

    /// Removes the first Document that equals `value`.
    fn remove(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let at = Self::index(slf, value, 0, None)?;
        Self::remove_rows(slf, &[at])
    }

    /// Where the first Document is that equals `value`.
    #[pyo3(signature = (value, start=0, stop=None))]
    fn index(
        slf: &Bound<'_, Self>,
        value: &Bound<'_, PyAny>,
        start: isize,
        stop: Option<isize>,
    ) -> PyResult<usize> {
        let len = Self::length(slf)?;
        let clamp = |i: isize| {
            if i < 0 {
                len.saturating_sub(i.unsigned_abs())
            } else {
                i.unsigned_abs().min(len)
            }
        };
        for at in clamp(start)..stop.map_or(len, clamp) {
            let Some(document) = Self::at(slf, at)? else {
                break;
            };
            if document.is(value) || document.eq(value)? {
                return Ok(at);
            }
        }
        Err(PyValueError::new_err(format!(
            "{} is not in the array",
            value.repr()?
        )))
    }

    /// How many Documents equal `value`.
    fn count(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<usize> {
        let mut count = 0;
        for document in Self::documents(slf)? {
            count += usize::from(document.is(value) || document.eq(value)?);
        }
        Ok(count)
    }

    /// Turns the order round, in place.
    fn reverse(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::with(slf, |rows| {
            rows.list.reverse();
            rows.note_change();
        })
    }

    /// Removes every Document.
    fn clear(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::replace_rows(slf, [])
    }

    /// An array of `length` Documents that have nothing but an id.
    #[staticmethod]
    #[pyo3(signature = (length=0))]
    fn empty(py: Python<'_>, length: usize) -> PyResult<Bound<'_, Self>> {
        let documents: Vec<_> = (0..length)
            .map(|_| PyDocument::wrap(py, super::state::State::new()))
            .collect::<PyResult<_>>()?;
        Self::of(py, documents)
    }

    /// The Document that this array is nested in; None for an array of its own.
    #[getter]
    fn reference_doc<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyDocument>>> {
        Self::parent(slf)
    }

    /// The granularity of its Documents, where it is nested in one.
    #[getter]
    fn granularity<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::level(slf, Field::Granularity, Field::Chunks)
    }

    /// The adjacency of its Documents, where it is nested in one.
    #[getter]
    fn adjacency<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::level(slf, Field::Adjacency, Field::Matches)
    }

    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        Self::of(slf.py(), Self::documents(slf)?)
    }

    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::of(slf.py(), deep_copies(slf, Some(memo))?)
    }
}

impl PyDocumentArray {
    fn level<'py>(
        slf: &Bound<'py, Self>,
        level: Field,
        deeper: Field,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some((parent, field)) = Self::place(slf)? else {
            return Err(pyo3::exceptions::PyAttributeError::new_err(format!(
                "a DocumentArray has no {}; only chunks and matches of a Document have",
                level.name()
            )));
        };
        let value = PyDocument::get(&parent, level)?;
        if field == deeper {
            value.add(1)
        } else {
            Ok(value)
        }
    }

    /// An index from Python, which may count from the end, as a position.
    pub(super) fn position(slf: &Bound<'_, Self>, index: isize) -> PyResult<usize> {
        let len = Self::length(slf)?;
        let at = if index < 0 {
            len.checked_sub(index.unsigned_abs())
        } else {
            Some(index.unsigned_abs())
        };
        at.filter(|at| *at < len).ok_or_else(|| {
            PyIndexError::new_err(format!(
                "index {index} is out of range: the array has {len} Documents"
            ))
        })
    }

    /// Puts a Document in the place of the one at a position.
    pub(super) fn put_at(
        slf: &Bound<'_, Self>,
        at: usize,
        document: Bound<'_, PyDocument>,
    ) -> PyResult<()> {
        let row = Row::Live(document.unbind());
        let old = Self::with(slf, |rows| {
            rows.note_change();
            rows.list
                .get_mut(at)
                .map(|slot| std::mem::replace(slot, row))
        })?;
        drop(old);
        Ok(())
    }

    /// Removes the rows at positions.
    pub(super) fn remove_rows(slf: &Bound<'_, Self>, positions: &[usize]) -> PyResult<()> {
        let gone = Self::with(slf, |rows| {
            let mut doomed = vec![false; rows.list.len()];
            positions.iter().for_each(|at| {
                if let Some(slot) = doomed.get_mut(*at) {
                    *slot = true;
                }
            });
            let mut gone = Vec::new();
            let mut kept = Vec::with_capacity(rows.list.len());
            for (row, doomed) in std::mem::take(&mut *rows.list).into_iter().zip(doomed) {
                if doomed {
                    gone.push(row)
                } else {
                    kept.push(row)
                }
            }
            *rows.list = kept;
            rows.note_change();
            gone
        })?;
        drop(gone);
        Ok(())
    }

    /// Where the last Document with an id is.
    pub(super) fn find_id(slf: &Bound<'_, Self>, id: &str) -> PyResult<Option<usize>> {
        let changes = super::rows::id_changes();
        let found = Self::with(slf, |rows| {
            let map = rows.ids.as_ref().filter(|map| map.changes == changes)?;
            Some(map.index.get(id).copied())
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
        let mut index = std::collections::HashMap::new();
        for at in 0..Self::length(slf)? {
            if let Some(id) = Self::id_at(slf, at)? {
                index.insert(id.into_boxed_str(), at);
            }
        }
        let found = index.get(id).copied();
        let map = super::rows::IdMap { index, changes };
        Self::with(slf, |rows| rows.ids = Some(Box::new(map)))?;
        Ok(found)
    }

    /// The id of the Document at a position, without touching a row that has one in its bytes.
    pub(super) fn id_at(slf: &Bound<'_, Self>, at: usize) -> PyResult<Option<String>> {
        let raw = Self::with(slf, |rows| match (rows.list.get(at), &rows.frame) {
            (Some(Row::Raw(span, _)), Some(frame)) => {
                super::rows::raw_id(frame, *span).map(str::to_owned)
            }
            _ => None,
        })?;
        if raw.is_some() {
            return Ok(raw);
        }
        match Self::at(slf, at)? {
            Some(document) => {
                let id = PyDocument::get(&document, Field::Id)?;
                Ok(id.cast::<PyString>().ok().map(|id| id.to_string()))
            }
            None => Ok(None),
        }
    }
}
