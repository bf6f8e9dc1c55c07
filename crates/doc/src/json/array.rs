//! Arrays in JSON: nested lists of numbers.

use super::JsonText;
use crate::tensor::{ArrayView, DenseView, NdArrayView};

/// How many empty lists an array without elements may become.
const EMPTY_LISTS: usize = 4096;

/// Why an array has no form as nested lists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoLists {
    /// Its elements are no numbers that JSON has.
    #[error("is an array of {0}, which is no list of numbers; the protobuf dialect can hold it")]
    Dtype(String),
    /// It is sparse.
    #[error("is a sparse array, which is no list of numbers; the protobuf dialect can hold it")]
    Sparse,
    /// It has no elements but a shape of very many empty lists.
    #[error("has a shape of {0:?} with nothing in it, which would be too many empty lists")]
    Empty(Vec<u32>),
}

/// Whether a received array means something: one that names no known framework does not.
pub(crate) fn is_known(array: &NdArrayView<'_>) -> bool {
    match &array.content {
        ArrayView::None => false,
        ArrayView::Dense(_) => matches!(
            array.cls_name,
            "list" | "numpy" | "torch" | "tensorflow" | "paddle" | "jax"
        ),
        ArrayView::Sparse { .. } => {
            matches!(array.cls_name, "scipy" | "torch" | "tensorflow" | "paddle")
        }
    }
}

/// Writes an array that a scan has passed as nested lists.
pub(crate) fn write_array(out: &mut JsonText, array: &NdArrayView<'_>) -> Result<(), NoLists> {
    match &array.content {
        ArrayView::Dense(dense) => write_dense(out, dense),
        ArrayView::Sparse { .. } => Err(NoLists::Sparse),
        ArrayView::None => {
            out.null();
            Ok(())
        }
    }
}

/// Writes a dense array as nested lists of numbers.
///
/// # Errors
/// When its elements are no numbers, or it is a very large shape of nothing.
pub fn write_dense(out: &mut JsonText, dense: &DenseView<'_>) -> Result<(), NoLists> {
    let no_numbers = || NoLists::Dtype(dense.dtype.to_owned());
    let (size, print) = printer(dense.dtype).ok_or_else(no_numbers)?;
    if dense.count().and_then(|n| n.checked_mul(size)) != Some(dense.buffer.len()) {
        return Err(no_numbers());
    }
    if dense.buffer.is_empty() {
        let dimensions = dense.shape.iter().map(|d| *d as usize);
        let lists = dimensions
            .take_while(|d| *d > 0)
            .try_fold(1usize, usize::checked_mul);
        if lists.is_none_or(|lists| lists > EMPTY_LISTS) {
            return Err(NoLists::Empty(dense.shape.clone()));
        }
    }
    let mut items = dense.buffer.chunks_exact(size);
    nested(out, &dense.shape, &mut || {
        items.next().map(print).unwrap_or(Element::Int(0))
    });
    Ok(())
}

fn nested(out: &mut JsonText, shape: &[u32], item: &mut dyn FnMut() -> Element) {
    let Some((len, inner)) = shape.split_first() else {
        return item().write(out);
    };
    out.open('[');
    for _ in 0..*len {
        out.next();
        nested(out, inner, item);
    }
    out.close(']');
}

enum Element {
    Bool(bool),
    Int(i64),
    Unsigned(u64),
    Float(f64),
}

impl Element {
    fn write(self, out: &mut JsonText) {
        match self {
            Self::Bool(value) => out.bool(value),
            Self::Int(value) => out.int(value),
            Self::Unsigned(value) => out.unsigned(value),
            Self::Float(value) => out.float(value),
        }
    }
}

type Print = fn(&[u8]) -> Element;

/// The size of an element of a dtype and how to read one.
fn printer(dtype: &str) -> Option<(usize, Print)> {
    let (big, name) = match dtype.split_at_checked(1)? {
        (">", name) => (true, name),
        ("<" | "|" | "=", name) => (false, name),
        _ => (false, dtype),
    };
    macro_rules! numbers {
        ($type:ty, $kind:path, $wide:ty) => {{
            let little: Print = |b| {
                $kind(<$wide>::from(
                    b.try_into().map(<$type>::from_le_bytes).unwrap_or_default(),
                ))
            };
            let big_end: Print = |b| {
                $kind(<$wide>::from(
                    b.try_into().map(<$type>::from_be_bytes).unwrap_or_default(),
                ))
            };
            (size_of::<$type>(), if big { big_end } else { little })
        }};
    }
    Some(match name {
        "b1" => (1, |b| Element::Bool(b != [0])),
        "i1" => numbers!(i8, Element::Int, i64),
        "i2" => numbers!(i16, Element::Int, i64),
        "i4" => numbers!(i32, Element::Int, i64),
        "i8" => numbers!(i64, Element::Int, i64),
        "u1" => numbers!(u8, Element::Unsigned, u64),
        "u2" => numbers!(u16, Element::Unsigned, u64),
        "u4" => numbers!(u32, Element::Unsigned, u64),
        "u8" => numbers!(u64, Element::Unsigned, u64),
        "f4" => numbers!(f32, Element::Float, f64),
        "f8" => numbers!(f64, Element::Float, f64),
        "f2" => (
            2,
            if big {
                |b| Element::Float(half(b.try_into().map_or(0, u16::from_be_bytes)))
            } else {
                |b| Element::Float(half(b.try_into().map_or(0, u16::from_le_bytes)))
            },
        ),
        _ => return None,
    })
}

/// A 16-bit float's value.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(buffer: &[u8], shape: &[u32], dtype: &str) -> Result<String, NoLists> {
        let mut out = JsonText::new();
        let view = DenseView {
            buffer,
            buffer_start: 0,
            shape: shape.to_vec(),
            dtype,
        };
        write_dense(&mut out, &view).map(|()| out.finish())
    }

    #[test]
    fn every_kind_of_number() {
        assert_eq!(written(&[0, 2], &[2], "|b1").unwrap(), "[false, true]");
        assert_eq!(written(&[0, 1, 255, 255], &[2], ">i2").unwrap(), "[1, -1]");
        assert_eq!(written(&[0, 0x3c], &[], "<f2").unwrap(), "1.0");
        assert_eq!(
            written(&[1, 0], &[1], "<f2").unwrap(),
            "[5.960464477539063e-08]"
        );
        assert_eq!(written(&[], &[2, 0], "<f4").unwrap(), "[[], []]");
        assert_eq!(
            written(&0.1f32.to_le_bytes(), &[1, 1], "<f4").unwrap(),
            "[[0.10000000149011612]]"
        );
    }

    #[test]
    fn what_has_no_lists_is_refused() {
        assert!(matches!(
            written(&[0; 8], &[1], "<c8"),
            Err(NoLists::Dtype(_))
        ));
        assert!(matches!(
            written(&[], &[u32::MAX, 0], "<f4"),
            Err(NoLists::Empty(_))
        ));
    }
}
