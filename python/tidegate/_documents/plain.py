"""Documents as plain dicts: what a response's `to_dict` has under `data`."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidegate._tidegate import Document

FIELDS = (
    "id",
    "parent_id",
    "granularity",
    "adjacency",
    "blob",
    "tensor",
    "mime_type",
    "text",
    "weight",
    "uri",
    "tags",
    "offset",
    "location",
    "embedding",
    "modality",
    "evaluations",
    "scores",
    "chunks",
    "matches",
)
SCORE_FIELDS = ("value", "op_name", "description", "ref_id")


def to_dicts(docs: Iterable[Document]) -> list[dict[str, Any]]:
    """Gives a dict with every field for each Document, `None` where a field is not set."""
    return [to_dict(doc) for doc in docs]


def to_dict(doc: Document) -> dict[str, Any]:
    """Gives all fields; arrays are nested lists, a blob is base64."""
    fields: dict[str, Any] = dict.fromkeys(FIELDS)
    for name in doc.non_empty_fields:
        if name in fields:
            fields[name] = _plain(name, getattr(doc, name))
    return fields


def _plain(name: str, value: Any) -> Any:
    if name in ("chunks", "matches"):
        return to_dicts(value)
    if name in ("scores", "evaluations"):
        return {key: _score(score) for key, score in value.items()}
    if name == "blob":
        return base64.b64encode(value).decode()
    if name in ("tensor", "embedding"):
        return _nested_list(value)
    return dict(value) if name == "tags" else value


def _score(score: Any) -> dict[str, Any]:
    return {name: getattr(score, name, None) or None for name in SCORE_FIELDS}


def _nested_list(array: Any) -> Any:
    for dense in ("toarray", "to_dense", "numpy"):
        if hasattr(array, dense) and not hasattr(array, "tolist"):
            array = getattr(array, dense)()
    return array.tolist() if hasattr(array, "tolist") else array
