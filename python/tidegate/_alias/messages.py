"""Documents as messages and back: what programs take from `docarray.proto.io`."""

from __future__ import annotations

from typing import Any

from tidegate._documents.arrays import to_list, to_numpy_array
from tidegate._tidegate import Document


def parse_proto(pb_msg: Any) -> Document:
    """Makes a Document of its message."""
    return Document.from_protobuf(pb_msg)


def flush_proto(doc: Document, ndarray_type: str | None = None) -> Any:
    """Makes the message of a Document."""
    return doc.to_protobuf(ndarray_type)


def read_ndarray(pb_msg: Any) -> Any:
    """Makes an array of its message."""
    from tidegate._alias.docarray_pb2 import DocumentProto  # type: ignore[attr-defined]

    return Document.from_protobuf(DocumentProto(tensor=pb_msg)).tensor


def flush_ndarray(pb_msg: Any, value: Any, ndarray_type: str | None = None) -> None:
    """Writes an array into its message, as it is or as a 'list' or 'numpy'."""
    if ndarray_type is not None:
        value = to_list(value) if ndarray_type == "list" else to_numpy_array(value)
    pb_msg.CopyFrom(Document(tensor=value).to_protobuf().tensor)
