//! An array as a list: access, adding, removing, order.

use std::cmp::Ordering;
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

use super::{DocumentArray, IntoIter, Row};
use crate::document::Document;

impl DocumentArray {
    /// The Document at an index.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "b"]);
    /// assert_eq!(array.get(1).map(|document| document.text()), Some("b"));
    /// assert_eq!(array.get(2), None);
    /// ```
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Document> {
        let row = self.rows.get(index)?;
        Some(row.document(&self.frame))
    }

    /// The Document at an index, to be changed in place.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a"]);
    /// if let Some(document) = array.get_mut(0) {
    ///     document.set_text("b");
    /// }
    /// assert_eq!(array.texts(), ["b"]);
    /// ```
    #[must_use]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Document> {
        self.touch();
        let row = self.rows.get_mut(index)?;
        Some(row.document_mut(&self.frame))
    }

    /// The first Document.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// assert_eq!(DocumentArray::from(["a", "b"]).first().map(|d| d.text().len()), Some(1));
    /// ```
    #[must_use]
    pub fn first(&self) -> Option<&Document> {
        self.get(0)
    }

    /// The last Document.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// assert_eq!(DocumentArray::new().last(), None);
    /// ```
    #[must_use]
    pub fn last(&self) -> Option<&Document> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Adds a Document at the end.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::new();
    /// array.push("hello");
    /// assert_eq!(array.len(), 1);
    /// ```
    pub fn push(&mut self, document: impl Into<Document>) {
        self.touch();
        self.rows.push(document.into().into());
    }

    /// Adds a Document before an index; at the end where the array is shorter.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "c"]);
    /// array.insert(1, "b");
    /// assert_eq!(array.texts(), ["a", "b", "c"]);
    /// ```
    pub fn insert(&mut self, index: usize, document: impl Into<Document>) {
        self.touch();
        let index = index.min(self.len());
        self.rows.insert(index, document.into().into());
    }

    /// Puts a Document in the place of another, which is returned; the given one comes back as the error
    /// where there is no such place.
    ///
    /// # Errors
    /// When the array is too short.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let mut array = DocumentArray::from(["a"]);
    /// assert_eq!(array.replace(0, Document::from("b")).unwrap().text(), "a");
    /// assert!(array.replace(1, Document::from("c")).is_err());
    /// ```
    pub fn replace(&mut self, index: usize, document: Document) -> Result<Document, Box<Document>> {
        match self.get_mut(index) {
            Some(place) => Ok(std::mem::replace(place, document)),
            None => Err(Box::new(document)),
        }
    }

    /// Removes and returns the Document at an index.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b"]);
    /// assert_eq!(array.remove(0).unwrap().text(), "a");
    /// assert!(array.remove(1).is_none());
    /// ```
    pub fn remove(&mut self, index: usize) -> Option<Document> {
        if index >= self.len() {
            return None;
        }
        self.touch();
        Some(self.rows.remove(index).into_document(&self.frame))
    }

    /// Removes and returns the last Document.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b"]);
    /// assert_eq!(array.pop().unwrap().text(), "b");
    /// ```
    pub fn pop(&mut self) -> Option<Document> {
        self.remove(self.len().checked_sub(1)?)
    }

    /// Removes a range of Documents and returns them; what of the range is past the end counts for nothing.
    ///
    /// They are gone at once, also where nobody goes through them.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b", "c"]);
    /// assert_eq!(array.drain(1..).count(), 2);
    /// assert_eq!(array.len(), 1);
    /// ```
    pub fn drain(&mut self, range: impl RangeBounds<usize>) -> IntoIter {
        self.touch();
        let range = within(&range, self.len()).unwrap_or(0..0);
        let rows: Vec<Row> = self.rows.drain(range).collect();
        IntoIter {
            rows: rows.into_iter(),
            frame: self.frame.clone(),
        }
    }

    /// Keeps the first Documents, up to a number of them.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b"]);
    /// array.truncate(1);
    /// assert_eq!(array.texts(), ["a"]);
    /// ```
    pub fn truncate(&mut self, len: usize) {
        self.touch();
        self.rows.truncate(len);
    }

    /// Removes every Document.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b"]);
    /// array.clear();
    /// assert!(array.is_empty());
    /// ```
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Keeps the Documents for which a condition holds.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["keep", "", "keep too"]);
    /// array.retain(|document| !document.text().is_empty());
    /// assert_eq!(array.len(), 2);
    /// ```
    pub fn retain(&mut self, mut keep: impl FnMut(&Document) -> bool) {
        self.touch();
        let frame = &self.frame;
        self.rows.retain(|row| keep(row.document(frame)));
    }

    /// Adds the Documents of another array, which it shares with that one.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a"]);
    /// array.append(&DocumentArray::from(["b"]));
    /// assert_eq!(array.texts(), ["a", "b"]);
    /// ```
    pub fn append(&mut self, other: &Self) {
        self.touch();
        self.rows.reserve(other.len());
        for row in &other.rows {
            self.rows
                .push(Arc::clone(row.document(&other.frame)).into());
        }
    }

    /// Sorts the Documents, those that compare equal in the order in which they stood.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["b", "c", "a"]);
    /// array.sort_by(|a, b| a.text().cmp(b.text()));
    /// assert_eq!(array.texts(), ["a", "b", "c"]);
    /// ```
    pub fn sort_by(&mut self, mut compare: impl FnMut(&Document, &Document) -> Ordering) {
        self.touch();
        let frame = &self.frame;
        self.rows
            .sort_by(|a, b| compare(a.document(frame), b.document(frame)));
    }

    /// Sorts the Documents by a key, those with the same key in the order in which they stood.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["ccc", "a", "bb"]);
    /// array.sort_by_key(|document| document.text().len());
    /// assert_eq!(array.texts(), ["a", "bb", "ccc"]);
    /// ```
    pub fn sort_by_key<K: Ord>(&mut self, mut key: impl FnMut(&Document) -> K) {
        self.touch();
        let frame = &self.frame;
        self.rows.sort_by_cached_key(|row| key(row.document(frame)));
    }

    /// Turns the order around.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let mut array = DocumentArray::from(["a", "b"]);
    /// array.reverse();
    /// assert_eq!(array.texts(), ["b", "a"]);
    /// ```
    pub fn reverse(&mut self) {
        self.touch();
        self.rows.reverse();
    }
}

/// A range of indices as far as there are any; `None` where it begins past the end or ends before it begins.
pub(super) fn within(range: &impl RangeBounds<usize>, len: usize) -> Option<Range<usize>> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(start) => start.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(end) => end.saturating_add(1),
        Bound::Excluded(end) => *end,
        Bound::Unbounded => len,
    };
    let range = start..end.min(len);
    (range.start <= range.end).then_some(range)
}
