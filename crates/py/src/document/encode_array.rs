//! Arrays on their way out: which framework a value is of, and its bytes.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};
use tidegate_doc::tensor::{DenseParts, SparseParts, write_dense, write_sparse};
use tidegate_doc::wire::{Counter, Sink};

use super::nested_list;
use super::structs::{a_type, write_struct};
use super::tensor::{
    Dense, dense, framework, is_foreign_array, is_plain_numpy, is_sparse, numpy, to_numpy,
};

/// One array that is about to be written.
pub(super) struct Array {
    number: u32,
    cls_name: &'static str,
    content: Content,
    len: usize,
}

enum Content {
    Dense(Dense),
    Sparse {
        indices: Dense,
        values: Dense,
        shape: Vec<u32>,
        parameters: Vec<u8>,
    },
}

impl Array {
    fn new(number: u32, cls_name: &'static str, content: Content) -> Self {
        let mut array = Self {
            number,
            cls_name,
            content,
            len: 0,
        };
        let mut len = Counter::default();
        array.body(&mut len);
        array.len = len.len;
        array
    }

    /// Writes it as a field.
    pub(super) fn write(&self, sink: &mut impl Sink) {
        sink.head(self.number, self.len);
        self.body(sink);
    }

    fn body(&self, sink: &mut impl Sink) {
        match &self.content {
            Content::Dense(dense) => write_dense(sink, &parts(dense), self.cls_name),
            Content::Sparse {
                indices,
                values,
                shape,
                parameters,
            } => {
                let sparse = SparseParts {
                    indices: parts(indices),
                    values: parts(values),
                    shape,
                    parameters,
                };
                write_sparse(sink, &sparse, self.cls_name);
            }
        }
    }
}

fn parts(dense: &Dense) -> DenseParts<'_> {
    DenseParts {
        buffer: dense.buffer.bytes(),
        shape: &dense.shape,
        dtype: &dense.dtype,
    }
}

/// What the value of a tensor or embedding field looks like on the wire.
pub(super) fn plan(number: u32, value: &Bound<'_, PyAny>) -> PyResult<Array> {
    let py = value.py();
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        let dense = match nested_list::flatten(value)? {
            Some(dense) => dense,
            None => dense(&numpy(py)?.call_method1("asarray", (value,))?)?,
        };
        return Ok(Array::new(number, "list", Content::Dense(dense)));
    }
    if is_plain_numpy(value) {
        super::numpy_layout::learn(py)?;
        return Ok(Array::new(number, "numpy", Content::Dense(dense(value)?)));
    }
    let framework = framework(value);
    match framework {
        Some("numpy") if value.hasattr("tobytes")? => {
            let array = if value.hasattr("strides")? {
                value.clone()
            } else {
                to_numpy(value)?
            };
            Ok(Array::new(number, "numpy", Content::Dense(dense(&array)?)))
        }
        Some("scipy") => scipy(number, value),
        Some("torch") => {
            if value
                .getattr("is_sparse")
                .is_ok_and(|sparse| sparse.is_truthy().unwrap_or(false))
            {
                return torch_sparse(number, value);
            }
            Ok(Array::new(
                number,
                "torch",
                Content::Dense(dense(&to_numpy(value)?)?),
            ))
        }
        Some("tensorflow") if value.get_type().name()? == "SparseTensor" => {
            tensorflow_sparse(number, value)
        }
        Some("tensorflow") => Ok(Array::new(
            number,
            "tensorflow",
            Content::Dense(dense(&to_numpy(value)?)?),
        )),
        Some("paddle") if is_sparse(value)? => paddle_sparse(number, value),
        Some("paddle") => Ok(Array::new(
            number,
            "paddle",
            Content::Dense(dense(&to_numpy(value)?)?),
        )),
        _ => {
            if is_foreign_array(value)? || matches!(framework, Some("jax" | "jaxlib")) {
                return Ok(Array::new(
                    number,
                    "numpy",
                    Content::Dense(dense(&to_numpy(value)?)?),
                ));
            }
            Err(PyTypeError::new_err(format!(
                "is {}, and an array (numpy, torch, tensorflow, paddle, scipy.sparse or anything with \
                 __array__ or __dlpack__) or a list of numbers is what can travel",
                a_type(value)
            )))
        }
    }
}

fn shape_of(value: &Bound<'_, PyAny>) -> PyResult<Vec<u32>> {
    let shape = value.getattr("shape")?;
    shape.try_iter()?.map(|d| d?.extract()).collect()
}

fn scipy(number: u32, value: &Bound<'_, PyAny>) -> PyResult<Array> {
    let py = value.py();
    let numpy = numpy(py)?;
    let parameters = PyDict::new(py);
    parameters.set_item("sparse_format", value.getattr("format")?)?;
    let coo = value.call_method0("tocoo")?;
    let pairs = (coo.getattr("row")?, coo.getattr("col")?);
    let indices = numpy
        .call_method1("stack", (pairs, 1))?
        .call_method1("astype", ("int32",))?;
    let content = Content::Sparse {
        indices: dense(&numpy.call_method1("ascontiguousarray", (indices,))?)?,
        values: dense(&coo.getattr("data")?)?,
        shape: shape_of(value)?,
        parameters: write_struct(parameters.as_any(), false)?,
    };
    Ok(Array::new(number, "scipy", content))
}

fn torch_sparse(number: u32, value: &Bound<'_, PyAny>) -> PyResult<Array> {
    let value = value.call_method0("coalesce")?;
    let content = Content::Sparse {
        indices: dense(&to_numpy(&value.call_method0("indices")?)?)?,
        values: dense(&to_numpy(&value.call_method0("values")?)?)?,
        shape: shape_of(&value)?,
        parameters: Vec::new(),
    };
    Ok(Array::new(number, "torch", content))
}

fn tensorflow_sparse(number: u32, value: &Bound<'_, PyAny>) -> PyResult<Array> {
    let shape = value.getattr("dense_shape")?.call_method0("numpy")?;
    let content = Content::Sparse {
        indices: dense(&to_numpy(&value.getattr("indices")?)?)?,
        values: dense(&to_numpy(&value.getattr("values")?)?)?,
        shape: shape
            .try_iter()?
            .map(|d| d?.extract())
            .collect::<PyResult<_>>()?,
        parameters: Vec::new(),
    };
    Ok(Array::new(number, "tensorflow", content))
}

fn paddle_sparse(number: u32, value: &Bound<'_, PyAny>) -> PyResult<Array> {
    let ranks = shape_of(value)?.len();
    let value = if value.call_method0("is_sparse_csr")?.is_truthy()? {
        value.call_method1("to_sparse_coo", (ranks,))?
    } else {
        value.clone()
    };
    let value = value.call_method0("coalesce")?;
    let content = Content::Sparse {
        indices: dense(&to_numpy(&value.call_method0("indices")?)?)?,
        values: dense(&to_numpy(&value.call_method0("values")?)?)?,
        shape: shape_of(&value)?,
        parameters: Vec::new(),
    };
    Ok(Array::new(number, "paddle", content))
}
