//! The `Document` class: construction, identity and the methods that are not fields.

use pyo3::PyTraverseError;
use pyo3::ffi;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use tidegate_doc::Field;

use super::cell::BodyCell;
use super::state::State;
use super::tracking;

/// A piece of data that travels through a Flow: content, an embedding, tags, and Documents inside it.
#[pyclass(
    name = "Document",
    module = "tidegate",
    subclass,
    weakref,
    dict,
    frozen
)]
pub(crate) struct PyDocument {
    body: BodyCell,
}

/// Makes a forked process draw random ids of its own.
#[pyfunction]
pub(crate) fn _forget_random_ids() {
    tidegate_doc::after_fork();
}

impl PyDocument {
    /// A new Document around a state.
    pub(super) fn wrap(py: Python<'_>, state: State) -> PyResult<Bound<'_, Self>> {
        Self::create(&py.get_type::<Self>(), state)
    }

    /// A new instance of `class`, which is this one or built on it, around a state.
    ///
    /// What pyo3 does by itself goes through `object.__new__`, which in Python 3.11 and 3.12 makes every
    /// instance a dict at once. Most Documents never need theirs.
    #[allow(unsafe_code)]
    fn create<'py>(class: &Bound<'py, PyType>, state: State) -> PyResult<Bound<'py, Self>> {
        let py = class.py();
        // SAFETY: the class is a type whose instances are as large as this one's or larger, for it is this
        // class or derived from it (the type of the first argument of `__new__`, or `get_type` here). The
        // memory comes zeroed, which is what an unset dict, an empty list of weak references and an
        // unfilled `BodyCell` are; nothing runs between here and the filling.
        let document = unsafe {
            let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
            Bound::from_owned_ptr_or_err(py, object)?.cast_into_unchecked::<Self>()
        };
        let leads_back = state
            .objects()
            .any(|(_, object)| tracking::may_lead_back(object.bind(py)));
        document.get().body.fill(state);
        if !leads_back && class.is(py.get_type::<Self>()) {
            tracking::hide(&document);
        }
        Ok(document)
    }

    /// Runs `f` over the state, which must not call into Python.
    #[inline]
    pub(super) fn with<R>(slf: &Bound<'_, Self>, f: impl FnOnce(&mut State) -> R) -> PyResult<R> {
        let mut f = Some(f);
        let done = slf.get().body.with(|state| match state.shown() {
            None => f.take().map(|f| Ok(f(state))),
            Some(other) => Some(Err(other.bind(slf.py()).clone())),
        })?;
        match (done, f) {
            (Some(Ok(done)), _) => Ok(done),
            (Some(Err(other)), Some(f)) => Self::with(other.cast()?, f),
            _ => Err(super::cell::in_use()),
        }
    }

    /// Runs `f`, which puts `object` into the state and must not call into Python.
    pub(super) fn take<R>(
        slf: &Bound<'_, Self>,
        object: &Bound<'_, PyAny>,
        f: impl FnOnce(&mut State) -> R,
    ) -> PyResult<R> {
        if tracking::may_lead_back(object) {
            tracking::show(&Self::root(slf)?);
        }
        Self::with(slf, f)
    }

    /// The Document whose state this one shows: itself, or the one that it is an alias of.
    pub(super) fn root<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let shown = slf
            .get()
            .body
            .with(|state| Some(state.shown()?.bind(slf.py()).clone()))?;
        Ok(match shown {
            None => slf.clone(),
            Some(other) => other.cast_into()?,
        })
    }

    /// Makes this Document show another's state.
    fn alias(slf: &Bound<'_, Self>, other: &Bound<'_, Self>) -> PyResult<()> {
        let other = Self::root(other)?;
        if other.is(slf) {
            return Ok(());
        }
        Self::replace_state(slf, State::alias(other.unbind()))
    }

    /// Gives this Document a state of its own.
    pub(super) fn replace_state(slf: &Bound<'_, Self>, state: State) -> PyResult<()> {
        tracking::show(slf);
        let old = slf
            .get()
            .body
            .with(|present| std::mem::replace(present, state))?;
        drop(old);
        Ok(())
    }

    /// Its id as text; `None` where it has none or one that is not text.
    pub(super) fn id_text(slf: &Bound<'_, Self>) -> PyResult<Option<String>> {
        let id = Self::get(slf, Field::Id)?;
        Ok(id.cast::<PyString>().ok().map(|id| id.to_string()))
    }
}

