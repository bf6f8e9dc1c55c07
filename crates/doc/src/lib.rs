#![doc = include_str!("../README.md")]
//!
//! # Where what is
//!
//! - [`Document`], made by [`Document::builder`]; [`Content`], [`Value`] and [`Map`] of tags, [`NamedScore`].
//! - [`DocumentArray`]: a list with lookup by id, columns ([`DocumentArray::embeddings`]), paths
//!   ([`DocumentArray::traverse`]), random parts ([`DocumentArray::sample`]).
//! - [`NdArray`]: an array with the framework that it came from; [`Tensor`]: a dense one; [`DType`].
//! - [`query`], [`nearest`], [`reduce`]: filters, search by vector, merging, on received bytes.
//! - [`json`]: Documents as JSON; [`framing`], [`compression`]: Documents in files and streams.
//! - What faces in other languages are built on: [`scan_rows`], [`RowView`], [`Field`], [`tensor`],
//!   [`structure`], [`wire`].

pub mod align;
mod arrays;
pub mod compression;
mod document;
mod documents;
mod field;
pub mod framing;
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
#[cfg(feature = "serde")]
mod typed;
mod value;
pub mod wire;

pub use arrays::{DType, Element, NdArray, NdContent, Sparse, Tensor, TensorError};
pub use document::{Content, Document, DocumentBuilder, FieldError, FieldRef, FieldValue};
pub use documents::{ColumnError, DocumentArray, IntoIter, Iter, IterMut, TraverseError};
pub use field::Field;
pub use id::{Id, IdSeed, after_fork};
pub use map::Map;
pub use reduce::reduce;
pub use row::RowView;
pub use scan::{ScanError, nested_rows, scan_array, scan_document, scan_rows, scan_struct};
pub use score::{NamedScore, Scores};
#[cfg(feature = "serde")]
pub use typed::NotFinite;
pub use value::Value;
