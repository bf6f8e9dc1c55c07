"""Distances and nearest values: what programs take from `docarray.math`."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidegate._documents.arrays import get_array_type
from tidegate._documents.distance import METRICS, between

EPSILON = 1.0e-9


def cosine(x_mat: Any, y_mat: Any, eps: float = 1e-7) -> Any:
    """Computes one minus the cosine, between each row of the one and each of the other."""
    lengths = np.outer(np.linalg.norm(x_mat, axis=1), np.linalg.norm(y_mat, axis=1))
    return 1 - np.clip((np.dot(x_mat, y_mat.T) + eps) / (lengths + eps), -1, 1)


def sqeuclidean(x_mat: Any, y_mat: Any) -> Any:
    """Computes the squared distance between each row of the one and each of the other."""
    return METRICS["sqeuclidean"](x_mat, y_mat)


def euclidean(x_mat: Any, y_mat: Any) -> Any:
    """Computes the distance between each row of the one and each of the other."""
    return METRICS["euclidean"](x_mat, y_mat)


def sparse_cosine(x_mat: Any, y_mat: Any) -> Any:
    """Computes `cosine` of sparse matrices."""
    return between(x_mat, y_mat, "cosine")


def sparse_sqeuclidean(x_mat: Any, y_mat: Any) -> Any:
    """Computes `sqeuclidean` of sparse matrices."""
    return between(x_mat, y_mat, "sqeuclidean")


def sparse_euclidean(x_mat: Any, y_mat: Any) -> Any:
    """Computes `euclidean` of sparse matrices."""
    return between(x_mat, y_mat, "euclidean")


def cdist(x_mat: Any, y_mat: Any, metric: str, device: str = "cpu") -> Any:
    """Computes the distances between each row of the one and each of the other, by a name."""
    kinds = get_array_type(x_mat), get_array_type(y_mat)
    if kinds[0] != kinds[1]:
        raise ValueError(f"the left is an array of {kinds[0][0]}, the right one of {kinds[1][0]}")
    if kinds[0][0] in ("numpy", "scipy"):
        return between(x_mat, y_mat, metric)
    from tidegate._documents.arrays import to_numpy_array

    return between(to_numpy_array(x_mat), to_numpy_array(y_mat), metric)


def pdist(x_mat: Any, metric: str) -> Any:
    """Computes the distances between the rows of one matrix."""
    return cdist(x_mat, x_mat, metric)


def minmax_normalize(
    x: Any,
    t_range: tuple[float, float] = (0, 1),
    x_range: tuple[Any, Any] | None = None,
    eps: float = 1e-7,
) -> Any:
    """Maps the least of each row to the first bound, the greatest to the second."""
    if hasattr(x, "toarray"):
        x = x.toarray()
    least, most = x_range or (x.min(axis=-1, keepdims=True), x.max(axis=-1, keepdims=True))
    first, second = t_range
    scaled = (second - first) * (x - least) / (most - least + eps) + first
    return np.clip(scaled, min(t_range), max(t_range))


def top_k(values: Any, k: int, descending: bool = False) -> tuple[Any, Any]:
    """Finds the `k` least of each row in order, or the greatest, and where they stand."""
    keys = -values if descending else values
    places = np.argsort(keys, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(values, places, axis=1), places


def update_rows_x_mat_best(
    x_mat_best: Any, x_inds_best: Any, x_mat: Any, x_inds: Any, k: int
) -> tuple[Any, Any]:
    """Keeps the `k` least of two matrices, row by row, and where they stood."""
    values = np.hstack((x_mat, x_mat_best))
    places = np.hstack((x_inds, x_inds_best))
    best = np.argpartition(values, kth=k, axis=1)[:, :k]
    return np.take_along_axis(values, best, axis=1), np.take_along_axis(places, best, axis=1)
