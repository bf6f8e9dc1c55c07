//! Arrays in and out: numpy by its buffer, other frameworks by their names, plain lists by themselves.
//!
//! No framework is imported before a value of it has to be made.

use std::ffi::c_int;
use std::sync::Arc;

use bytes::Bytes;
use pyo3::exceptions::{PyBufferError, PyImportError, PyTypeError, PyValueError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple, PyType};
use tidegate_doc::align::LARGE;
use tidegate_doc::tensor::{ArrayView, DenseView, NdArrayView, item_size};
use tidegate_doc::wire::Span;

/// A view keeps the whole frame; an array that is less of it than one part in so many is copied out.
const PARTS: usize = 128;

/// A run of received bytes, as a read-only buffer.
#[pyclass(name = "_ReceivedBytes", module = "tidegate", frozen)]
pub(super) struct ReceivedBytes {
    frame: Arc<Bytes>,
    span: Span,
}

#[pymethods]
impl ReceivedBytes {
    #[allow(unsafe_code)]
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let this = slf.get();
        let bytes = this.span.of(&this.frame);
        let len = ffi::Py_ssize_t::try_from(bytes.len())
            .map_err(|_| PyBufferError::new_err("too large for a buffer"))?;
        // SAFETY: `view` is the caller's; the bytes live in the frame, which `slf` owns and never
        // changes, and PyBuffer_FillInfo takes a reference to `slf` for as long as the view lives.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                bytes.as_ptr().cast_mut().cast(),
                len,
                1,
                flags,
            )
        };
        if filled == 0 {
            Ok(())
        } else {
            Err(PyErr::fetch(slf.py()))
        }
    }
}

/// Numpy, or an error that says what needs it.
pub(super) fn numpy(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static NUMPY: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = NUMPY.get_or_try_init(py, || {
        py.import("numpy").map(Bound::unbind).map_err(|error| {
            let why = PyImportError::new_err(
                "arrays need numpy; install it, or `tidegate[numpy]` which brings it",
            );
            why.set_cause(py, Some(error));
            why
        })
    })?;
    Ok(module.bind(py))
}

static NDARRAY: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn numpy_array_type(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    let class = NDARRAY.get_or_try_init(py, || {
        Ok::<_, PyErr>(
            numpy(py)?
                .getattr("ndarray")?
                .cast_into::<PyType>()?
                .unbind(),
        )
    })?;
    Ok(class.bind(py))
}

/// Whether a value is of numpy's own array class, as far as numpy was met before.
pub(super) fn is_plain_numpy(value: &Bound<'_, PyAny>) -> bool {
    let py = value.py();
    NDARRAY
        .get(py)
        .is_some_and(|class| value.get_type().is(class.bind(py)))
}

/// Whether a value is a numpy array; does not import numpy to find out.
pub(super) fn is_numpy(value: &Bound<'_, PyAny>) -> bool {
    framework(value) == Some("numpy")
}

/// The first part of the name of the module that a value's class, or one that it builds on, is from.
pub(super) fn framework(value: &Bound<'_, PyAny>) -> Option<&'static str> {
    const KNOWN: [&str; 7] = [
        "numpy",
        "torch",
        "tensorflow",
        "paddle",
        "scipy",
        "jax",
        "jaxlib",
    ];
    if is_plain_numpy(value) {
        return Some("numpy");
    }
    let py = value.py();
    let found = value.get_type().mro().iter().find_map(|class| {
        let module = class
            .getattr(intern!(py, "__module__"))
            .ok()?
            .cast_into::<PyString>()
            .ok()?;
        let root = module.to_str().ok()?.split('.').next()?;
        KNOWN.into_iter().find(|known| *known == root)
    });
    if found == Some("numpy") {
        // Numpy is there, then: from now on its arrays are known by their class.
        numpy_array_type(py).ok()?;
    }
    found
}

/// The object of a received `NdArrayProto`.
pub(super) fn read<'py>(
    py: Python<'py>,
    frame: &Arc<Bytes>,
    span: Span,
) -> PyResult<Bound<'py, PyAny>> {
    let view = NdArrayView::new(span.of(frame));
    let start = span.start as usize;
    match (&view.content, view.cls_name) {
        (ArrayView::Dense(dense), "list") => read_list(py, frame, start, dense),
        (ArrayView::Dense(dense), "numpy") => read_dense(py, frame, start, dense),
        (ArrayView::Dense(dense), name @ ("torch" | "tensorflow" | "paddle" | "jax")) => {
            let array = read_dense(py, frame, start, dense)?.call_method0("copy")?;
            let (module, make) = match name {
                "torch" => ("torch", "from_numpy"),
                "tensorflow" => ("tensorflow", "convert_to_tensor"),
                "paddle" => ("paddle", "to_tensor"),
                _ => ("jax.numpy", "asarray"),
            };
            py.import(module)?.call_method1(make, (array,))
        }
        (
            ArrayView::Sparse {
                indices,
                values,
                shape,
            },
            name,
        ) => {
            let indices = read_dense(py, frame, start, indices)?;
            let values = read_dense(py, frame, start, values)?;
            read_sparse(py, (indices, values), shape, (name, view.parameters))
        }
        _ => Ok(py.None().into_bound(py)),
    }
}

