//! Paths through nested arrays: `@r,c`, `@cm`, `@r[:1]c0`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyList, PySlice};
use tidegate_doc::Field;
use tidegate_doc::path::{Path, Place, parse};

use super::recursion::Level;
use super::{PyDocument, PyDocumentArray};

#[pymethods]
impl PyDocumentArray {
    /// One array per group of Documents that the paths lead to.
    #[pyo3(signature = (traversal_paths, filter_fn=None))]
    fn traverse<'py>(
        slf: &Bound<'py, Self>,
        traversal_paths: &str,
        filter_fn: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyIterator>> {
        let mut groups = Vec::new();
        for path in paths(traversal_paths)? {
            Self::walk(slf, &path, filter_fn, &mut groups)?;
        }
        PyList::new(slf.py(), groups)?.try_iter()
    }

    /// Every Document that the paths lead to, as one array.
    #[pyo3(signature = (traversal_paths, filter_fn=None))]
    fn traverse_flat<'py>(
        slf: &Bound<'py, Self>,
        traversal_paths: &str,
        filter_fn: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        if traversal_paths.trim() == "r" && filter_fn.is_none() {
            return Ok(slf.clone());
        }
        let mut groups = Vec::new();
        for path in paths(traversal_paths)? {
            Self::walk(slf, &path, filter_fn, &mut groups)?;
        }
        Self::joined(slf.py(), &groups)
    }

    /// One array per path, with every Document that it leads to.
    #[pyo3(signature = (traversal_paths, filter_fn=None))]
    fn traverse_flat_per_path<'py>(
        slf: &Bound<'py, Self>,
        traversal_paths: &str,
        filter_fn: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyIterator>> {
        let mut arrays = Vec::new();
        for path in paths(traversal_paths)? {
            let mut groups = Vec::new();
            Self::walk(slf, &path, filter_fn, &mut groups)?;
            arrays.push(Self::joined(slf.py(), &groups)?);
        }
        PyList::new(slf.py(), arrays)?.try_iter()
    }

    /// Every Document at every depth as one array: chunks and matches before the Document that has them.
    #[pyo3(name = "flatten")]
    fn flatten_out<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let known = slf.getattr("__dict__")?.get_item("_flattened");
        if known.is_ok_and(|known| known.is_truthy().unwrap_or(false)) {
            return Ok(slf.clone().into_any());
        }
        let flat = Self::flatten(slf)?.into_any();
        flat.setattr("_flattened", true)?;
        Ok(flat)
    }
}

fn paths(text: &str) -> PyResult<Vec<Path>> {
    parse(text).map_err(|error| PyValueError::new_err(error.to_string()))
}

impl PyDocumentArray {
    /// Every Document at every depth: chunks, then matches, then the Document itself.
    pub(super) fn flatten<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, Self>> {
        let mut out = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for document in Self::documents(slf)? {
            descend(&document, &mut out, &mut seen)?;
        }
        Self::of(slf.py(), out)
    }

    /// What `docs['@path']` is.
    pub(super) fn traverse_flat_path<'py>(
        slf: &Bound<'py, Self>,
        path: &str,
    ) -> PyResult<Bound<'py, Self>> {
        Self::traverse_flat(slf, path, None)
    }

    fn joined<'py>(py: Python<'py>, groups: &[Bound<'py, Self>]) -> PyResult<Bound<'py, Self>> {
        let mut documents = Vec::new();
        for group in groups {
            documents.extend(Self::documents(group)?);
        }
        Self::of(py, documents)
    }

    fn walk<'py>(
        slf: &Bound<'py, Self>,
        path: &[tidegate_doc::path::Step],
        filter_fn: Option<&Bound<'py, PyAny>>,
        groups: &mut Vec<Bound<'py, Self>>,
    ) -> PyResult<()> {
        let Some((step, rest)) = path.split_first() else {
            groups.push(match filter_fn {
                None => slf.clone(),
                Some(keep) => {
                    let mut kept = Vec::new();
                    for document in Self::documents(slf)? {
                        if keep.call1((&document,))?.is_truthy()? {
                            kept.push(document);
                        }
                    }
                    Self::of(slf.py(), kept)?
                }
            });
            return Ok(());
        };
        let field = match &step.place {
            Place::Root => return Self::walk(&Self::cut(slf, step)?, rest, filter_fn, groups),
            Place::Chunks => Field::Chunks,
            Place::Matches => Field::Matches,
            Place::Attributes(names) => {
                for document in Self::documents(slf)? {
                    for name in names {
                        let found = PyDocument::get_multi_modal_attribute(&document, name)?;
                        let found = found.cast_into::<Self>()?;
                        Self::walk(&Self::cut(&found, step)?, rest, filter_fn, groups)?;
                    }
                }
                return Ok(());
            }
        };
        for document in Self::documents(slf)? {
            if !PyDocument::is_set(&document, field)? {
                groups_of_nothing(slf, rest, filter_fn, groups)?;
                continue;
            }
            let nested = PyDocument::get(&document, field)?.cast_into::<Self>()?;
            Self::walk(&Self::cut(&nested, step)?, rest, filter_fn, groups)?;
        }
        Ok(())
    }

    fn cut<'py>(
        slf: &Bound<'py, Self>,
        step: &tidegate_doc::path::Step,
    ) -> PyResult<Bound<'py, Self>> {
        let Some(range) = &step.range else {
            return Ok(slf.clone());
        };
        let len = isize::try_from(Self::length(slf)?).unwrap_or(isize::MAX);
        let slice = PySlice::new(
            slf.py(),
            range.start.unwrap_or(0),
            range.stop.unwrap_or(len),
            range.step.unwrap_or(1),
        );
        let positions = Self::slice_positions(slf, &slice)?;
        Self::pick(slf, &positions)
    }
}

/// A Document without children still is a group of its own, an empty one, when it is the last step.
fn groups_of_nothing<'py>(
    array: &Bound<'py, PyDocumentArray>,
    rest: &[tidegate_doc::path::Step],
    filter_fn: Option<&Bound<'py, PyAny>>,
    groups: &mut Vec<Bound<'py, PyDocumentArray>>,
) -> PyResult<()> {
    let empty = PyDocumentArray::of(array.py(), [])?;
    PyDocumentArray::walk(&empty, rest, filter_fn, groups)
}

fn descend<'py>(
    document: &Bound<'py, PyDocument>,
    out: &mut Vec<Bound<'py, PyDocument>>,
    seen: &mut std::collections::HashSet<usize>,
) -> PyResult<()> {
    if !seen.insert(PyDocument::root(document)?.as_ptr().addr()) {
        out.push(document.clone());
        return Ok(());
    }
    let _level = Level::enter(document.py(), c" while flattening Documents")?;
    for field in [Field::Chunks, Field::Matches] {
        if PyDocument::is_set(document, field)? {
            let nested = PyDocument::get(document, field)?.cast_into::<PyDocumentArray>()?;
            for child in PyDocumentArray::documents(&nested)? {
                descend(&child, out, seen)?;
            }
        }
    }
    out.push(document.clone());
    Ok(())
}
