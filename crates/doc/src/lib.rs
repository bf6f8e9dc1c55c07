//! Documents and arrays of Documents: the types, and every form in which they travel.
//!
//! Pure Rust without async: received bytes are scanned once ([`scan_array`]), fields are found in
//! them when somebody looks ([`RowView`]), and what nobody touched is sent on as the bytes it came in.

mod array_value;
mod document;
mod documents;
mod field;
mod id;
pub mod json;
pub mod nearest;
pub mod path;
pub mod query;
mod reduce;
mod row;
mod scan;
mod score;
pub mod structure;
pub mod tensor;
pub mod wire;

pub use array_value::{Element, NdArray, NdContent, Tensor};
pub use document::{Document, FieldValue};
pub use documents::DocumentArray;
pub use field::Field;
pub use id::{Id, after_fork};
pub use reduce::reduce;
pub use row::RowView;
pub use scan::{ScanError, nested_rows, scan_array, scan_document, scan_rows, scan_struct};
pub use score::NamedScore;
