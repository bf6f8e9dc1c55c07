//! Why there is no such array.

use std::fmt;

use super::dtype::DType;

/// Why bytes and a shape are no tensor, or a tensor not what it was asked to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorError {
    pub(super) dtype: DType,
    pub(super) shape: Vec<usize>,
    pub(super) reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    Flaw(String),
    Dtype(DType),
    Invalid,
    Shape(Vec<usize>),
    #[cfg(feature = "ndarray")]
    Alignment,
    NotDense(String),
}

impl TensorError {
    /// The element type of the tensor that it is about.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The shape of the tensor that it is about.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(super) fn not_dense(cls_name: &str, shape: &[usize]) -> Self {
        Self {
            dtype: DType::Other("".into()),
            shape: shape.to_vec(),
            reason: Reason::NotDense(cls_name.to_owned()),
        }
    }
}

impl fmt::Display for TensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            dtype,
            shape,
            reason,
        } = self;
        if let Reason::NotDense(name) = reason {
            return write!(
                f,
                "an array of {name:?} with shape {shape:?} is not dense: read its indices and values instead"
            );
        }
        if let Reason::Flaw(flaw) = reason {
            return write!(f, "a tensor {flaw}");
        }
        write!(f, "a tensor of {dtype} with shape {shape:?} ")?;
        match reason {
            Reason::Dtype(wanted) => write!(f, "does not have elements of {wanted}"),
            Reason::Invalid => f.write_str("has bytes that are no such elements"),
            Reason::Shape(wanted) => write!(f, "cannot have the shape {wanted:?}"),
            Reason::NotDense(_) | Reason::Flaw(_) => Ok(()),
            #[cfg(feature = "ndarray")]
            Reason::Alignment => {
                f.write_str("does not lie aligned for a view: copy it with `to_ndarray`")
            }
        }
    }
}

impl std::error::Error for TensorError {}
