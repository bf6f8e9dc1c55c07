//! Arrays as Rust values: a dtype, a shape and a buffer that may still be the received one.

use bytes::Bytes;

use crate::tensor::{
    ArrayView, DenseParts, DenseView, NdArrayView, SparseParts, write_dense, write_sparse,
};
use crate::wire::{Counter, Sink};

/// A dense array: elements in C order, with shape and dtype.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tensor {
    /// Its elements, in C order.
    pub buffer: Bytes,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Its element type as numpy spells it, such as `<f4`.
    pub dtype: String,
}

/// An array with the framework that it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct NdArray {
    /// `numpy`, `list`, `torch`, `scipy` and so on.
    pub cls_name: String,
    /// What it holds.
    pub content: NdContent,
}

/// What an array holds.
#[derive(Debug, Clone, PartialEq)]
pub enum NdContent {
    /// Nothing that could be read.
    None,
    /// A dense array.
    Dense(Tensor),
    /// A sparse one.
    Sparse {
        /// Where its values stand.
        indices: Tensor,
        /// Its values.
        values: Tensor,
        /// Its dimensions.
        shape: Vec<u32>,
        /// A serialised `Struct` with the framework's own remarks.
        parameters: Bytes,
    },
}

/// A number that can be an element of a [`Tensor`].
pub trait Element: Copy {
    /// Its dtype as numpy spells it.
    const DTYPE: &'static str;
    /// How many bytes one takes.
    const SIZE: usize;
    /// Appends its bytes.
    fn put(self, out: &mut Vec<u8>);
    /// Reads one from exactly `SIZE` bytes.
    fn take(bytes: &[u8]) -> Option<Self>;
}

macro_rules! elements {
    ($($type:ty, $dtype:literal;)*) => {$(
        impl Element for $type {
            const DTYPE: &'static str = $dtype;
            const SIZE: usize = size_of::<$type>();
            fn put(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
            fn take(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(<$type>::from_le_bytes)
            }
        }
    )*};
}

elements! {
    f32, "<f4"; f64, "<f8"; i64, "<i8"; i32, "<i4"; i16, "<i2"; i8, "|i1";
    u64, "<u8"; u32, "<u4"; u16, "<u2"; u8, "|u1";
}

impl Tensor {
    /// An array of one dimension.
    #[must_use]
    pub fn vector<T: Element>(elements: &[T]) -> Self {
        let mut buffer = Vec::with_capacity(elements.len() * T::SIZE);
        elements.iter().for_each(|element| element.put(&mut buffer));
        let shape = vec![u32::try_from(elements.len()).unwrap_or(u32::MAX)];
        Self {
            buffer: buffer.into(),
            shape,
            dtype: T::DTYPE.to_owned(),
        }
    }

    /// Its elements; `None` where its dtype is another.
    #[must_use]
    pub fn elements<T: Element>(&self) -> Option<Vec<T>> {
        if self.dtype != T::DTYPE {
            return None;
        }
        self.buffer.chunks(T::SIZE).map(T::take).collect()
    }

    fn read(frame: &Bytes, view: &DenseView<'_>) -> Self {
        let buffer = frame.slice(view.buffer_start..view.buffer_start + view.buffer.len());
        Self {
            buffer,
            shape: view.shape.clone(),
            dtype: view.dtype.to_owned(),
        }
    }

    fn parts(&self) -> DenseParts<'_> {
        DenseParts {
            buffer: &self.buffer,
            shape: &self.shape,
            dtype: &self.dtype,
        }
    }
}

impl<T: Element> From<&[T]> for Tensor {
    fn from(elements: &[T]) -> Self {
        Self::vector(elements)
    }
}

impl From<Tensor> for NdArray {
    fn from(tensor: Tensor) -> Self {
        Self {
            cls_name: "numpy".to_owned(),
            content: NdContent::Dense(tensor),
        }
    }
}

impl<T: Element> From<Vec<T>> for NdArray {
    fn from(elements: Vec<T>) -> Self {
        Tensor::vector(&elements).into()
    }
}

impl NdArray {
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
            } => NdContent::Sparse {
                indices: Tensor::read(message, indices),
                values: Tensor::read(message, values),
                shape: shape.clone(),
                parameters: message.slice_ref(view.parameters),
            },
        };
        Self {
            cls_name: view.cls_name.to_owned(),
            content,
        }
    }

    /// The dense array, where it is one.
    #[must_use]
    pub fn dense(&self) -> Option<&Tensor> {
        match &self.content {
            NdContent::Dense(tensor) => Some(tensor),
            _ => None,
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
            NdContent::Dense(tensor) => write_dense(sink, &tensor.parts(), &self.cls_name),
            NdContent::Sparse {
                indices,
                values,
                shape,
                parameters,
            } => {
                let parts = SparseParts {
                    indices: indices.parts(),
                    values: values.parts(),
                    shape,
                    parameters,
                };
                write_sparse(sink, &parts, &self.cls_name);
            }
        }
    }
}
