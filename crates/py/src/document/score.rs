//! `NamedScore`, the value type of `scores` and `evaluations`.

use pyo3::exceptions::PyTypeError;
use pyo3::gc::PyVisit;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyString, PyTuple};
use pyo3::{PyTraverseError, intern};
use tidegate_doc::wire::{Reader, Sink, WireType, Writer};

use super::structs::a_type;

const NAMES: [&str; 4] = PyNamedScore::NAMES;

/// A score with a name: its value, the operation that it comes from, a description and what it refers to.
#[pyclass(name = "NamedScore", module = "tidegate", subclass, weakref, dict)]
#[derive(Default)]
pub(crate) struct PyNamedScore {
    parts: [Option<Py<PyAny>>; 4],
}

#[pymethods]
impl PyNamedScore {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self::default()
    }

    /// Takes `value`, `op_name`, `description` and `ref_id`, each optional, or another score or a dict.
    #[pyo3(signature = (obj=None, copy=false, **kwargs))]
    fn __init__(
        slf: &Bound<'_, Self>,
        obj: Option<&Bound<'_, PyAny>>,
        copy: bool,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let _ = copy;
        if let Some(other) = obj.filter(|obj| !obj.is_none()) {
            if let Ok(other) = other.cast::<Self>() {
                let parts = other.try_borrow()?.share(slf.py());
                slf.try_borrow_mut()?.parts = parts;
            } else if let Ok(other) = other.cast::<PyDict>() {
                Self::assign(slf, other)?;
            } else {
                return Err(PyTypeError::new_err(format!(
                    "NamedScore() takes a NamedScore, a dict or keywords, not {}",
                    a_type(other)
                )));
            }
        }
        kwargs.map_or(Ok(()), |kwargs| Self::assign(slf, kwargs))
    }

    /// The number; 0.0 where unset.
    #[getter]
    fn value<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.part(py, 0)
    }

    #[setter]
    fn set_value(slf: &Bound<'_, Self>, value: Option<Py<PyAny>>) -> PyResult<()> {
        Self::store(slf, 0, value)
    }

    /// The operation that it comes from; '' where unset.
    #[getter]
    fn op_name<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.part(py, 1)
    }

    #[setter]
    fn set_op_name(slf: &Bound<'_, Self>, value: Option<Py<PyAny>>) -> PyResult<()> {
        Self::store(slf, 1, value)
    }

    /// What it means; '' where unset.
    #[getter]
    fn description<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.part(py, 2)
    }

    #[setter]
    fn set_description(slf: &Bound<'_, Self>, value: Option<Py<PyAny>>) -> PyResult<()> {
        Self::store(slf, 2, value)
    }

    /// The id of what it refers to; '' where unset.
    #[getter]
    fn ref_id<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.part(py, 3)
    }

    #[setter]
    fn set_ref_id(slf: &Bound<'_, Self>, value: Option<Py<PyAny>>) -> PyResult<()> {
        Self::store(slf, 3, value)
    }

    /// The names of the fields that are set.
    #[getter]
    fn non_empty_fields<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let names: Vec<_> = NAMES
            .into_iter()
            .zip(&self.parts)
            .filter_map(|(name, part)| part.is_some().then_some(name))
            .collect();
        PyTuple::new(py, names)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        Ok(Self::as_dict(slf)?.repr()?.to_string())
    }

    fn __eq__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else {
            return Ok(false);
        };
        Self::as_dict(slf)?.eq(Self::as_dict(other)?)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        let py = slf.py();
        let parts: Vec<_> = (0..4).map(|i| slf.borrow().part(py, i)).collect();
        PyTuple::new(py, parts)?.hash()
    }

    /// A new score with the same values.
    fn __copy__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.get_type().call((), Some(&Self::as_dict(slf)?))
    }

    /// A new score with the same values.
    fn __deepcopy__<'py>(
        slf: &Bound<'py, Self>,
        _memo: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Self::__copy__(slf)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let arguments = PyTuple::new(py, [Self::as_dict(slf)?])?;
        PyTuple::new(py, [slf.get_type().into_any(), arguments.into_any()])
    }

    /// The fields that are set, as a dict.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        Self::as_dict(slf)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.parts.iter().try_for_each(|part| visit.call(part))
    }

    fn __clear__(&mut self) {
        self.parts = Default::default();
    }
}

impl PyNamedScore {
    /// Its fields, in order.
    pub(super) const NAMES: [&str; 4] = ["value", "op_name", "description", "ref_id"];

