//! What a Document's content is.

use bytes::Bytes;

use super::Document;
use crate::arrays::NdArray;

/// The content of a Document, borrowed: it has one of these, or none.
///
/// ```
/// use tidegate_doc::{Content, Document};
///
/// let size = |document: &Document| match document.content() {
///     Some(Content::Text(text)) => text.len(),
///     Some(Content::Blob(blob)) => blob.len(),
///     Some(Content::Tensor(tensor)) => tensor.shape().iter().product(),
///     _ => 0,
/// };
/// assert_eq!(size(&Document::from("hello")), 5);
/// assert_eq!(size(&Document::from(vec![0_u8; 3])), 3);
/// assert_eq!(size(&Document::new()), 0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Content<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a Bytes),
    /// An array.
    Tensor(&'a NdArray),
}

impl Document {
    /// Its content; `None` where it has none, or an empty text or blob.
    #[must_use]
    pub fn content(&self) -> Option<Content<'_>> {
        if !self.text().is_empty() {
            return Some(Content::Text(self.text()));
        }
        if let Some(tensor) = self.tensor() {
            return Some(Content::Tensor(tensor));
        }
        Some(self.blob())
            .filter(|blob| !blob.is_empty())
            .map(Content::Blob)
    }
}
