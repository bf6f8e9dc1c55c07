"""Pickles of Documents: our own, and those that docarray 0.21 wrote.

A pickle can run any code when it is read. Nothing here is called for bytes whose reader did not say
`allow_pickle=True` or set `TIDEGATE_ALLOW_PICKLE=1`.
"""

from __future__ import annotations

import copyreg
import io
import pickle
import types
from typing import Any

from tidegate._alias import ROOTS, AliasLoader

#: Content is set first, and what its setters would change after it.
_LAST = ("mime_type", "chunks", "matches")
_NESTED = ("chunks", "matches")


class _Reader(pickle.Unpickler):
    """Finds docarray's classes among ours, whether or not the real ones are installed."""

    def find_class(self, module: str, name: str) -> Any:
        """Gives the class or function of a name in the pickle."""
        if name == "_reconstructor" and module in ("copyreg", "copy_reg"):
            return _made
        if module.partition(".")[0] not in ROOTS:
            return super().find_class(module, name)
        from tidegate._alias.tree import TREE

        if module not in TREE:
            raise pickle.UnpicklingError(
                f"the pickle names {module}.{name}, which Tidegate has no stand-in for"
            )
        stand_in = types.ModuleType(module)
        AliasLoader(TREE[module]).exec_module(stand_in)
        return getattr(stand_in, name)


def _made(cls: Any, origin: Any, state: Any) -> Any:
    """Makes an object in the way of the oldest pickles, of a native class too."""
    return cls.__new__(cls) if origin is object else copyreg._reconstructor(cls, origin, state)  # type: ignore[attr-defined]


def read(data: bytes, wanted: type) -> Any:
    """Reads a pickle of an instance of a class."""
    try:
        found = _Reader(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, IndexError, KeyError) as error:
        raise ValueError(f"no whole pickle: {error}") from error
    if not isinstance(found, wanted):
        raise TypeError(f"the pickle holds a {type(found).__name__}, no {wanted.__name__}")
    return found


def _parts(state: Any) -> tuple[dict[str, Any], Any]:
    """Takes apart what docarray's objects pickle: attributes, and the data among them."""
    state = state[0] if isinstance(state, tuple) and state else state
    attributes = dict(state or {})
    data = attributes.pop("_data", None)
    own = {name: value for name, value in attributes.items() if not name.startswith("_")}
    return own, data


def fill_document(document: Any, state: Any) -> None:
    """Gives a Document the fields that docarray's had; nothing is marked or guessed."""
    attributes, data = _parts(state)
    fields = {name: value for name, value in vars(data).items() if value is not None}
    fields.pop("_reference_doc", None)
    document.id = fields.pop("id", None)
    for name in sorted(fields, key=_LAST.__contains__):
        value = fields[name]
        if name in ("text", "blob") and not value:
            continue  # reading an unset one stores this, and setting it would clear the content
        # An iterator is taken as it is, where a list would be marked as children.
        setattr(document, name, iter(list(value)) if name in _NESTED else value)
    vars(document).update(attributes)


def fill_array(docs: Any, state: Any) -> None:
    """Gives an array the Documents that docarray's had."""
    attributes, documents = _parts(state)
    docs.extend(documents or ())
    vars(docs).update({name: value for name, value in attributes.items() if not callable(value)})


def fill_score(score: Any, state: Any) -> None:
    """Gives a NamedScore the values that docarray's had."""
    for name, value in vars(_parts(state)[1]).items():
        if value is not None and not name.startswith("_"):
            setattr(score, name, value)