/// What `Document(...)` is to do with keywords that are no fields.
enum Unknown {
    Catch,
    Drop,
    Raise,
}

#[pymethods]
impl PyDocument {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*_args, text=None, **_kwargs))]
    fn new<'py>(
        cls: &Bound<'py, PyType>,
        _args: &Bound<'_, PyTuple>,
        text: Option<&Bound<'_, PyAny>>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        let _ = text;
        Self::create(cls, State::new())
    }

    /// Takes the fields as keywords, or another Document (whose data it then shares; with `copy=True` it
    /// copies them), or a dict. What is no field goes into `tags`, unless `unknown_fields_handler` is
    /// `'drop'` or `'raise'`.
    // `text` is named though it is one field of many: without any other keyword no dict is made for it.
    #[pyo3(signature = (obj=None, copy=false, field_resolver=None, unknown_fields_handler="catch", *, text=None, **kwargs))]
    #[allow(clippy::too_many_arguments)]
    fn __init__(
        slf: &Bound<'_, Self>,
        obj: Option<&Bound<'_, PyAny>>,
        copy: bool,
        field_resolver: Option<&Bound<'_, PyDict>>,
        unknown_fields_handler: &str,
        text: Option<&Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        if let (None, Some(text), None) = (obj, text, kwargs) {
            return Self::put(slf, Field::Text, text);
        }
        let named;
        let kwargs = match text {
            None => kwargs,
            Some(text) => {
                named = kwargs.map_or_else(|| Ok(PyDict::new(slf.py())), PyDictMethods::copy)?;
                named.set_item("text", text)?;
                Some(&named)
            }
        };
        let unknown = match unknown_fields_handler {
            "catch" => Unknown::Catch,
            "drop" => Unknown::Drop,
            "raise" => Unknown::Raise,
            other => {
                return Err(pyo3::exceptions::PyValueError::new_err(format!(
                    "unknown_fields_handler is '{other}', and 'catch', 'drop' or 'raise' is what it can be"
                )));
            }
        };
        let nothing = obj.is_none_or(|obj| {
            obj.is_none() || (!obj.is_instance_of::<Self>() && !obj.is_truthy().unwrap_or(true))
        });
        let Some(obj) = obj.filter(|_| !nothing) else {
            return kwargs.map_or(Ok(()), |kwargs| {
                Self::assign(slf, kwargs, field_resolver, &unknown)
            });
        };
        if let Ok(other) = obj.cast::<Self>() {
            return Self::from_document(slf, other, copy, kwargs, (field_resolver, &unknown));
        }
        if let Ok(values) = obj.cast::<PyDict>() {
            let values = values.copy()?;
            if let Some(kwargs) = kwargs {
                for (key, value) in kwargs.iter() {
                    if !values.contains(&key)? {
                        values.set_item(key, value)?;
                    }
                }
            }
            return Self::assign(slf, &values, field_resolver, &unknown);
        }
        if obj.hasattr("__is_multimodal__")? && obj.hasattr("__dataclass_fields__")? {
            Self::fill_from_dataclass(slf, obj)?;
            return kwargs.map_or(Ok(()), |kwargs| {
                Self::assign(slf, kwargs, field_resolver, &unknown)
            });
        }
        Err(pyo3::exceptions::PyValueError::new_err(format!(
            "Document() takes a Document, a dict or keywords, not {}; for text say Document(text=...)",
            super::structs::a_type(obj)
        )))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.body.visit(|state| {
            state.shown().map_or(Ok(()), |other| visit.call(other))?;
            state
                .objects()
                .try_for_each(|(_, object)| visit.call(object))
        })
    }

    fn __clear__(&self) {
        let old = self
            .body
            .with(|state| std::mem::replace(state, State::new()));
        drop(old);
    }
}

