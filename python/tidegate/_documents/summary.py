"""What a Document or an array holds, drawn for a person."""

from __future__ import annotations

import colorsys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tidegate._documents.drawing import Line, branches, printable, room, show, table
from tidegate._tidegate import Document, DocumentArray

LONGEST = 100
#: Vectors of fewer numbers than this are drawn as bars.
MOST_BARS = 1000
BARS = "▁▂▃▄▅▆▇█"
#: Levels of nesting below which a summary says only that there is more.
DEEPEST = 20


def _array(value: Any) -> str | Line:
    """A short vector as bars, from its least number to its greatest; else shape and dtype."""
    if isinstance(value, list | tuple):
        plain = all(isinstance(n, int | float) for n in value)
        numbers = [float(n) for n in value] if plain else None
        told = f"{type(value).__name__} of {len(value)}"
    else:
        shape = tuple(getattr(value, "shape", ()))
        told = f"{type(value).__name__} in shape {shape}, dtype: {getattr(value, 'dtype', '?')}"
        long = [size for size in shape if size != 1]
        numbers = None
        if len(long) == 1 and long[0] < MOST_BARS:
            from tidegate._documents.arrays import to_numpy_array

            numbers = to_numpy_array(value).ravel().tolist()
    if not numbers or not all(isinstance(n, int | float) and n - n == 0 for n in numbers):
        return told
    least, spread = min(numbers), (max(numbers) - min(numbers)) or 1
    return [_bar((n - least) / spread) for n in numbers]


def _bar(height: float) -> tuple[str, str]:
    red, green, blue = colorsys.hls_to_rgb(0.75, 0.17 + 0.7 * height, 1.0)
    colour = f"#{int(red * 255):02x}{int(green * 255):02x}{int(blue * 255):02x}"
    return BARS[min(int(height * len(BARS)), len(BARS) - 1)], colour


def _value(document: Document, field: str) -> str | Line:
    value = getattr(document, field)
    if field in ("tensor", "embedding"):
        return _array(value)
    if field in ("scores", "evaluations"):
        return ", ".join(f"{name}: {score.to_dict()}" for name, score in value.items())
    if isinstance(value, str | bytes) and len(value) > LONGEST:
        return f"{str(value[:LONGEST])[:LONGEST]}... (length: {len(value)})"
    return str(value)


def _tree(document: Document, width: int, level: int = 0) -> list[Line]:
    lines: list[Line] = [
        [("📄 ", ""), ("Document: ", "bold"), (printable(str(document.id)), "cyan")]
    ]
    fields = [f for f in document.non_empty_fields if not f.startswith("_")]
    rows = [(f, _value(document, f)) for f in fields if f not in ("id", "chunks", "matches")]
    nested = [f for f in ("matches", "chunks") if f in fields]
    guide = "│   " if nested else "    "
    if rows:
        drawn = table(("Attribute", "Value"), rows, width - 4 if nested else width)
        lines += [[(guide, "dim"), *line] if nested else line for line in drawn]
    if nested and level >= DEEPEST:
        return [*lines, [("└── ... deeper ones are not shown", "dim")]]
    lines += branches(list(_nested(document, field, width - 8, level)) for field in nested)
    return lines


def _nested(document: Document, field: str, width: int, level: int) -> Iterator[Line]:
    icon = "🔶" if field == "matches" else "💠"
    yield [(f"{icon} ", ""), (field.capitalize(), "bold")]
    yield from branches(_tree(child, width, level + 1) for child in getattr(document, field))


def of_document(document: Document) -> None:
    """Shows the fields of a Document and the Documents inside it."""
    show(_tree(document, room()))


def _attributes(docs: DocumentArray, names: list[str]) -> list[tuple[str, str, str, str]]:
    rows = []
    for name in names:
        values = [getattr(document, name) for document in docs]
        types = sorted({type(value).__name__ for value in values})
        try:
            unique = len(set(values))
        except TypeError:
            unique = len(values)
        empty = any(value is None for value in values)
        rows.append((name, ", ".join(types), str(unique), str(empty)))
    return rows


def _array_rows(docs: DocumentArray) -> Iterator[tuple[str, str]]:
    kinds = Counter(document.non_empty_fields for document in docs)
    yield "Type", type(docs).__name__
    yield "Length", str(len(docs))
    yield "Homogenous Documents", str(len(kinds) <= 1)
    nested = [n for n in ("chunks", "matches") if any(n in kind for kind in kinds)]
    if nested:
        yield "Has nested Documents in", ", ".join(nested)
    if len(kinds) == 1:
        yield "Common Attributes", ", ".join(next(iter(kinds)))
    else:
        for kind, count in kinds.most_common():
            title = f"{count} Document{'s have' if count > 1 else ' has'} attributes"
            yield title, ", ".join(kind)
    multimodal = bool(docs) and all(document.is_multimodal for document in docs)
    yield "Multimodal dataclass", str(multimodal)


def of_array(docs: DocumentArray) -> None:
    """Shows how many Documents an array has and which attributes they have."""
    width = room()
    lines = table(("Documents Summary", ""), list(_array_rows(docs)), width)
    names = sorted({name for document in docs for name in document.non_empty_fields})
    names = [name for name in names if not name.startswith("_")]
    if names:
        header = ("Attribute", "Data type", "#Unique values", "Has empty value")
        lines += table(header, _attributes(docs, names), width)
    show(lines)
