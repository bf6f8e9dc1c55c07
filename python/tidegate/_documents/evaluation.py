"""Judging the matches of Documents, by a ground truth or by labels in their tags."""

from __future__ import annotations

import inspect
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tidegate._tidegate import Document, DocumentArray, NamedScore

Metric = Callable[..., float]
#: Keywords of older docarrays, and what they are called since.
RENAMED = {"other": "ground_truth", "metric": "metrics", "metric_name": "metric_names"}
EVERYTHING = 100_000


def _deprecated(text: str) -> None:
    warnings.warn(text, DeprecationWarning, stacklevel=4)


def _as_list(name: str, value: Any) -> Any:
    if isinstance(value, str):
        _deprecated(f"evaluate({name}=...) takes a list; a single string is deprecated")
        return [value]
    return value


def _named_metrics(metrics: list[Any], names: list[str] | None) -> list[tuple[str, Metric]]:
    from tidegate._documents.metrics import METRICS

    functions = []
    for metric in metrics:
        if not callable(metric) and metric not in METRICS:
            raise ValueError(f"metric {metric!r} is not known; {', '.join(METRICS)} are")
        functions.append(metric if callable(metric) else METRICS[metric])
    names = names or [function.__name__ for function in functions]
    if len(names) != len(functions):
        raise ValueError(f"there are {len(functions)} metrics and {len(names)} metric_names")
    return list(zip(names, functions, strict=True))


@dataclass
class _Judge:
    """How the matches of a Document are told relevant or not."""

    truth: DocumentArray
    by_labels: bool
    hash_fn: Callable[[Document], Any]
    label_tag: str
    counts: dict[Any, int] | None

    def relevance(self, document: Document, truth: Document) -> list[int]:
        """Tells for each match whether it is relevant."""
        if not document.matches or not truth.matches:
            raise ValueError(f"{document!r} or its ground truth {truth!r} has no matches to judge")
        if self.by_labels:
            label = document.tags[self.label_tag]
            return [int(match.tags[self.label_tag] == label) for match in truth.matches]
        wanted = {self.hash_fn(match) for match in truth.matches}
        if len(wanted) != len(truth.matches):
            warnings.warn(
                f"{self.hash_fn!r} gives different matches of {truth!r} the same hash, "
                "which may falsify the evaluation",
                stacklevel=4,
            )
        return [int(self.hash_fn(match) in wanted) for match in document.matches]

    def most(self, document: Document, truth: Document) -> int | None:
        """How many relevant ones there are in all, where that is known."""
        if not self.by_labels:
            return len(truth.matches)
        if not self.counts:
            return None
        label = document.tags[self.label_tag]
        if self.counts.get(label) is None:
            raise ValueError(f"num_relevant_documents_per_label has no number for {label!r}")
        return self.counts[label]

    def check(self, document: Document, truth: Document) -> None:
        """Refuses a ground truth that is not in line with what is judged."""
        if self.hash_fn(document) != self.hash_fn(truth):
            raise ValueError(
                f"{document!r} and its ground truth {truth!r} have different hashes: the arrays "
                "are not in line, or hash_fn does not suit them; strict=False skips this check"
            )


def _judge(
    docs: DocumentArray, ground_truth: Any, hash_fn: Any, label_tag: str, counts: Any
) -> _Judge:
    if not docs:
        raise ValueError("an empty array cannot be evaluated")
    hash_fn = hash_fn or (lambda document: document.id)
    if ground_truth and ground_truth[0].matches:
        return _Judge(ground_truth, False, hash_fn, label_tag, None)
    if label_tag not in docs[0].tags:
        raise RuntimeError(
            f"there is nothing to evaluate by: give a ground_truth with matches, or a label in "
            f"tags[{label_tag!r}] of every Document and match"
        )
    if ground_truth:
        warnings.warn("ground_truth has no matches; the labels are used", stacklevel=3)
    return _Judge(docs, True, hash_fn, label_tag, counts)