impl PyDocument {
    fn from_document(
        slf: &Bound<'_, Self>,
        other: &Bound<'_, Self>,
        copy: bool,
        kwargs: Option<&Bound<'_, PyDict>>,
        (field_resolver, unknown): (Option<&Bound<'_, PyDict>>, &Unknown),
    ) -> PyResult<()> {
        if copy {
            let fresh = Self::deep_copy(other, None)?;
            let state = Self::with(&fresh, |state| std::mem::replace(state, State::new()))?;
            Self::replace_state(slf, state)?;
        } else if kwargs.is_some_and(|kwargs| !kwargs.is_empty()) {
            let py = slf.py();
            let state = Self::with(other, |state| state.share(py))?;
            Self::replace_state(slf, state)?;
            // What is said about tags is said about this Document alone.
            let tags = Self::get(slf, Field::Tags)?.call_method0("copy")?;
            if let Some(more) = kwargs
                .map(|kwargs| kwargs.get_item("tags"))
                .transpose()?
                .flatten()
            {
                tags.call_method1("update", (more,))?;
                let kwargs = kwargs.map(pyo3::types::PyDictMethods::copy).transpose()?;
                if let Some(kwargs) = kwargs {
                    kwargs.set_item("tags", tags)?;
                    return Self::assign(slf, &kwargs, field_resolver, unknown);
                }
                return Ok(());
            }
            Self::put(slf, Field::Tags, &tags)?;
        } else {
            Self::alias(slf, other)?;
        }
        kwargs.map_or(Ok(()), |kwargs| {
            Self::assign(slf, kwargs, field_resolver, unknown)
        })
    }

    /// Sets fields from names and values, in the order that decides which content wins.
    fn assign(
        slf: &Bound<'_, Self>,
        values: &Bound<'_, PyDict>,
        field_resolver: Option<&Bound<'_, PyDict>>,
        unknown: &Unknown,
    ) -> PyResult<()> {
        const LATE: [&str; 8] = [
            "text",
            "blob",
            "tensor",
            "content",
            "uri",
            "mime_type",
            "chunks",
            "matches",
        ];
        let mut late: [Option<Bound<'_, PyAny>>; LATE.len()] = Default::default();
        let mut rest: Vec<(Bound<'_, PyString>, Bound<'_, PyAny>)> = Vec::new();
        for (key, value) in values.iter() {
            let key = key.cast_into::<PyString>()?;
            let name = key.to_str()?;
            if let Some(index) = LATE.iter().position(|late| *late == name) {
                if let Some(slot) = late.get_mut(index) {
                    *slot = Some(value);
                }
            } else if let Some(field) = Field::from_name(name) {
                Self::put(slf, field, &value)?;
            } else {
                rest.push((key, value));
            }
        }
        if !rest.is_empty() {
            rest = Self::resolve(slf, rest, field_resolver, &LATE, &mut late)?;
        }
        for (name, value) in LATE.into_iter().zip(late) {
            match (value, Field::from_name(name)) {
                (Some(value), Some(field)) => Self::put(slf, field, &value)?,
                (Some(value), None) => Self::put_content(slf, &value)?,
                (None, _) => {}
            }
        }
        Self::take_unknown(slf, &rest, unknown)
    }

    /// Renames unknown names through the resolver; returns what stays unknown.
    fn resolve<'py>(
        slf: &Bound<'py, Self>,
        names: Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>,
        field_resolver: Option<&Bound<'py, PyDict>>,
        late_names: &[&str],
        late: &mut [Option<Bound<'py, PyAny>>],
    ) -> PyResult<Vec<(Bound<'py, PyString>, Bound<'py, PyAny>)>> {
        let Some(resolver) = field_resolver else {
            return Ok(names);
        };
        let mut rest = Vec::new();
        for (key, value) in names {
            let key = match resolver.get_item(&key)? {
                Some(other) => other.cast_into::<PyString>()?,
                None => key,
            };
            let name = key.to_str()?;
            if let Some(index) = late_names.iter().position(|late| *late == name) {
                if let Some(slot) = late.get_mut(index) {
                    slot.get_or_insert(value);
                }
            } else if let Some(field) = Field::from_name(name) {
                Self::put(slf, field, &value)?;
            } else {
                rest.push((key, value));
            }
        }
        Ok(rest)
    }

    fn take_unknown(
        slf: &Bound<'_, Self>,
        rest: &[(Bound<'_, PyString>, Bound<'_, PyAny>)],
        unknown: &Unknown,
    ) -> PyResult<()> {
        match (rest.first(), unknown) {
            (None, _) | (_, Unknown::Drop) => Ok(()),
            (Some((key, _)), Unknown::Raise) => {
                Err(pyo3::exceptions::PyAttributeError::new_err(format!(
                    "Document has no field '{key}'; leave unknown_fields_handler out and it becomes a tag"
                )))
            }
            (_, Unknown::Catch) => {
                let tags = Self::get(slf, Field::Tags)?;
                rest.iter()
                    .try_for_each(|(key, value)| tags.set_item(key, value))
            }
        }
    }
}
