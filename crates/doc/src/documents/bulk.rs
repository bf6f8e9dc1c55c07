//! One field of every Document at once, read from the received bytes where nobody looked before.

use std::fmt;

use bytes::Bytes;

use super::{DocumentArray, Row};
use crate::arrays::Tensor;
use crate::document::{Document, FieldRef};
use crate::field::Field;
use crate::row::RowView;
use crate::tensor::{ArrayView, DenseView, NdArrayView, item_size};

/// Why a field of all Documents cannot be read or set at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnError {
    field: Field,
    reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reason {
    Missing(Vec<usize>),
    Sparse(usize),
    Ragged(usize, String, String),
    Length(usize, usize),
}

impl ColumnError {
    /// The field that it is about.
    #[must_use]
    pub fn field(&self) -> Field {
        self.field
    }
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.field.name();
        match &self.reason {
            Reason::Missing(at) => {
                let dots = if at.len() == MISSING {
                    " and maybe more"
                } else {
                    ""
                };
                write!(f, "the Documents at {at:?}{dots} have no {field}")
            }
            Reason::Sparse(at) => {
                write!(
                    f,
                    "docs[{at}].{field} is no dense array of numbers, and cannot be a row of a matrix"
                )
            }
            Reason::Ragged(at, first, other) => {
                write!(
                    f,
                    "docs[{at}].{field} is {other}, and that of the first is {first}"
                )
            }
            Reason::Length(given, wanted) => {
                write!(
                    f,
                    "{given} values of {field} were given for {wanted} Documents"
                )
            }
        }
    }
}

impl std::error::Error for ColumnError {}

/// How many Documents without a value an error names.
const MISSING: usize = 10;