def _old_ground_truth(metrics: Any, ground_truth: Any) -> tuple[Any, Any]:
    """Tells older calls, whose first argument was the ground truth."""
    if not isinstance(metrics, DocumentArray):
        return metrics, ground_truth
    _deprecated("evaluate(other) is now evaluate(ground_truth=other)")
    if isinstance(ground_truth, DocumentArray | None):
        return None, metrics
    return ground_truth, metrics


def evaluate(
    docs: DocumentArray,
    metrics: Any = None,
    ground_truth: Any = None,
    hash_fn: Callable[[Document], Any] | None = None,
    metric_names: Any = None,
    strict: bool = True,
    label_tag: str = "label",
    num_relevant_documents_per_label: dict[Any, int] | None = None,
    **kwargs: Any,
) -> dict[str, float]:
    """Judges the `matches` of every Document and returns the mean of each metric.

    What is relevant is told by a ground truth, an array of the same Documents with the right
    matches, or else by the tag `label_tag` of Documents and matches. Each Document keeps its own
    results in `evaluations`. Further keywords, such as `k`, go to the metrics.
    """
    metrics, ground_truth = _old_ground_truth(metrics, ground_truth)
    given = {"ground_truth": ground_truth, "metrics": metrics, "metric_names": metric_names}
    for old, new in RENAMED.items():
        if old in kwargs:
            _deprecated(f"evaluate({old}=...) is called {new} now")
            given[new] = kwargs.pop(old)
    if given["metrics"] is None:
        raise TypeError("evaluate() needs metrics, a list of names or functions")
    named = _named_metrics(
        _as_list("metrics", given["metrics"]), _as_list("metric_names", given["metric_names"])
    )
    judge = _judge(
        docs, given["ground_truth"], hash_fn, label_tag, num_relevant_documents_per_label
    )
    if strict and len(judge.truth) != len(docs):
        raise ValueError(f"there are {len(docs)} Documents, and {len(judge.truth)} to judge by")
    return _means(docs, judge, named, strict, kwargs)


def _means(
    docs: DocumentArray,
    judge: _Judge,
    named: list[tuple[str, Metric]],
    strict: bool,
    options: dict[str, Any],
) -> dict[str, float]:
    given_most = options.pop("max_rel", None)
    counted = {name for name, function in named if _takes_most(function)}
    results: dict[str, list[float]] = {}
    for document, truth in zip(docs, judge.truth, strict=False):
        most = given_most or judge.most(document, truth)
        if strict:
            judge.check(document, truth)
        relevance = judge.relevance(document, truth)
        for name, function in named:
            extra = {"max_rel": most} if name in counted else {}
            value = function(relevance, **options, **extra)
            score = NamedScore(value=value, op_name=str(function), ref_id=document.id)
            document.evaluations[name] = score
            results.setdefault(name, []).append(value)
    return {name: float(sum(values) / len(values)) for name, values in results.items()}


def _takes_most(function: Metric) -> bool:
    try:
        return "max_rel" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _pair(value: Any) -> tuple[Any, Any]:
    return value if isinstance(value, tuple) else (value, value)


def _embedders(
    models: Any, functions: Any, options: dict[str, Any], collate_fns: Any
) -> tuple[Callable[[DocumentArray], Any], Callable[[DocumentArray], Any]]:
    """How the queries and how the index are embedded."""
    if functions is not None:
        return _pair(functions)
    if models is None:
        raise RuntimeError("embed_and_evaluate() needs embed_models or embed_funcs")

    def by(model: Any, collate_fn: Any) -> Callable[[DocumentArray], Any]:
        return lambda docs: docs.embed(model, collate_fn=collate_fn, **options)

    if not isinstance(models, tuple) and not isinstance(collate_fns, tuple):
        return _pair(by(models, collate_fns))
    (left, right), (left_collate, right_collate) = _pair(models), _pair(collate_fns)
    return by(left, left_collate), by(right, right_collate)


def _labels(queries: DocumentArray, index: DocumentArray, tag: str) -> dict[str, Any]:
    for name, docs in (("the array", queries), ("index_data", index)):
        if tag not in docs[0].tags:
            raise ValueError(
                f"{name} has no tags[{tag!r}] to evaluate by, and there is no ground_truth"
            )
    return {document.id: document.tags[tag] for document in index}


