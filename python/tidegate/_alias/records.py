"""What docarray keeps a Document's fields in, for programs that name it; here they are native."""

from __future__ import annotations

from abc import ABCMeta
from typing import Any

from tidegate._tidegate import Document, DocumentArray, NamedScore


class BaseDCType(metaclass=ABCMeta):  # noqa: B024 - it is there to be asked about
    """What Document and NamedScore have in common: both are instances of it."""


class BaseDocumentArray(metaclass=ABCMeta):  # noqa: B024 - it is there to be asked about
    """What all arrays have in common: a DocumentArray is an instance of it."""


BaseDCType.register(Document)
BaseDCType.register(NamedScore)
BaseDocumentArray.register(DocumentArray)


class _Fields:
    """The fields of an object of docarray as it pickles them."""

    def __init__(self, *args: Any, **fields: Any) -> None:
        self.__dict__.update(fields)


class DocumentData(_Fields):
    """The fields of a Document in a pickle of docarray."""


class NamedScoreData(_Fields):
    """The fields of a NamedScore in a pickle of docarray."""


#: The fields that are told apart from being unset, and what an unset one reads as.
document_defaults: dict[str, Any] = {
    "granularity": 0,
    "adjacency": 0,
    "parent_id": "",
    "blob": b"",
    "text": "",
    "weight": 0.0,
    "uri": "",
    "mime_type": "",
    "tags": dict,
    "offset": 0.0,
    "location": list,
    "modality": "",
    "evaluations": "Dict[str, NamedScore]",
    "scores": "Dict[str, NamedScore]",
    "chunks": "ChunkArray",
    "matches": "MatchArray",
}
score_defaults: dict[str, Any] = {"value": 0.0, "op_name": "", "description": "", "ref_id": ""}
