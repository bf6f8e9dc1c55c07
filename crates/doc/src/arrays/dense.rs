//! Dense arrays: a buffer with an element type and a shape.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::dtype::DType;
use super::element::Element;
use super::error::{Reason, TensorError};
use crate::tensor::DenseView;

/// A dense array: elements in C order, with shape and element type.
///
/// The buffer may be a slice of what was received; clones share it. Its elements are lent as they lie
/// ([`Self::as_slice`]) or, where the buffer is not aligned for them, copied ([`Self::elements`]).
///
/// ```
/// use tidegate_doc::Tensor;
///
/// let tensor = Tensor::new([2, 3], vec![1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// assert_eq!((tensor.shape(), tensor.dtype().as_str()), (&[2, 3][..], "<f4"));
/// assert_eq!(tensor.elements::<f32>()?[4], 5.0);
/// assert_eq!(
///     tensor.elements::<f64>().unwrap_err().to_string(),
///     "a tensor of <f4 with shape [2, 3] does not have elements of <f8",
/// );
/// # Ok::<(), tidegate_doc::TensorError>(())
/// ```
#[derive(Clone)]
pub struct Tensor {
    buffer: Bytes,
    shape: Vec<usize>,
    dtype: DType,
}

impl Tensor {
    /// Makes a tensor of elements in C order, which are not copied.
    ///
    /// # Errors
    /// When the shape has room for more or fewer elements.
    ///
    /// ```
    /// use tidegate_doc::Tensor;
    ///
    /// assert!(Tensor::new([2], vec![1_i64, 2]).is_ok());
    /// assert!(Tensor::new([3], vec![1_i64, 2]).is_err());
    /// ```
    pub fn new<T: Element>(
        shape: impl Into<Vec<usize>>,
        elements: Vec<T>,
    ) -> Result<Self, TensorError> {
        Self::from_bytes(shape, T::DTYPE, T::bytes(elements))
    }

    /// Makes a tensor of the bytes of its elements, in C order; numbers are little-endian.
    ///
    /// # Errors
    /// When the bytes are not as many as the shape and the element type need. An element type whose size
    /// is not known is taken as it is.
    ///
    /// ```
    /// use tidegate_doc::{DType, Tensor};
    ///
    /// let error = Tensor::from_bytes([2, 2], DType::F32, vec![0; 7]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "a tensor has a shape of [2, 2] in <f4 and a buffer of 7 bytes, which disagree",
    /// );
    /// ```
    pub fn from_bytes(
        shape: impl Into<Vec<usize>>,
        dtype: impl Into<DType>,
        buffer: impl Into<Bytes>,
    ) -> Result<Self, TensorError> {
        let (shape, dtype, buffer) = (shape.into(), dtype.into(), buffer.into());
        let travels: Option<Vec<u32>> = shape.iter().map(|d| u32::try_from(*d).ok()).collect();
        let flaw = match travels {
            Some(shape) => DenseView {
                buffer: &buffer,
                buffer_start: 0,
                shape,
                dtype: dtype.as_str(),
            }
            .disagreement(),
            None => Some(format!("has a shape of {shape:?}, too large to travel")),
        };
        if let Some(flaw) = flaw {
            let reason = Reason::Flaw(flaw);
            return Err(TensorError {
                dtype,
                shape,
                reason,
            });
        }
        Ok(Self {
            buffer,
            shape,
            dtype,
        })
    }

    /// Makes a tensor of one dimension.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::Tensor::vector(vec![1_u8, 2, 3]).shape(), [3]);
    /// ```
    #[must_use]
    pub fn vector<T: Element>(elements: Vec<T>) -> Self {
        Self {
            shape: vec![elements.len()],
            buffer: T::bytes(elements),
            dtype: T::DTYPE,
        }
    }

    pub(crate) fn unchecked(shape: Vec<usize>, dtype: DType, buffer: Bytes) -> Self {
        Self {
            buffer,
            shape,
            dtype,
        }
    }

    pub(super) fn read(message: &Bytes, view: &DenseView<'_>) -> Self {
        Self {
            buffer: message.slice(view.buffer_start..view.buffer_start + view.buffer.len()),
            shape: view.shape.iter().map(|d| *d as usize).collect(),
            dtype: view.dtype.into(),
        }
    }

    /// Its dimensions.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Its element type.
    #[must_use]
    pub fn dtype(&self) -> &DType {
        &self.dtype
    }

    /// The bytes of its elements, in C order.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::Tensor::from([1_u16]).buffer().as_ref(), [1, 0]);
    /// ```
    #[must_use]
    pub fn buffer(&self) -> &Bytes {
        &self.buffer
    }

