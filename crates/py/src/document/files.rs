//! Arrays in files and tables; the work is done in Python.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::delegates::hand_over;
use super::{PyDocument, PyDocumentArray};

#[pymethods]
impl PyDocumentArray {
    /// Writes what `to_bytes` returns to a file. See `tidegate._documents.files.save_binary`.
    #[pyo3(signature = (*args, **kwargs))]
    fn save_binary<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("files", "save_binary"), args, kwargs)
    }

    /// Reads what `save_binary` wrote; with `streaming=True` yields Documents as they are read.
    /// See `tidegate._documents.files.load_binary`.
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs))]
    fn load_binary<'py>(
        cls: &Bound<'py, PyType>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(cls, ("files", "load_binary"), args, kwargs)
    }

    /// Writes what `to_json` returns to a file. See `tidegate._documents.files.save_json`.
    #[pyo3(signature = (*args, **kwargs))]
    fn save_json<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("files", "save_json"), args, kwargs)
    }

    /// Reads what `save_json` wrote. See `tidegate._documents.files.load_json`.
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs))]
    fn load_json<'py>(
        cls: &Bound<'py, PyType>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(cls, ("files", "load_json"), args, kwargs)
    }

    /// Writes the array to a file as 'binary', 'json' or 'csv'. See `tidegate._documents.files.save`.
    #[pyo3(signature = (*args, **kwargs))]
    fn save<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("files", "save"), args, kwargs)
    }

    /// Reads what `save` wrote in that format. See `tidegate._documents.files.load`.
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs))]
    fn load<'py>(
        cls: &Bound<'py, PyType>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(cls, ("files", "load"), args, kwargs)
    }

    /// Writes a CSV file, a row per Document. See `tidegate._documents.tables.save_csv`.
    #[pyo3(signature = (*args, **kwargs))]
    fn save_csv<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(slf, ("tables", "save_csv"), args, kwargs)
    }

    /// Reads a CSV file, a Document per row. See `tidegate._documents.tables.load_csv`.
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs))]
    fn load_csv<'py>(
        cls: &Bound<'py, PyType>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(cls, ("tables", "load_csv"), args, kwargs)
    }

    /// The array as a pandas data frame with a column per field.
    #[pyo3(signature = (**kwargs))]
    fn to_dataframe<'py>(
        slf: &Bound<'py, Self>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(
            slf,
            ("tables", "to_dataframe"),
            &PyTuple::empty(slf.py()),
            kwargs,
        )
    }

    /// An array from a data frame that `to_dataframe` made.
    #[classmethod]
    fn from_dataframe<'py>(
        cls: &Bound<'py, PyType>,
        df: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        hand_over(
            cls,
            ("tables", "from_dataframe"),
            &PyTuple::new(cls.py(), [df])?,
            None,
        )
    }
}

#[pymethods]
impl PyDocument {
    /// How many bytes the Document has when serialised.
    #[getter]
    fn nbytes(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Ok(super::encode::document(slf)?.len())
    }
}
