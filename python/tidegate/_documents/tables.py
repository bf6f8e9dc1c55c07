"""Arrays as tables: CSV files and pandas DataFrames."""

from __future__ import annotations

import base64
import csv
from collections.abc import Sequence
from typing import Any

from tidegate._documents.extras import need
from tidegate._documents.files import opened
from tidegate._tidegate import Document

TAG = "tag__"


def _columns(first: Document, flatten_tags: bool, excluded: Sequence[str]) -> list[str]:
    columns = [name for name in first.non_empty_fields if not (flatten_tags and name == "tags")]
    if flatten_tags:
        columns += [f"{TAG}{key}" for key in first.tags]
    return [name for name in columns if name not in excluded]


def save_csv(
    docs: Any,
    file: Any,
    flatten_tags: bool = True,
    exclude_fields: Sequence[str] | None = None,
    dialect: Any = None,
    with_header: bool = True,
    encoding: str = "utf-8",
) -> None:
    """Writes a row per Document; the columns are the fields that the first one has.

    With `flatten_tags` every tag is a column `tag__key`. Values are written as `str` gives them, in
    one line.
    """
    if not docs:
        raise ValueError("an empty array has no columns to write as CSV")
    flatten_tags = flatten_tags and bool(docs[0].tags)
    excluded = tuple(exclude_fields or ())
    columns = _columns(docs[0], flatten_tags, excluded)
    with opened(file, "w", encoding) as handle:
        writer = csv.DictWriter(handle, fieldnames=columns, dialect=dialect or "excel")
        if with_header:
            writer.writeheader()
        for at, document in enumerate(docs):
            row = document.to_dict(exclude=set(excluded) or None, exclude_none=True)
            # The dict has 0 and 1 in tags as booleans, as JSON clients expect; a table has not.
            tags = document.tags if row.pop("tags", None) else {}
            if flatten_tags:
                row.update({f"{TAG}{key}": value for key, value in tags.items()})
            elif tags:
                row["tags"] = tags
            if unknown := [name for name in row if name not in columns and name not in excluded]:
                raise ValueError(
                    f"docs[{at}] has {', '.join(unknown)}, for which the first Document gives no "
                    "column; name them in exclude_fields, or save as JSON"
                )
            writer.writerow({name: str(value).replace("\n", " ") for name, value in row.items()})


def load_csv(
    cls: Any,
    file: Any,
    field_resolver: dict[str, str] | None = None,
    encoding: str = "utf-8",
) -> Any:
    """Makes an array of what `generators.from_csv` yields."""
    from tidegate._documents.generators import from_csv

    return cls(from_csv(file, field_resolver=field_resolver, encoding=encoding))


def save_embeddings_csv(docs: Any, file: Any, encoding: str = "utf-8", **kwargs: Any) -> None:
    """Writes the embeddings with `numpy.savetxt`, which gets what else is given."""
    import numpy as np

    with opened(file, "w", encoding) as handle:
        np.savetxt(handle, docs.embeddings, **kwargs)


def to_dataframe(docs: Any, **kwargs: Any) -> Any:
    """Makes a DataFrame with a row per Document; pandas gets what else is given."""
    return need("pandas").DataFrame(docs.to_list(), **kwargs)


def from_dataframe(cls: Any, df: Any, *args: Any, **kwargs: Any) -> Any:
    """Makes a Document per row, of what is not NaN in it; a blob that is text is read as base64."""
    docs = cls(**kwargs)
    for record in df.to_dict(orient="records"):
        fields = {
            name: value
            for name, value in record.items()
            if not (isinstance(value, float) and value != value)
        }
        if isinstance(fields.get("blob"), str):
            fields["blob"] = base64.b64decode(fields["blob"])
        docs.append(Document(fields))
    return docs
