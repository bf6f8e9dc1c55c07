"""The decorator of multimodal classes, and what it knows about their attributes."""

from __future__ import annotations

import base64
import dataclasses
import functools
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tidegate import typing as kinds
from tidegate._tidegate import Document
from tidegate.dataclasses import getter, setter
from tidegate.dataclasses.enums import AttributeType, DocumentMetadata

__all__ = ["dataclass", "field", "is_multimodal"]

_T = TypeVar("_T")

SCHEMA = DocumentMetadata.MULTI_MODAL_SCHEMA.value


class AttributeTypeError(TypeError):
    """An attribute is annotated with what cannot become a Document."""


class Field(dataclasses.Field):  # type: ignore[type-arg]
    """A field of a dataclass that knows how its values become Documents and come back."""

    setter: Callable[[Any], Document] | None
    getter: Callable[[Document], Any] | None

    def __init__(
        self,
        *,
        setter: Callable[[Any], Document] | None = None,
        getter: Callable[[Document], Any] | None = None,
        _source_field: dataclasses.Field[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Takes both functions, and what `dataclasses.field` takes."""
        self.copy_from(_source_field or dataclasses.field(**kwargs))
        self.setter = setter
        self.getter = getter

    def copy_from(self, f: dataclasses.Field[Any]) -> None:
        """Takes over what another field says."""
        for name in dataclasses.Field.__slots__:
            setattr(self, name, getattr(f, name))


def field(**kwargs: Any) -> Any:
    """Describes an attribute of a kind of your own.

    `setter` makes a Document of a value and `getter` reads the value from the Document; all else
    is what `dataclasses.field` takes.
    """
    return Field(**kwargs)


def _is_field(f: Any) -> bool:
    return isinstance(f, Field) and f.setter is not None and f.getter is not None


FieldMaker = Callable[[Any], Any]


def _kind(set_: Callable[[Any], Document], get: Callable[[Document], Any]) -> FieldMaker:
    return lambda source: field(setter=set_, getter=get, _source_field=source)


_TYPES_REGISTRY: dict[Any, FieldMaker] = {
    kinds.Image: _kind(setter.image_setter, getter.image_getter),
    kinds.Text: _kind(setter.text_setter, getter.text_getter),
    kinds.URI: _kind(setter.uri_setter, getter.uri_getter),
    kinds.Audio: _kind(setter.audio_setter, getter.audio_getter),
    kinds.JSON: _kind(setter.json_setter, getter.json_getter),
    kinds.Video: _kind(setter.video_setter, getter.video_getter),
    kinds.Tabular: _kind(setter.tabular_setter, getter.tabular_getter),
    kinds.Blob: _kind(setter.blob_setter, getter.blob_getter),
    kinds.Mesh: _kind(setter.mesh_setter, getter.mesh_getter),
}


def _resolve(cls: type, fields: Mapping[str, dataclasses.Field[Any]]) -> None:
    """Replaces annotations that are text by what they name, where it is known yet."""
    if not any(isinstance(f.type, str) for f in fields.values()):
        return
    try:
        hints = typing.get_type_hints(cls, localns={cls.__name__: cls})
    except NameError as error:
        raise AttributeTypeError(
            f"an annotation of {cls.__name__} is not known here: {error}; "
            "define it at the top of the module, or give it as itself and not as text"
        ) from error
    for name, f in fields.items():
        f.type = hints.get(name, f.type)


def element(annotation: Any) -> Any:
    """Gives the type of the elements of a `List[...]` or `Iterable[...]`, else `None`."""
    if getattr(annotation, "_name", None) in ("List", "Iterable") or (
        typing.get_origin(annotation) is list
    ):
        arguments = typing.get_args(annotation)
        return arguments[0] if arguments else None
    return None


@typing.overload
def dataclass(
    cls: type[_T], *, type_var_map: Mapping[Any, FieldMaker] | None = None, **kwargs: Any
) -> type[_T]: ...
@typing.overload
def dataclass(
    cls: None = None, *, type_var_map: Mapping[Any, FieldMaker] | None = None, **kwargs: Any
) -> Callable[[type[_T]], type[_T]]: ...


def dataclass(
    cls: Any = None, *, type_var_map: Mapping[Any, FieldMaker] | None = None, **kwargs: Any
) -> Any:
    """Makes a class multimodal: `Document(instance)` and `Class(document)` turn one into the other.

    It is a dataclass, whose keywords are taken. `type_var_map` says for kinds of your own how a
    field is made of the plain one, with `field(setter=..., getter=..., _source_field=plain)`.
    """
    known = {**_TYPES_REGISTRY, **(type_var_map or {})}

    def wrap(cls: Any) -> Any:
        made = dataclasses.dataclass(**kwargs)(cls)
        made.__is_multimodal__ = True
        made.__init__ = _from_document_too(made.__init__)
        fields = made.__dataclass_fields__
        _resolve(made, fields)
        for name, f in fields.items():
            maker = None if _is_field(f) else known.get(element(f.type) or f.type)
            if maker is not None:
                fields[name] = maker(f)
        return made

    return wrap if cls is None else wrap(cls)


def _from_document_too(plain: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(plain)
    def init(*args: Any, **kwargs: Any) -> None:
        if not kwargs and len(args) == 2 and isinstance(args[1], Document):
            plain(args[0], **_from_document(type(args[0]), args[1]))
        else:
            plain(*args, **kwargs)

    return init


def is_multimodal(obj: Any) -> bool:
    """Tells whether something is a multimodal class, an instance of one or a Document of one."""
    if isinstance(obj, Document):
        return obj.is_multimodal
    return dataclasses.is_dataclass(obj) and hasattr(obj, "__is_multimodal__")


def _from_document(cls: Any, doc: Document) -> dict[str, Any]:
    """Gives the attributes that a class has in a Document."""
    if not doc.is_multimodal:
        raise ValueError(
            f"{doc!r} was not made of an instance of a multimodal class, which "
            f"{cls.__name__}(document) needs"
        )
    return {
        name: _attribute(doc, name, said, cls.__dataclass_fields__[name])
        for name, said in doc._metadata[SCHEMA].items()
    }


def _attribute(doc: Document, name: str, said: Mapping[str, Any], f: Any) -> Any:
    kind = said["attribute_type"]
    if kind in (AttributeType.PRIMITIVE, AttributeType.ITERABLE_PRIMITIVE):
        value = doc.tags[name]
        is_bytes = said["type"] == "bytes" and kind == AttributeType.PRIMITIVE
        return base64.b64decode(value) if is_bytes else value
    chunk = doc.chunks[int(said["position"])]
    if kind == AttributeType.DOCUMENT:
        return _read(chunk, f)
    if kind == AttributeType.ITERABLE_DOCUMENT:
        return [_read(each, f) for each in chunk.chunks]
    if kind == AttributeType.NESTED:
        return _nested(chunk, f.type)
    if kind == AttributeType.ITERABLE_NESTED:
        return [_nested(each, element(f.type)) for each in chunk.chunks]
    raise AttributeError(f"the attribute `{name}` is of the unknown kind {kind!r}")


def _read(doc: Document, f: Any) -> Any:
    if not _is_field(f):
        raise ValueError(f"the attribute `{f.name}` has no getter; describe it with field()")
    return f.getter(doc)


def _nested(doc: Document, cls: Any) -> Any:
    if not is_multimodal(cls):
        raise ValueError(f"`{getattr(cls, '__name__', cls)}` is not a multimodal class")
    return cls(**_from_document(cls, doc))
