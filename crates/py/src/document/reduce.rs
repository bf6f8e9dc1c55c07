//! Merging arrays whose Documents are parts of the same ones.

use pyo3::prelude::*;
use pyo3::types::PyString;
use tidegate_doc::Field;

use super::array::collect;
use super::recursion::Level;
use super::{PyDocument, PyDocumentArray};

#[pymethods]
impl PyDocumentArray {
    /// Merges another array into this one and returns it. Documents are matched by id: a field that is set
    /// here stays, one that is set only there is taken over, chunks and matches are merged the same way;
    /// Documents that are only there are added at the end.
    #[pyo3(name = "reduce")]
    fn merge<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        for theirs in collect(other)? {
            let id = PyDocument::get(&theirs, Field::Id)?;
            let known = match id.cast::<PyString>() {
                Ok(id) => Self::find_id(slf, id.to_str()?)?,
                Err(_) => None,
            };
            match known.map(|at| Self::at(slf, at)).transpose()?.flatten() {
                Some(ours) => merge_document(&ours, &theirs)?,
                None => Self::append(slf, theirs.as_any())?,
            }
        }
        Ok(slf.clone())
    }

    /// Merges several arrays into this one, the first ones first, and returns it.
    fn reduce_all<'py>(
        slf: &Bound<'py, Self>,
        others: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, Self>> {
        for other in others.try_iter()? {
            Self::merge(slf, &other?)?;
        }
        Ok(slf.clone())
    }
}

/// Takes over what is set only in `theirs`.
fn merge_document<'py>(
    ours: &Bound<'py, PyDocument>,
    theirs: &Bound<'py, PyDocument>,
) -> PyResult<()> {
    if PyDocument::root(ours)?.is(PyDocument::root(theirs)?) {
        return Ok(());
    }
    let _level = Level::enter(ours.py(), c" while merging Documents")?;
    // By number, so that an explicit MIME type comes after what the uri suggests.
    for field in Field::BY_NUMBER {
        if !PyDocument::is_set(theirs, field)? {
            continue;
        }
        match field {
            Field::Id | Field::ParentId => {}
            Field::Chunks | Field::Matches => {
                let nested = PyDocument::get(ours, field)?.cast_into::<PyDocumentArray>()?;
                PyDocumentArray::merge(&nested, &PyDocument::get(theirs, field)?)?;
            }
            _ if PyDocument::is_set(ours, field)? => {}
            _ => PyDocument::put(ours, field, &PyDocument::get(theirs, field)?)?,
        }
    }
    Ok(())
}