pub(super) fn dtype<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static KNOWN: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let known = KNOWN.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    if let Some(found) = known.get_item(name)? {
        return Ok(found);
    }
    let made = numpy(py)?.call_method1("dtype", (name,)).map_err(|_| {
        PyValueError::new_err(format!(
            "a received array has the dtype '{name}', which numpy does not know"
        ))
    })?;
    if made.getattr("hasobject")?.is_truthy()? {
        return Err(PyValueError::new_err(format!(
            "a received array has the dtype '{name}', which cannot travel"
        )));
    }
    if known.len() < 256 {
        known.set_item(name, &made)?;
    }
    Ok(made)
}

/// A read-only numpy array: a view of the received bytes where they are aligned and many, else a copy.
fn read_dense<'py>(
    py: Python<'py>,
    frame: &Arc<Bytes>,
    start: usize,
    dense: &DenseView<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    let dtype = dtype(py, dense.dtype)?;
    let shape = PyTuple::new(py, &dense.shape)?;
    if dense.buffer.is_empty() {
        let array = numpy(py)?.call_method1("zeros", (&shape, dtype))?;
        let flags = PyDict::new(py);
        flags.set_item("write", false)?;
        array.call_method("setflags", (), Some(&flags))?;
        return Ok(array);
    }
    let alignment = match item_size(dense.dtype) {
        Some(size) => size,
        None => dtype.getattr(intern!(py, "alignment"))?.extract()?,
    };
    let aligned = dense
        .buffer
        .as_ptr()
        .addr()
        .is_multiple_of(alignment.max(1));
    let len = dense.buffer.len();
    let worth_it = len >= LARGE && frame.len() / len <= PARTS;
    let buffer = if worth_it && aligned {
        let span = Span::new(start + dense.buffer_start, dense.buffer.len());
        Bound::new(
            py,
            ReceivedBytes {
                frame: frame.clone(),
                span,
            },
        )?
        .into_any()
    } else {
        PyBytes::new(py, dense.buffer).into_any()
    };
    numpy_array_type(py)?.call1((shape, dtype, buffer)).map_err(|error| {
        PyValueError::new_err(format!(
            "a received array of shape {:?} and dtype '{}' cannot be made from {} bytes: {error}",
            dense.shape,
            dense.dtype,
            dense.buffer.len()
        ))
    })
}

fn read_list<'py>(
    py: Python<'py>,
    frame: &Arc<Bytes>,
    start: usize,
    dense: &DenseView<'_>,
) -> PyResult<Bound<'py, PyAny>> {
    match super::nested_list::read(py, dense)? {
        Some(list) => Ok(list),
        None => read_dense(py, frame, start, dense)?.call_method0("tolist"),
    }
}

fn read_sparse<'py>(
    py: Python<'py>,
    (indices, values): (Bound<'py, PyAny>, Bound<'py, PyAny>),
    shape: &[u32],
    (name, parameters): (&str, &[u8]),
) -> PyResult<Bound<'py, PyAny>> {
    let shape = PyTuple::new(py, shape)?;
    match name {
        "scipy" => {
            let kwargs = PyDict::new(py);
            kwargs.set_item("shape", shape)?;
            let place = indices.getattr("T")?;
            let matrix = py.import("scipy.sparse")?.call_method(
                "coo_matrix",
                ((values, place),),
                Some(&kwargs),
            )?;
            let format = super::structs::read_struct(py, parameters)?.get_item("sparse_format")?;
            match format {
                Some(format) => matrix.call_method1("asformat", (format,)),
                None => Ok(matrix),
            }
        }
        "torch" => {
            let torch = py.import("torch")?;
            let own = |array: Bound<'py, PyAny>| {
                torch.call_method1("from_numpy", (array.call_method0("copy")?,))
            };
            torch.call_method1("sparse_coo_tensor", (own(indices)?, own(values)?, shape))
        }
        "tensorflow" => py
            .import("tensorflow")?
            .getattr("sparse")?
            .call_method1("SparseTensor", (indices, values, shape)),
        "paddle" => py
            .import("paddle")?
            .getattr("sparse")?
            .call_method1("sparse_coo_tensor", (indices, values, shape)),
        _ => Ok(py.None().into_bound(py)),
    }
}

/// The dtypes that can travel, for messages.
const ALLOWED: &str =
    "bool, int, uint, float, complex, str, bytes and datetime dtypes are what can travel";

