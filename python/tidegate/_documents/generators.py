"""Documents made of what is outside: arrays, files, tables, lines, data sets.

The functions are those of docarray's `docarray.document.generators`, and yield Documents.
"""

from __future__ import annotations

import contextlib
import csv
import glob
import itertools
import json
import os
import random
import re
from collections.abc import Iterable, Iterator
from typing import Any

from tidegate._documents.extras import need
from tidegate._tidegate import Document

JSON_LINES = frozenset({".jsonlines", ".ndjson", ".jsonl", ".jl", ".ldjson"})
TABLES = frozenset({".csv", ".tcsv"})


def _taken(items: Iterable[Any], size: int | None, sampling_rate: float | None) -> Iterator[Any]:
    """Yields at most `size` of the items, each with the probability `sampling_rate`."""
    if sampling_rate is not None:
        rate = sampling_rate
        items = (item for item in items if random.random() < rate)
    yield from itertools.islice(items, size)


def _made(value: Any, field_resolver: dict[str, str] | None) -> Any:
    """Makes a Document of a record, or a pair of them of one that holds a ground truth."""
    if "document" in value and "groundtruth" in value:
        return tuple(
            Document(value[side], field_resolver=field_resolver)
            for side in ("document", "groundtruth")
        )
    return Document(value, field_resolver=field_resolver)


def from_ndarray(
    array: Any,
    axis: int = 0,
    size: int | None = None,
    shuffle: bool = False,
    *args: Any,
    **kwargs: Any,
) -> Iterator[Document]:
    """Yields a Document for each row of an array; `shuffle` permutes along `axis` first."""
    if shuffle:
        import numpy as np

        array = np.take(array, np.random.permutation(array.shape[0]), axis=axis)
    # As docarray has it, one row is given even when `size` is 0.
    for row in itertools.islice(array, None if size is None else max(size, 1)):
        yield Document(content=row)


def from_files(
    patterns: str | list[str],
    recursive: bool = True,
    size: int | None = None,
    sampling_rate: float | None = None,
    read_mode: str | None = None,
    to_dataturi: bool = False,
    exclude_regex: str | None = None,
    *args: Any,
    **kwargs: Any,
) -> Iterator[Document]:
    """Yields a Document for each file that a pattern finds.

    With `read_mode` 'r' or 'rb' it holds the file's content beside its uri.
    """
    if read_mode not in ("r", "rb", None):
        raise RuntimeError(f"read_mode is {read_mode!r}, and 'r', 'rb' or None is what it can be")
    try:
        excluded = re.compile(exclude_regex) if exclude_regex else None
    except re.error as error:
        raise ValueError(f"exclude_regex is {exclude_regex!r}, no regex: {error}") from None
    found = itertools.chain.from_iterable(
        glob.iglob(os.path.expanduser(pattern), recursive=recursive)
        for pattern in ([patterns] if isinstance(patterns, str) else patterns)
    )
    files = (
        path
        for path in found
        if not os.path.isdir(path) and not (excluded and excluded.match(path))
    )
    for path in _taken(files, size, sampling_rate):
        if read_mode is None:
            document = Document(uri=path)
        else:
            with open(path, read_mode) as file:
                document = Document(content=file.read(), uri=path)
        if to_dataturi:
            document.convert_uri_to_datauri()  # type: ignore[attr-defined, unused-ignore]
        yield document


def _sniffed(file: Any, dialect: Any) -> Any:
    if dialect != "auto":
        return dialect
    try:
        return csv.Sniffer().sniff(file.read(1024))
    except csv.Error:
        return "excel"
    finally:
        file.seek(0)


def from_csv(
    file: Any,
    field_resolver: dict[str, str] | None = None,
    size: int | None = None,
    sampling_rate: float | None = None,
    dialect: Any = "excel",
    encoding: str = "utf-8",
    *args: Any,
    **kwargs: Any,
) -> Iterator[Any]:
    """Yields a Document for each row; columns that name no field become tags.

    `dialect` is what `csv` knows, or 'auto' to find it out of the first kilobyte.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(file, str | os.PathLike):
            file = stack.enter_context(open(file, encoding=encoding, newline=""))
        rows = csv.DictReader(file, dialect=_sniffed(file, dialect))
        for row in _taken(rows, size, sampling_rate):
            yield _made(row, field_resolver)


def from_huggingface_datasets(
    dataset_path: str,
    field_resolver: dict[str, str] | None = None,
    size: int | None = None,
    sampling_rate: float | None = None,
    filter_fields: bool = False,
    **datasets_kwargs: Any,
) -> Iterator[Document]:
    """Yields a Document for each item of a data set that the package `datasets` loads.

    `filter_fields` leaves out what `field_resolver` does not name.
    """
    datasets = need("datasets")
    data = datasets.load_dataset(dataset_path, **datasets_kwargs)
    if isinstance(data, datasets.DatasetDict | datasets.IterableDatasetDict):
        raise ValueError(
            f"the data set {dataset_path!r} has the splits {', '.join(data)}; name one with split="
        )
    if filter_fields:
        if not field_resolver:
            raise ValueError("filter_fields needs a field_resolver that names the fields to keep")
        data.set_format(type=None, columns=list(field_resolver))
    for value in _taken(data, size, sampling_rate):
        yield Document(value, field_resolver=field_resolver)


def from_ndjson(
    fp: Iterable[str],
    field_resolver: dict[str, str] | None = None,
    size: int | None = None,
    sampling_rate: float | None = None,
    *args: Any,
    **kwargs: Any,
) -> Iterator[Any]:
    """Yields a Document for each line of JSON."""
    for line in _taken(fp, size, sampling_rate):
        yield _made(json.loads(line), field_resolver)


def from_lines(
    lines: Iterable[str] | None = None,
    filepath: str | None = None,
    read_mode: str = "r",
    line_format: str = "json",
    field_resolver: dict[str, str] | None = None,
    size: int | None = None,
    sampling_rate: float | None = None,
) -> Iterator[Any]:
    """Yields Documents of lines of JSON or CSV; of lines in another format the lines themselves.

    The format is told by the file's ending or, for `lines`, by `line_format`.
    """
    with contextlib.ExitStack() as stack:
        if filepath:
            ending = os.path.splitext(filepath)[1]
            names = ((JSON_LINES, "json"), (TABLES, "csv"))
            line_format = next((name for endings, name in names if ending in endings), "lines")
            lines = stack.enter_context(open(os.path.expanduser(filepath), read_mode))
        elif not lines:
            raise ValueError("from_lines() needs lines or a filepath")
        if line_format == "json":
            yield from from_ndjson(lines or (), field_resolver, size, sampling_rate)
        elif line_format == "csv":
            yield from from_csv(lines, field_resolver, size, sampling_rate)
        else:
            yield from _taken(lines or (), size, sampling_rate)
