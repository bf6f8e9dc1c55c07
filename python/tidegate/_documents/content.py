"""A Document's bytes and what its URI leads to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidegate._documents import uris
from tidegate._documents.extras import need
from tidegate._tidegate import Document


def load_uri_to_blob(document: Document, **kwargs: Any) -> Document:
    """Reads `uri` into `blob`."""
    document.blob = uris.read(document.uri, **kwargs)
    return document


def convert_blob_to_datauri(document: Document, charset: str | None, base64: bool) -> Document:
    """Puts `blob` into `uri` as a data URI."""
    if not document.mime_type:
        raise ValueError(
            f"Document {document.id} has no mime_type, which a data URI begins with; set it first"
        )
    document.uri = uris.to_data(document.mime_type, document.blob, charset, base64)
    return document


def save_blob_to_file(document: Document, file: Any) -> Document:
    """Writes `blob` to a path or file object."""
    with uris.to_write(file) as target:
        target.write(document.blob)
    return document


def convert_blob_to_tensor(document: Document, dtype: Any, count: int, offset: int) -> Document:
    """Takes `blob` for the buffer of an array."""
    kind = float if dtype is None else dtype
    document.tensor = need("numpy").frombuffer(document.blob, kind, count, offset)
    return document


def convert_tensor_to_blob(document: Document) -> Document:
    """Makes the buffer of `tensor` the `blob`."""
    document.blob = document.tensor.tobytes()
    return document


def convert_uri_to_datauri(document: Document, charset: str | None, base64: bool) -> Document:
    """Puts what is at `uri` into `uri`."""
    if not uris.is_data(document.uri):
        found = uris.read(document.uri)
        document.uri = uris.to_data(document.mime_type, found, charset, base64)
    return document


def convert_content_to_datauri(document: Document) -> Document:
    """Puts `text` or `blob` into `uri` as a data URI."""
    if document.text:
        return document.convert_text_to_datauri()
    if document.blob:
        return document.convert_blob_to_datauri()
    if document.content_type:
        raise NotImplementedError(
            f"Document {document.id} has a tensor; say what it is: "
            "for a picture call convert_image_tensor_to_uri()"
        )
    return document


def save_uri_to_file(document: Document, file: Any) -> Document:
    """Writes what is at `uri` to a path or file object."""
    found = uris.read(document.uri)
    with uris.to_write(file) as target:
        target.write(found)
    return document


def dunder_get(value: Any, key: str) -> Any:
    """Follows a key like `tags__a__0` through dicts, sequences and attributes.

    What is empty, and a key that a dict has not, give `None`.
    """
    for part in key.split("__"):
        if not value:
            return None
        try:
            number: int | None = int(part)
        except ValueError:
            number = None
        if number is not None:
            value = value[number]
        elif isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, Sequence) and not hasattr(value, part):
            value = value[part]  # type: ignore[call-overload]
        else:
            value = getattr(value, part)
    return value


def get_attributes(document: Document, *fields: str) -> Any:
    """Gives the values of fields, of which `a__b` reaches inside; a single one bare."""
    values = [
        dunder_get(document, name) if "__" in name else getattr(document, name) for name in fields
    ]
    return values[0] if len(values) == 1 else values