    /// How many elements it has.
    ///
    /// ```
    /// let tensor = tidegate_doc::Tensor::new([2, 3], vec![0_u8; 6])?;
    /// assert_eq!(tensor.len(), 6);
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        count(&self.shape).unwrap_or(usize::MAX)
    }

    /// Whether it has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its elements where they lie; `None` where they are of another type or not aligned for it.
    ///
    /// ```
    /// use tidegate_doc::Tensor;
    ///
    /// let tensor = Tensor::vector(vec![1.0_f32, 2.0]);
    /// assert_eq!(tensor.as_slice::<f32>(), Some(&[1.0, 2.0][..]));
    /// assert_eq!(tensor.as_slice::<f64>(), None);
    /// ```
    #[must_use]
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        (self.dtype == T::DTYPE).then(|| T::cast(&self.buffer))?
    }

    /// Its elements: borrowed where they lie aligned, copied where they do not.
    ///
    /// # Errors
    /// When they are of another type; the error names both.
    ///
    /// ```
    /// use tidegate_doc::Tensor;
    ///
    /// let tensor = Tensor::from([[1.0_f32, 2.0]]);
    /// assert_eq!(*tensor.elements::<f32>()?, [1.0, 2.0]);
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn elements<T: Element>(&self) -> Result<Cow<'_, [T]>, TensorError> {
        self.check::<T>()?;
        if let Some(elements) = T::cast(&self.buffer) {
            return Ok(Cow::Borrowed(elements));
        }
        let elements: Option<Vec<T>> = self.buffer.chunks(size_of::<T>()).map(T::read).collect();
        elements
            .map(Cow::Owned)
            .ok_or_else(|| self.error(Reason::Invalid))
    }

    /// The same elements in another shape; nothing is copied.
    ///
    /// # Errors
    /// When the shape has room for more or fewer elements.
    ///
    /// ```
    /// let tensor = tidegate_doc::Tensor::vector(vec![1_u8; 6]).reshape([2, 3])?;
    /// assert_eq!(tensor.shape(), [2, 3]);
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn reshape(self, shape: impl Into<Vec<usize>>) -> Result<Self, TensorError> {
        let shape = shape.into();
        if count(&shape) != count(&self.shape) {
            return Err(self.error(Reason::Shape(shape)));
        }
        Ok(Self { shape, ..self })
    }

    /// The tensors along the first dimension, over the same buffer; none where there is no dimension.
    ///
    /// ```
    /// let matrix = tidegate_doc::Tensor::new([2, 2], vec![1_u8, 2, 3, 4])?;
    /// let second = matrix.rows().nth(1).unwrap();
    /// assert_eq!(second.as_slice::<u8>(), Some(&[3, 4][..]));
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Self> + '_ {
        let (rows, shape) = match self.shape.split_first() {
            Some((rows, shape)) if self.dtype.item_size().is_some() => (*rows, shape),
            _ => (0, &[][..]),
        };
        let size = self.buffer.len().checked_div(rows).unwrap_or(0);
        (0..rows).map(move |row| Self {
            buffer: self.buffer.slice(row * size..(row + 1) * size),
            shape: shape.to_vec(),
            dtype: self.dtype.clone(),
        })
    }

    /// Checks that its elements are of a type.
    pub(super) fn check<T: Element>(&self) -> Result<(), TensorError> {
        if self.dtype == T::DTYPE {
            return Ok(());
        }
        Err(self.error(Reason::Dtype(T::DTYPE)))
    }

    #[cfg(feature = "ndarray")]
    pub(super) fn misaligned(&self) -> TensorError {
        self.error(Reason::Alignment)
    }

    fn error(&self, reason: Reason) -> TensorError {
        TensorError {
            dtype: self.dtype.clone(),
            shape: self.shape.clone(),
            reason,
        }
    }
}

fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d))
}

/// Shape, element type and the first few elements.
impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({} {:?})", self.dtype, self.shape)
    }
}

impl<T: Element> From<Vec<T>> for Tensor {
    fn from(elements: Vec<T>) -> Self {
        Self::vector(elements)
    }
}

impl<T: Element> From<&[T]> for Tensor {
    fn from(elements: &[T]) -> Self {
        Self::vector(elements.to_vec())
    }
}

impl<T: Element, const N: usize> From<[T; N]> for Tensor {
    fn from(elements: [T; N]) -> Self {
        Self::vector(elements.to_vec())
    }
}

impl<T: Element, const N: usize, const M: usize> From<[[T; N]; M]> for Tensor {
    fn from(rows: [[T; N]; M]) -> Self {
        Self {
            buffer: T::bytes(rows.concat()),
            shape: vec![M, N],
            dtype: T::DTYPE,
        }
    }
}

impl<T: Element> TryFrom<&Tensor> for Vec<T> {
    type Error = TensorError;

    fn try_from(tensor: &Tensor) -> Result<Self, TensorError> {
        tensor.elements().map(Cow::into_owned)
    }
}
