//! Finding Documents by id.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use super::{DocumentArray, Frame, Row};
use crate::document::Document;
use crate::field::Field;
use crate::row::RowView;
use crate::wire::Span;

/// Where the last Document with an id stands, by the id's hash.
///
/// Made at the first lookup, and thrown away whenever a Document may change: it is never stale.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    hasher: RandomState,
    places: HashMap<u64, usize>,
}

impl Row {
    /// Its id; one that came without is made a Document, so that the id that it gets is the one it keeps.
    fn id<'a>(&'a self, frame: &'a Frame) -> &'a str {
        if self.document.get().is_none() && self.span != Span::default() {
            let received = RowView::new(self.span.of(frame)).find(Field::Id);
            if let Some(id) = received
                .map(|entry| entry.text())
                .filter(|id| !id.is_empty())
            {
                return id;
            }
        }
        self.document(frame).id()
    }
}

impl DocumentArray {
    /// Where the last Document with an id stands.
    ///
    /// The first lookup reads every id; those after it take constant time until the array is changed.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let array: DocumentArray =
    ///     ["x", "y", "x"].map(|id| Document::builder().id(id).build()).into();
    /// assert_eq!((array.position("x"), array.position("z")), (Some(2), None));
    /// ```
    #[must_use]
    pub fn position(&self, id: &str) -> Option<usize> {
        let index = self.index.get_or_init(|| self.build_index());
        let at = *index.places.get(&index.hasher.hash_one(id))?;
        if self.rows.get(at)?.id(&self.frame) == id {
            return Some(at);
        }
        // Two ids with one hash: looked for one by one.
        self.rows.iter().rposition(|row| row.id(&self.frame) == id)
    }

    fn build_index(&self) -> Index {
        let hasher = RandomState::new();
        let mut places = HashMap::with_capacity(self.len());
        for (at, row) in self.rows.iter().enumerate() {
            places.insert(hasher.hash_one(row.id(&self.frame)), at);
        }
        Index { hasher, places }
    }

    /// The last Document with an id.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let array = DocumentArray::from([Document::builder().id("x").text("hello").build()]);
    /// assert_eq!(array.by_id("x").map(Document::text), Some("hello"));
    /// ```
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Document> {
        self.get(self.position(id)?)
    }

    /// The last Document with an id, to be changed in place.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let mut array = DocumentArray::from(Document::builder().id("x").build());
    /// if let Some(document) = array.by_id_mut("x") {
    ///     document.set_id("y");
    /// }
    /// assert!(array.by_id("x").is_none() && array.by_id("y").is_some());
    /// ```
    #[must_use]
    pub fn by_id_mut(&mut self, id: &str) -> Option<&mut Document> {
        self.get_mut(self.position(id)?)
    }

    /// Whether it has a Document with an id.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// assert!(!DocumentArray::from(["a"]).contains_id("x"));
    /// ```
    #[must_use]
    pub fn contains_id(&self, id: &str) -> bool {
        self.position(id).is_some()
    }

    /// Removes and returns the last Document with an id.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let mut array = DocumentArray::from(Document::builder().id("x").build());
    /// assert!(array.remove_id("x").is_some() && array.is_empty());
    /// ```
    pub fn remove_id(&mut self, id: &str) -> Option<Document> {
        self.remove(self.position(id)?)
    }
}
