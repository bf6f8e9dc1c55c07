//! One property per field, as Python sees it.

use pyo3::prelude::*;
use tidegate_doc::Field;

use super::PyDocument;

#[pymethods]
impl PyDocument {
    /// Its id: 32 random hex digits unless one was given.
    #[getter(id)]
    fn id<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Id)
    }

    #[setter(id)]
    fn set_id(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Id, value)
    }

    /// The id of the Document that it is a chunk of; '' where unset.
    #[getter(parent_id)]
    fn parent_id<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::ParentId)
    }

    #[setter(parent_id)]
    fn set_parent_id(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::ParentId, value)
    }

    /// How deep it is among chunks; 0 at the root.
    #[getter(granularity)]
    fn granularity<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Granularity)
    }

    #[setter(granularity)]
    fn set_granularity(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Granularity, value)
    }

    /// How far it is along matches; 0 at the root.
    #[getter(adjacency)]
    fn adjacency<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Adjacency)
    }

    #[setter(adjacency)]
    fn set_adjacency(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Adjacency, value)
    }

    /// Its content as bytes; b'' where unset. Setting it clears text and tensor.
    #[getter(blob)]
    fn blob<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Blob)
    }

    #[setter(blob)]
    fn set_blob(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Blob, value)
    }

    /// Its content as an array; None where unset. Setting it clears text and blob.
    #[getter(tensor)]
    fn tensor<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Tensor)
    }

    #[setter(tensor)]
    fn set_tensor(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Tensor, value)
    }

    /// The MIME type of its content; a suffix such as 'png' is completed.
    #[getter(mime_type)]
    fn mime_type<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::MimeType)
    }

    #[setter(mime_type)]
    fn set_mime_type(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::MimeType, value)
    }

    /// Its content as text; '' where unset. Setting it clears blob and tensor.
    #[getter(text)]
    fn text<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Text)
    }

    #[setter(text)]
    fn set_text(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Text, value)
    }

    /// Its weight; a 32-bit float once it has travelled.
    #[getter(weight)]
    fn weight<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Weight)
    }

    #[setter(weight)]
    fn set_weight(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Weight, value)
    }

    /// Where its content is to be had. Setting it guesses the MIME type.
    #[getter(uri)]
    fn uri<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Uri)
    }

    #[setter(uri)]
    fn set_uri(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Uri, value)
    }

    /// Names and values of the user's own: a live dict. Whole numbers come back as floats.
    #[getter(tags)]
    fn tags<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Tags)
    }

    #[setter(tags)]
    fn set_tags(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Tags, value)
    }

    /// Remarks that multimodal classes keep about their fields.
    #[getter(_metadata)]
    fn metadata<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Metadata)
    }

    #[setter(_metadata)]
    fn set_metadata(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Metadata, value)
    }

    /// Where it begins in what it was cut from; a 32-bit float once it has travelled.
    #[getter(offset)]
    fn offset<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Offset)
    }

    #[setter(offset)]
    fn set_offset(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Offset, value)
    }

    /// Where it lies in what it was cut from: a list of numbers.
    #[getter(location)]
    fn location<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Location)
    }

    #[setter(location)]
    fn set_location(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Location, value)
    }

    /// Its embedding: an array, or None where unset.
    #[getter(embedding)]
    fn embedding<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Embedding)
    }

    #[setter(embedding)]
    fn set_embedding(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Embedding, value)
    }

    /// What kind of content it has, in the user's own words.
    #[getter(modality)]
    fn modality<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Modality)
    }

    #[setter(modality)]
    fn set_modality(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Modality, value)
    }

    /// Evaluation results by name: a live dict of NamedScore.
    #[getter(evaluations)]
    fn evaluations<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Evaluations)
    }

    #[setter(evaluations)]
    fn set_evaluations(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Evaluations, value)
    }

    /// Scores by name: a live dict of NamedScore.
    #[getter(scores)]
    fn scores<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Scores)
    }

    #[setter(scores)]
    fn set_scores(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Scores, value)
    }

    /// The Documents that it consists of. Assigning a list sets their parent_id and granularity.
    #[getter(chunks)]
    fn chunks<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Chunks)
    }

    #[setter(chunks)]
    fn set_chunks(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Chunks, value)
    }

    /// The Documents that match it. Assigning a list sets their adjacency.
    #[getter(matches)]
    fn matches<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::get(slf, Field::Matches)
    }

    #[setter(matches)]
    fn set_matches(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        Self::put(slf, Field::Matches, value)
    }
}
