//! How deep walks over nested Documents may go: as deep as Python lets calls nest, and never so deep
//! that the stack ends first. From 3.12 on Python counts calls of native code apart, and allows more of
//! them than fit a stack of 8 MiB.

use std::cell::Cell;
use std::ffi::CStr;

use pyo3::exceptions::PyRecursionError;
use pyo3::ffi;
use pyo3::prelude::*;

const MOST: u32 = 500;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One level of a walk; ends when dropped.
pub(super) struct Level<'py>(Python<'py>);

impl<'py> Level<'py> {
    /// Goes one level deeper, or raises RecursionError; `doing` completes its message.
    #[allow(unsafe_code)]
    pub(super) fn enter(py: Python<'py>, doing: &'static CStr) -> PyResult<Self> {
        if DEPTH.get() >= MOST {
            let doing = doing.to_string_lossy();
            let said = format!("Documents nest deeper than {MOST} levels{doing}");
            return Err(PyRecursionError::new_err(said));
        }
        // SAFETY: the interpreter is attached, as `py` shows, and the text lives for ever.
        if unsafe { ffi::Py_EnterRecursiveCall(doing.as_ptr()) } == 0 {
            DEPTH.set(DEPTH.get() + 1);
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
        DEPTH.set(DEPTH.get().saturating_sub(1));
        // SAFETY: undoes one successful `Py_EnterRecursiveCall` of the same thread.
        unsafe { ffi::Py_LeaveRecursiveCall() };
    }
}
