//! Python's own bound on how deep calls may nest, for walks over nested Documents.

use std::ffi::CStr;

use pyo3::ffi;
use pyo3::prelude::*;

/// One level of a walk; ends when dropped.
pub(super) struct Level<'py>(Python<'py>);

impl<'py> Level<'py> {
    /// Goes one level deeper, or raises RecursionError; `doing` completes its message.
    #[allow(unsafe_code)]
    pub(super) fn enter(py: Python<'py>, doing: &'static CStr) -> PyResult<Self> {
        // SAFETY: the interpreter is attached, as `py` shows, and the text lives for ever.
        if unsafe { ffi::Py_EnterRecursiveCall(doing.as_ptr()) } == 0 {
            Ok(Self(py))
        } else {
            Err(PyErr::fetch(py))
        }
    }
}

impl Drop for Level<'_> {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        let _attached = self.0;
        // SAFETY: undoes one successful `Py_EnterRecursiveCall` of the same thread.
        unsafe { ffi::Py_LeaveRecursiveCall() };
    }
}
