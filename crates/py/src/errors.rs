//! From a core error to the Python exception that `tidegate.errors` has for its kind.

use pyo3::prelude::*;
use tidegate_core::Error;

/// The exception that stands for `error`: `tidegate.errors.from_native` makes it, so that the tree of
/// classes is written once, in Python.
pub(crate) fn to_py(py: Python<'_>, error: &Error) -> PyErr {
    let build = || -> PyResult<PyErr> {
        let module = py.import("tidegate.errors")?;
        let exception = error.exception().map(|e| {
            (
                e.name.clone(),
                e.args.clone(),
                e.stacks.clone(),
                e.executor.clone(),
            )
        });
        let made = module.call_method1(
            "from_native",
            (error.kind().as_str(), error.to_string(), exception),
        )?;
        Ok(PyErr::from_value(made))
    };
    build().unwrap_or_else(|failure| failure)
}
