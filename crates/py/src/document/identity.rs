//! Equality, hash, repr, copies and pickles of a `Document`.

use bytes::Bytes;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple, PyType};
use std::sync::Arc;
use tidegate_doc::wire::Span;
use tidegate_doc::{Field, RowView};

use super::recursion::Level;
use super::state::State;
use super::{PyDocument, PyDocumentArray, encode};

#[pymethods]
impl PyDocument {
    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let mut names = Vec::new();
        for name in Self::non_empty_fields(slf)?.iter() {
            names.push(name.repr()?.to_string());
        }
        let comma = if names.len() == 1 { "," } else { "" };
        let class = slf.get_type().name()?;
        Ok(format!(
            "<{class} ({}{comma}) at {}>",
            names.join(", "),
            Self::get(slf, Field::Id)?.str()?
        ))
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else {
            return Ok(false);
        };
        if !other.get_type().is(slf.get_type()) {
            return Ok(false);
        }
        let (ours, theirs) = (Self::root(slf)?, Self::root(other)?);
        if ours.is(&theirs) {
            return Ok(true);
        }
        let _level = Level::enter(slf.py(), c" while comparing Documents")?;
        for field in Field::ALL {
            let set = Self::is_set(&ours, field)?;
            if set != Self::is_set(&theirs, field)? {
                return Ok(false);
            }
            if set
                && !same(
                    field,
                    &Self::get(&ours, field)?,
                    &Self::get(&theirs, field)?,
                )?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        let py = slf.py();
        let mut parts = Vec::new();
        for field in Field::ALL {
            if !matches!(field, Field::Tensor | Field::Embedding) && Self::is_set(slf, field)? {
                let value = Self::get(slf, field)?;
                let value = match value.cast::<PyList>() {
                    Ok(list) => PyTuple::new(py, list)?.into_any(),
                    Err(_) => value,
                };
                parts.push(PyTuple::new(
                    py,
                    [field.name().into_pyobject(py)?.into_any(), value],
                )?);
            }
        }
        PyTuple::new(py, parts)?.hash()
    }

    /// A hash of its fields other than tensor and embedding.
    #[getter]
    fn content_hash(slf: &Bound<'_, Self>) -> PyResult<isize> {
        Self::__hash__(slf)
    }

    /// Removes the values of fields; names that are no fields are passed over.
    #[pyo3(signature = (*fields))]
    fn pop(slf: &Bound<'_, Self>, fields: &Bound<'_, PyTuple>) -> PyResult<()> {
        let none = slf.py().None().into_bound(slf.py());
        for name in fields.iter() {
            let name = name.cast_into::<PyString>()?;
            if let Some(field) = Field::from_name(name.to_str()?) {
                Self::put(slf, field, &none)?;
            }
        }
        Ok(())
    }

    /// Removes the values of all fields, the id too.
    fn clear(slf: &Bound<'_, Self>) -> PyResult<()> {
        let none = slf.py().None().into_bound(slf.py());
        Field::ALL
            .into_iter()
            .try_for_each(|field| Self::put(slf, field, &none))
    }

    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        let state = Self::with(slf, |state| state.share(py))?;
        Self::like(slf, state, None)
    }

    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::deep_copy(slf, Some(memo))
    }

    fn __reduce_ex__<'py>(
        slf: &Bound<'py, Self>,
        _protocol: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let bytes = PyBytes::new(py, &encode::exact_document(slf)?);
        let restore = slf.get_type().getattr("_restore")?;
        let arguments = PyTuple::new(py, [bytes.into_any(), own_dict(slf.as_any())?])?;
        PyTuple::new(py, [restore, arguments.into_any()])
    }

    /// Makes a Document from what a pickle holds.
    #[classmethod]
    fn _restore<'py>(
        cls: &Bound<'py, PyType>,
        bytes: &Bound<'py, PyBytes>,
        attributes: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        let document = Self::read(cls, super::binary::shared(bytes))?;
        if !attributes.is_none() {
            document
                .getattr("__dict__")?
                .call_method1("update", (attributes,))?;
        }
        Ok(document)
    }
}

/// An instance's own attributes; None where it has none.
pub(super) fn own_dict<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let attributes = object.getattr("__dict__")?;
    if attributes.is_truthy()? {
        Ok(attributes)
    } else {
        Ok(object.py().None().into_bound(object.py()))
    }
}

