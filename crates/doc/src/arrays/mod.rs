//! Arrays as Rust values: a dtype, a shape and a buffer that may still be the received one.

mod compare;
mod dense;
mod dtype;
mod element;
mod error;
#[cfg(feature = "ndarray")]
mod views;

use std::borrow::Cow;

use bytes::Bytes;

pub use dense::Tensor;
pub use dtype::DType;
pub use element::Element;
pub use error::TensorError;

use crate::tensor::{ArrayView, DenseParts, NdArrayView, SparseParts, write_dense, write_sparse};
use crate::wire::{Counter, Sink};

/// An array with the framework that it came from: what `tensor` and `embedding` hold.
///
/// Made from vectors, arrays and [`Tensor`]s by [`From`]; these travel as numpy's.
///
/// ```
/// use tidegate_doc::NdArray;
///
/// let array = NdArray::from([1.0_f32, 2.0, 3.0]);
/// assert_eq!((array.cls_name(), array.shape()), ("numpy", &[3][..]));
/// assert_eq!(*array.elements::<f32>()?, [1.0, 2.0, 3.0]);
/// # Ok::<(), tidegate_doc::TensorError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct NdArray {
    cls_name: Cow<'static, str>,
    content: NdContent,
}

/// What an array holds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NdContent {
    /// Nothing that could be read.
    None,
    /// A dense array.
    Dense(Tensor),
    /// A sparse one.
    Sparse(Box<Sparse>),
}

/// A sparse array: values, and where they stand, as its framework lays them out.
#[derive(Debug, Clone, PartialEq)]
pub struct Sparse {
    /// Where its values stand.
    pub indices: Tensor,
    /// Its values.
    pub values: Tensor,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// A serialised `Struct` with the framework's own remarks, such as scipy's format.
    pub parameters: Bytes,
}

impl NdArray {
    /// Makes an array of a framework: `numpy`, `list`, `torch`, `scipy` and so on.
    ///
    /// ```
    /// use tidegate_doc::{NdArray, NdContent, Tensor};
    ///
    /// let array = NdArray::new("torch", NdContent::Dense(Tensor::from([1_i64, 2])));
    /// assert_eq!(array.cls_name(), "torch");
    /// ```
    #[must_use]
    pub fn new(cls_name: impl Into<Cow<'static, str>>, content: NdContent) -> Self {
        Self {
            cls_name: cls_name.into(),
            content,
        }
    }

    /// Reads an `NdArrayProto` that a scan has passed; buffers stay slices of `message`.
    #[must_use]
    pub fn read(message: &Bytes) -> Self {
        let view = NdArrayView::new(message);
        let content = match &view.content {
            ArrayView::None => NdContent::None,
            ArrayView::Dense(dense) => NdContent::Dense(Tensor::read(message, dense)),
            ArrayView::Sparse {
                indices,
                values,
                shape,
            } => NdContent::Sparse(Box::new(Sparse {
                indices: Tensor::read(message, indices),
                values: Tensor::read(message, values),
                shape: shape.iter().map(|d| *d as usize).collect(),
                parameters: message.slice_ref(view.parameters),
            })),
        };
        let cls_name = match view.cls_name {
            "numpy" => Cow::Borrowed("numpy"),
            name => Cow::Owned(name.to_owned()),
        };
        Self { cls_name, content }
    }

    /// The framework that it came from; empty where unsaid.
    #[must_use]
    pub fn cls_name(&self) -> &str {
        &self.cls_name
    }

    /// What it holds.
    #[must_use]
    pub fn content(&self) -> &NdContent {
        &self.content
    }

    /// The dense array, where it is one.
    ///
    /// ```
    /// use tidegate_doc::{NdArray, NdContent};
    ///
    /// assert!(NdArray::from([1.0_f32]).dense().is_some());
    /// assert!(NdArray::new("numpy", NdContent::None).dense().is_none());
    /// ```
    #[must_use]
    pub fn dense(&self) -> Option<&Tensor> {
        match &self.content {
            NdContent::Dense(tensor) => Some(tensor),
            _ => None,
        }
    }

