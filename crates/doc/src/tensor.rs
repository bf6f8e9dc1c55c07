//! Arrays as they travel: dense ones as a buffer with shape and dtype, sparse ones as indices and values.

use crate::wire::{Entry, Flaw, Reader, Sink, WireType, varint_len};

/// The most dimensions that numpy's arrays have.
const MOST_DIMENSIONS: usize = 64;

/// The most empty lists that an array of no elements may become.
const MOST_NOTHINGS: u64 = 1 << 16;

/// The wire's view of one dense array.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DenseView<'a> {
    /// Its elements, in C order.
    pub buffer: &'a [u8],
    /// Where the buffer begins in the bytes that were given.
    pub buffer_start: usize,
    /// Its dimensions.
    pub shape: Vec<u32>,
    /// Its element type as numpy spells it, such as `<f4`.
    pub dtype: &'a str,
}

/// The wire's view of an `NdArrayProto`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NdArrayView<'a> {
    /// What it holds.
    pub content: ArrayView<'a>,
    /// The framework that it came from: `numpy`, `list`, `torch`, `scipy` and so on; empty where unsaid.
    pub cls_name: &'a str,
    /// A serialised `Struct` with the framework's own remarks.
    pub parameters: &'a [u8],
}

/// The content of an `NdArrayProto`.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ArrayView<'a> {
    /// Nothing.
    #[default]
    None,
    /// A dense array.
    Dense(DenseView<'a>),
    /// A sparse one.
    Sparse {
        /// Where its values stand.
        indices: DenseView<'a>,
        /// Its values.
        values: DenseView<'a>,
        /// Its dimensions.
        shape: Vec<u32>,
    },
}

impl<'a> NdArrayView<'a> {
    /// Reads an `NdArrayProto` that a scan has passed.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut view = Self::default();
        for entry in Reader::new(bytes)
            .flatten()
            .filter(|e| e.wire == WireType::Bytes)
        {
            match entry.number {
                1 => view.content = ArrayView::Dense(dense(&entry)),
                2 => view.content = sparse(&entry),
                3 => view.cls_name = entry.text(),
                4 => view.parameters = entry.payload,
                _ => {}
            }
        }
        view
    }
}

fn dense<'a>(message: &Entry<'a>) -> DenseView<'a> {
    let mut view = DenseView::default();
    for entry in Reader::new(message.payload).flatten() {
        match (entry.number, entry.wire) {
            (1, WireType::Bytes) => {
                view.buffer = entry.payload;
                view.buffer_start = message.payload_start + entry.payload_start;
            }
            (2, _) => push_dimensions(&mut view.shape, &entry),
            (3, WireType::Bytes) => view.dtype = entry.text(),
            _ => {}
        }
    }
    view
}

fn sparse<'a>(message: &Entry<'a>) -> ArrayView<'a> {
    let (mut indices, mut values, mut shape) =
        (DenseView::default(), DenseView::default(), Vec::new());
    for entry in Reader::new(message.payload).flatten() {
        match (entry.number, entry.wire) {
            (1, WireType::Bytes) => indices = dense(&entry),
            (2, WireType::Bytes) => values = dense(&entry),
            (3, _) => push_dimensions(&mut shape, &entry),
            _ => {}
        }
    }
    ArrayView::Sparse {
        indices,
        values,
        shape,
    }
}

pub(crate) fn push_dimensions(shape: &mut Vec<u32>, entry: &Entry<'_>) {
    match entry.wire {
        WireType::Varint => shape.push(truncate(entry.varint())),
        WireType::Bytes => shape.extend(packed(entry.payload).flatten().map(truncate)),
        _ => {}
    }
}

#[allow(clippy::cast_possible_truncation)]
fn truncate(value: u64) -> u32 {
    value as u32
}

fn packed(bytes: &[u8]) -> impl Iterator<Item = Result<u64, Flaw>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut value = 0;
        for (i, byte) in rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * i);
            if *byte < 0x80 {
                rest = &rest[i + 1..];
                return Some(Ok(value));
            }
        }
        let flaw = if rest.len() < 10 {
            Flaw::Truncated
        } else {
            Flaw::Varint
        };
        rest = &[];
        Some(Err(flaw))
    })
}

/// Checks a packed run of integers.
pub(crate) fn check_packed(bytes: &[u8]) -> Result<(), Flaw> {
    packed(bytes).try_for_each(|value| value.map(drop))
}

