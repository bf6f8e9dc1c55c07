//! Documents inside a Document.

use super::{Document, FieldRef, FieldValue};
use crate::documents::DocumentArray;
use crate::field::Field;

static NO_DOCUMENTS: DocumentArray = DocumentArray::new();

impl Document {
    fn nested(&self, field: Field) -> &DocumentArray {
        match self.get(field) {
            Some(FieldRef::Documents(documents)) => documents,
            _ => &NO_DOCUMENTS,
        }
    }

    fn nested_mut(&mut self, field: Field) -> &mut DocumentArray {
        match self.live(field, || FieldValue::from(DocumentArray::new())) {
            FieldValue::Documents(documents) => documents,
            _ => unreachable!("setting a field checks the kind of its value"),
        }
    }

    /// The Documents that it consists of.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().chunk("a").chunk("b").build();
    /// let texts: Vec<_> = document.chunks().iter().map(Document::text).collect();
    /// assert_eq!(texts, ["a", "b"]);
    /// ```
    #[must_use]
    pub fn chunks(&self) -> &DocumentArray {
        self.nested(Field::Chunks)
    }

    /// The Documents that it consists of, in place.
    ///
    /// Whoever adds one this way sets its parent and granularity; [`Self::push_chunk`] does it for you.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::builder().chunks(["a", "b"]).build();
    /// for chunk in document.chunks_mut() {
    ///     chunk.set_modality("text");
    /// }
    /// assert_eq!(document.chunks().get(1).map(Document::modality), Some("text"));
    /// ```
    pub fn chunks_mut(&mut self) -> &mut DocumentArray {
        self.nested_mut(Field::Chunks)
    }

    /// The Documents that match it.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().matches(["a", "b"]).build();
    /// assert_eq!(document.matches().texts(), ["a", "b"]);
    /// ```
    #[must_use]
    pub fn matches(&self) -> &DocumentArray {
        self.nested(Field::Matches)
    }

    /// The Documents that match it, in place.
    ///
    /// Whoever adds one this way sets its adjacency; [`Self::push_match`] does it for you.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::builder().matches(["a", "b"]).build();
    /// document.matches_mut().truncate(1);
    /// assert_eq!(document.matches().len(), 1);
    /// ```
    pub fn matches_mut(&mut self) -> &mut DocumentArray {
        self.nested_mut(Field::Matches)
    }

    /// Makes Documents its chunks: each learns this one's id and its own granularity.
    ///
    /// What is inside them keeps its granularity.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from("a b");
    /// document.set_chunks(["a", "b"]);
    /// let first = document.chunks().get(0).unwrap();
    /// assert_eq!((first.parent_id(), first.granularity()), (document.id(), 1));
    /// ```
    pub fn set_chunks<D: Into<Self>>(&mut self, chunks: impl IntoIterator<Item = D>) {
        let chunks: DocumentArray = chunks
            .into_iter()
            .map(|chunk| self.adopt(chunk.into()))
            .collect();
        self.put(Field::Chunks, chunks.into());
    }

    /// Adds a chunk, which learns this one's id and its own granularity.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.push_chunk("part");
    /// assert_eq!(document.chunks().get(0).unwrap().parent_id(), document.id());
    /// ```
    pub fn push_chunk(&mut self, chunk: impl Into<Self>) {
        let chunk = self.adopt(chunk.into());
        self.chunks_mut().push(chunk);
    }

    /// Makes Documents its matches: each learns its adjacency.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut query = Document::from("bicycle");
    /// query.set_matches(["a bicycle"]);
    /// assert_eq!(query.matches().get(0).unwrap().adjacency(), 1);
    /// ```
    pub fn set_matches<D: Into<Self>>(&mut self, matches: impl IntoIterator<Item = D>) {
        let matches: DocumentArray = matches
            .into_iter()
            .map(|other| self.near(other.into()))
            .collect();
        self.put(Field::Matches, matches.into());
    }

    /// Adds a match, which learns its adjacency.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.push_match("other");
    /// assert_eq!(document.matches().get(0).unwrap().adjacency(), 1);
    /// ```
    pub fn push_match(&mut self, other: impl Into<Self>) {
        let other = self.near(other.into());
        self.matches_mut().push(other);
    }

    fn adopt(&self, mut chunk: Self) -> Self {
        chunk.set_parent_id(self.id());
        chunk.set_granularity(self.granularity().saturating_add(1));
        chunk
    }

    fn near(&self, mut other: Self) -> Self {
        other.set_adjacency(self.adjacency().saturating_add(1));
        other
    }
}
