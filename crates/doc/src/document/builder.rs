//! Making a Document field by field.

use bytes::Bytes;

use super::Document;
use crate::arrays::NdArray;
use crate::documents::DocumentArray;
use crate::score::NamedScore;
use crate::value::Value;

/// Makes a [`Document`]; see [`Document::builder`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct DocumentBuilder {
    document: Document,
    chunks: DocumentArray,
    matches: DocumentArray,
}

impl Document {
    /// Makes a Document field by field, in any order.
    ///
    /// Of text, blob and tensor the one that is set last stays. Chunks and matches learn their parent,
    /// granularity and adjacency from the finished Document.
    ///
    /// ```
    /// use tidegate_doc::{Document, NamedScore, Tensor};
    ///
    /// let document = Document::builder()
    ///     .id("photo-17")
    ///     .uri("https://example.org/17.png")
    ///     .mime_type("image/png")
    ///     .tensor(Tensor::new([2, 2, 3], vec![0_u8; 12])?)
    ///     .embedding(vec![0.1_f32; 4])
    ///     .tag("taken__year", 2024)
    ///     .score("sharpness", 0.9)
    ///     .score("cosine", NamedScore { value: 0.2, ref_id: "query".into(), ..Default::default() })
    ///     .weight(2.0)
    ///     .location([10.0, 20.0])
    ///     .chunk(Document::builder().text("a caption").modality("text").build())
    ///     .matches(["another photo", "and another"])
    ///     .build();
    /// assert_eq!(document.chunks().get(0).unwrap().parent_id(), "photo-17");
    /// assert_eq!(document.matches().len(), 2);
    /// # Ok::<(), tidegate_doc::TensorError>(())
    /// ```
    pub fn builder() -> DocumentBuilder {
        DocumentBuilder::default()
    }
}

impl DocumentBuilder {
    /// Sets the id; without one it is random.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.document.set_id(id);
        self
    }

    /// Sets the id of the Document that it is a chunk of.
    pub fn parent_id(mut self, id: impl Into<String>) -> Self {
        self.document.set_parent_id(id);
        self
    }

    /// Sets the content to text.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.document.set_text(text);
        self
    }

    /// Sets the content to bytes.
    pub fn blob(mut self, blob: impl Into<Bytes>) -> Self {
        self.document.set_blob(blob);
        self
    }

    /// Sets the content to an array.
    pub fn tensor(mut self, tensor: impl Into<NdArray>) -> Self {
        self.document.set_tensor(tensor);
        self
    }

    /// Sets the embedding.
    pub fn embedding(mut self, embedding: impl Into<NdArray>) -> Self {
        self.document.set_embedding(embedding);
        self
    }

    /// Sets where its content lies.
    pub fn uri(mut self, uri: impl Into<String>) -> Self {
        self.document.set_uri(uri);
        self
    }

    /// Sets the media type of its content.
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        self.document.set_mime_type(mime_type);
        self
    }

    /// Sets what kind of thing it is.
    pub fn modality(mut self, modality: impl Into<String>) -> Self {
        self.document.set_modality(modality);
        self
    }

    /// Sets how deep it stands among chunks.
    pub fn granularity(mut self, granularity: u32) -> Self {
        self.document.set_granularity(granularity);
        self
    }

    /// Sets how far it stands from what it matches.
    pub fn adjacency(mut self, adjacency: u32) -> Self {
        self.document.set_adjacency(adjacency);
        self
    }

    /// Sets how much it counts.
    pub fn weight(mut self, weight: f32) -> Self {
        self.document.set_weight(weight);
        self
    }

    /// Sets where it begins in what it was cut from.
    pub fn offset(mut self, offset: f32) -> Self {
        self.document.set_offset(offset);
        self
    }

    /// Sets where it lies in what it was cut from.
    pub fn location(mut self, location: impl Into<Vec<f32>>) -> Self {
        self.document.set_location(location);
        self
    }

    /// Sets one tag, at a path as [`Document::set_tag`] takes it.
    pub fn tag(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.document.set_tag(path, value);
        self
    }

    /// Sets all tags, in place of those before.
    pub fn tags(mut self, tags: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.document.set_tags(tags);
        self
    }

    /// Sets what the data classes of Python note about its parts.
    pub fn metadata(mut self, metadata: impl IntoIterator<Item = (String, Value)>) -> Self {
        *self.document.metadata_mut() = metadata.into_iter().collect();
        self
    }

    /// Sets the score with a name.
    pub fn score(mut self, name: impl Into<String>, score: impl Into<NamedScore>) -> Self {
        self.document.set_score(name, score);
        self
    }

    /// Sets what the evaluation with a name found.
    pub fn evaluation(mut self, name: impl Into<String>, score: impl Into<NamedScore>) -> Self {
        self.document
            .evaluations_mut()
            .insert(name.into(), score.into());
        self
    }

    /// Adds a chunk.
    pub fn chunk(mut self, chunk: impl Into<Document>) -> Self {
        self.chunks.push(chunk.into());
        self
    }

    /// Adds chunks.
    pub fn chunks<D: Into<Document>>(mut self, chunks: impl IntoIterator<Item = D>) -> Self {
        self.chunks.extend(chunks);
        self
    }

    /// Adds a match.
    pub fn r#match(mut self, other: impl Into<Document>) -> Self {
        self.matches.push(other.into());
        self
    }

    /// Adds matches.
    pub fn matches<D: Into<Document>>(mut self, matches: impl IntoIterator<Item = D>) -> Self {
        self.matches.extend(matches);
        self
    }

    /// Makes the Document.
    #[must_use]
    pub fn build(self) -> Document {
        let mut document = self.document;
        if !self.chunks.is_empty() {
            document.set_chunks(self.chunks);
        }
        if !self.matches.is_empty() {
            document.set_matches(self.matches);
        }
        document
    }
}