/// How many bytes one element of a dtype takes, where the dtype is a plain number, bool or complex.
#[must_use]
pub fn item_size(dtype: &str) -> Option<usize> {
    let dtype = dtype.strip_prefix(['<', '>', '|', '=']).unwrap_or(dtype);
    let mut chars = dtype.chars();
    matches!(chars.next(), Some('b' | 'i' | 'u' | 'f' | 'c')).then_some(())?;
    chars
        .as_str()
        .parse()
        .ok()
        .filter(|size| matches!(size, 1 | 2 | 4 | 8 | 16 | 32))
}

impl DenseView<'_> {
    /// How many elements its shape has; `None` where that overflows.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        self.shape
            .iter()
            .try_fold(1usize, |n, d| n.checked_mul(usize::try_from(*d).ok()?))
    }

    /// How many lists of no elements it is as nested lists: what no byte of the message pays for.
    fn nothings(&self) -> u64 {
        match self.shape.iter().position(|d| *d == 0) {
            Some(at) => self.shape[..at]
                .iter()
                .fold(1, |n: u64, d| n.saturating_mul(u64::from(*d))),
            None => 0,
        }
    }

    /// What is wrong between its shape, its dtype and its buffer, in words.
    #[must_use]
    pub fn disagreement(&self) -> Option<String> {
        if self.shape.len() > MOST_DIMENSIONS {
            return Some(format!(
                "has {} dimensions, and {MOST_DIMENSIONS} is the most",
                self.shape.len()
            ));
        }
        if self.nothings() > MOST_NOTHINGS {
            return Some(format!(
                "has a shape of {:?}, which is nothing too many times over",
                self.shape
            ));
        }
        let size = item_size(self.dtype)?;
        let wanted = self.count().and_then(|n| n.checked_mul(size));
        (wanted != Some(self.buffer.len())).then(|| {
            format!(
                "has a shape of {:?} in {} and a buffer of {} bytes, which disagree",
                self.shape,
                self.dtype,
                self.buffer.len()
            )
        })
    }
}

/// One dense array about to be written.
#[derive(Debug, Clone, Copy)]
pub struct DenseParts<'a> {
    /// Its elements, in C order.
    pub buffer: &'a [u8],
    /// Its dimensions.
    pub shape: &'a [u32],
    /// Its element type as numpy spells it.
    pub dtype: &'a str,
}

impl DenseParts<'_> {
    fn shape_len(&self) -> usize {
        self.shape.iter().map(|d| varint_len(u64::from(*d))).sum()
    }

    fn write(&self, sink: &mut impl Sink) {
        if !self.buffer.is_empty() {
            sink.bytes_field(1, self.buffer);
        }
        write_shape(sink, 2, self.shape);
        sink.bytes_field(3, self.dtype.as_bytes());
    }

    fn len(&self) -> usize {
        let buffer = match self.buffer.len() {
            0 => 0,
            len => 1 + varint_len(len as u64) + len,
        };
        let shape = match self.shape_len() {
            0 => 0,
            len => 1 + varint_len(len as u64) + len,
        };
        buffer + shape + 1 + varint_len(self.dtype.len() as u64) + self.dtype.len()
    }
}

fn write_shape(sink: &mut impl Sink, number: u32, shape: &[u32]) {
    let len: usize = shape.iter().map(|d| varint_len(u64::from(*d))).sum();
    if len > 0 {
        sink.head(number, len);
        shape.iter().for_each(|d| sink.varint(u64::from(*d)));
    }
}

/// Writes an `NdArrayProto` with a dense array.
pub fn write_dense(sink: &mut impl Sink, array: &DenseParts<'_>, cls_name: &str) {
    sink.head(1, array.len());
    array.write(sink);
    sink.bytes_field(3, cls_name.as_bytes());
}

/// One sparse array about to be written.
#[derive(Debug, Clone, Copy)]
pub struct SparseParts<'a> {
    /// Where its values stand.
    pub indices: DenseParts<'a>,
    /// Its values.
    pub values: DenseParts<'a>,
    /// Its dimensions.
    pub shape: &'a [u32],
    /// A serialised `Struct` with the framework's own remarks.
    pub parameters: &'a [u8],
}

/// Writes an `NdArrayProto` with a sparse array.
pub fn write_sparse(sink: &mut impl Sink, array: &SparseParts<'_>, cls_name: &str) {
    let mut len = crate::wire::Counter::default();
    sparse_body(&mut len, array);
    sink.head(2, len.len);
    sparse_body(sink, array);
    sink.bytes_field(3, cls_name.as_bytes());
    if !array.parameters.is_empty() {
        sink.bytes_field(4, array.parameters);
    }
}

fn sparse_body(sink: &mut impl Sink, array: &SparseParts<'_>) {
    for (number, part) in [(1, &array.indices), (2, &array.values)] {
        sink.head(number, part.len());
        part.write(sink);
    }
    write_shape(sink, 3, array.shape);
}
