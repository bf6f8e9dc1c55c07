//! Documents and arrays of Documents: the types, and every form in which they travel.
//!
//! Pure Rust without async: received bytes are scanned once ([`scan_array`]), fields are found in
//! them when somebody looks ([`RowView`]), and what nobody touched is sent on as the bytes it came in.

pub mod align;
mod arrays;
mod document;
mod documents;
mod field;
mod id;
pub mod json;
mod map;
pub mod nearest;
pub mod path;
pub mod query;
mod reduce;
mod row;
mod scan;
mod score;
pub mod structure;
pub mod tensor;
mod value;
pub mod wire;

pub use arrays::{DType, Element, NdArray, NdContent, Sparse, Tensor, TensorError};
pub use document::{Content, Document, DocumentBuilder, FieldError, FieldRef, FieldValue};
pub use documents::{ColumnError, DocumentArray, IntoIter, Iter, IterMut, TraverseError};
pub use field::Field;
pub use id::{Id, after_fork};
pub use map::Map;
pub use reduce::reduce;
pub use row::RowView;
pub use scan::{ScanError, nested_rows, scan_array, scan_document, scan_rows, scan_struct};
pub use score::{NamedScore, Scores};
pub use value::Value;
