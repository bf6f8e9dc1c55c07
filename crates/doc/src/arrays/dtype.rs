//! Element types, as numpy spells them.

use std::fmt;

/// The type of an array's elements.
///
/// Numbers are little-endian; what has no name here is kept as numpy spells it.
///
/// ```
/// use tidegate_doc::DType;
///
/// assert_eq!(DType::from("<f4"), DType::F32);
/// assert_eq!(DType::F32.to_string(), "<f4");
/// assert_eq!(DType::from(">f8").item_size(), Some(8));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum DType {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
    F16,
    F32,
    F64,
    /// Any other, such as `>f4`, `<c8` or `<U5`.
    Other(Box<str>),
}

const NAMES: [(DType, &str); 12] = [
    (DType::Bool, "|b1"),
    (DType::I8, "|i1"),
    (DType::I16, "<i2"),
    (DType::I32, "<i4"),
    (DType::I64, "<i8"),
    (DType::U8, "|u1"),
    (DType::U16, "<u2"),
    (DType::U32, "<u4"),
    (DType::U64, "<u8"),
    (DType::F16, "<f2"),
    (DType::F32, "<f4"),
    (DType::F64, "<f8"),
];

impl DType {
    /// Its name as numpy spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(name) => name,
            _ => NAMES
                .iter()
                .find(|(known, _)| known == self)
                .map_or("", |(_, name)| name),
        }
    }

    /// How many bytes one element takes, where it is a number, a truth value or complex.
    #[must_use]
    pub fn item_size(&self) -> Option<usize> {
        crate::tensor::item_size(self.as_str())
    }
}

impl From<&str> for DType {
    fn from(name: &str) -> Self {
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map_or_else(|| Self::Other(name.into()), |(dtype, _)| dtype.clone())
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
