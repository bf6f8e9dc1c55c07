# ruff: noqa: UP006, UP035, UP045 - annotations that pydantic 1 and strawberry read
"""Documents as types of strawberry, for GraphQL, where strawberry is installed."""

from __future__ import annotations

import base64
import dataclasses
import json
import warnings
from typing import Any, List, NewType, Optional

from tidegate._documents.arrays import to_list
from tidegate._documents.extras import need
from tidegate._tidegate import Document, NamedScore

strawberry = need("strawberry")

NESTED = ("chunks", "matches")
SCORED = ("scores", "evaluations")


def _array(value: Any) -> Any:
    import numpy as np

    return np.array(value)


def _scalar(name: str, **does: Any) -> Any:
    with warnings.catch_warnings():
        # What newer strawberries want instead stands in the schema, which is not ours.
        warnings.simplefilter("ignore", DeprecationWarning)
        return strawberry.scalar(NewType(name, object), **does)  # type: ignore[misc, unused-ignore]


JSONScalar = _scalar("JSONScalar", serialize=lambda value: value, parse_value=json.loads)
Base64 = _scalar(
    "Base64",
    serialize=lambda value: base64.b64encode(value).decode("ascii"),
    parse_value=base64.b64decode,
)
NdArray = _scalar("NdArray", serialize=to_list, parse_value=_array)

SCORE_FIELDS = {"value": float, "op_name": str, "description": str, "ref_id": str}
PLAIN_FIELDS = {
    "id": str,
    "parent_id": str,
    "granularity": int,
    "adjacency": int,
    "blob": Base64,
    "tensor": NdArray,
    "mime_type": str,
    "text": str,
    "weight": float,
    "uri": str,
    "tags": JSONScalar,
    "offset": float,
    "location": List[float],
    "embedding": NdArray,
    "modality": str,
}


def _made(name: str, fields: dict[str, Any], wrap: Any, *, needed: bool = False) -> Any:
    body: dict[str, Any] = {"__module__": __name__}
    body["__annotations__"] = fields if needed else {n: Optional[t] for n, t in fields.items()}
    if not needed:
        body |= dict.fromkeys(fields)
    return wrap(type(name, (), body))


def _document_type(name: str, score_item: Any, wrap: Any) -> Any:
    fields = dict(PLAIN_FIELDS)
    fields |= dict.fromkeys(("evaluations", "scores"), List[score_item])
    fields |= dict.fromkeys(NESTED, List[name])  # type: ignore[valid-type]
    return _made(name, fields, wrap)


_NamedScore = _made("_NamedScore", SCORE_FIELDS, strawberry.type)
_NameScoreItem = _made(
    "_NameScoreItem", {"name": str, "score": _NamedScore}, strawberry.type, needed=True
)
StrawberryDocument = _document_type("StrawberryDocument", _NameScoreItem, strawberry.type)
_NamedScoreInput = _made("_NamedScoreInput", SCORE_FIELDS, strawberry.input)
_NameScoreItemInput = _made(
    "_NameScoreItemInput", {"name": str, "score": _NamedScoreInput}, strawberry.input, needed=True
)
StrawberryDocumentInput = _document_type(
    "StrawberryDocumentInput", _NameScoreItemInput, strawberry.input
)


def document_to_type(document: Document) -> Any:
    """Makes the type of a Document, with the fields that are not empty."""
    values: dict[str, Any] = {}
    for field in document.non_empty_fields:
        value = getattr(document, field)
        if field in NESTED:
            value = array_to_type(value)
        elif field in SCORED:
            value = [
                _NameScoreItem(name=name, score=_NamedScore(**score.to_dict()))
                for name, score in value.items()
            ]
        if not field.startswith("_"):
            values[field] = value
    return StrawberryDocument(**values)


def array_to_type(docs: Any) -> list[Any]:
    """Makes a list of types of an array."""
    return [document_to_type(document) for document in docs]


def document_from_type(cls: Any, model: Any) -> Any:
    """Makes a Document of a type or of an input."""
    values = {field.name: getattr(model, field.name) for field in dataclasses.fields(model)}
    values = {name: value for name, value in values.items() if value is not None}
    nested = {field: values.pop(field) for field in NESTED if field in values}
    scored = {field: values.pop(field) for field in SCORED if field in values}
    document = cls(**values)
    for field, scores in scored.items():
        for item in scores:
            getattr(document, field)[item.name] = NamedScore(dataclasses.asdict(item.score))
    for field, children in nested.items():
        setattr(document, field, [document_from_type(Document, child) for child in children])
    return document


def array_from_type(cls: Any, model: Any) -> Any:
    """Makes an array of a list of types."""
    return cls([document_from_type(Document, one) for one in model])