impl DocumentArray {
    /// The text of every Document; empty for those that have none.
    ///
    /// ```
    /// assert_eq!(tidegate_doc::DocumentArray::from(["a", "b"]).texts(), ["a", "b"]);
    /// ```
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        let text = |row| match self.seen(row) {
            Ok(document) => Document::text(document),
            Err(row) if row.mask() & Field::Text.bit() != 0 => {
                row.find(Field::Text).map_or("", |entry| entry.text())
            }
            Err(_) => "",
        };
        self.rows.iter().map(text).collect()
    }

    /// Sets the text of every Document.
    ///
    /// # Errors
    /// When there are not as many texts as Documents; none is then set.
    ///
    /// ```
    /// let mut array = tidegate_doc::DocumentArray::from(["a", "b"]);
    /// array.set_texts(["x", "y"])?;
    /// let error = array.set_texts(["z"]).unwrap_err();
    /// assert_eq!(error.to_string(), "1 values of text were given for 2 Documents");
    /// # Ok::<(), tidegate_doc::ColumnError>(())
    /// ```
    pub fn set_texts<T: Into<String>>(
        &mut self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<(), ColumnError> {
        self.set_each(Field::Text, texts, |document, text| document.set_text(text))
    }

    /// The blob of every Document, sharing its bytes; empty for those that have none.
    ///
    /// ```
    /// let array = tidegate_doc::DocumentArray::from([vec![1_u8], vec![2, 3]]);
    /// assert_eq!(array.blobs()[1].as_ref(), [2, 3]);
    /// ```
    #[must_use]
    pub fn blobs(&self) -> Vec<Bytes> {
        self.iter()
            .map(|document| document.blob().clone())
            .collect()
    }

    /// Sets the blob of every Document.
    ///
    /// # Errors
    /// When there are not as many blobs as Documents; none is then set.
    ///
    /// ```
    /// let mut array = tidegate_doc::DocumentArray::from(["a", "b"]);
    /// array.set_blobs([vec![1], vec![2, 3]])?;
    /// assert_eq!(array.texts(), ["", ""]);
    /// # Ok::<(), tidegate_doc::ColumnError>(())
    /// ```
    pub fn set_blobs<B: Into<Bytes>>(
        &mut self,
        blobs: impl IntoIterator<Item = B>,
    ) -> Result<(), ColumnError> {
        self.set_each(Field::Blob, blobs, |document, blob| document.set_blob(blob))
    }

    /// The embeddings as one matrix, its first dimension the Documents'; `None` where no Document has one.
    ///
    /// Copied once, from the received bytes where nobody looked at a Document before.
    ///
    /// # Errors
    /// When only some Documents have one, or they differ in shape or element type; the error names them.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let mut array: DocumentArray = [[0.0_f32, 1.0], [1.0, 0.0]]
    ///     .map(|vector| Document::builder().embedding(vector).build())
    ///     .into();
    /// let matrix = array.embeddings()?.unwrap();
    /// assert_eq!((matrix.shape(), matrix.elements::<f32>().unwrap()[1]), (&[2, 2][..], 1.0));
    ///
    /// array.push(Document::new());
    /// let error = array.embeddings().unwrap_err();
    /// assert_eq!(error.to_string(), "the Documents at [2] have no embedding");
    /// # Ok::<(), tidegate_doc::ColumnError>(())
    /// ```
    pub fn embeddings(&self) -> Result<Option<Tensor>, ColumnError> {
        self.matrix(Field::Embedding)
    }

    /// The tensors as one, its first dimension the Documents'; see [`Self::embeddings`].
    ///
    /// # Errors
    /// When only some Documents have one, or they differ in shape or element type.
    ///
    /// ```
    /// let array = tidegate_doc::DocumentArray::from(["no tensor"]);
    /// assert_eq!(array.tensors()?, None);
    /// # Ok::<(), tidegate_doc::ColumnError>(())
    /// ```
    pub fn tensors(&self) -> Result<Option<Tensor>, ColumnError> {
        self.matrix(Field::Tensor)
    }

    /// Sets the embedding of every Document to a row of a matrix; the rows share its buffer.
    ///
    /// # Errors
    /// When the matrix has not as many rows as there are Documents; none is then set.
    ///
    /// ```
    /// let mut array = tidegate_doc::DocumentArray::from(["a", "b"]);
    /// array.set_embeddings([[0.0_f32, 1.0], [1.0, 0.0]])?;
    /// assert_eq!(array.get(1).unwrap().embedding().unwrap().shape(), [2]);
    /// # Ok::<(), tidegate_doc::ColumnError>(())
    /// ```
    pub fn set_embeddings(&mut self, matrix: impl Into<Tensor>) -> Result<(), ColumnError> {
        let rows: Vec<Tensor> = matrix.into().rows().collect();
        self.set_each(Field::Embedding, rows, Document::set_embedding)
    }

    /// Sets the tensor of every Document to a row of a larger one; the rows share its buffer.
    ///
    /// # Errors
    /// When the first dimension is not as large as the array; none is then set.
    ///
    /// ```
    /// use tidegate_doc::{DocumentArray, Tensor};
    ///
    /// let mut images = DocumentArray::from(["", ""]);
    /// images.set_tensors(Tensor::new([2, 8, 8, 3], vec![0_u8; 384]).unwrap())?;
    /// assert_eq!(images.get(1).unwrap().tensor().unwrap().shape(), [8, 8, 3]);
    /// # Ok::<(), tidegate_doc::ColumnError>(())
    /// ```
    pub fn set_tensors(&mut self, tensors: impl Into<Tensor>) -> Result<(), ColumnError> {
        let rows: Vec<Tensor> = tensors.into().rows().collect();
        self.set_each(Field::Tensor, rows, Document::set_tensor)
    }

    fn set_each<T>(
        &mut self,
        field: Field,
        values: impl IntoIterator<Item = T>,
        set: impl Fn(&mut Document, T),
    ) -> Result<(), ColumnError> {
        let values: Vec<T> = values.into_iter().collect();
        if values.len() != self.len() {
            let reason = Reason::Length(values.len(), self.len());
            return Err(ColumnError { field, reason });
        }
        self.iter_mut()
            .zip(values)
            .for_each(|(document, value)| set(document, value));
        Ok(())
    }

    /// The Document of a row, or its bytes where nobody looked.
    fn seen<'a>(&'a self, row: &'a Row) -> Result<&'a Document, RowView<'a>> {
        match row.document.get() {
            Some(document) => Ok(document),
            None => Err(RowView::new(row.span.of(&self.frame))),
        }
    }

    fn matrix(&self, field: Field) -> Result<Option<Tensor>, ColumnError> {
        let fail = |reason| ColumnError { field, reason };
        let mut buffers = Vec::with_capacity(self.len());
        let mut first: Option<Dense<'_>> = None;
        let mut missing = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let dense = match self.dense(row, field) {
                Found::Dense(dense) => dense,
                Found::Other => return Err(fail(Reason::Sparse(at))),
                Found::Nothing => {
                    missing.push(at);
                    continue;
                }
            };
            buffers.push(dense.buffer);
            match &first {
                None => first = Some(dense),
                Some(first) if first.shape != dense.shape || first.dtype != dense.dtype => {
                    return Err(fail(Reason::Ragged(at, first.summary(), dense.summary())));
                }
                Some(_) => {}
            }
        }
        let Some(Dense { shape, dtype, .. }) = first else {
            return Ok(None);
        };
        if !missing.is_empty() {
            missing.truncate(MISSING);
            return Err(fail(Reason::Missing(missing)));
        }
        let shape = [self.len()].into_iter().chain(shape).collect();
        Ok(Some(Tensor::unchecked(
            shape,
            dtype.into(),
            buffers.concat().into(),
        )))
    }

    /// The dense array in a field of a row.
    fn dense<'a>(&'a self, row: &'a Row, field: Field) -> Found<'a> {
        match self.seen(row) {
            Ok(document) => match document.get(field) {
                Some(FieldRef::Array(array)) => array.dense().map_or(Found::Other, Found::of),
                _ => Found::Nothing,
            },
            Err(row) if row.mask() & field.bit() != 0 => {
                let entry = row.find(field).map(|entry| NdArrayView::new(entry.payload));
                match entry.map(|array| array.content) {
                    Some(ArrayView::Dense(view)) => Found::view(&view),
                    _ => Found::Other,
                }
            }
            Err(_) => Found::Nothing,
        }
    }
}

/// What a row has in a field of arrays.
enum Found<'a> {
    Nothing,
    Dense(Dense<'a>),
    Other,
}

/// A dense array of numbers, wherever it lies.
struct Dense<'a> {
    shape: Vec<usize>,
    dtype: &'a str,
    buffer: &'a [u8],
}

impl<'a> Found<'a> {
    fn of(tensor: &'a Tensor) -> Self {
        Self::new(
            tensor.shape().to_vec(),
            tensor.dtype().as_str(),
            tensor.buffer(),
        )
    }

    fn view(view: &DenseView<'a>) -> Self {
        let shape = view.shape.iter().map(|d| *d as usize).collect();
        Self::new(shape, view.dtype, view.buffer)
    }

    fn new(shape: Vec<usize>, dtype: &'a str, buffer: &'a [u8]) -> Self {
        match item_size(dtype) {
            Some(_) => Self::Dense(Dense {
                shape,
                dtype,
                buffer,
            }),
            None => Self::Other,
        }
    }
}

impl Dense<'_> {
    fn summary(&self) -> String {
        format!("{} {:?}", self.dtype, self.shape)
    }
}
