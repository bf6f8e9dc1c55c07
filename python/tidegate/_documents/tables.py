"""Arrays as tables: CSV files and data frames."""

from __future__ import annotations

import csv
import importlib
import os
from collections.abc import Iterable, Iterator
from typing import Any

from tidegate._tidegate import Document, DocumentArray

NESTED = ("chunks", "matches")


def save_csv(
    docs: DocumentArray,
    file: Any,
    flatten_tags: bool = True,
    exclude_fields: Iterable[str] | None = None,
    dialect: Any = "excel",
    with_header: bool = True,
    encoding: str = "utf-8",
) -> None:
    """Writes a row per Document with the fields of the first; tags become columns `tag__name`."""
    if not docs:
        raise ValueError("an empty array has no columns to write")
    fields = set(docs[0].non_empty_fields) - set(exclude_fields or ()) - set(NESTED)
    flat = flatten_tags and "tags" in fields
    tags = [f"tag__{name}" for name in docs[0].tags] if flat else []
    fields -= {"tags"} if flat else set()
    opened = not hasattr(file, "write")
    out = open(file, "w", encoding=encoding, newline="") if opened else file  # noqa: SIM115
    try:
        writer = csv.DictWriter(out, fieldnames=sorted(fields) + tags, dialect=dialect)
        if with_header:
            writer.writeheader()
        for document in docs:
            row = {field: getattr(document, field) for field in fields}
            if flat:
                row |= {f"tag__{n}": v for n, v in document.tags.items() if f"tag__{n}" in tags}
            writer.writerow(row)
    finally:
        if opened:
            out.close()


def _documents(
    lines: Iterable[str],
    resolver: dict[str, str] | None,
    size: int | None,
    dialect: Any,
) -> Iterator[Document]:
    for count, row in enumerate(csv.DictReader(lines, dialect=dialect)):
        if size is not None and count >= size:
            return
        yield Document({k: v for k, v in row.items() if v != ""}, field_resolver=resolver)


def load_csv(
    cls: type[DocumentArray],
    file: Any,
    field_resolver: dict[str, str] | None = None,
    size: int | None = None,
    dialect: Any = "excel",
    encoding: str = "utf-8",
) -> Any:
    """Reads a row per Document; columns that are no fields become tags, all values are text."""
    if isinstance(file, str | os.PathLike):
        with open(file, encoding=encoding, newline="") as opened:
            return cls(_documents(opened, field_resolver, size, dialect))
    return cls(_documents(file, field_resolver, size, dialect))


def to_dataframe(docs: DocumentArray, **kwargs: Any) -> Any:
    """Makes a pandas data frame with a column per field."""
    return importlib.import_module("pandas").DataFrame.from_dict(docs.to_list(), **kwargs)


def from_dataframe(cls: type[DocumentArray], df: Any) -> Any:
    """Makes an array from a data frame that `to_dataframe` made."""
    rows = df.to_dict(orient="records")
    return cls(
        Document.from_dict({k: v for k, v in row.items() if not (isinstance(v, float) and v != v)})
        for row in rows
    )
