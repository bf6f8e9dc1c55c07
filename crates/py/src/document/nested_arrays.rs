//! `ChunkArray` and `MatchArray` as programs make them, and whose they are.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyWeakrefMethods, PyWeakrefReference};
use tidegate_doc::Field;

use super::array::{Body, Nest};
use super::rows::Rows;
use super::{PyChunkArray, PyDocument, PyDocumentArray, PyMatchArray};

impl PyDocumentArray {
    /// An array that holds nothing and is nobody's, for a subclass.
    fn unfilled() -> PyClassInitializer<Self> {
        PyClassInitializer::from(Self {
            body: Body::Own(Rows::default()),
            nest: None,
        })
    }

    /// Fills a nested array that a program makes itself: the Documents, marked as the parent's.
    fn fill_nested<'py>(
        slf: &Bound<'py, Self>,
        field: Field,
        docs: &Bound<'py, PyAny>,
        parent: Option<&Bound<'py, PyDocument>>,
    ) -> PyResult<()> {
        if let Some(parent) = parent {
            let parent = PyWeakrefReference::new(parent)?.unbind();
            slf.try_borrow_mut()?.nest = Some(Box::new(Nest { parent, field }));
        }
        Self::__init__(slf, Some(docs), false, None)?;
        if parent.is_some() {
            for document in Self::documents(slf)? {
                Self::mark_child(slf, &document)?;
            }
        }
        Ok(())
    }

    /// Makes a Document the parent of its nested array whose own is gone: a copy outlived it.
    pub(super) fn take_in<'py>(
        slf: &Bound<'py, Self>,
        document: &Bound<'py, PyDocument>,
    ) -> PyResult<()> {
        let py = slf.py();
        let parent = slf
            .try_borrow()?
            .nest
            .as_ref()
            .map(|nest| nest.parent.clone_ref(py));
        if let Some(parent) = parent
            && parent.bind(py).upgrade().is_none()
        {
            let parent = PyWeakrefReference::new(PyDocument::root(document)?.as_any())?.unbind();
            if let Some(nest) = &mut slf.try_borrow_mut()?.nest {
                nest.parent = parent;
            }
        }
        Ok(())
    }
}

#[pymethods]
impl PyChunkArray {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyDocumentArray::unfilled().add_subclass(Self)
    }

    fn __init__<'py>(
        slf: &Bound<'py, Self>,
        docs: &Bound<'py, PyAny>,
        reference_doc: Option<&Bound<'py, PyDocument>>,
    ) -> PyResult<()> {
        PyDocumentArray::fill_nested(slf.as_super(), Field::Chunks, docs, reference_doc)
    }
}

#[pymethods]
impl PyMatchArray {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyDocumentArray::unfilled().add_subclass(Self)
    }

    fn __init__<'py>(
        slf: &Bound<'py, Self>,
        docs: &Bound<'py, PyAny>,
        reference_doc: Option<&Bound<'py, PyDocument>>,
    ) -> PyResult<()> {
        PyDocumentArray::fill_nested(slf.as_super(), Field::Matches, docs, reference_doc)
    }
}
