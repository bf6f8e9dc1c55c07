//! Where the vectors of received rows lie.

use crate::field::Field;
use crate::row::RowView;
use crate::tensor::{ArrayView, DenseView, NdArrayView};

/// The two kinds of numbers that vectors are searched in.
///
/// ```
/// use tidegate_doc::nearest::Float;
///
/// assert_eq!(Float::from_dtype("<f4").map(Float::size), Some(4));
/// assert_eq!(Float::from_dtype(">f4"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Float {
    /// 32-bit floats, `<f4`.
    F32,
    /// 64-bit floats, `<f8`.
    F64,
}

impl Float {
    /// The kind that a dtype names; `None` where it is no little-endian float of 32 or 64 bits.
    #[must_use]
    pub fn from_dtype(dtype: &str) -> Option<Self> {
        match dtype {
            "<f4" => Some(Self::F32),
            "<f8" => Some(Self::F64),
            _ => None,
        }
    }

    /// How many bytes one takes.
    #[must_use]
    pub const fn size(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// Finds the dense float array that rows have in a field, as long as all are alike.
///
/// It is made after one row. In rows that are laid out as that one, the array is found by comparing a few
/// bytes; others are read with care.
///
/// ```
/// use tidegate_doc::nearest::{Float, VectorColumn};
/// use tidegate_doc::{Document, Field, RowView};
///
/// let rows = [[1.0_f32, 2.0], [3.0, 4.0]]
///     .map(|v| Document::new().with_embedding(v.to_vec()).to_bytes());
/// let column = VectorColumn::like(RowView::new(&rows[0]), Field::Embedding).unwrap();
/// assert_eq!((column.float(), column.width()), (Float::F32, 2));
/// assert_eq!(column.of(RowView::new(&rows[1])), Some(&[0, 0, 64, 64, 0, 0, 128, 64][..]));
/// ```
#[derive(Debug, Clone)]
pub struct VectorColumn<'m> {
    field: Field,
    float: Float,
    shape: Vec<u32>,
    before: &'m [u8],
    after: &'m [u8],
    size: usize,
}

impl<'m> VectorColumn<'m> {
    /// The column whose arrays are as the one that `model` has; `None` where that is none or is not dense
    /// and of floats.
    #[must_use]
    pub fn like(model: RowView<'m>, field: Field) -> Option<Self> {
        let message = model.find(field)?.payload;
        let dense = floats(message)?;
        let float = Float::from_dtype(dense.dtype)?;
        let size = dense.buffer.len();
        if dense.shape.is_empty() || size == 0 || dense.disagreement().is_some() {
            return None;
        }
        Some(Self {
            field,
            float,
            before: message.get(..dense.buffer_start)?,
            after: message.get(dense.buffer_start + size..)?,
            shape: dense.shape,
            size,
        })
    }

    /// What its numbers are.
    #[must_use]
    pub fn float(&self) -> Float {
        self.float
    }

    /// How many numbers each array has.
    #[must_use]
    pub fn width(&self) -> usize {
        self.size / self.float.size()
    }

    /// The dimensions of each array.
    #[must_use]
    pub fn shape(&self) -> &[u32] {
        &self.shape
    }

    /// The bytes of the numbers that a row has; `None` where it has none, or others than the model.
    #[must_use]
    pub fn of<'a>(&self, row: RowView<'a>) -> Option<&'a [u8]> {
        let message = row.find(self.field)?.payload;
        if message.len() == self.before.len() + self.size + self.after.len()
            && message.starts_with(self.before)
            && message.ends_with(self.after)
        {
            let start = self.before.len();
            return message.get(start..start + self.size);
        }
        let dense = floats(message)?;
        (dense.shape == self.shape && Float::from_dtype(dense.dtype) == Some(self.float))
            .then_some(dense.buffer)
            .filter(|buffer| buffer.len() == self.size)
    }
}

fn floats(message: &[u8]) -> Option<DenseView<'_>> {
    match NdArrayView::new(message) {
        NdArrayView {
            content: ArrayView::Dense(dense),
            cls_name: "numpy",
            ..
        } => Some(dense),
        _ => None,
    }
}
