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
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().id("a").build();
    /// assert_eq!(document.id(), "a");
    /// ```
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
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().parent_id("a").build();
    /// assert_eq!(document.parent_id(), "a");
    /// ```
    #[must_use]
    pub fn parent_id(&self) -> &str {
        self.str(Field::ParentId)
    }

    /// Its content as text; empty where it has none.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().text("hello").build();
    /// assert_eq!(document.text(), "hello");
    /// ```
    #[must_use]
    pub fn text(&self) -> &str {
        self.str(Field::Text)
    }

    /// Its content as bytes; empty where it has none.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().blob(vec![1, 2]).build();
    /// assert_eq!(document.blob().as_ref(), [1, 2]);
    /// ```
    #[must_use]
    pub fn blob(&self) -> &Bytes {
        match self.get(Field::Blob) {
            Some(FieldRef::Blob(bytes)) => bytes,
            _ => &NO_BYTES,
        }
    }

    /// Its content as an array.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().tensor([[1_u8, 2], [3, 4]]).build();
    /// assert_eq!(document.tensor().map(|tensor| tensor.shape()), Some(&[2, 2][..]));
    /// ```
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
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().uri("a.png").build();
    /// assert_eq!(document.uri(), "a.png");
    /// ```
    #[must_use]
    pub fn uri(&self) -> &str {
        self.str(Field::Uri)
    }

    /// The media type of its content, such as `image/png`.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().mime_type("image/png").build();
    /// assert_eq!(document.mime_type(), "image/png");
    /// ```
    #[must_use]
    pub fn mime_type(&self) -> &str {
        self.str(Field::MimeType)
    }

    /// What kind of thing it is, in the user's words.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().modality("image").build();
    /// assert_eq!(document.modality(), "image");
    /// ```
    #[must_use]
    pub fn modality(&self) -> &str {
        self.str(Field::Modality)
    }

    /// How deep it stands among chunks: 0 outside, 1 in the chunks of such a one, and so on.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().chunk("part").build();
    /// assert_eq!(document.chunks().get(0).map(Document::granularity), Some(1));
    /// ```
    #[must_use]
    pub fn granularity(&self) -> u32 {
        self.int(Field::Granularity)
    }

    /// How far it stands from what it matches: 0 for itself, 1 for its matches, and so on.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().r#match("other").build();
    /// assert_eq!(document.matches().get(0).map(Document::adjacency), Some(1));
    /// ```
    #[must_use]
    pub fn adjacency(&self) -> u32 {
        self.int(Field::Adjacency)
    }

    /// How much it counts.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().weight(0.5).build();
    /// assert_eq!(document.weight(), 0.5);
    /// ```
    #[must_use]
    pub fn weight(&self) -> f32 {
        self.float(Field::Weight)
    }

    /// Where it begins in what it was cut from.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().offset(3.0).build();
    /// assert_eq!(document.offset(), 3.0);
    /// ```
    #[must_use]
    pub fn offset(&self) -> f32 {
        self.float(Field::Offset)
    }

    /// Where it lies in what it was cut from.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().location([1.0, 2.0]).build();
    /// assert_eq!(document.location(), [1.0, 2.0]);
    /// ```
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
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// assert!(Document::new().metadata().is_empty());
    /// ```
    #[must_use]
    pub fn metadata(&self) -> &Map {
        self.map(Field::Metadata)
    }

    /// Its scores, by name.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().score("cosine", 0.25).build();
    /// assert_eq!(document.scores()["cosine"].value, 0.25);
    /// ```
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
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::builder().evaluation("recall", 1.0).build();
    /// assert_eq!(document.evaluations()["recall"].value, 1.0);
    /// ```
    #[must_use]
    pub fn evaluations(&self) -> &Scores {
        self.score_map(Field::Evaluations)
    }
}
