//! One field of every Document at once.

use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use tidegate_doc::Field;

use super::tensor::{framework, is_foreign_array, is_sparse, numpy, to_numpy};
use super::{PyDocument, PyDocumentArray};

#[pymethods]
impl PyDocumentArray {
    /// The texts, in order; None for an empty array. Setting takes one per Document, or None for all.
    #[getter]
    fn texts<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyList>>> {
        Self::plain_column(slf, Field::Text)
    }

    #[setter(texts)]
    fn set_texts<'py>(slf: &Bound<'py, Self>, values: &Bound<'py, PyAny>) -> PyResult<()> {
        Self::set_plain_column(slf, Field::Text, values)
    }

    /// The blobs, in order; None for an empty array. Setting takes one per Document, or None for all.
    #[getter]
    fn blobs<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyList>>> {
        Self::plain_column(slf, Field::Blob)
    }

    #[setter(blobs)]
    fn set_blobs<'py>(slf: &Bound<'py, Self>, values: &Bound<'py, PyAny>) -> PyResult<()> {
        Self::set_plain_column(slf, Field::Blob, values)
    }

    /// The tensors, stacked; None where no Document has one. Each Document of an assigned array shows its
    /// row of it.
    #[getter]
    fn tensors<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::stacked(slf, Field::Tensor)
    }

    #[setter(tensors)]
    fn set_tensors<'py>(slf: &Bound<'py, Self>, values: &Bound<'py, PyAny>) -> PyResult<()> {
        Self::set_rows(slf, Field::Tensor, values)
    }

    /// The embeddings, stacked; None where no Document has one. Each Document of an assigned array shows
    /// its row of it.
    #[getter]
    fn embeddings<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::stacked(slf, Field::Embedding)
    }

    #[setter(embeddings)]
    fn set_embeddings<'py>(slf: &Bound<'py, Self>, values: &Bound<'py, PyAny>) -> PyResult<()> {
        Self::set_rows(slf, Field::Embedding, values)
    }

    /// The contents: texts, blobs or tensors, by the kind of the first Document's.
    #[getter]
    fn contents<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let none = slf.py().None().into_bound(slf.py());
        let length = Self::length(slf)?;
        let mut kind = None;
        for at in [0, length.saturating_sub(1)] {
            if let (None, Some(document)) = (kind, Self::at(slf, at)?) {
                kind = PyDocument::content_kind(&document)?;
            }
        }
        match kind {
            None => Ok(none),
            Some(Field::Tensor) => Self::tensors(slf),
            Some(field) => Ok(Self::plain_column(slf, field)?.map_or(none, Bound::into_any)),
        }
    }

    #[setter(contents)]
    fn set_contents<'py>(slf: &Bound<'py, Self>, values: &Bound<'py, PyAny>) -> PyResult<()> {
        if values.is_none() {
            for document in Self::documents(slf)? {
                PyDocument::put_content(&document, values)?;
            }
            return Ok(());
        }
        if framework(values).is_some() {
            return Self::set_rows(slf, Field::Tensor, values);
        }
        let documents = Self::documents(slf)?;
        Self::check_length(values, documents.len(), "contents")?;
        for (document, value) in documents.iter().zip(values.try_iter()?) {
            PyDocument::put_content(document, &value?)?;
        }
        Ok(())
    }
}

