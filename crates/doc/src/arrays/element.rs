//! Numbers that can be elements.

use bytes::Bytes;

use super::dtype::DType;

mod sealed {
    pub trait Sealed {}
}

/// A type that an element of a [`Tensor`](crate::Tensor) can have: `bool`, the integers, `f32` and `f64`.
pub trait Element: sealed::Sealed + Copy + PartialEq + Send + Sync + 'static {
    /// Its name among element types.
    const DTYPE: DType;

    /// Reads one from as many bytes as it has; `None` where they are no such value.
    #[doc(hidden)]
    fn read(bytes: &[u8]) -> Option<Self>;

    /// The elements as one slice, where the bytes are aligned for them and hold nothing else.
    #[doc(hidden)]
    fn cast(bytes: &[u8]) -> Option<&[Self]>;

    /// The bytes of elements, in the order of the wire.
    #[doc(hidden)]
    fn bytes(elements: Vec<Self>) -> Bytes;
}

/// Elements that lend their bytes.
struct Owner<T>(Vec<T>);

impl<T: bytemuck::NoUninit> AsRef<[u8]> for Owner<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

macro_rules! elements {
    ($($type:ty, $dtype:ident;)*) => {$(
        impl sealed::Sealed for $type {}

        impl Element for $type {
            const DTYPE: DType = DType::$dtype;

            fn read(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(<$type>::from_le_bytes)
            }

            fn cast(bytes: &[u8]) -> Option<&[Self]> {
                if cfg!(target_endian = "big") && size_of::<$type>() > 1 {
                    return None;
                }
                bytemuck::try_cast_slice(bytes).ok()
            }

            fn bytes(elements: Vec<Self>) -> Bytes {
                if cfg!(target_endian = "big") {
                    return elements.iter().flat_map(|e| e.to_le_bytes()).collect();
                }
                Bytes::from_owner(Owner(elements))
            }
        }
    )*};
}

elements! {
    i8, I8; i16, I16; i32, I32; i64, I64;
    u8, U8; u16, U16; u32, U32; u64, U64;
    f32, F32; f64, F64;
}

impl sealed::Sealed for bool {}

impl Element for bool {
    const DTYPE: DType = DType::Bool;

    fn read(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    fn cast(bytes: &[u8]) -> Option<&[Self]> {
        bytemuck::checked::try_cast_slice(bytes).ok()
    }

    fn bytes(elements: Vec<Self>) -> Bytes {
        Bytes::from_owner(Owner(elements))
    }
}
