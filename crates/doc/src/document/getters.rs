//! Reading fields. Everything is lent: what was received is decoded once and kept.

use std::sync::LazyLock;

use bytes::Bytes;

use super::{Document, FieldRef, IdText};
use crate::arrays::NdArray;
use crate::field::Field;
use crate::map::Map;
use crate::row::RowView;
use crate::score::{NamedScore, Scores};
use crate::value::{self, Value};

static NO_BYTES: Bytes = Bytes::new();
static NO_VALUES: LazyLock<Map> = LazyLock::new(Map::new);
static NO_SCORES: Scores = Scores::new();

impl Document {
    /// Its id; empty where it was removed.
    #[must_use]
    pub fn id(&self) -> &str {
        match &self.id {
            IdText::None => "",
            IdText::Received => RowView::new(&self.received)
                .find(Field::Id)
                .map_or("", |entry| entry.text()),
            IdText::Fresh(id) => std::str::from_utf8(id).unwrap_or_default(),
            IdText::Set(id) => id,
        }
    }

    /// The value of a field of text; empty where it is unset, or a field of something else.
    fn str(&self, field: Field) -> &str {
        match self.get(field) {
            Some(FieldRef::Text(text)) => text,
            _ => "",
        }
    }

    fn int(&self, field: Field) -> u32 {
        match self.get(field) {
            Some(FieldRef::Int(value)) => value,
            _ => 0,
        }
    }

    fn float(&self, field: Field) -> f32 {
        match self.get(field) {
            Some(FieldRef::Float(value)) => value,
            _ => 0.0,
        }
    }

    fn map(&self, field: Field) -> &Map {
        match self.get(field) {
            Some(FieldRef::Map(values)) => values,
            _ => &NO_VALUES,
        }
    }

    fn score_map(&self, field: Field) -> &Scores {
        match self.get(field) {
            Some(FieldRef::Scores(scores)) => scores,
            _ => &NO_SCORES,
        }
    }

    fn array(&self, field: Field) -> Option<&NdArray> {
        match self.get(field) {
            Some(FieldRef::Array(array)) => Some(array),
            _ => None,
        }
    }

    /// The id of the Document that it is a chunk of; empty where it is none.
    #[must_use]
    pub fn parent_id(&self) -> &str {
        self.str(Field::ParentId)
    }

    /// Its content as text; empty where it has none.
    #[must_use]
    pub fn text(&self) -> &str {
        self.str(Field::Text)
    }

    /// Its content as bytes; empty where it has none.
    #[must_use]
    pub fn blob(&self) -> &Bytes {
        match self.get(Field::Blob) {
            Some(FieldRef::Blob(bytes)) => bytes,
            _ => &NO_BYTES,
        }
    }

    /// Its content as an array.
    #[must_use]
    pub fn tensor(&self) -> Option<&NdArray> {
        self.array(Field::Tensor)
    }

    /// Its embedding.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().embedding([0.5_f32, 1.0]).build();
    /// let embedding = document.embedding().unwrap();
    /// assert_eq!(*embedding.elements::<f32>()?, [0.5, 1.0]);
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    #[must_use]
    pub fn embedding(&self) -> Option<&NdArray> {
        self.array(Field::Embedding)
    }

    /// Where its content lies.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.str(Field::Uri)
    }

    /// The media type of its content, such as `image/png`.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        self.str(Field::MimeType)
    }

    /// What kind of thing it is, in the user's words.
    #[must_use]
    pub fn modality(&self) -> &str {
        self.str(Field::Modality)
    }

    /// How deep it stands among chunks: 0 outside, 1 in the chunks of such a one, and so on.
    #[must_use]
    pub fn granularity(&self) -> u32 {
        self.int(Field::Granularity)
    }

    /// How far it stands from what it matches: 0 for itself, 1 for its matches, and so on.
    #[must_use]
    pub fn adjacency(&self) -> u32 {
        self.int(Field::Adjacency)
    }

    /// How much it counts.
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.float(Field::Weight)
    }

    /// Where it begins in what it was cut from.
    #[must_use]
    pub fn offset(&self) -> f32 {
        self.float(Field::Offset)
    }

    /// Where it lies in what it was cut from.
    #[must_use]
    pub fn location(&self) -> &[f32] {
        match self.get(Field::Location) {
            Some(FieldRef::Floats(values)) => values,
            _ => &[],
        }
    }

    /// Its tags. Numbers in them travel as doubles.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().tag("colour", "red").tag("price", 12).build();
    /// let names: Vec<_> = document.tags().keys().collect();
    /// assert_eq!(names, ["colour", "price"]);
    /// ```
    #[must_use]
    pub fn tags(&self) -> &Map {
        self.map(Field::Tags)
    }

    /// The tag at a path: names and list indices, with `__` between them.
    ///
    /// A tag whose name is the whole path comes first.
    ///
    /// ```
    /// use tidegate_doc::{Document, Value};
    ///
    /// let document = Document::builder().tag("size__width", 10).tag("names", ["a", "b"]).build();
    /// assert_eq!(document.tag("size__width").and_then(Value::as_i64), Some(10));
    /// assert_eq!(document.tag("names__1").and_then(Value::as_str), Some("b"));
    /// assert_eq!(document.tag("size__depth"), None);
    /// ```
    #[must_use]
    pub fn tag(&self, path: &str) -> Option<&Value> {
        value::at(self.tags(), path)
    }

    /// What the data classes of Python note about its parts.
    #[must_use]
    pub fn metadata(&self) -> &Map {
        self.map(Field::Metadata)
    }

    /// Its scores, by name.
    #[must_use]
    pub fn scores(&self) -> &Scores {
        self.score_map(Field::Scores)
    }

    /// The score with a name.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().score("cosine", 0.25).build();
    /// assert_eq!(document.score("cosine").map(|score| score.value), Some(0.25));
    /// ```
    #[must_use]
    pub fn score(&self, name: &str) -> Option<&NamedScore> {
        self.scores().get(name)
    }

    /// What evaluations found, by name.
    #[must_use]
    pub fn evaluations(&self) -> &Scores {
        self.score_map(Field::Evaluations)
    }
}
