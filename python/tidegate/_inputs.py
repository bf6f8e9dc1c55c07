"""From what a caller passes as `inputs` to the DocumentArrays of single requests."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from tidegate._tidegate import Document, DocumentArray

Batch = DocumentArray | None
"""The Documents of one request; `None` for a request without any."""


class Source:
    """An input that is pulled item by item."""

    requests: int | None = None
    """How many requests it makes, where that is known beforehand."""

    def __init__(self, items: Iterable[Any], request_size: int) -> None:
        self._items = items
        self._size = request_size

    def batches(self, *, stop: Callable[[], bool] = bool) -> Iterator[Batch]:
        """The Documents of each request, as soon as there are enough of them."""
        batch: list[Any] = []
        for number, item in enumerate(self._items):
            if stop():
                return
            batch.append(as_document(item, number))
            if len(batch) == self._size:
                yield DocumentArray(batch)
                batch = []
        if batch:
            yield DocumentArray(batch)


class AsyncSource(Source):
    """An input that is pulled on an event loop."""

    def __init__(self, items: AsyncIterable[Any], request_size: int) -> None:
        self._awaited = items
        self._size = request_size

    async def batches(  # type: ignore[override]
        self, *, stop: Callable[[], bool] = bool
    ) -> AsyncIterator[Batch]:
        """The Documents of each request, as soon as there are enough of them."""
        batch: list[Any] = []
        number = 0
        async for item in self._awaited:
            if stop():
                return
            batch.append(as_document(item, number))
            number += 1
            if len(batch) == self._size:
                yield DocumentArray(batch)
                batch = []
        if batch:
            yield DocumentArray(batch)


class MemorySource(Source):
    """An input that is there at once: it is cut, not pulled."""

    def __init__(self, items: list[Any] | tuple[Any, ...] | DocumentArray, request_size: int) -> None:
        self._all = items
        self._size = request_size if request_size > 0 else max(1, len(items))
        self.requests = max(1, -(-len(items) // self._size))

    def batches(self, *, stop: Callable[[], bool] = bool) -> Iterator[Batch]:
        """The Documents of each request; one request without any where there are none."""
        items = self._all
        if not len(items):
            yield None
        elif isinstance(items, DocumentArray):
            if len(items) <= self._size:
                yield items
                return
            for start in range(0, len(items), self._size):
                yield items[start : start + self._size]
        else:
            for start in range(0, len(items), self._size):
                chunk = items[start : start + self._size]
                yield DocumentArray(
                    [as_document(item, start + place) for place, item in enumerate(chunk)]
                )


def as_document(item: Any, number: int) -> Document:
    """Makes a Document of an item: a dict gives its fields, anything else is its content."""
    if isinstance(item, Document):
        return item
    try:
        return Document(item) if isinstance(item, dict) else Document(content=item)
    except Exception as error:
        from tidegate.errors import BadClientInput

        raise BadClientInput(
            f"item {number} of the inputs, a {type(item).__name__}, cannot become a Document: {error}"
        ) from error


def open_source(inputs: Any, request_size: int) -> Source:
    """Finds out what kind of input it is; calls it first where it can be called."""
    if callable(inputs) and not isinstance(inputs, Document | DocumentArray):
        inputs = inputs()
    if inputs is None:
        return MemorySource([], request_size)
    if isinstance(inputs, Document | str | bytes | dict):
        return MemorySource([inputs], request_size)
    if isinstance(inputs, DocumentArray | list | tuple):
        return MemorySource(inputs, request_size)
    if isinstance(inputs, AsyncIterable):
        return AsyncSource(inputs, request_size)
    if isinstance(inputs, Iterable):
        return Source(inputs, request_size)
    return MemorySource([inputs], request_size)