/// Whether two values of a field are the same; arrays by framework, shape and content.
fn same(field: Field, ours: &Bound<'_, PyAny>, theirs: &Bound<'_, PyAny>) -> PyResult<bool> {
    if ours.is(theirs) {
        return Ok(true);
    }
    if !matches!(field, Field::Tensor | Field::Embedding) {
        return ours.eq(theirs);
    }
    let framework = super::tensor::framework(ours);
    if framework != super::tensor::framework(theirs) {
        return Ok(false);
    }
    match framework {
        None if super::tensor::is_foreign_array(ours)?
            && super::tensor::is_foreign_array(theirs)? =>
        {
            equal_arrays(ours, theirs)
        }
        None => ours.eq(theirs),
        Some("scipy") => {
            let py = ours.py();
            let shape = |m: &Bound<'_, PyAny>| m.getattr("shape").map(Bound::unbind);
            if !shape(ours)?.bind(py).eq(shape(theirs)?)? {
                return Ok(false);
            }
            let differ = ours.rich_compare(theirs, pyo3::basic::CompareOp::Ne)?;
            differ.getattr("nnz")?.eq(0)
        }
        Some(_) => equal_arrays(ours, theirs),
    }
}

fn equal_arrays(ours: &Bound<'_, PyAny>, theirs: &Bound<'_, PyAny>) -> PyResult<bool> {
    let pair = (
        super::tensor::to_numpy(ours)?,
        super::tensor::to_numpy(theirs)?,
    );
    super::tensor::numpy(ours.py())?
        .call_method1("array_equal", pair)?
        .is_truthy()
}

impl PyDocument {
    /// A Document of the same class around a state, with a memo entry and the instance's attributes.
    fn like<'py>(
        slf: &Bound<'py, Self>,
        state: State,
        memo: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        let class = slf.get_type();
        let fresh = if class.is(py.get_type::<Self>()) {
            Self::wrap(py, state)?
        } else {
            let fresh = class
                .call_method1("__new__", (&class,))?
                .cast_into::<Self>()?;
            Self::replace_state(&fresh, state)?;
            fresh
        };
        if let Some(memo) = memo {
            memo.set_item(slf.as_ptr().addr(), &fresh)?;
        }
        let attributes = own_dict(slf.as_any())?;
        if !attributes.is_none() {
            let attributes = match memo {
                Some(memo) => copy_deep(&attributes, memo)?,
                None => attributes,
            };
            fresh
                .getattr("__dict__")?
                .call_method1("update", (attributes,))?;
        }
        Ok(fresh)
    }

    /// A copy that shares nothing that can change; the same id.
    pub(super) fn deep_copy<'py>(
        slf: &Bound<'py, Self>,
        memo: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        let fresh_memo = PyDict::new(py).into_any();
        let memo = memo.unwrap_or(&fresh_memo);
        if let Ok(known) = memo.get_item(slf.as_ptr().addr()) {
            return Ok(known.cast_into::<Self>()?);
        }
        let _level = Level::enter(py, c" while copying a Document")?;
        let state = Self::with(slf, |state| state.share(py))?;
        let objects: Vec<(Field, Py<PyAny>)> = state
            .objects()
            .map(|(field, object)| (field, object.clone_ref(py)))
            .collect();
        let fresh = Self::like(slf, state, Some(memo))?;
        for (field, object) in objects {
            let object = object.into_bound(py);
            if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
                continue;
            }
            let copied = match object.cast::<PyDocumentArray>() {
                Ok(array) => {
                    let copies = super::sequence::deep_copies(array, Some(memo))?;
                    PyDocumentArray::nested_of(&fresh, field, copies)?.into_any()
                }
                Err(_) => copy_deep(&object, memo)?,
            };
            let kept = copied.clone().unbind();
            let old = Self::take(&fresh, &copied, |state| state.store(field, Some(kept)))?;
            drop(old);
        }
        Ok(fresh)
    }

    /// A Document of a class over a serialised `DocumentProto`.
    pub(super) fn read<'py>(cls: &Bound<'py, PyType>, wire: Bytes) -> PyResult<Bound<'py, Self>> {
        let py = cls.py();
        if let Err(error) = tidegate_doc::scan_document(&wire) {
            return Err(super::array::refuse_input(py, &error.to_string()));
        }
        let span = Span::new(0, wire.len());
        let mask = RowView::new(&wire).mask();
        let state = State::received(Arc::new(wire), span, mask);
        if cls.is(py.get_type::<Self>()) {
            return Self::wrap(py, state);
        }
        let fresh = cls
            .call_method1("__new__", (cls,))?
            .cast_into::<Self>()
            .map_err(|_| PyTypeError::new_err("the class is no Document"))?;
        Self::replace_state(&fresh, state)?;
        Ok(fresh)
    }
}

fn copy_deep<'py>(
    object: &Bound<'py, PyAny>,
    memo: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    py.import("copy")?.call_method1("deepcopy", (object, memo))
}
