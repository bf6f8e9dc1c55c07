"""Calling a function with every Document or batch, in threads or processes."""

from __future__ import annotations

import contextlib
import sys
import uuid
from collections.abc import Callable, Iterator
from math import ceil
from typing import Any

from tidegate._documents.progress import shown
from tidegate._tidegate import Document, DocumentArray


def _pool(backend: str, num_worker: int | None) -> Any:
    if backend == "thread":
        from multiprocessing.pool import ThreadPool

        return ThreadPool(num_worker)
    if backend == "process":
        from multiprocessing import get_context

        # Forked, so that functions of a script or notebook need not be imported again.
        method = "fork" if sys.platform == "linux" else "spawn"
        return get_context(method).Pool(num_worker)
    raise ValueError(f"backend is {backend!r}, and 'thread' or 'process' is what it can be")


def _named(func: Callable[..., Any], backend: str) -> Callable[..., Any]:
    """Gives a function that cannot be pickled a name by which a forked process finds it."""
    name = getattr(func, "__qualname__", "<locals>")
    if backend != "process" or not ("<locals>" in name or "<lambda>" in name):
        return func

    def call(*args: Any) -> Any:
        return func(*args)

    call.__name__ = call.__qualname__ = f"_mapped_{uuid.uuid4().hex}"
    setattr(sys.modules[__name__], call.__name__, call)
    return call


def map_each(
    docs: DocumentArray,
    func: Callable[[Document], Any],
    backend: str = "thread",
    num_worker: int | None = None,
    show_progress: bool = False,
    pool: Any = None,
) -> Iterator[Any]:
    """Yields what the function returns for each Document, in order."""
    func = _named(func, backend)
    context = contextlib.nullcontext(pool) if pool is not None else _pool(backend, num_worker)
    with context as workers:
        yield from shown(workers.imap(func, docs), total=len(docs), show=show_progress)


def apply(docs: DocumentArray, *args: Any, **kwargs: Any) -> DocumentArray:
    """Puts what the function returns for each Document in the place of the one with that id."""
    for document in map_each(docs, *args, **kwargs):
        docs[document.id] = document
    return docs


def map_batch(
    docs: DocumentArray,
    func: Callable[[DocumentArray], Any],
    batch_size: int,
    backend: str = "thread",
    num_worker: int | None = None,
    shuffle: bool = False,
    show_progress: bool = False,
    pool: Any = None,
) -> Iterator[Any]:
    """Yields what the function returns for each batch, in order."""
    func = _named(func, backend)
    context = contextlib.nullcontext(pool) if pool is not None else _pool(backend, num_worker)
    with context as workers:
        results = workers.imap(func, docs.batch(batch_size, shuffle))
        total = ceil(len(docs) / batch_size)
        yield from shown(results, total=total, show=show_progress)


def apply_batch(docs: DocumentArray, *args: Any, **kwargs: Any) -> DocumentArray:
    """Puts the Documents that the function returns in the places of those with the same ids."""
    for batch in map_batch(docs, *args, **kwargs):
        docs[[document.id for document in batch]] = batch
    return docs
