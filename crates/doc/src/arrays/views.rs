//! Between our arrays and those of the `ndarray` crate.

use ndarray::{Array, ArrayD, ArrayViewD, CowArray, Dimension, IxDyn};

use super::{Element, NdArray, Tensor, TensorError};

impl Tensor {
    /// A view over its elements where they lie; nothing is copied.
    ///
    /// # Errors
    /// When they are of another type, or not aligned for it: [`Self::to_ndarray`] then copies.
    ///
    /// ```
    /// use tidegate_doc::Tensor;
    ///
    /// let matrix = Tensor::from([[1.0_f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(matrix.view::<f32>()?.sum(), 10.0);
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>, TensorError> {
        self.check::<T>()?;
        self.as_slice::<T>()
            .and_then(|elements| ArrayViewD::from_shape(IxDyn(self.shape()), elements).ok())
            .ok_or_else(|| self.misaligned())
    }

    /// Its elements as an `ndarray` array: a view where they lie aligned, a copy where they do not.
    ///
    /// # Errors
    /// When they are of another type.
    ///
    /// ```
    /// use tidegate_doc::Tensor;
    ///
    /// let row = Tensor::from([1_i64, 2, 3]);
    /// assert_eq!(row.to_ndarray::<i64>()?.mean(), Some(2));
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn to_ndarray<T: Element>(&self) -> Result<CowArray<'_, T, IxDyn>, TensorError> {
        if let Ok(view) = self.view() {
            return Ok(view.into());
        }
        let elements = self.elements::<T>()?.into_owned();
        ArrayD::from_shape_vec(IxDyn(self.shape()), elements)
            .map(Into::into)
            .map_err(|_| self.misaligned())
    }
}

impl NdArray {
    /// A view over the elements of a dense array where they lie; nothing is copied.
    ///
    /// # Errors
    /// When it is not dense, its elements are of another type, or not aligned for it.
    pub fn view<T: Element>(&self) -> Result<ArrayViewD<'_, T>, TensorError> {
        self.tensor()?.view()
    }

    /// A dense array as an `ndarray` array: a view where it lies aligned, a copy where it does not.
    ///
    /// # Errors
    /// When it is not dense, or its elements are of another type.
    pub fn to_ndarray<T: Element>(&self) -> Result<CowArray<'_, T, IxDyn>, TensorError> {
        self.tensor()?.to_ndarray()
    }
}

/// Takes over the elements; only what does not lie in C order is copied.
impl<T: Element, D: Dimension> From<Array<T, D>> for Tensor {
    fn from(array: Array<T, D>) -> Self {
        let shape = array.shape().to_vec();
        let (count, straight) = (array.len(), array.is_standard_layout());
        let elements = if straight {
            let (mut elements, offset) = array.into_raw_vec_and_offset();
            elements.drain(..offset.unwrap_or(0).min(elements.len()));
            elements.truncate(count);
            elements
        } else {
            array.iter().copied().collect()
        };
        let vector = Self::vector(elements);
        Self::unchecked(shape, T::DTYPE, vector.buffer().clone())
    }
}

impl<T: Element, D: Dimension> From<Array<T, D>> for NdArray {
    fn from(array: Array<T, D>) -> Self {
        Tensor::from(array).into()
    }
}

impl<T: Element> TryFrom<&Tensor> for ArrayD<T> {
    type Error = TensorError;

    fn try_from(tensor: &Tensor) -> Result<Self, TensorError> {
        tensor.to_ndarray().map(CowArray::into_owned)
    }
}

impl<T: Element> TryFrom<&NdArray> for ArrayD<T> {
    type Error = TensorError;

    fn try_from(array: &NdArray) -> Result<Self, TensorError> {
        array.tensor()?.try_into()
    }
}
