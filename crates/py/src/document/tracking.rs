//! Keeping Documents out of the garbage collector's sight for as long as they cannot be part of a cycle.
//!
//! Most Documents hold texts, bytes and numpy arrays, from which no way leads back. The collector would
//! look at each several times while a request is worked on; instead, as with tuples and dicts of such
//! things, a Document is shown to it from the moment that it holds something that could lead back.

#![allow(unsafe_code)]

use pyo3::ffi;
use pyo3::prelude::*;

use super::PyDocument;

/// Whether an object could be part of a cycle: whether the collector knows its type.
#[inline]
pub(super) fn may_lead_back(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: an object that is alive has a type that is.
    let flags = unsafe { ffi::PyType_GetFlags(ffi::Py_TYPE(object.as_ptr())) };
    flags & ffi::Py_TPFLAGS_HAVE_GC != 0
}

/// Hides a new Document of the class itself from the collector.
#[inline]
pub(super) fn hide(document: &Bound<'_, PyDocument>) {
    // SAFETY: it is an object of a type that the collector knows, which is all that this asks for.
    unsafe { ffi::PyObject_GC_UnTrack(document.as_ptr().cast()) };
}

/// Shows a Document to the collector, where it does not see it yet.
pub(super) fn show(document: &Bound<'_, PyDocument>) {
    // SAFETY: it is an object of a type that the collector knows, with everything in it in its place, and
    // it is tracked only where it is not yet.
    unsafe {
        if ffi::PyObject_GC_IsTracked(document.as_ptr()) == 0 {
            ffi::PyObject_GC_Track(document.as_ptr().cast());
        }
    }
}

#[pymethods]
impl PyDocument {
    /// The attributes that are no fields.
    #[getter(__dict__)]
    fn own_attributes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        show(slf);
        // SAFETY: the type says where its instances have their dict, and the call gives a new reference
        // or raises.
        unsafe {
            let dict = ffi::PyObject_GenericGetDict(slf.as_ptr(), std::ptr::null_mut());
            Bound::from_owned_ptr_or_err(slf.py(), dict)
        }
    }

    #[setter(__dict__)]
    fn set_own_attributes(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        show(slf);
        // SAFETY: the type says where its instances have their dict; the call borrows `value` and raises
        // where it is no dict.
        let done = unsafe {
            ffi::PyObject_GenericSetDict(slf.as_ptr(), value.as_ptr(), std::ptr::null_mut())
        };
        if done == 0 {
            return Ok(());
        }
        Err(PyErr::fetch(slf.py()))
    }
}
