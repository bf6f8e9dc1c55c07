//! Setting fields.

use bytes::Bytes;

use super::{Document, FieldValue, IdText};
use crate::arrays::NdArray;
use crate::field::Field;
use crate::map::Map;
use crate::score::{NamedScore, Scores};
use crate::value::{self, Value};

impl Document {
    /// Sets its id.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.set_id("photo-17");
    /// assert_eq!(document.id(), "photo-17");
    /// ```
    pub fn set_id(&mut self, id: impl Into<String>) {
        self.unset(Field::Id);
        self.id = IdText::Set(id.into().into());
    }

    /// Sets the id of the Document that it is a chunk of.
    pub fn set_parent_id(&mut self, id: impl Into<String>) {
        self.put(Field::ParentId, FieldValue::Text(id.into()));
    }

    /// Sets its content to text.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from(vec![1_u8, 2]);
    /// document.set_text("hello");
    /// assert_eq!((document.text(), document.blob().len()), ("hello", 0));
    /// ```
    pub fn set_text(&mut self, text: impl Into<String>) {
        self.put(Field::Text, FieldValue::Text(text.into()));
    }

    /// Sets its content to bytes.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from("hello");
    /// document.set_blob(vec![1, 2]);
    /// assert_eq!(document.text(), "");
    /// ```
    pub fn set_blob(&mut self, blob: impl Into<Bytes>) {
        self.put(Field::Blob, FieldValue::Blob(blob.into()));
    }

    /// Sets its content to an array.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from("hello");
    /// document.set_tensor([[1.0_f32, 2.0], [3.0, 4.0]]);
    /// assert_eq!(document.text(), "");
    /// ```
    pub fn set_tensor(&mut self, tensor: impl Into<NdArray>) {
        self.put(Field::Tensor, tensor.into().into());
    }

    /// Sets its embedding.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::from("hello");
    /// document.set_embedding(vec![0.1_f32; 768]);
    /// assert_eq!(document.text(), "hello");
    /// ```
    pub fn set_embedding(&mut self, embedding: impl Into<NdArray>) {
        self.put(Field::Embedding, embedding.into().into());
    }

    /// Sets where its content lies. Its media type stays as it is: nothing is guessed.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.set_uri("https://example.org/a.png");
    /// assert_eq!(document.mime_type(), "");
    /// ```
    pub fn set_uri(&mut self, uri: impl Into<String>) {
        self.put(Field::Uri, FieldValue::Text(uri.into()));
    }

    /// Sets the media type of its content.
    pub fn set_mime_type(&mut self, mime_type: impl Into<String>) {
        self.put(Field::MimeType, FieldValue::Text(mime_type.into()));
    }

    /// Sets what kind of thing it is.
    pub fn set_modality(&mut self, modality: impl Into<String>) {
        self.put(Field::Modality, FieldValue::Text(modality.into()));
    }

    /// Sets how deep it stands among chunks.
    pub fn set_granularity(&mut self, granularity: u32) {
        self.put(Field::Granularity, FieldValue::Int(granularity));
    }

    /// Sets how far it stands from what it matches.
    pub fn set_adjacency(&mut self, adjacency: u32) {
        self.put(Field::Adjacency, FieldValue::Int(adjacency));
    }

    /// Sets how much it counts.
    pub fn set_weight(&mut self, weight: f32) {
        self.put(Field::Weight, FieldValue::Float(weight));
    }

    /// Sets where it begins in what it was cut from.
    pub fn set_offset(&mut self, offset: f32) {
        self.put(Field::Offset, FieldValue::Float(offset));
    }

    /// Sets where it lies in what it was cut from.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.set_location([10.0, 20.0]);
    /// assert_eq!(document.location(), [10.0, 20.0]);
    /// ```
    pub fn set_location(&mut self, location: impl Into<Vec<f32>>) {
        self.put(Field::Location, FieldValue::Floats(location.into()));
    }

    /// Sets its tags, in place of those that it had.
    ///
    /// ```
    /// use tidegate_doc::{Document, Map};
    ///
    /// let mut document = Document::builder().tag("a", 1).build();
    /// document.set_tags(Map::from([("b".to_owned(), 2.into())]));
    /// assert_eq!(document.tag("a"), None);
    /// ```
    pub fn set_tags(&mut self, tags: impl IntoIterator<Item = (String, Value)>) {
        self.put(Field::Tags, FieldValue::Map(tags.into_iter().collect()));
    }

    /// Its tags, in place.
    ///
    /// ```
    /// use tidegate_doc::{Document, Value};
    ///
    /// let mut document = Document::builder().tag("a", 1).tag("b", 2).build();
    /// document.tags_mut().retain(|name, _| name != "a");
    /// assert_eq!(document.tags().len(), 1);
    /// ```
    pub fn tags_mut(&mut self) -> &mut Map {
        self.map_mut(Field::Tags)
    }

    /// Sets the tag at a path: names with `__` between them, with maps made on the way.
    ///
    /// For a name with `__` in it, see [`Self::tags_mut`].
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.set_tag("size__width", 10);
    /// assert!(document.tags()["size"].as_map().unwrap().contains_key("width"));
    /// ```
    pub fn set_tag(&mut self, path: &str, value: impl Into<Value>) {
        value::set_at(self.tags_mut(), path, value.into());
    }

    /// What the data classes of Python note about its parts, in place.
    pub fn metadata_mut(&mut self) -> &mut Map {
        self.map_mut(Field::Metadata)
    }

    /// Its scores, in place.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::builder().score("cosine", 0.25).build();
    /// document.scores_mut().clear();
    /// assert!(document.scores().is_empty());
    /// ```
    pub fn scores_mut(&mut self) -> &mut Scores {
        self.score_map_mut(Field::Scores)
    }

    /// Sets the score with a name.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let mut document = Document::new();
    /// document.set_score("cosine", 0.25);
    /// assert_eq!(document.scores()["cosine"].value, 0.25);
    /// ```
    pub fn set_score(&mut self, name: impl Into<String>, score: impl Into<NamedScore>) {
        self.scores_mut().insert(name.into(), score.into());
    }

    /// What evaluations found, in place.
    pub fn evaluations_mut(&mut self) -> &mut Scores {
        self.score_map_mut(Field::Evaluations)
    }

    /// The Document with text as its content.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// assert_eq!(Document::new().with_text("hello").text(), "hello");
    /// ```
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.set_text(text);
        self
    }

    /// The Document with an embedding.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// assert!(Document::new().with_embedding([0.5_f32]).embedding().is_some());
    /// ```
    #[must_use]
    pub fn with_embedding(mut self, embedding: impl Into<NdArray>) -> Self {
        self.set_embedding(embedding);
        self
    }

    fn map_mut(&mut self, field: Field) -> &mut Map {
        match self.live(field, || FieldValue::Map(Map::new())) {
            FieldValue::Map(values) => values,
            _ => unreachable!("setting a field checks the kind of its value"),
        }
    }

    fn score_map_mut(&mut self, field: Field) -> &mut Scores {
        match self.live(field, || FieldValue::Scores(Scores::new())) {
            FieldValue::Scores(scores) => scores,
            _ => unreachable!("setting a field checks the kind of its value"),
        }
    }
}