impl PyDocumentArray {
    fn column<'py>(slf: &Bound<'py, Self>, field: Field) -> PyResult<Vec<Bound<'py, PyAny>>> {
        Self::documents(slf)?
            .iter()
            .map(|document| PyDocument::get(document, field))
            .collect()
    }

    fn plain_column<'py>(
        slf: &Bound<'py, Self>,
        field: Field,
    ) -> PyResult<Option<Bound<'py, PyList>>> {
        if Self::length(slf)? == 0 {
            return Ok(None);
        }
        PyList::new(slf.py(), Self::column(slf, field)?).map(Some)
    }

    fn check_length(values: &Bound<'_, PyAny>, wanted: usize, name: &str) -> PyResult<()> {
        let given = values.len().map_err(|_| {
            PyTypeError::new_err(format!(
                "{name} are set to one for each of the {wanted} Documents, not to {}",
                super::structs::a_type(values)
            ))
        })?;
        if given != wanted {
            return Err(PyValueError::new_err(format!(
                "{given} {name} were given for {wanted} Documents"
            )));
        }
        Ok(())
    }

    fn set_plain_column<'py>(
        slf: &Bound<'py, Self>,
        field: Field,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let documents = Self::documents(slf)?;
        if values.is_none() {
            return documents
                .iter()
                .try_for_each(|document| PyDocument::put(document, field, values));
        }
        Self::check_length(values, documents.len(), &format!("{}s", field.name()))?;
        for (document, value) in documents.iter().zip(values.try_iter()?) {
            PyDocument::put(document, field, &value?)?;
        }
        Ok(())
    }

    fn set_rows<'py>(
        slf: &Bound<'py, Self>,
        field: Field,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let documents = Self::documents(slf)?;
        if values.is_none() {
            return documents
                .iter()
                .try_for_each(|document| PyDocument::put(document, field, values));
        }
        let values = &if is_foreign_array(values)? {
            to_numpy(values)?
        } else {
            values.clone()
        };
        let sparse = framework(values) == Some("scipy");
        if is_sparse(values)? && !sparse {
            return Err(PyTypeError::new_err(format!(
                "a sparse {} cannot be spread over Documents; one of scipy can, as can a dense one",
                values.get_type().name()?
            )));
        }
        let given: usize = match values.getattr("shape") {
            Ok(shape) if framework(values).is_some() => {
                let rows = shape.get_item(0).map_err(|_| {
                    PyValueError::new_err(format!(
                        "{}s are one array per Document; a single number was given",
                        field.name()
                    ))
                })?;
                rows.extract()?
            }
            _ => values.len()?,
        };
        if given != documents.len() {
            return Err(PyValueError::new_err(format!(
                "{given} {}s were given for {} Documents",
                field.name(),
                documents.len()
            )));
        }
        let format = if sparse {
            Some(values.getattr("format")?)
        } else {
            None
        };
        let rows = match &format {
            Some(_) => values.call_method0("tocsr")?,
            None => values.clone(),
        };
        for (at, document) in documents.iter().enumerate() {
            let mut row = rows.get_item(at)?;
            if let Some(format) = &format {
                row = row.call_method1("asformat", (format,))?;
            }
            PyDocument::put(document, field, &row)?;
        }
        Ok(())
    }

    /// A column of arrays as one array of the first one's framework.
    fn stacked<'py>(slf: &Bound<'py, Self>, field: Field) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if let Some(matrix) = Self::gathered(slf, field)? {
            return Ok(matrix);
        }
        let column = Self::column(slf, field)?;
        let missing: Vec<usize> = column
            .iter()
            .enumerate()
            .filter(|(_, v)| v.is_none())
            .map(|(at, _)| at)
            .collect();
        let Some(first) = column.first().filter(|_| missing.len() < column.len()) else {
            return Ok(py.None().into_bound(py));
        };
        if first.is_none() {
            return Ok(PyList::new(py, column)?.into_any());
        }
        if !missing.is_empty() {
            return Err(PyValueError::new_err(format!(
                "cannot stack {}s: the Documents at {missing:?} have none",
                field.name()
            )));
        }
        let kind = framework(first);
        let list = PyList::new(py, &column)?;
        match kind {
            Some("numpy" | "jax" | "jaxlib") => numpy(py)?.call_method1("stack", (list,)),
            Some("scipy") => py.import("scipy.sparse")?.call_method1("vstack", (list,)),
            None if is_foreign_array(first)? => {
                let arrays: Vec<_> = list.iter().map(|v| to_numpy(&v)).collect::<PyResult<_>>()?;
                numpy(py)?.call_method1("stack", (arrays,))
            }
            Some("torch") => py.import("torch")?.call_method1("stack", (list,)),
            Some("tensorflow") => py.import("tensorflow")?.call_method1("stack", (list,)),
            Some("paddle") => py.import("paddle")?.call_method1("stack", (list,)),
            _ => Ok(list.into_any()),
        }
    }

    /// `docs[selection, names]`: a column, or a list of columns; arrays come stacked.
    pub(super) fn attribute_columns<'py>(
        slf: &Bound<'py, Self>,
        names: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let one = |name: &str| -> PyResult<Bound<'py, PyAny>> {
            match name {
                "tensor" => Self::tensors(slf),
                "embedding" => Self::embeddings(slf),
                _ => {
                    let values: Vec<_> = Self::documents(slf)?
                        .iter()
                        .map(|document| PyDocument::attribute(document, name))
                        .collect::<PyResult<_>>()?;
                    Ok(PyList::new(slf.py(), values)?.into_any())
                }
            }
        };
        if let Ok(name) = names.cast::<PyString>() {
            return one(name.to_str()?);
        }
        let mut columns = Vec::new();
        if Self::length(slf)? == 0 {
            return Ok(PyList::empty(slf.py()).into_any());
        }
        for name in names.try_iter()? {
            columns.push(one(name?.cast_into::<PyString>()?.to_str()?)?);
        }
        if columns.len() == 1 {
            return Ok(columns.remove(0));
        }
        Ok(PyList::new(slf.py(), columns)?.into_any())
    }

    /// `docs[selection, names] = values`.
    pub(super) fn set_attribute_columns<'py>(
        slf: &Bound<'py, Self>,
        names: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let one = |name: &Bound<'py, PyString>, value: &Bound<'py, PyAny>| -> PyResult<()> {
            match name.to_str()? {
                "tensor" if !value.is_none() => return Self::set_tensors(slf, value),
                "embedding" if !value.is_none() => return Self::set_embeddings(slf, value),
                _ => {}
            }
            let documents = Self::documents(slf)?;
            if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
                for (document, value) in documents.iter().zip(value.try_iter()?) {
                    document.setattr(name, value?)?;
                }
                return Ok(());
            }
            documents
                .iter()
                .try_for_each(|document| document.setattr(name, value))
        };
        if let Ok(name) = names.cast::<PyString>() {
            return one(name, values);
        }
        for (name, value) in names.try_iter()?.zip(values.try_iter()?) {
            one(&name?.cast_into::<PyString>()?, &value?)?;
        }
        Ok(())
    }

    /// Gives every Document of a flattened array the data of another with the same id, in order.
    pub(super) fn assign_in_place<'py>(
        slf: &Bound<'py, Self>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let py = slf.py();
        let (ours, theirs) = (Self::documents(slf)?, super::array::collect(value)?);
        if ours.len() != theirs.len() {
            return Err(PyValueError::new_err(format!(
                "{} Documents were given for {} places",
                theirs.len(),
                ours.len()
            )));
        }
        for (old, new) in ours.iter().zip(&theirs) {
            if !PyDocument::get(old, Field::Id)?.eq(PyDocument::get(new, Field::Id)?)? {
                return Err(PyValueError::new_err(
                    "the Documents given must have the same ids in the same order",
                ));
            }
        }
        for (old, new) in ours.iter().zip(&theirs) {
            let old = PyDocument::root(old)?;
            if !old.is(PyDocument::root(new)?) {
                let state = PyDocument::with(new, |state| state.share(py))?;
                PyDocument::replace_state(&old, state)?;
                PyDocument::with(&old, super::state::State::touch)?;
            }
        }
        Ok(())
    }
}

