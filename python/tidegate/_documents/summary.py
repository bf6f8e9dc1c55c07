"""What a Document or an array holds, as text for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tidegate._tidegate import Document, DocumentArray

LONGEST = 100


def _value(document: Document, field: str) -> str:
    value = getattr(document, field)
    if field in ("tensor", "embedding"):
        shape = getattr(value, "shape", None)
        if shape is None:
            return f"{type(value).__name__} of {len(value)}"
        return f"{type(value).__name__} in shape {tuple(shape)}, dtype: {value.dtype}"
    if isinstance(value, str | bytes) and len(value) > LONGEST:
        return f"{str(value)[:LONGEST]}... (length: {len(value)})"
    return str(value)


def _table(rows: list[tuple[str, str]], indent: str) -> Iterator[str]:
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    yield f"{indent}╭─{'─' * widths[0]}─┬─{'─' * widths[1]}─╮"
    for name, value in rows:
        yield f"{indent}│ {name:<{widths[0]}} │ {value:<{widths[1]}} │"
    yield f"{indent}╰─{'─' * widths[0]}─┴─{'─' * widths[1]}─╯"


def _tree(document: Document, indent: str = "") -> Iterator[str]:
    yield f"{indent}📄 Document: {document.id}"
    fields = [f for f in document.non_empty_fields if not f.startswith("_")]
    rows = [("Attribute", "Value")]
    rows += [
        (f, _value(document, f).replace("\n", " "))
        for f in fields
        if f not in ("id", "chunks", "matches")
    ]
    yield from _table(rows if len(rows) > 1 else [], indent)
    for name, icon in (("matches", "🔶"), ("chunks", "💠")):
        if name in fields:
            yield f"{indent}└── {icon} {name.capitalize()}"
            for child in getattr(document, name):
                yield from _tree(child, indent + "    ")


def of_document(document: Document) -> None:
    """Prints the fields of a Document and the Documents inside it."""
    print("\n".join(_tree(document)))  # noqa: T201 - that is what it is for


def _attributes(docs: DocumentArray, names: list[str]) -> list[tuple[str, str]]:
    rows = []
    for name in names:
        values = [getattr(document, name) for document in docs]
        types = sorted({type(value).__name__ for value in values})
        try:
            unique = len(set(values))
        except TypeError:
            unique = len(values)
        empty = any(value is None for value in values)
        rows.append((name, f"{', '.join(types)}; {unique} unique; has empty: {empty}"))
    return rows


def _array_rows(docs: DocumentArray) -> Iterator[tuple[str, str]]:
    kinds = Counter(document.non_empty_fields for document in docs)
    yield "Type", type(docs).__name__
    yield "Length", str(len(docs))
    yield "Homogenous Documents", str(len(kinds) <= 1)
    nested = [n for n in ("chunks", "matches") if any(n in kind for kind in kinds)]
    if nested:
        yield "Has nested Documents in", str(tuple(nested))
    if len(kinds) == 1:
        yield "Common Attributes", str(next(iter(kinds)))
        return
    for kind, count in kinds.most_common():
        yield f"{count} Document{'s have' if count > 1 else ' has'} attributes", str(kind)


def of_array(docs: DocumentArray) -> None:
    """Prints how many Documents an array has and which attributes they have."""
    lines = ["Documents Summary", *_table(list(_array_rows(docs)), "")]
    hidden: set[Any] = {"chunks", "matches"}
    names = sorted({name for document in docs for name in document.non_empty_fields} - hidden)
    if names:
        lines += ["Attributes Summary", *_table(_attributes(docs, names), "")]
    print("\n".join(lines))  # noqa: T201 - that is what it is for
