//! When two tensors are equal.

use super::dense::Tensor;
use super::dtype::DType;
use super::element::Element;

/// Equal in shape and value: numbers of different types are compared as numbers.
impl PartialEq for Tensor {
    fn eq(&self, other: &Self) -> bool {
        if self.shape() != other.shape() {
            return false;
        }
        match (self.dtype(), other.dtype()) {
            (DType::F32, DType::F32) => self.same_elements::<f32>(other),
            (DType::F64, DType::F64) => self.same_elements::<f64>(other),
            (a, b) if a == b => self.buffer() == other.buffer(),
            _ => match (self.numbers(), other.numbers()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

impl Tensor {
    fn same_elements<T: Element>(&self, other: &Self) -> bool {
        matches!((self.elements::<T>(), other.elements::<T>()), (Ok(a), Ok(b)) if a == b)
    }

    /// Its elements as doubles, where it has numbers.
    fn numbers(&self) -> Option<Vec<f64>> {
        fn widen<T: Element>(tensor: &Tensor, to: impl Fn(T) -> f64) -> Option<Vec<f64>> {
            Some(
                tensor
                    .elements::<T>()
                    .ok()?
                    .iter()
                    .map(|e| to(*e))
                    .collect(),
            )
        }
        #[allow(clippy::cast_precision_loss)]
        match self.dtype() {
            DType::Bool => widen::<bool>(self, |e| f64::from(u8::from(e))),
            DType::I8 => widen::<i8>(self, f64::from),
            DType::I16 => widen::<i16>(self, f64::from),
            DType::I32 => widen::<i32>(self, f64::from),
            DType::I64 => widen::<i64>(self, |e| e as f64),
            DType::U8 => widen::<u8>(self, f64::from),
            DType::U16 => widen::<u16>(self, f64::from),
            DType::U32 => widen::<u32>(self, f64::from),
            DType::U64 => widen::<u64>(self, |e| e as f64),
            DType::F32 => widen::<f32>(self, f64::from),
            DType::F64 => widen::<f64>(self, |e| e),
            DType::F16 | DType::Other(_) => None,
        }
    }
}