    /// Its dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match &self.content {
            NdContent::None => &[],
            NdContent::Dense(tensor) => tensor.shape(),
            NdContent::Sparse(sparse) => &sparse.shape,
        }
    }

    /// The elements of a dense array: borrowed where they lie aligned, copied where they do not.
    ///
    /// # Errors
    /// When it is not dense, or its elements are of another type.
    ///
    /// ```
    /// use tidegate_doc::NdArray;
    ///
    /// let array = NdArray::from([1_i64, 2]);
    /// assert_eq!(*array.elements::<i64>()?, [1, 2]);
    /// assert!(array.elements::<f32>().is_err());
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn elements<T: Element>(&self) -> Result<Cow<'_, [T]>, TensorError> {
        self.tensor()?.elements()
    }

    /// The dense array.
    ///
    /// # Errors
    /// When it is not dense.
    ///
    /// ```
    /// use tidegate_doc::{NdArray, NdContent};
    ///
    /// let error = NdArray::new("scipy", NdContent::None).tensor().unwrap_err();
    /// assert!(error.to_string().starts_with("an array of \"scipy\""));
    /// ```
    pub fn tensor(&self) -> Result<&Tensor, TensorError> {
        self.dense()
            .ok_or_else(|| TensorError::not_dense(&self.cls_name, self.shape()))
    }

    /// In a few words.
    pub(crate) fn summary(&self) -> String {
        match &self.content {
            NdContent::None => "nothing".to_owned(),
            NdContent::Dense(tensor) => format!("{} {:?}", tensor.dtype(), tensor.shape()),
            NdContent::Sparse(sparse) => {
                format!("sparse {} {:?}", sparse.values.dtype(), sparse.shape)
            }
        }
    }

    pub(crate) fn write(&self, sink: &mut impl Sink, number: u32) {
        let mut len = Counter::default();
        self.body(&mut len);
        sink.head(number, len.len);
        self.body(sink);
    }

    fn body(&self, sink: &mut impl Sink) {
        match &self.content {
            NdContent::None => sink.bytes_field(3, self.cls_name.as_bytes()),
            NdContent::Dense(tensor) => {
                write_dense(
                    sink,
                    &parts(tensor, &dimensions(tensor.shape())),
                    &self.cls_name,
                );
            }
            NdContent::Sparse(sparse) => {
                let (at, what) = (&sparse.indices, &sparse.values);
                let shapes = [at.shape(), what.shape(), &sparse.shape].map(dimensions);
                let parts = SparseParts {
                    indices: parts(at, &shapes[0]),
                    values: parts(what, &shapes[1]),
                    shape: &shapes[2],
                    parameters: &sparse.parameters,
                };
                write_sparse(sink, &parts, &self.cls_name);
            }
        }
    }
}

fn parts<'a>(tensor: &'a Tensor, shape: &'a [u32]) -> DenseParts<'a> {
    DenseParts {
        buffer: tensor.buffer(),
        shape,
        dtype: tensor.dtype().as_str(),
    }
}

/// Dimensions as they travel; one above 32 bits would need a frame that no reader takes.
fn dimensions(shape: &[usize]) -> Vec<u32> {
    shape
        .iter()
        .map(|d| u32::try_from(*d).unwrap_or(u32::MAX))
        .collect()
}

impl From<Tensor> for NdArray {
    fn from(tensor: Tensor) -> Self {
        Self::new("numpy", NdContent::Dense(tensor))
    }
}

impl<T: Element> From<Vec<T>> for NdArray {
    fn from(elements: Vec<T>) -> Self {
        Tensor::from(elements).into()
    }
}

impl<T: Element> From<&[T]> for NdArray {
    fn from(elements: &[T]) -> Self {
        Tensor::from(elements).into()
    }
}

impl<T: Element, const N: usize> From<[T; N]> for NdArray {
    fn from(elements: [T; N]) -> Self {
        Tensor::from(elements).into()
    }
}

impl<T: Element, const N: usize, const M: usize> From<[[T; N]; M]> for NdArray {
    fn from(rows: [[T; N]; M]) -> Self {
        Tensor::from(rows).into()
    }
}

impl<T: Element> TryFrom<&NdArray> for Vec<T> {
    type Error = TensorError;

    fn try_from(array: &NdArray) -> Result<Self, TensorError> {
        array.elements().map(Cow::into_owned)
    }
}

impl TryFrom<NdArray> for Tensor {
    type Error = TensorError;

    fn try_from(array: NdArray) -> Result<Self, TensorError> {
        match array.content {
            NdContent::Dense(tensor) => Ok(tensor),
            _ => Err(TensorError::not_dense(&array.cls_name, array.shape())),
        }
    }
}
