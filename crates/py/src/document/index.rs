//! Every way to index a `DocumentArray`: by number, id, slice, list, mask and attribute.

use pyo3::exceptions::{PyIndexError, PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyEllipsis, PyInt, PyList, PySequence, PySlice, PyString, PyTuple};

use super::array::collect;
use super::{PyDocument, PyDocumentArray};

/// What an index selects.
pub(super) enum Selection<'py> {
    One(usize),
    Many(Vec<usize>),
    Slice(Bound<'py, PySlice>),
    Everything,
    Path(String),
    /// Attributes of what the first part selects.
    Attributes(Bound<'py, PyAny>, Bound<'py, PyAny>),
}

fn is_int(value: &Bound<'_, PyAny>) -> bool {
    !value.is_instance_of::<PyBool>()
        && (value.is_instance_of::<PyInt>()
            || (super::tensor::is_numpy(value)
                && value.hasattr("__index__").unwrap_or(false)
                && value.getattr("ndim").and_then(|n| n.eq(0)).unwrap_or(true)))
}

fn is_sequence(value: &Bound<'_, PyAny>) -> bool {
    value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>()
}

fn refuse(index: &Bound<'_, PyAny>) -> PyErr {
    PyIndexError::new_err(format!(
        "cannot index a DocumentArray by {}; int, id, slice, list of these, mask, '@path' and \
         (selection, 'attribute') are what works",
        super::structs::a_type(index)
    ))
}

impl PyDocumentArray {
    /// What an index selects.
    pub(super) fn select<'py>(
        slf: &Bound<'py, Self>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Selection<'py>> {
        if is_int(index) {
            return Ok(Selection::One(Self::position(slf, index.extract()?)?));
        }
        if let Ok(text) = index.cast::<PyString>() {
            let text = text.to_str()?;
            return match text.strip_prefix('@') {
                Some(path) => Ok(Selection::Path(path.to_owned())),
                None => Ok(Selection::One(Self::position_of_id(slf, text)?)),
            };
        }
        if let Ok(slice) = index.cast::<PySlice>() {
            return Ok(Selection::Slice(slice.clone()));
        }
        if index.is_instance_of::<PyEllipsis>() {
            return Ok(Selection::Everything);
        }
        if let Ok(pair) = index.cast::<PyTuple>()
            && let Some(attributes) = Self::attributes(slf, pair)?
        {
            return Ok(attributes);
        }
        if is_sequence(index) {
            return Self::select_each(slf, index).map(Selection::Many);
        }
        if super::tensor::framework(index) == Some("numpy") {
            let flat = index.call_method0("ravel")?.call_method0("tolist")?;
            return Self::select_each(slf, &flat).map(Selection::Many);
        }
        if index.cast::<PySequence>().is_ok() {
            return Self::select_each(slf, index).map(Selection::Many);
        }
        Err(refuse(index))
    }

    fn position_of_id(slf: &Bound<'_, Self>, id: &str) -> PyResult<usize> {
        Self::find_id(slf, id)?
            .ok_or_else(|| PyKeyError::new_err(format!("no Document has the id '{id}'")))
    }

    /// A pair as a selection and attributes; `None` where it is two Documents instead.
    fn attributes<'py>(
        slf: &Bound<'py, Self>,
        pair: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<Selection<'py>>> {
        if pair.len() != 2 {
            return Ok(None);
        }
        let (first, second) = (pair.get_item(0)?, pair.get_item(1)?);
        let named = second.is_instance_of::<PyString>()
            || (is_sequence(&second)
                && second.len()? > 0
                && second.get_item(0)?.is_instance_of::<PyString>());
        if !named || first.is_instance_of::<PyBool>() {
            return Ok(None);
        }
        if let Ok(text) = second.cast::<PyString>() {
            let single = is_int(&first) || first.is_instance_of::<PyString>();
            if single && Self::find_id(slf, text.to_str()?)?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(Selection::Attributes(first, second)))
    }

    fn select_each(slf: &Bound<'_, Self>, index: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
        let mut positions = Vec::new();
        let mut mask = None;
        for (at, item) in index.try_iter()?.enumerate() {
            let item = item?;
            let is_mask = *mask.get_or_insert_with(|| item.is_instance_of::<PyBool>());
            if is_mask {
                if item.is_truthy()? && at < Self::length(slf)? {
                    positions.push(at);
                }
            } else if is_int(&item) {
                positions.push(Self::position(slf, item.extract()?)?);
            } else if let Ok(id) = item.cast::<PyString>() {
                positions.push(Self::position_of_id(slf, id.to_str()?)?);
            } else {
                return Err(refuse(&item));
            }
        }
        Ok(positions)
    }

    /// The positions that a slice selects.
    pub(super) fn slice_positions(
        slf: &Bound<'_, Self>,
        slice: &Bound<'_, PySlice>,
    ) -> PyResult<Vec<usize>> {
        let len = isize::try_from(Self::length(slf)?).unwrap_or(isize::MAX);
        let range = slice.indices(len)?;
        let mut positions = Vec::with_capacity(range.slicelength);
        let mut at = range.start;
        for _ in 0..range.slicelength {
            positions.push(at.unsigned_abs());
            at += range.step;
        }
        Ok(positions)
    }

    /// The Documents at positions, as a new array.
    pub(super) fn pick<'py>(
        slf: &Bound<'py, Self>,
        positions: &[usize],
    ) -> PyResult<Bound<'py, Self>> {
        let mut documents = Vec::with_capacity(positions.len());
        for at in positions {
            documents.extend(Self::at(slf, *at)?);
        }
        Self::of(slf.py(), documents)
    }

    fn assign_each<'py>(
        slf: &Bound<'py, Self>,
        positions: &[usize],
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let documents = collect(value)?;
        if documents.len() != positions.len() {
            return Err(PyValueError::new_err(format!(
                "{} Documents were given for {} places",
                documents.len(),
                positions.len()
            )));
        }
        positions
            .iter()
            .zip(documents)
            .try_for_each(|(at, document)| Self::put_at(slf, *at, document))
    }

    fn assign_slice<'py>(
        slf: &Bound<'py, Self>,
        slice: &Bound<'py, PySlice>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let list = PyList::new(slf.py(), Self::documents(slf)?)?;
        list.as_any()
            .set_item(slice, PyList::new(slf.py(), collect(value)?)?)?;
        let documents = collect(list.as_any())?;
        Self::replace_rows(slf, documents)
    }

    /// The Documents that the first part of a pair selects, as an array.
    fn selected<'py>(
        slf: &Bound<'py, Self>,
        selection: &Bound<'py, PyAny>,
    ) -> PyResult<Result<Bound<'py, PyDocument>, Bound<'py, Self>>> {
        let found = Self::__getitem__(slf, selection)?;
        match found.cast_into::<PyDocument>() {
            Ok(document) => Ok(Ok(document)),
            Err(error) => Ok(Err(error.into_inner().cast_into::<Self>()?)),
        }
    }
}

