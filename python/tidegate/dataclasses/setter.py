"""How a Document is made of the value of an attribute."""

from __future__ import annotations

import json
import sys
from typing import Any

from tidegate._tidegate import Document, DocumentArray
from tidegate.dataclasses.enums import DocumentMetadata, ImageType


def _is_array(value: Any) -> bool:
    return hasattr(value, "dtype") and hasattr(value, "shape")


def _is_pillow(value: Any) -> bool:
    pillow = sys.modules.get("PIL.Image")
    return pillow is not None and isinstance(value, pillow.Image)


def image_setter(value: Any) -> Document:
    """Takes a URI, which is read, an array or a Pillow image."""
    doc = Document(modality="image")
    kind = DocumentMetadata.IMAGE_TYPE.value
    if isinstance(value, str):
        doc.uri = value
        doc._metadata[kind] = ImageType.URI.value
        doc.load_uri_to_image_tensor()
    elif _is_array(value):
        doc.tensor = value
        doc._metadata[kind] = ImageType.NDARRAY.value
    elif _is_pillow(value):
        from tidegate._documents.extras import need

        doc.tensor = need("numpy").array(value)
        doc._metadata[kind] = ImageType.PIL.value
    else:
        raise TypeError(
            f"an Image is a URI, an array or a Pillow image, not {type(value).__name__}"
        )
    return doc


def text_setter(value: Any) -> Document:
    """Takes a text."""
    return Document(text=value, modality="text")


def uri_setter(value: Any) -> Document:
    """Takes a URI, which is not read."""
    return Document(uri=value)


def _array_or_uri(value: Any, kind: DocumentMetadata, modality: str) -> Document:
    if _is_array(value):
        return Document(tensor=value, _metadata={kind.value: "ndarray"})
    return Document(uri=value, modality=modality, _metadata={kind.value: "uri"})


def audio_setter(value: Any) -> Document:
    """Takes an array or the URI of a WAV file, which is read."""
    doc = _array_or_uri(value, DocumentMetadata.AUDIO_TYPE, "audio")
    return doc.load_uri_to_audio_tensor() if doc.uri else doc


def video_setter(value: Any) -> Document:
    """Takes an array or a URI, which is read."""
    doc = _array_or_uri(value, DocumentMetadata.VIDEO_TYPE, "video")
    return doc.load_uri_to_video_tensor() if doc.uri else doc


def mesh_setter(value: Any) -> Document:
    """Takes an array of points, or the URI of a mesh, of whose surface 1000 points are taken."""
    doc = _array_or_uri(value, DocumentMetadata.MESH_TYPE, "mesh")
    return doc.load_uri_to_point_cloud_tensor(1000) if doc.uri else doc


def blob_setter(value: Any) -> Document:
    """Takes bytes or a URI, which is read."""
    kind = DocumentMetadata.BLOB_TYPE.value
    if isinstance(value, bytes):
        return Document(blob=value, _metadata={kind: "bytes"})
    return Document(uri=value, _metadata={kind: "uri"}).load_uri_to_blob()


def json_setter(value: Any) -> Document:
    """Takes a dict, or the JSON text of one."""
    return Document(modality="json", tags=json.loads(value) if isinstance(value, str) else value)


def tabular_setter(value: Any) -> Document:
    """Takes the path of a CSV file, which is read."""
    array: Any = DocumentArray
    return Document(uri=value, chunks=array.from_csv(value), modality="tabular")
