//! Rust code that an event loop can call.

use pyo3::prelude::*;
use pyo3::types::PyTuple;

type Body = Box<dyn Fn(Python<'_>, &Bound<'_, PyTuple>) -> PyResult<()> + Send + Sync>;

/// A callable that runs a closure.
#[pyclass(frozen, module = "tidegate._tidegate")]
pub(crate) struct Callback(Body);

impl Callback {
    pub(crate) fn new(
        py: Python<'_>,
        body: impl Fn(Python<'_>, &Bound<'_, PyTuple>) -> PyResult<()> + Send + Sync + 'static,
    ) -> PyResult<Py<Self>> {
        Py::new(py, Self(Box::new(body)))
    }
}

#[pymethods]
impl Callback {
    #[pyo3(signature = (*args))]
    fn __call__(&self, args: &Bound<'_, PyTuple>) -> PyResult<()> {
        (self.0)(args.py(), args)
    }
}
