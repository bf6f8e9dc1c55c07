"""Documents that stand for instances of multimodal classes, see `tidegate.dataclasses`."""

from __future__ import annotations

import base64
from typing import Any

from tidegate._tidegate import Document, DocumentArray
from tidegate.dataclasses.enums import AttributeType
from tidegate.dataclasses.types import (
    SCHEMA,
    AttributeTypeError,
    _is_field,
    element,
    is_multimodal,
)

PLAIN = (str, int, float, bool)
ONE = (AttributeType.DOCUMENT, AttributeType.NESTED)
MANY = (AttributeType.ITERABLE_DOCUMENT, AttributeType.ITERABLE_NESTED)


def fill(document: Document, obj: Any) -> None:
    """Makes a new Document stand for an instance: plain values are tags, all others are chunks."""
    if not is_multimodal(obj):
        raise TypeError(
            f"{type(obj).__name__} is not a multimodal class; decorate it with "
            "tidegate.dataclasses.dataclass"
        )
    tags: dict[str, Any] = {}
    schema: dict[str, dict[str, Any]] = {}
    for name, field in obj.__dataclass_fields__.items():
        value = getattr(obj, name)
        if value is None:
            continue
        if field.type in (*PLAIN, bytes) and not _is_field(field):
            tags[name] = base64.b64encode(value).decode() if field.type is bytes else value
            schema[name] = _said(AttributeType.PRIMITIVE, field.type.__name__)
        elif element(field.type) in PLAIN:
            tags[name] = value
            schema[name] = _said(AttributeType.ITERABLE_PRIMITIVE, _list_name(field.type))
        else:
            chunk, said = _chunk(value, field)
            schema[name] = {**said, "position": len(document.chunks)}
            document.chunks.append(chunk)
    document.tags = tags
    document._metadata[SCHEMA] = schema


def _said(kind: AttributeType, type_name: str) -> dict[str, Any]:
    return {"attribute_type": kind.value, "type": type_name}


def _list_name(annotation: Any) -> str:
    name = getattr(annotation, "_name", None) or "List"
    return f"{name}[{element(annotation).__name__}]"


def _chunk(value: Any, field: Any) -> tuple[Document, dict[str, Any]]:
    """The Document of an attribute, and what the schema says about it."""
    inner = element(field.type)
    if inner is None:
        return _document(value, field.type, field), _said(
            AttributeType.NESTED if is_multimodal(field.type) else AttributeType.DOCUMENT,
            field.type.__name__,
        )
    if not is_multimodal(inner) and not _is_field(field):
        raise TypeError(f"`{field.name}` is a list of {inner}, which cannot become Documents")
    chunk = Document()
    for each in value:
        chunk.chunks.append(_document(each, inner, field))
    kind = (
        AttributeType.ITERABLE_NESTED if is_multimodal(inner) else AttributeType.ITERABLE_DOCUMENT
    )
    return chunk, _said(kind, _list_name(field.type))


def _document(value: Any, annotation: Any, field: Any) -> Document:
    if is_multimodal(annotation):
        return Document(value)
    if _is_field(field):
        made = field.setter(value)
        if not isinstance(made, Document):
            raise TypeError(
                f"the setter of `{field.name}` gave {type(made).__name__} instead of a Document"
            )
        return made
    raise AttributeTypeError(
        f"`{field.name}` is annotated with {annotation}, which cannot become a Document; "
        "describe it with field(setter=..., getter=...)"
    )


def _place(document: Document, attribute: str) -> tuple[int, str]:
    """Which chunk holds an attribute, and of what kind it is."""
    if not document.is_multimodal:
        raise ValueError(
            f"Document {document.id} was not made of an instance of a multimodal class"
        )
    schema = document._metadata[SCHEMA]
    if attribute not in schema:
        raise ValueError(
            f"the class of Document {document.id} has no attribute `{attribute}`, "
            f"only {', '.join(schema)}"
        )
    position = schema[attribute].get("position")
    if position is None:
        raise ValueError(
            f"`{attribute}` is no Document but a plain value: "
            f"read document.tags[{attribute!r}] instead"
        )
    return int(position), schema[attribute]["attribute_type"]


def get_multi_modal_attribute(document: Document, attribute: str) -> DocumentArray:
    """Gives the Documents of an attribute."""
    position, kind = _place(document, attribute)
    chunk: Document = document.chunks[position]
    if kind in MANY:
        chunks: DocumentArray = chunk.chunks
        return chunks
    return DocumentArray([chunk])


def set_multi_modal_attribute(document: Document, attribute: str, value: Any) -> None:
    """Puts other Documents in the place of an attribute."""
    position, kind = _place(document, attribute)
    if kind in MANY:
        document.chunks[position].chunks = value
    else:
        document.chunks[position] = value


def attribute(document: Document, name: str) -> Any:
    """Gives the Document of an attribute, or the array of one that is a list."""
    found = get_multi_modal_attribute(document, name)
    _, kind = _place(document, name)
    return found if kind in MANY else found[0]
