//! How an array is compared, shown, and made from Documents.

use std::fmt;

use super::DocumentArray;
use crate::document::Document;

/// How many Documents are shown.
const SHOWN: usize = 5;

/// Equal where their Documents are, in order.
impl PartialEq for DocumentArray {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other)
    }
}

/// The first few Documents, and how many there are.
impl fmt::Debug for DocumentArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_list();
        out.entries(self.iter().take(SHOWN));
        if self.len() > SHOWN {
            out.entry(&format_args!("and {} more", self.len() - SHOWN));
        }
        out.finish()
    }
}

impl<D: Into<Document>> FromIterator<D> for DocumentArray {
    fn from_iter<I: IntoIterator<Item = D>>(documents: I) -> Self {
        let mut array = Self::new();
        array.extend(documents);
        array
    }
}

impl<D: Into<Document>> Extend<D> for DocumentArray {
    fn extend<I: IntoIterator<Item = D>>(&mut self, documents: I) {
        self.touch();
        let rows = documents.into_iter().map(|document| document.into().into());
        self.rows.extend(rows);
    }
}

impl<D: Into<Document>, const N: usize> From<[D; N]> for DocumentArray {
    fn from(documents: [D; N]) -> Self {
        documents.into_iter().collect()
    }
}

impl<D: Into<Document>> From<Vec<D>> for DocumentArray {
    fn from(documents: Vec<D>) -> Self {
        documents.into_iter().collect()
    }
}

impl From<Document> for DocumentArray {
    fn from(document: Document) -> Self {
        [document].into()
    }
}
