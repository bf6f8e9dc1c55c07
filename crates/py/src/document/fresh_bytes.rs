//! Memory for what is about to be written, which nobody clears first.

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tidegate_doc::wire::Filler;

/// From this size on the system is asked for large pages, of which it has to hand out far fewer.
const LARGE: usize = 4 * 1024 * 1024;

/// A `bytes` of `len` bytes, all of which `fill` writes.
#[allow(unsafe_code)]
pub(super) fn python_bytes<'py>(
    py: Python<'py>,
    len: usize,
    fill: impl FnOnce(&mut Filler<'_>) -> PyResult<()>,
) -> PyResult<Bound<'py, PyBytes>> {
    let size = ffi::Py_ssize_t::try_from(len)
        .map_err(|_| PyRuntimeError::new_err("too large for one bytes object"))?;
    // SAFETY: with a null pointer the call makes a bytes object of that size, whose content nobody else
    // sees before this function returns it; where `fill` leaves a part unwritten it is dropped unread.
    unsafe {
        let bytes = ffi::PyBytes_FromStringAndSize(std::ptr::null(), size);
        let bytes = Bound::from_owned_ptr_or_err(py, bytes)?.cast_into_unchecked::<PyBytes>();
        let start = ffi::PyBytes_AsString(bytes.as_ptr()).cast();
        let room = std::slice::from_raw_parts_mut(start, len);
        fill_whole(room, fill)?;
        Ok(bytes)
    }
}

/// A vector of `len` bytes, all of which `fill` writes.
#[allow(unsafe_code)]
pub(super) fn vector(
    len: usize,
    fill: impl FnOnce(&mut Filler<'_>) -> PyResult<()>,
) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(len);
    if let Some(room) = bytes.spare_capacity_mut().get_mut(..len) {
        fill_whole(room, fill)?;
        // SAFETY: the vector has room for `len` bytes, and all of them were written.
        unsafe { bytes.set_len(len) };
    }
    Ok(bytes)
}

fn fill_whole(
    room: &mut [std::mem::MaybeUninit<u8>],
    fill: impl FnOnce(&mut Filler<'_>) -> PyResult<()>,
) -> PyResult<()> {
    if room.len() >= LARGE {
        ask_for_large_pages(room.as_ptr().addr(), room.len());
    }
    let mut filler = Filler::new(room);
    fill(&mut filler)?;
    if filler.left() == 0 {
        return Ok(());
    }
    Err(PyRuntimeError::new_err(
        "the Documents changed while they were written; write them again",
    ))
}

/// Tells the system that the memory from `start` on will all be used.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub(super) fn ask_for_large_pages(start: usize, len: usize) {
    const PAGE: usize = 4096;
    let from = start.next_multiple_of(PAGE);
    let until = (start + len) / PAGE * PAGE;
    if until > from {
        let from = std::ptr::with_exposed_provenance_mut(from);
        // SAFETY: advice about whole pages inside memory that is ours; it changes nothing that can be read.
        unsafe {
            libc::madvise(from, until - from.addr(), libc::MADV_HUGEPAGE);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn ask_for_large_pages(_start: usize, _len: usize) {}
