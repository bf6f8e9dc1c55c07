"""Embeddings by the hashing trick, number for number what docarray 0.21 computes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from tidegate._documents.extras import need
from tidegate._tidegate import Document


def number(value: Any) -> int | float:
    """Gives the number that stands for a value: 0 for an empty one, md5 for text and containers."""
    if not value:
        return 0
    if isinstance(value, str):
        value = value.strip()
        if value.lower() in ("true", "yes"):
            return 1
        if value.lower() in ("false", "no"):
            return 0
    elif isinstance(value, tuple | dict | list):
        value = json.dumps(value, sort_keys=True)
    else:
        return _plain_number(value)
    return int(hashlib.md5(value.encode(), usedforsecurity=False).hexdigest(), 16)


def _plain_number(value: Any) -> int | float:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return 0


def _features(document: Document, fields: Sequence[str]) -> Iterator[tuple[str, Any]]:
    # Words and tags count once for every field that is named: so does docarray.
    for field in fields:
        if "text" in fields:
            yield from document.get_vocabulary(("text",)).items()
        if "tags" in fields:
            yield from document.tags.items()
        value = getattr(document, field, None)
        if value:
            yield field, value


def embed_feature_hashing(
    document: Document,
    n_dim: int,
    sparse: bool,
    fields: Sequence[str] | None,
    max_value: int,
) -> Document:
    """Adds the number of each feature's value to the column that its name hashes to."""
    numpy = need("numpy")
    named = ("text", "tags") if fields is None else fields
    columns: list[int] = []
    values: list[int | float] = []
    for name, value in _features(document, named):
        place = int(number(name))
        columns.append(place % n_dim)
        values.append((number(value) % max_value) * (1 if place else 0))
    if sparse:
        matrix = need("scipy.sparse").csr_matrix
        rows = [0] * len(columns)
        document.embedding = matrix((values, (rows, columns)), shape=(1, n_dim))
        return document
    table = numpy.zeros(n_dim)
    for column, value in zip(columns, values, strict=True):
        table[column] += value
    document.embedding = table
    return document
