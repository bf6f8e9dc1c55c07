"""Cutting an array into parts: batches, groups by tag, samples."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from tidegate._documents.progress import shown
from tidegate._tidegate import DocumentArray


def _check_size(batch_size: Any) -> None:
    if not isinstance(batch_size, int) or batch_size <= 0:
        raise ValueError(f"batch_size is {batch_size!r}, and a whole number above 0 is needed")


def batch(
    docs: DocumentArray, batch_size: int, shuffle: bool = False, show_progress: bool = False
) -> Iterator[DocumentArray]:
    """Yields arrays of `batch_size` Documents; the last one may be shorter."""
    _check_size(batch_size)
    order = list(range(len(docs)))
    if shuffle:
        random.shuffle(order)
    starts = range(0, len(order), batch_size)
    for start in shown(starts, total=len(starts), show=show_progress):
        yield docs[order[start : start + batch_size]]


def batch_ids(docs: DocumentArray, batch_size: int, shuffle: bool = False) -> Iterator[list[str]]:
    """Yields lists of `batch_size` ids; the last one may be shorter."""
    _check_size(batch_size)
    ids = [document.id for document in docs]
    if shuffle:
        random.shuffle(ids)
    for start in range(0, len(ids), batch_size):
        yield ids[start : start + batch_size]


def split_by_tag(docs: DocumentArray, tag: str) -> dict[Any, DocumentArray]:
    """Groups the Documents by the value of a tag; `a__b` looks into nested tags."""
    groups: dict[Any, list[Any]] = {}
    for document in docs:
        value: Any = document.tags
        for part in tag.split("__"):
            if not isinstance(value, dict) or part not in value:
                break
            value = value[part]
        else:
            groups.setdefault(value, []).append(document)
            continue
        if "__" in tag:
            groups.setdefault(None, []).append(document)
    return {value: DocumentArray(group) for value, group in groups.items()}


def sample(docs: DocumentArray, k: int, seed: int | None = None) -> DocumentArray:
    """Takes `k` Documents at random; a seed also seeds Python's own generator, as docarray does."""
    if seed is not None:
        random.seed(seed)
    return DocumentArray(random.sample(list(docs), k))
