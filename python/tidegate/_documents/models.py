# ruff: noqa: UP006, UP007, UP035, UP045 - annotations that pydantic 1 and strawberry read
"""Documents as pydantic models, of pydantic 1 or 2, whichever is installed."""

from __future__ import annotations

import base64
import json
from typing import Any, Dict, List, Optional, Union

from tidegate._documents.extras import need
from tidegate._tidegate import Document, DocumentArray, NamedScore

pydantic = need("pydantic")

SECOND = str(pydantic.VERSION).partition(".")[0] != "1"
BaseModel: Any = pydantic.BaseModel
ARRAYS = ("tensor", "embedding")
NESTED = ("chunks", "matches")
SCORED = ("scores", "evaluations")

# The order is told by what a number becomes: docarray has them become bool first.
_Plain = Optional[Union[bool, float, str, list[Any], dict[Any, Any]]]
_Value = Union[_Plain, List[_Plain], Dict[str, _Plain]]


def _as_list(value: Any) -> Any:
    from tidegate._documents.arrays import to_list

    return value if value is None else to_list(value)


class _NamedScore(BaseModel):  # type: ignore[misc]
    value: Optional[float] = None
    op_name: Optional[str] = None
    description: Optional[str] = None
    ref_id: Optional[str] = None


def _document_model() -> Any:
    """Makes the model of a Document in the way of the pydantic that is installed."""
    fields: dict[str, Any] = {
        **dict.fromkeys(("id", "parent_id"), Optional[str]),
        **dict.fromkeys(("granularity", "adjacency"), Optional[int]),
        "blob": Optional[str],
        "tensor": Optional[Any],
        "mime_type": Optional[str],
        "text": Optional[str],
        "weight": Optional[float],
        "uri": Optional[str],
        "tags": Optional[Dict[str, _Value]],
        "offset": Optional[float],
        "location": Optional[List[float]],
        "embedding": Optional[Any],
        "modality": Optional[str],
        "evaluations": Optional[Dict[str, _NamedScore]],
        "scores": Optional[Dict[str, _NamedScore]],
        "chunks": Optional[List["PydanticDocument"]],
        "matches": Optional[List["PydanticDocument"]],
    }
    body: dict[str, Any] = {
        "__module__": __name__,
        "__doc__": "A Document as a pydantic model.",
        "__annotations__": fields,
        **dict.fromkeys(fields),
    }
    if SECOND:
        checked = pydantic.field_validator(*ARRAYS, mode="before")
        body["_arrays_as_lists"] = checked(classmethod(lambda _, value: _as_list(value)))
        body["model_config"] = {"ser_json_bytes": "base64"}
    else:
        body["_arrays_as_lists"] = pydantic.validator(*ARRAYS, allow_reuse=True)(_as_list)
        body["Config"] = type("Config", (), {"smart_union": True})
    return type(BaseModel)("PydanticDocument", (BaseModel,), body)


PydanticDocument: Any = _document_model()
if SECOND:
    PydanticDocument.model_rebuild(_types_namespace={"PydanticDocument": PydanticDocument})
else:
    PydanticDocument.update_forward_refs(PydanticDocument=PydanticDocument)
PydanticDocumentArray: Any = List[PydanticDocument]


def document_to_model(document: Document) -> Any:
    """Makes the model of a Document, with the fields that are not empty."""
    values: dict[str, Any] = {}
    for field in document.non_empty_fields:
        value = getattr(document, field)
        if field in NESTED:
            value = array_to_model(value)
        elif field in SCORED:
            value = {name: score.to_dict() for name, score in value.items()}
        elif field == "blob":
            value = base64.b64encode(value).decode("ascii")
        if not field.startswith("_"):
            values[field] = value
    return PydanticDocument(**values)


def array_to_model(docs: Any) -> list[Any]:
    """Makes a list of models of an array."""
    return [document_to_model(document) for document in docs]


def document_from_model(cls: Any, model: Any) -> Any:
    """Makes a Document of a model, its own or one with the same fields."""
    import numpy as np

    dump = model.model_dump if hasattr(model, "model_dump") else model.dict
    values = dump(exclude_none=True, exclude=set(NESTED))
    for field in ARRAYS:
        if field in values:
            values[field] = np.array(values[field])
    if "blob" in values:
        values["blob"] = base64.b64decode(values["blob"])
    scored = {field: values.pop(field) for field in SCORED if field in values}
    document = cls(**values)
    for field, scores in scored.items():
        for name, score in scores.items():
            getattr(document, field)[name] = NamedScore(score)
    for field in NESTED:
        if children := getattr(model, field, None):
            setattr(document, field, [document_from_model(Document, child) for child in children])
    return document


def array_from_model(cls: Any, model: Any) -> Any:
    """Makes an array of a list of models."""
    return cls([document_from_model(Document, one) for one in model])


def _schema(of: Any, title: str, indent: int) -> str:
    if SECOND:
        adapter = pydantic.TypeAdapter(of)
        schema = {"title": title, **adapter.json_schema()}
        return json.dumps(schema | {"title": title}, indent=indent)
    return str(pydantic.schema_json_of(of, title=title, indent=indent))


def schema_of_document(cls: Any, indent: int = 2) -> str:
    """Writes the JSON schema of a Document."""
    return _schema(PydanticDocument, "Document Schema", indent)


def schema_of_array(cls: Any, indent: int = 2) -> str:
    """Writes the JSON schema of an array."""
    return _schema(PydanticDocumentArray, "DocumentArray Schema", indent)


__all__ = ["DocumentArray", "PydanticDocument", "PydanticDocumentArray"]