def _nearest(
    queries: DocumentArray,
    batches: Iterator[DocumentArray],
    embed: Callable[[DocumentArray], Any],
    limit: int | None,
    options: dict[str, Any],
) -> None:
    """Matches the queries against one batch after the other and keeps the nearest of all."""
    lean = DocumentArray([Document(id=doc.id, embedding=doc.embedding) for doc in queries])
    metric = options["metric"]
    name = metric if isinstance(metric, str) else metric.__name__
    for batch in batches:
        bare = all(document.embedding is None for document in batch)
        if bare:
            embed(batch)
        lean.match(batch, limit=limit, only_id=True, **options)
        for query, found in zip(queries, lean, strict=True):
            ranked = sorted([*query.matches, *found.matches], key=lambda m: m.scores[name].value)
            query.matches = DocumentArray(ranked[:limit])
        if bare:
            batch.embeddings = None


def embed_and_evaluate(
    docs: DocumentArray,
    metrics: Any,
    index_data: DocumentArray | None = None,
    ground_truth: DocumentArray | None = None,
    metric_names: Any = None,
    strict: bool = True,
    label_tag: str = "label",
    embed_models: Any = None,
    embed_funcs: Any = None,
    device: str = "cpu",
    batch_size: int = 256,
    collate_fns: Any = None,
    distance: Any = None,
    limit: float | None = 20,
    normalization: tuple[float, float] | None = None,
    exclude_self: bool = False,
    use_scipy: bool = False,
    num_worker: int = 1,
    match_batch_size: int = EVERYTHING,
    query_sample_size: int | None = 1_000,
    **kwargs: Any,
) -> dict[str, float]:
    """Embeds the array and `index_data`, matches the one against the other, and evaluates.

    Without `index_data` the array is matched against itself. The index is embedded and matched
    `match_batch_size` Documents at a time; embeddings that it had not before are dropped again.
    Of more than `query_sample_size` Documents a sample is judged.
    """
    options = {"device": device, "batch_size": batch_size}
    embed_queries, embed_index = _embedders(embed_models, embed_funcs, options, collate_fns)
    queries, truth = _queries(docs, ground_truth, query_sample_size)
    index = index_data or docs
    if not index_data and (queries is not docs or embed_queries is not embed_index):
        # What was asked is embedded differently, or only in part.
        index = DocumentArray(docs, copy=True)
        index.embeddings = None
    labels = None if truth else _labels(queries, index, label_tag)
    embed_queries(queries)
    for query in queries:
        query.matches.clear()
    matching: dict[str, Any] = {
        "metric": distance or "cosine",
        "normalization": normalization,
        "exclude_self": exclude_self,
        "use_scipy": use_scipy,
        "num_worker": num_worker,
        "device": device,
    }
    whole = None if limit is None else int(limit)
    _nearest(queries, index.batch(match_batch_size), embed_index, whole, matching)
    if labels is not None:
        for query in queries:
            for match in query.matches:
                match.tags = {label_tag: labels[match.id]}
    counts = None
    if not (truth and truth[0].matches) and label_tag in index[0].tags:
        counts = dict(Counter(document.tags[label_tag] for document in index))
        if not index_data and exclude_self:
            counts = {label: count - 1 for label, count in counts.items()}
    return evaluate(
        queries,
        metrics,
        truth,
        metric_names=metric_names,
        strict=strict,
        label_tag=label_tag,
        num_relevant_documents_per_label=counts,
        **kwargs,
    )


def _queries(
    docs: DocumentArray, ground_truth: DocumentArray | None, sample: int | None
) -> tuple[DocumentArray, DocumentArray | None]:
    """What is judged and what is right of it; a sample where there is too much."""
    if not sample or len(docs) <= sample:
        return docs, ground_truth
    import numpy as np

    places = np.random.default_rng().choice(len(docs), size=sample, replace=False)
    queries = DocumentArray([docs[int(place)] for place in places])
    if not ground_truth:
        return queries, ground_truth
    if missing := [query.id for query in queries if query.id not in ground_truth]:
        raise ValueError(f"ground_truth has no Document {missing[0]!r}")
    return queries, DocumentArray([ground_truth[query.id] for query in queries])