    fn part<'py>(&self, py: Python<'py>, index: usize) -> Bound<'py, PyAny> {
        match self.parts.get(index).and_then(Option::as_ref) {
            Some(part) => part.bind(py).clone(),
            None if index == 0 => PyFloat::new(py, 0.0).into_any(),
            None => intern!(py, "").clone().into_any(),
        }
    }

    /// Its fields' objects, in order.
    pub(super) fn share(&self, py: Python<'_>) -> [Option<Py<PyAny>>; 4] {
        self.parts
            .each_ref()
            .map(|part| part.as_ref().map(|object| object.clone_ref(py)))
    }

    fn store(slf: &Bound<'_, Self>, index: usize, value: Option<Py<PyAny>>) -> PyResult<()> {
        let mut this = slf.try_borrow_mut()?;
        let old = this
            .parts
            .get_mut(index)
            .and_then(|slot| std::mem::replace(slot, value));
        drop(this);
        drop(old);
        Ok(())
    }

    fn assign(slf: &Bound<'_, Self>, values: &Bound<'_, PyDict>) -> PyResult<()> {
        for (key, value) in values.iter() {
            let key = key.cast_into::<PyString>()?;
            let Some(index) = NAMES.iter().position(|name| key == *name) else {
                return Err(PyTypeError::new_err(format!(
                    "NamedScore() has no field '{key}'; its fields are {}",
                    NAMES.join(", ")
                )));
            };
            Self::store(slf, index, (!value.is_none()).then(|| value.unbind()))?;
        }
        Ok(())
    }

    fn as_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let py = slf.py();
        let dict = PyDict::new(py);
        let this = slf.try_borrow()?;
        let set = this.share(py);
        drop(this);
        for (name, part) in NAMES.into_iter().zip(set) {
            if let Some(part) = part {
                dict.set_item(name, part)?;
            }
        }
        Ok(dict)
    }

    /// The score as a dict with every key, None where unset.
    pub(super) fn plain<'py>(
        score: &Bound<'py, PyAny>,
        exclude_none: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = score.py();
        let set = match score.cast::<Self>() {
            Ok(score) => Self::as_dict(score)?,
            Err(_) => score.cast::<PyDict>()?.clone(),
        };
        let out = PyDict::new(py);
        for name in NAMES {
            let value = set.get_item(name)?;
            if value.is_some() || !exclude_none {
                out.set_item(name, value)?;
            }
        }
        Ok(out)
    }

    /// A score as received.
    pub(super) fn received<'py>(py: Python<'py>, wire: &[u8]) -> PyResult<Bound<'py, Self>> {
        let mut score = Self::default();
        for entry in Reader::new(wire).flatten() {
            let part = match (entry.number, entry.wire) {
                (1, WireType::Fixed32) if entry.float() != 0.0 => {
                    PyFloat::new(py, entry.float().into()).into_any()
                }
                (2..=4, WireType::Bytes) if !entry.payload.is_empty() => {
                    PyString::new(py, entry.text()).into_any()
                }
                _ => continue,
            };
            if let Some(slot) = score.parts.get_mut(entry.number as usize - 1) {
                *slot = Some(part.unbind());
            }
        }
        Bound::new(py, score)
    }

    /// Its bytes as a `NamedScoreProto`; errors name the field.
    pub(super) fn write(slf: &Bound<'_, Self>) -> PyResult<Vec<u8>> {
        let py = slf.py();
        let mut out = Writer::default();
        let parts = slf.try_borrow()?.share(py);
        for ((number, name), part) in (1..).zip(NAMES).zip(parts) {
            let Some(part) = part else { continue };
            let part = part.into_bound(py);
            if number == 1 {
                let Some(value) = float(&part) else {
                    return Err(PyTypeError::new_err(format!(
                        "{name} is {}, and a number is what can travel",
                        a_type(&part)
                    )));
                };
                if value != 0.0 {
                    out.float_field(1, value);
                }
            } else {
                let Ok(text) = part.cast::<PyString>() else {
                    return Err(PyTypeError::new_err(format!(
                        "{name} is {}, and a str is what can travel",
                        a_type(&part)
                    )));
                };
                let text = text.to_str()?;
                if !text.is_empty() {
                    out.bytes_field(number, text.as_bytes());
                }
            }
        }
        Ok(out.out)
    }
}

/// A number as a 32-bit float, as `weight`, `offset` and scores travel; `None` for what is no number.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn float(value: &Bound<'_, PyAny>) -> Option<f32> {
    if value.is_instance_of::<PyString>() {
        return None;
    }
    value.extract::<f64>().ok().map(|value| value as f32)
}

/// An empty dict that makes a score for every key that is asked for.
pub(super) fn empty_scores(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    static DEFAULT_DICT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = DEFAULT_DICT.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("collections")?.getattr("defaultdict")?.unbind())
    })?;
    class.bind(py).call1((py.get_type::<PyNamedScore>(),))
}