/// One dense array on its way out: a buffer in C order, a shape and a dtype.
pub(super) struct Dense {
    pub(super) buffer: Buffer,
    pub(super) shape: Vec<u32>,
    pub(super) dtype: String,
}

/// The bytes of an array, kept alive.
pub(super) enum Buffer {
    Borrowed(pyo3::buffer::PyUntypedBuffer),
    Owned(Vec<u8>),
}

impl Buffer {
    /// The bytes.
    #[allow(unsafe_code)]
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Borrowed(buffer) if buffer.len_bytes() == 0 => &[],
            // SAFETY: `dense` made sure that the buffer is C-contiguous, so `len_bytes` bytes follow
            // `buf_ptr`; they live as long as the buffer is held.
            Self::Borrowed(buffer) => unsafe {
                std::slice::from_raw_parts(buffer.buf_ptr().cast::<u8>(), buffer.len_bytes())
            },
        }
    }
}

/// A numpy array, ready to be written.
pub(super) fn dense(array: &Bound<'_, PyAny>) -> PyResult<Dense> {
    static NAMES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let py = array.py();
    let dtype = array.getattr(intern!(py, "dtype"))?;
    let names = NAMES.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    if let Some(name) = names.get_item(&dtype)?
        && let Ok(buffer) = pyo3::buffer::PyUntypedBuffer::get(array)
        && buffer.is_c_contiguous()
        && let Ok(shape) = buffer.shape().iter().map(|d| u32::try_from(*d)).collect()
    {
        return Ok(Dense {
            shape,
            buffer: Buffer::Borrowed(buffer),
            dtype: name.extract()?,
        });
    }
    let kind: char = dtype.getattr(intern!(py, "kind"))?.extract()?;
    if matches!(kind, 'O' | 'V') || dtype.getattr(intern!(py, "hasobject"))?.is_truthy()? {
        return Err(PyTypeError::new_err(format!(
            "is an array of dtype {dtype}; {ALLOWED}"
        )));
    }
    let name: String = dtype.getattr(intern!(py, "str"))?.extract()?;
    let shape: Vec<u32> = array
        .getattr(intern!(py, "shape"))?
        .extract()
        .map_err(|_| {
            PyValueError::new_err("is an array with a dimension above 2**32, which cannot travel")
        })?;
    let direct = matches!(kind, 'b' | 'i' | 'u' | 'f' | 'c');
    if direct && names.len() < 256 {
        names.set_item(&dtype, &name)?;
    }
    let buffer = match direct.then(|| pyo3::buffer::PyUntypedBuffer::get(array)) {
        Some(Ok(buffer)) if buffer.is_c_contiguous() => Buffer::Borrowed(buffer),
        _ => Buffer::Owned(array.call_method0(intern!(py, "tobytes"))?.extract()?),
    };
    Ok(Dense {
        buffer,
        shape,
        dtype: name,
    })
}

/// Whether a value is an array of a framework that keeps only what is not zero.
pub(super) fn is_sparse(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(match framework(value) {
        Some("scipy") => true,
        Some("torch") => value.getattr("is_sparse")?.is_truthy()?,
        Some("tensorflow") => value.get_type().name()? == "SparseTensor",
        Some("paddle") => {
            value.call_method0("is_sparse")?.is_truthy()?
                || value.call_method0("is_sparse_csr")?.is_truthy()?
        }
        _ => false,
    })
}

/// Whether a value that is of no known framework says how it is an array.
pub(super) fn is_foreign_array(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    Ok(framework(value).is_none()
        && !value.is_instance_of::<PyType>()
        && (value.hasattr(intern!(py, "__array__"))?
            || value.hasattr(intern!(py, "__dlpack__"))?))
}

/// Any object that is an array to numpy, as a numpy array; a sparse one is filled with zeros.
pub(super) fn to_numpy<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let numpy = || numpy(py);
    match (framework(value), is_sparse(value)?) {
        (Some("scipy"), _) => value.call_method0("toarray"),
        (Some("torch"), sparse) => {
            let value = if sparse {
                value.call_method0("to_dense")?
            } else {
                value.clone()
            };
            let host = value.call_method0("detach")?.call_method0("cpu")?;
            host.call_method0("numpy")
        }
        (Some("tensorflow"), true) => py
            .import("tensorflow")?
            .getattr("sparse")?
            .call_method1("to_dense", (value,))?
            .call_method0("numpy"),
        (Some("paddle"), true) => value.call_method0("to_dense")?.call_method0("numpy"),
        (Some("tensorflow" | "paddle"), false) => value.call_method0("numpy"),
        (None, _) if !value.hasattr("__array__")? && value.hasattr("__dlpack__")? => {
            numpy()?.call_method1("from_dlpack", (value,))
        }
        _ => numpy()?.call_method1("asarray", (value,)),
    }
}
