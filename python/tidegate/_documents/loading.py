"""Arrays made of what `generators` yields, and files of Documents read in batches."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from tidegate._documents import generators
from tidegate._tidegate import DocumentArray


def refuse_on_instance(*args: Any, **kwargs: Any) -> NoReturn:
    """Stands in for a class method where it is looked up on an instance."""
    raise AttributeError(
        "this class method makes a new array and cannot be called on one; "
        "call it on the class: DocumentArray.from_...(...)"
    )


def _gather(cls: type[Any], name: str, args: Any, kwargs: Any) -> Any:
    docs = cls(**{key: value for key, value in kwargs.items() if key in ("storage", "config")})
    docs.extend(getattr(generators, name)(*args, **kwargs))
    return docs


def from_ndarray(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Makes an array of what `generators.from_ndarray` yields."""
    return _gather(cls, "from_ndarray", args, kwargs)


def from_files(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Makes an array of what `generators.from_files` yields."""
    return _gather(cls, "from_files", args, kwargs)


def from_csv(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Makes an array of what `generators.from_csv` yields."""
    return _gather(cls, "from_csv", args, kwargs)


def from_huggingface_datasets(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Makes an array of what `generators.from_huggingface_datasets` yields."""
    return _gather(cls, "from_huggingface_datasets", args, kwargs)


def from_ndjson(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Makes an array of what `generators.from_ndjson` yields."""
    return _gather(cls, "from_ndjson", args, kwargs)


def from_lines(cls: type[Any], *args: Any, **kwargs: Any) -> Any:
    """Makes an array of what `generators.from_lines` yields."""
    return _gather(cls, "from_lines", args, kwargs)


class _Stored:
    """A saved stream of Documents that gives its batches once, as it is read."""

    def __init__(self, path: Any, protocol: str, compress: str | None, allow_pickle: bool) -> None:
        from tidegate._documents.files import load_binary, stream_length

        self._length = stream_length(path)
        self._documents = load_binary(
            DocumentArray, path, protocol, compress, streaming=True, allow_pickle=allow_pickle
        )

    def __len__(self) -> int:
        return self._length

    def batch(self, batch_size: int, shuffle: bool = False) -> Iterator[DocumentArray]:
        while batch := list(itertools.islice(self._documents, batch_size)):
            yield DocumentArray(batch)


def dataloader(
    cls: type[Any],
    path: str | os.PathLike[str],
    func: Callable[[DocumentArray], Any],
    batch_size: int,
    protocol: str = "protobuf",
    compress: str | None = None,
    backend: str = "thread",
    num_worker: int | None = None,
    pool: Any = None,
    show_progress: bool = False,
    *,
    allow_pickle: bool = False,
) -> Iterator[Any]:
    """Yields what the function returns for each batch of a saved stream of Documents, in order."""
    from tidegate._documents.mapping import map_batch

    if batch_size <= 0:
        raise ValueError(f"batch_size is {batch_size}, and a number above 0 is needed")
    stored: Any = _Stored(path, protocol, compress, allow_pickle)
    return map_batch(
        stored,
        func,
        batch_size,
        backend=backend,
        num_worker=num_worker,
        pool=pool,
        show_progress=show_progress,
    )
