//! Documents that stand for an instance of a multimodal class, and what is done with them by models and
//! remote Flows; the work is done in Python, by modules that are imported when first used.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::delegates::hand_over;
use super::{PyDocument, PyDocumentArray};
use tidegate_doc::Field;

#[pymethods]
impl PyDocument {
    /// Whether it stands for an instance of a class made by `dataclass`.
    #[getter]
    fn is_multimodal(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if !Self::with(slf, |state| state.has(Field::Metadata))? {
            return Ok(false);
        }
        Self::get(slf, Field::Metadata)?.contains("multi_modal_schema")
    }

    /// The Documents of an attribute of the class that it stands for.
    #[pyo3(signature = (attribute))]
    pub(super) fn get_multi_modal_attribute<'py>(
        slf: &Bound<'py, Self>,
        attribute: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (attribute,).into_pyobject(slf.py())?;
        hand_over(
            slf,
            ("multimodal", "get_multi_modal_attribute"),
            &args,
            None,
        )
    }

    /// Puts other Documents in the place of an attribute of the class that it stands for.
    #[pyo3(signature = (attribute, value))]
    fn set_multi_modal_attribute<'py>(
        slf: &Bound<'py, Self>,
        attribute: &str,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (attribute, value).into_pyobject(slf.py())?;
        hand_over(
            slf,
            ("multimodal", "set_multi_modal_attribute"),
            &args,
            None,
        )
    }

    /// The Document that stands for an instance of a class made by `dataclass`.
    #[classmethod]
    #[pyo3(signature = (obj))]
    fn _from_dataclass<'py>(
        cls: &Bound<'py, pyo3::types::PyType>,
        obj: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let document = cls.call0()?;
        Self::fill_from_dataclass(document.cast::<Self>()?, obj)?;
        Ok(document)
    }

    /// Attributes of the class that it stands for; there are no others that are not found elsewhere.
    fn __getattr__<'py>(
        slf: &Bound<'py, Self>,
        name: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if Self::with(slf, |state| state.has(Field::Metadata))? && Self::has_attribute(slf, name)? {
            let args = (name,).into_pyobject(slf.py())?;
            return hand_over(slf, ("multimodal", "attribute"), &args, None);
        }
        Err(pyo3::exceptions::PyAttributeError::new_err(format!(
            "{} has no attribute '{name}'",
            slf.get_type().name()?
        )))
    }

    /// Sets an attribute of the class that it stands for, or what any object's attribute is.
    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        if super::tracking::may_lead_back(value) {
            super::tracking::show(slf);
        }
        if Self::with(slf, |state| state.has(Field::Metadata))? && Self::has_attribute(slf, name)? {
            let args = (name, value).into_pyobject(slf.py())?;
            let home = ("multimodal", "set_multi_modal_attribute");
            return hand_over(slf, home, &args, None).map(drop);
        }
        set_plain(slf.as_any(), name, Some(value))
    }

    /// Deletes what any object's attribute is.
    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<()> {
        set_plain(slf.as_any(), name, None)
    }

    /// Yields a Document per picture of the computer's camera, until `exit_event` is set or the key is hit.
    #[classmethod]
    #[pyo3(signature = (height_width=None, show_window=true, window_title="webcam", fps=30, exit_key=27, exit_event=None, tags=None))]
    #[allow(clippy::too_many_arguments)]
    fn generator_from_webcam<'py>(
        cls: &Bound<'py, pyo3::types::PyType>,
        height_width: Option<Bound<'py, PyAny>>,
        show_window: bool,
        window_title: &str,
        fps: i64,
        exit_key: i64,
        exit_event: Option<Bound<'py, PyAny>>,
        tags: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let args = (
            height_width,
            show_window,
            window_title,
            fps,
            exit_key,
            exit_event,
            tags,
        )
            .into_pyobject(cls.py())?;
        hand_over(
            cls.as_any(),
            ("video", "generator_from_webcam"),
            &args,
            None,
        )
    }

    /// Makes its `embedding` with a model of torch, Keras, paddle or ONNX and returns the Document.
    #[pyo3(signature = (*args, **kwargs))]
    fn embed<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        let array = PyDocumentArray::of(slf.py(), [slf.clone()])?;
        array.call_method("embed", args, kwargs)?;
        Ok(slf.clone())
    }

    /// Sends itself to the Flow at an address and returns the first Document of the answer.
    #[pyo3(signature = (*args, **kwargs))]
    fn post<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let array = PyDocumentArray::of(slf.py(), [slf.clone()])?;
        array.call_method("post", args, kwargs)?.get_item(0)
    }

    /// The values of fields, of which `a__b` reaches inside; one field's value is given bare.
    #[pyo3(signature = (*fields))]
    fn _get_attributes<'py>(
        slf: &Bound<'py, Self>,
        fields: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("content", "get_attributes"), fields, None)
    }

    /// Shows it in a notebook.
    fn _ipython_display_(slf: &Bound<'_, Self>) -> PyResult<()> {
        slf.call_method0("summary").map(drop)
    }
}

/// Does what `object.__setattr__` does, and without a value what `object.__delattr__` does.
#[allow(unsafe_code)]
fn set_plain(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyAny>,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let value = value.map_or(std::ptr::null_mut(), Bound::as_ptr);
    // SAFETY: object, name and value are live for the call and the thread is attached; a null value means
    // deletion; the function borrows all three and raises if `name` is no str.
    let done = unsafe { pyo3::ffi::PyObject_GenericSetAttr(object.as_ptr(), name.as_ptr(), value) };
    if done == 0 {
        return Ok(());
    }
    Err(PyErr::fetch(object.py()))
}

impl PyDocument {
    /// Whether the class that it stands for has such an attribute.
    fn has_attribute(slf: &Bound<'_, Self>, name: &Bound<'_, PyAny>) -> PyResult<bool> {
        let metadata = Self::get(slf, Field::Metadata)?;
        if !metadata.contains("multi_modal_schema")? {
            return Ok(false);
        }
        metadata.get_item("multi_modal_schema")?.contains(name)
    }

    /// Makes a new Document stand for an instance of a multimodal class.
    pub(super) fn fill_from_dataclass(
        slf: &Bound<'_, Self>,
        obj: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let args = (obj,).into_pyobject(slf.py())?;
        hand_over(slf, ("multimodal", "fill"), &args, None).map(drop)
    }
}