#[pymethods]
impl PyDocumentArray {
    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        index: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match Self::select(slf, index)? {
            Selection::One(at) => match Self::at(slf, at)? {
                Some(document) => Ok(document.into_any()),
                None => Err(PyIndexError::new_err("the array has changed meanwhile")),
            },
            Selection::Many(positions) => Ok(Self::pick(slf, &positions)?.into_any()),
            Selection::Slice(slice) => {
                let positions = Self::slice_positions(slf, &slice)?;
                Ok(Self::pick(slf, &positions)?.into_any())
            }
            Selection::Everything => Ok(Self::flatten(slf)?.into_any()),
            Selection::Path(path) => Ok(Self::traverse_flat_path(slf, &path)?.into_any()),
            Selection::Attributes(selection, names) => match Self::selected(slf, &selection)? {
                Ok(document) => PyDocument::attributes(&document, &names),
                Err(array) => Self::attribute_columns(&array, &names),
            },
        }
    }

    fn __setitem__<'py>(
        slf: &Bound<'py, Self>,
        index: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        match Self::select(slf, index)? {
            Selection::One(at) => Self::put_at(slf, at, super::array::a_document(value.clone())?),
            Selection::Many(positions) => Self::assign_each(slf, &positions, value),
            Selection::Slice(slice) => Self::assign_slice(slf, &slice, value),
            Selection::Everything => {
                let flat = Self::flatten(slf)?;
                Self::assign_in_place(&flat, value)
            }
            Selection::Path(path) => {
                let flat = Self::traverse_flat_path(slf, &path)?;
                Self::assign_in_place(&flat, value)
            }
            Selection::Attributes(selection, names) => match Self::selected(slf, &selection)? {
                Ok(document) => PyDocument::set_attributes(&document, &names, value),
                Err(array) => Self::set_attribute_columns(&array, &names, value),
            },
        }
    }

    fn __delitem__<'py>(slf: &Bound<'py, Self>, index: &Bound<'py, PyAny>) -> PyResult<()> {
        match Self::select(slf, index)? {
            Selection::One(at) => Self::remove_rows(slf, &[at]),
            Selection::Many(positions) => Self::remove_rows(slf, &positions),
            Selection::Slice(slice) => {
                let positions = Self::slice_positions(slf, &slice)?;
                Self::remove_rows(slf, &positions)
            }
            Selection::Everything => Self::replace_rows(slf, []),
            Selection::Path(path) => {
                Err(pyo3::exceptions::PyNotImplementedError::new_err(format!(
                    "cannot delete by the path '@{path}'; delete from the arrays that it names"
                )))
            }
            Selection::Attributes(selection, names) => {
                let none = slf.py().None().into_bound(slf.py());
                let names = if names.is_instance_of::<PyString>() {
                    PyTuple::new(slf.py(), [names])?.into_any()
                } else {
                    names
                };
                let documents = match Self::selected(slf, &selection)? {
                    Ok(document) => vec![document],
                    Err(array) => Self::documents(&array)?,
                };
                for document in documents {
                    for name in names.try_iter()? {
                        document.setattr(name?.cast_into::<PyString>()?, &none)?;
                    }
                }
                Ok(())
            }
        }
    }
}