impl PyDocument {
    /// An attribute by a name whose parts `__` joins: `tags__a`, `scores__cos__value`, `chunks__0__text`.
    pub(super) fn attribute<'py>(
        slf: &Bound<'py, Self>,
        name: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if name == "_metadata" || !name.contains("__") || name.starts_with("__") {
            return slf.getattr(name);
        }
        let mut value = slf.clone().into_any();
        for part in name.split("__") {
            // As in docarray, the way ends at whatever is empty.
            if !value.is_truthy().unwrap_or(true) {
                return Ok(py.None().into_bound(py));
            }
            value = if let Ok(dict) = value.cast::<pyo3::types::PyDict>() {
                match dict.get_item(part)? {
                    Some(value) => value,
                    None => return Ok(py.None().into_bound(py)),
                }
            } else if let Ok(at) = part.parse::<isize>() {
                value.get_item(at)?
            } else {
                value.getattr(part)?
            };
        }
        Ok(value)
    }

    /// `docs[i, names]`: the attribute, or a list of them.
    pub(super) fn attributes<'py>(
        slf: &Bound<'py, Self>,
        names: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(name) = names.cast::<PyString>() {
            return Self::attribute(slf, name.to_str()?);
        }
        let mut values = Vec::new();
        for name in names.try_iter()? {
            values.push(Self::attribute(
                slf,
                name?.cast_into::<PyString>()?.to_str()?,
            )?);
        }
        Ok(PyList::new(slf.py(), values)?.into_any())
    }

    /// `docs[i, names] = values`.
    pub(super) fn set_attributes<'py>(
        slf: &Bound<'py, Self>,
        names: &Bound<'py, PyAny>,
        values: &Bound<'py, PyAny>,
    ) -> PyResult<()> {
        let known = |name: &Bound<'py, PyString>| -> PyResult<()> {
            if slf.hasattr(name)? {
                return Ok(());
            }
            Err(PyIndexError::new_err(format!(
                "'{name}' is neither an id nor an attribute"
            )))
        };
        if let Ok(name) = names.cast::<PyString>() {
            known(name)?;
            return slf.setattr(name, values);
        }
        for name in names.try_iter()? {
            known(&name?.cast_into::<PyString>()?)?;
        }
        for (name, value) in names.try_iter()?.zip(values.try_iter()?) {
            slf.setattr(name?.cast_into::<PyString>()?, value?)?;
        }
        Ok(())
    }
}
