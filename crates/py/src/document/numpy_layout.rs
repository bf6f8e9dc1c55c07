//! Numpy arrays read where they lie, without a call into Python for each.
//!
//! The beginning of numpy's array object is part of its binary interface (`PyArrayObject_fields`), the same
//! in every 1.x and 2.x. Before it is relied on, an array that numpy describes in words is compared with it.

use std::ffi::c_int;

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;
use tidegate_doc::tensor::DenseParts;

use super::tensor::{is_plain_numpy, numpy};

const C_CONTIGUOUS: c_int = 1;
const DIMENSIONS: usize = 8;
/// The dtypes whose arrays are read here; others take the long way.
const DTYPES: [&str; 14] = [
    "<f4", "<f8", "<f2", "<i8", "<i4", "<i2", "|i1", "|u1", "<u2", "<u4", "<u8", "|b1", "<c8",
    "<c16",
];

#[repr(C)]
struct Layout {
    base: ffi::PyObject,
    data: *const u8,
    nd: c_int,
    dimensions: *const ffi::Py_ssize_t,
    strides: *const ffi::Py_ssize_t,
    owner: *mut ffi::PyObject,
    dtype: *mut ffi::PyObject,
    flags: c_int,
}

/// The dtype objects of the arrays that are read here, with name and size of an element; empty where numpy
/// is laid out otherwise.
struct Known(Vec<(Py<PyAny>, &'static str, usize)>);

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

/// Learns the dtypes, where that has not been done; to be called where Python may run.
pub(super) fn learn(py: Python<'_>) -> PyResult<()> {
    KNOWN
        .get_or_try_init(py, || {
            let mut known = Known(Vec::new());
            if is_as_expected(py)? {
                let make = numpy(py)?.getattr("dtype")?;
                for name in DTYPES {
                    let size = tidegate_doc::tensor::item_size(name).unwrap_or(1);
                    known.0.push((make.call1((name,))?.unbind(), name, size));
                }
            }
            Ok(known)
        })
        .map(drop)
}

/// Whether a probe lies in memory as `Layout` says.
fn is_as_expected(py: Python<'_>) -> PyResult<bool> {
    let probe = numpy(py)?.call_method1("zeros", (PyTuple::new(py, [2, 3, 5])?, "<f4"))?;
    let interface = probe.getattr("__array_interface__")?;
    let address: usize = interface.get_item("data")?.get_item(0)?.extract()?;
    let dtype = probe.getattr("dtype")?;
    let layout = layout(&probe);
    let basics = layout.data.addr() == address && layout.nd == 3;
    Ok(basics
        && std::ptr::eq(layout.dtype, dtype.as_ptr())
        && layout.flags & C_CONTIGUOUS != 0
        && dimensions(layout) == [2, 3, 5])
}

/// The beginning of an array object.
#[allow(unsafe_code)]
fn layout<'a>(array: &'a Bound<'_, PyAny>) -> &'a Layout {
    // SAFETY: the callers have made sure that it is an instance of numpy's own array class, which is at
    // least this long.
    unsafe { &*array.as_ptr().cast::<Layout>() }
}

#[allow(unsafe_code)]
fn dimensions(layout: &Layout) -> &[ffi::Py_ssize_t] {
    match usize::try_from(layout.nd) {
        // SAFETY: numpy keeps `nd` dimensions there for as long as the array is not reshaped in place,
        // for which Python would have to run.
        Ok(nd @ 1..) => unsafe { std::slice::from_raw_parts(layout.dimensions, nd) },
        _ => &[],
    }
}

/// A numpy array in C order of a plain dtype.
pub(super) struct Plain<'a> {
    buffer: &'a [u8],
    shape: [u32; DIMENSIONS],
    nd: usize,
    dtype: &'static str,
}

impl<'a> Plain<'a> {
    /// The array that `value` is; `None` where it is another thing, or not so plain.
    #[allow(unsafe_code)]
    pub(super) fn of(value: &'a Bound<'_, PyAny>) -> Option<Self> {
        if !is_plain_numpy(value) {
            return None;
        }
        let known = KNOWN.get(value.py())?;
        let layout = layout(value);
        let (_, dtype, size) = known
            .0
            .iter()
            .find(|(known, ..)| std::ptr::eq(known.as_ptr(), layout.dtype))?;
        let dimensions = dimensions(layout);
        if layout.flags & C_CONTIGUOUS == 0 || dimensions.len() > DIMENSIONS {
            return None;
        }
        let mut shape = [0; DIMENSIONS];
        let mut len = *size;
        for (slot, dimension) in shape.iter_mut().zip(dimensions) {
            *slot = u32::try_from(*dimension).ok()?;
            len = len.checked_mul(*slot as usize)?;
        }
        let buffer = if len == 0 {
            &[][..]
        } else {
            // SAFETY: an array in C order has its elements one after another from `data` on; they live as
            // long as the array, and no Python runs while they are looked at.
            unsafe { std::slice::from_raw_parts(layout.data, len) }
        };
        Some(Self {
            buffer,
            shape,
            nd: dimensions.len(),
            dtype,
        })
    }

    /// What is to be written of it.
    pub(super) fn parts(&self) -> DenseParts<'_> {
        DenseParts {
            buffer: self.buffer,
            shape: self.shape.get(..self.nd).unwrap_or_default(),
            dtype: self.dtype,
        }
    }
}
