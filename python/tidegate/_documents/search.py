"""Nearest Documents by embedding, and filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tidegate._tidegate import Document, DocumentArray, NamedScore

Metric = str | Callable[[Any, Any], Any]


MATCH_ARGUMENTS = (
    *("metric", "limit", "normalization", "metric_name", "batch_size", "exclude_self"),
    *("filter", "only_id", "use_scipy", "device", "num_worker", "on"),
)


def _matrix(query: Any) -> tuple[Any, bool]:
    """The query as a matrix, and whether it was a single vector."""
    from tidegate._documents.distance import np

    if hasattr(query, "tocsr"):
        return query, False
    if hasattr(query, "detach"):
        query = query.detach().cpu().numpy()
    from_memory = not hasattr(query, "__array__") and hasattr(query, "__dlpack__")
    array = np.from_dlpack(query) if from_memory else np.asarray(query)
    if array.ndim == 1:
        return array.reshape(1, -1), True
    return array.reshape(len(array), -1), False


def _embeddings(docs: DocumentArray, what: str) -> tuple[Any, bool]:
    """The embeddings as a matrix; where a Document has none, the error says which."""
    problem: ValueError | None = None
    matrix = None
    try:
        matrix = docs.embeddings
    except ValueError as error:
        problem = error
    if matrix is None or isinstance(matrix, list):
        if not docs:
            raise ValueError(f"the array {what} is empty, and so has no embedding to compare")
        for at, document in enumerate(docs):
            if document.embedding is None:
                raise ValueError(
                    f"Document {document.id!r} (at {at} of the array {what}) has no embedding; set "
                    "its field 'embedding', or leave it out: "
                    "docs.find({'embedding': {'$exists': True}})"
                ) from None
    if problem is not None:
        raise problem
    return _matrix(matrix)


def _distances(
    docs: DocumentArray, queries: Any, metric: Any, batch_size: int | None, use_scipy: bool
) -> Any:
    from tidegate._documents.distance import between, np

    if batch_size is None:
        return between(queries, _embeddings(docs, "searched")[0], metric, use_scipy=use_scipy)
    parts = [
        between(queries, _embeddings(part, "searched")[0], metric, use_scipy=use_scipy)
        for part in docs.batch(int(batch_size))
    ]
    return np.hstack(parts)


def _native(docs: DocumentArray, queries: Any, metric: Any, count: int) -> Any:
    """Searches without a matrix of the embeddings; None where that cannot be done."""
    from tidegate._documents.distance import METRICS, np

    if not isinstance(metric, str) or metric not in METRICS or hasattr(queries, "tocsr"):
        return None
    found = docs._nearest(np.ascontiguousarray(queries), metric, count)
    if found is None:
        return None
    rows, wide = found
    kind = np.float64 if wide else np.float32
    values = np.array([row[1] for row in rows], dtype=kind)
    least, most = (np.array([[row[at]] for row in rows], dtype=kind) for at in (2, 3))
    return values, [row[0] for row in rows], (least, most)


def _found(
    docs: DocumentArray, distances: Any, places: Any, name: str, only_id: bool
) -> DocumentArray:
    found = DocumentArray()
    for distance, place in zip(distances, places, strict=True):
        original = docs[int(place)]
        if only_id:
            document = Document(id=original.id)
        else:
            document = Document(original, copy=True)
            document.pop("matches")
        document.scores[name] = NamedScore(value=distance)
        found.append(document)
    return found


def find(
    docs: DocumentArray,
    query: Any = None,
    metric: Metric | None = None,
    limit: float | None = 20,
    metric_name: str | None = None,
    exclude_self: bool = False,
    filter: dict[str, Any] | None = None,  # noqa: A002
    only_id: bool = False,
    index: str = "text",
    return_root: bool = False,
    on: str | None = None,
    *,
    normalization: tuple[float, float] | None = None,
    batch_size: int | None = None,
    use_scipy: bool = False,
    device: str = "cpu",
    num_worker: int | None = 1,
) -> Any:
    """Searches an array.

    A dict is a filter. A vector gives the array of the nearest Documents, copies with the distance
    in `scores`, nearest first; a Document, an array or a matrix gives a list of such arrays.
    """
    if on not in (None, "@r"):
        raise ValueError(f"there is no subindex {on!r}; search docs['@...'] instead")
    # A sparse matrix may be a dict too: scipy's dok_matrix.
    conditions = isinstance(query, dict) and not hasattr(query, "tocsr")
    if conditions or query is None:
        if conditions and filter is not None:
            raise ValueError("filter and query are both filters; give one")
        if query is None and not isinstance(filter, dict):
            raise ValueError("find() needs a query or a filter")
        return docs._filter(query if conditions else filter)
    if isinstance(query, str) or (isinstance(query, list) and query and isinstance(query[0], str)):
        raise NotImplementedError(
            "arrays in memory cannot be searched by text; "
            "use a filter: docs.find({'text': {'$regex': ...}})"
        )
    if filter is not None:
        raise ValueError("a filter cannot go with a vector; filter first: docs.find({...}).find(v)")
    if limit is not None and limit <= 0:
        raise ValueError(f"limit is {limit}, and a number above 0 or None is needed")
    metric = "cosine" if metric is None else metric
    if not callable(metric) and not isinstance(metric, str):
        raise TypeError(f"metric is {metric!r}, and a name or a function of two matrices is needed")
    return _nearest(
        docs,
        DocumentArray(query) if isinstance(query, Document) else query,
        metric=metric,
        limit=None if limit is None else int(limit),
        name=metric_name or (metric if isinstance(metric, str) else metric.__name__),
        exclude_self=exclude_self,
        only_id=only_id,
        normalization=normalization,
        batch_size=batch_size,
        use_scipy=use_scipy,
    )


def _nearest(
    docs: DocumentArray,
    query: Any,
    *,
    metric: Metric,
    limit: int | None,
    name: str,
    exclude_self: bool,
    only_id: bool,
    normalization: tuple[float, float] | None,
    batch_size: int | None,
    use_scipy: bool,
) -> Any:
    from tidegate._documents.distance import extremes, nearest, normalized

    ids = [d.id for d in query] if isinstance(query, DocumentArray) else None
    queries, single = _matrix(query) if ids is None else _embeddings(query, "that is the query")
    if batch_size is not None and batch_size <= 0:
        raise ValueError(f"batch_size is {batch_size}, and a number above 0 is needed")
    count = len(docs) if limit is None else min(limit + exclude_self, len(docs))
    native = None if use_scipy else _native(docs, queries, metric, count)
    if native is not None:
        values, places, bounds = native
    else:
        distances = _distances(docs, queries, metric, batch_size, use_scipy)
        values, places = nearest(distances, count)
        bounds = None if normalization is None else extremes(distances)
    if normalization is not None:
        values = normalized(values, bounds, normalization)
    results = []
    for at, (row, place) in enumerate(zip(values, places, strict=True)):
        found = _found(docs, row, place, name, only_id)
        if exclude_self and ids is not None:
            found = DocumentArray([d for d in found if d.id != ids[at]][:limit])
        results.append(found)
    return results[0] if single else results


def match(docs: DocumentArray, darray: DocumentArray, *args: Any, **kwargs: Any) -> None:
    """Sets the `matches` of each Document to its nearest ones in `darray`, found as `find` does."""
    if not docs or not darray:
        return
    if len(args) > len(MATCH_ARGUMENTS):
        raise TypeError(f"match() takes {len(MATCH_ARGUMENTS) + 1} positional arguments at most")
    kwargs.update(zip(MATCH_ARGUMENTS, args, strict=False))
    for document in docs:
        document.matches.clear()
    for document, found in zip(docs, darray.find(docs, **kwargs), strict=True):
        document.matches = found
