"""How the value of an attribute is read from its Document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.dataclasses.enums import DocumentMetadata, ImageType

if TYPE_CHECKING:
    from tidegate import Document


def image_getter(doc: Document) -> Any:
    """Gives a picture as what it was given: a URI, an array or a Pillow image."""
    kind = doc._metadata[DocumentMetadata.IMAGE_TYPE.value]
    if kind == ImageType.URI:
        return doc.uri
    if kind == ImageType.PIL:
        from tidegate._documents.extras import need

        return need("PIL.Image").fromarray(doc.tensor)
    return doc.tensor


def text_getter(doc: Document) -> Any:
    """Gives the text."""
    return doc.text


def uri_getter(doc: Document) -> Any:
    """Gives the URI."""
    return doc.uri


def audio_getter(doc: Document) -> Any:
    """Gives the URI of a sound, or else its array."""
    return doc.uri or doc.tensor


def video_getter(doc: Document) -> Any:
    """Gives the URI of a video, or else its array."""
    return doc.uri or doc.tensor


def mesh_getter(doc: Document) -> Any:
    """Gives the URI of a mesh, or else its array."""
    return doc.uri or doc.tensor


def tabular_getter(doc: Document) -> Any:
    """Gives the path of a CSV file."""
    return doc.uri


def blob_getter(doc: Document) -> Any:
    """Gives the URI of bytes, or else the bytes."""
    return doc.uri or doc.blob


def json_getter(doc: Document) -> Any:
    """Gives the dict."""
    return doc.tags
