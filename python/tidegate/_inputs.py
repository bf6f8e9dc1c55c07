"""From what a caller passes as `inputs` to the DocumentArrays of single requests."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from typing import Any

from tidegate._tidegate import Document, DocumentArray

Batch = DocumentArray | None
"""The Documents of one request; `None` for a request without any."""


class Source:
    """An input, and how many Documents of it make a request."""

    requests: int | None = None
    """How many requests it makes, where that is known beforehand."""

    def __init__(self, request_size: int) -> None:
        self.size = request_size


class PulledSource(Source):
    """An input that is pulled item by item."""

    def __init__(self, items: Iterable[Any], request_size: int) -> None:
        super().__init__(request_size)
        self._items = items

    def batches(self, is_over: Callable[[], bool]) -> Iterator[Batch]:
        """Gives the Documents of each request once there are enough, until `is_over`."""
        batch: list[Document] = []
        for number, item in enumerate(self._items):
            if is_over():
                return
            batch.append(as_document(item, number))
            if len(batch) == self.size:
                yield DocumentArray(batch)
                batch = []
        if batch:
            yield DocumentArray(batch)


class AsyncSource(Source):
    """An input that is pulled on an event loop."""

    def __init__(self, items: AsyncIterable[Any], request_size: int) -> None:
        super().__init__(request_size)
        self._items = items

    async def batches(self, is_over: Callable[[], bool]) -> AsyncIterator[Batch]:
        """Gives the Documents of each request once there are enough, until `is_over`."""
        batch: list[Document] = []
        number = 0
        async for item in self._items:
            if is_over():
                return
            batch.append(as_document(item, number))
            number += 1
            if len(batch) == self.size:
                yield DocumentArray(batch)
                batch = []
        if batch:
            yield DocumentArray(batch)


class MemorySource(Source):
    """An input that is there at once: it is cut, not pulled."""

    requests: int

    def __init__(
        self, items: list[Any] | tuple[Any, ...] | DocumentArray, request_size: int
    ) -> None:
        super().__init__(request_size if request_size > 0 else max(1, len(items)))
        self._items = items
        self.requests = max(1, -(-len(items) // self.size))
        self._places: Iterable[int] = range(self.requests)

    def only(self, places: list[int]) -> MemorySource:
        """The same input, of which only the requests at `places` are to be sent."""
        some = MemorySource(self._items, self.size)
        some._places = places
        return some

    def batches(self) -> Iterator[Batch]:
        """The Documents of each request; one request without any where there are none."""
        return map(self._batch, self._places)

    def _batch(self, place: int) -> Batch:
        items, start = self._items, place * self.size
        if not len(items):
            return None
        if isinstance(items, DocumentArray):
            return items if self.requests == 1 else items[start : start + self.size]
        chunk = items[start : start + self.size]
        return DocumentArray(
            [as_document(item, number) for number, item in enumerate(chunk, start)]
        )


def as_document(item: Any, number: int) -> Document:
    """Makes a Document of an item: a dict gives its fields, anything else is its content."""
    if isinstance(item, Document):
        return item
    try:
        return Document(item) if isinstance(item, dict) else Document(content=item)
    except Exception as error:
        from tidegate.errors import BadClientInput

        what = f"item {number} of the inputs, a {type(item).__name__},"
        raise BadClientInput(f"{what} cannot become a Document: {error}") from error


def open_source(inputs: Any, request_size: int) -> MemorySource | PulledSource | AsyncSource:
    """Finds out what kind of input it is; calls it first where it can be called."""
    if callable(inputs) and not isinstance(inputs, Document | DocumentArray):
        inputs = inputs()
    if inputs is None:
        return MemorySource([], request_size)
    if isinstance(inputs, DocumentArray | list | tuple):
        return MemorySource(inputs, request_size)
    if isinstance(inputs, Document | str | bytes | dict):
        return MemorySource([inputs], request_size)
    if isinstance(inputs, AsyncIterable):
        return AsyncSource(inputs, request_size)
    if isinstance(inputs, Iterable):
        return PulledSource(inputs, request_size)
    return MemorySource([inputs], request_size)
