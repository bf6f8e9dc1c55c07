"""Ranking metrics: how good a ranking is, given the relevance of what stands at each place.

The functions are those of docarray's `docarray.math.evaluation`. Relevance is binary (not zero is
relevant) but for the gains, and `k` counts only the first places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def _first(relevance: Sequence[float], k: int | None) -> Any:
    if k is not None and k < 1:
        raise ValueError(f"k is {k}, and a number from 1 up or None is needed")
    return np.asarray(relevance, dtype=float)[:k]


def r_precision(binary_relevance: Sequence[int], **kwargs: Any) -> float:
    """Computes the precision in the first R places, where R is how many are relevant in all."""
    relevant = _first(binary_relevance, None) != 0
    count = int(relevant.sum())
    return float(relevant[:count].mean()) if count else 0.0


def precision_at_k(binary_relevance: Sequence[int], k: int | None = None, **kwargs: Any) -> float:
    """Computes the share of the first `k` places that is relevant."""
    relevant = _first(binary_relevance, k) != 0
    return float(relevant.mean()) if relevant.size else 0.0


def hit_at_k(binary_relevance: Sequence[int], k: int | None = None, **kwargs: Any) -> int:
    """Tells by 1 or 0 whether any of the first `k` places is relevant."""
    return int(_first(binary_relevance, k).sum() > 0)


def average_precision(binary_relevance: Sequence[int], **kwargs: Any) -> float:
    """Computes the mean of the precisions at each relevant place."""
    relevant = _first(binary_relevance, None) != 0
    if not relevant.any():
        return 0.0
    precisions = np.cumsum(relevant) / np.arange(1, relevant.size + 1)
    return float(precisions[relevant].mean())


def reciprocal_rank(binary_relevance: Sequence[int], **kwargs: Any) -> float:
    """Computes one divided by the first place that is relevant, counted from 1."""
    places = np.flatnonzero(_first(binary_relevance, None))
    return float(1.0 / (places[0] + 1)) if places.size else 0.0


def recall_at_k(
    binary_relevance: Sequence[int], max_rel: int, k: int | None = None, **kwargs: Any
) -> float:
    """Computes which share of the `max_rel` relevant ones stands in the first `k` places."""
    found = int((_first(binary_relevance, k) != 0).sum())
    if max_rel is None:
        raise ValueError("recall needs max_rel, how many relevant ones there are in all")
    if found > max_rel:
        raise ValueError(f"{found} relevant ones were found, and max_rel says there are {max_rel}")
    return found / max_rel


def f1_score_at_k(
    binary_relevance: Sequence[int], max_rel: int, k: int | None = None, **kwargs: Any
) -> float:
    """Computes the harmonic mean of precision and recall in the first `k` places."""
    precision = precision_at_k(binary_relevance, k)
    recall = recall_at_k(binary_relevance, max_rel, k)
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


def dcg_at_k(
    relevance: Sequence[float], method: int = 0, k: int | None = None, **kwargs: Any
) -> float:
    """Computes the gains of the first `k` places, each less the further down it stands.

    Method 0 divides by log2 of the place from the second place on; method 1 divides by log2 of the
    place plus one.
    """
    gains = _first(relevance, k)
    if not gains.size:
        return 0.0
    places = np.arange(1, gains.size + 1)
    if method == 0:
        weights = np.log2(np.maximum(places, 2))
    elif method == 1:
        weights = np.log2(places + 1)
    else:
        raise ValueError(f"method is {method!r}, and 0 or 1 is what it can be")
    return float((gains / weights).sum())


def ndcg_at_k(
    relevance: Sequence[float], method: int = 0, k: int | None = None, **kwargs: Any
) -> float:
    """Computes the gains as a share of those that the best order would have."""
    best = dcg_at_k(sorted(relevance, reverse=True), method, k)
    return dcg_at_k(relevance, method, k) / best if best else 0.0


METRICS = {
    metric.__name__: metric
    for metric in (
        *(r_precision, precision_at_k, hit_at_k, average_precision, reciprocal_rank),
        *(recall_at_k, f1_score_at_k, dcg_at_k, ndcg_at_k),
    )
}
