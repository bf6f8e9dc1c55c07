"""Distances between the rows of two matrices, and the nearest of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any


def _numpy() -> Any:
    try:
        import numpy
    except ImportError as error:
        raise ImportError(
            "vectors are compared by numpy; install it, or `tidegate[numpy]` which brings it"
        ) from error
    return numpy


np = _numpy()

EPSILON = 1e-7


def cosine(left: Any, right: Any) -> Any:
    """Computes one minus the cosine of the angle."""
    lengths = np.outer(np.linalg.norm(left, axis=1), np.linalg.norm(right, axis=1))
    return 1 - np.clip((np.dot(left, right.T) + EPSILON) / (lengths + EPSILON), -1, 1)


def sqeuclidean(left: Any, right: Any) -> Any:
    """Computes the squared length of the difference."""
    squares = np.sum(right**2, axis=1) + np.sum(left**2, axis=1)[:, np.newaxis]
    return squares - 2 * np.dot(left, right.T)


def euclidean(left: Any, right: Any) -> Any:
    """Computes the length of the difference."""
    return np.sqrt(np.maximum(sqeuclidean(left, right), 0))


def _sparse(left: Any, right: Any, metric: str) -> Any:
    products = np.asarray(left.dot(right.T).todense())
    squares = [np.asarray(m.multiply(m).sum(axis=1)).ravel() for m in (left, right)]
    if metric == "cosine":
        with np.errstate(invalid="ignore", divide="ignore"):
            return 1 - np.clip(products / np.sqrt(np.outer(*squares)), -1, 1)
    distances = squares[0][:, np.newaxis] + squares[1] - 2 * products
    return np.sqrt(np.maximum(distances, 0)) if metric == "euclidean" else distances


METRICS: dict[str, Callable[[Any, Any], Any]] = {
    "cosine": cosine,
    "sqeuclidean": sqeuclidean,
    "euclidean": euclidean,
}


def between(left: Any, right: Any, metric: Any, *, use_scipy: bool = False) -> Any:
    """Returns the matrix of distances by a metric's name or by a function of both matrices."""
    if callable(metric):
        return np.asarray(metric(left, right))
    if use_scipy:
        scipy = importlib.import_module("scipy.spatial.distance")
        return scipy.cdist(left, right, metric)
    if metric not in METRICS:
        raise NotImplementedError(
            f"metric {metric!r} is not known; {', '.join(METRICS)} are, a function is, "
            "and with use_scipy=True scipy's are"
        )
    if hasattr(right, "tocsr"):
        right = right.tocsr()
        left = left.tocsr() if hasattr(left, "tocsr") else type(right)(left)
        return _sparse(left, right, metric)
    if hasattr(left, "toarray"):
        left = left.toarray()
    return METRICS[metric](left, right)


def nearest(distances: Any, count: int) -> tuple[Any, Any]:
    """Returns the smallest distances of each row in order, and where they stand."""
    if count < distances.shape[1]:
        places = np.argpartition(distances, kth=count, axis=1)[:, :count]
    else:
        places = np.broadcast_to(np.arange(distances.shape[1]), distances.shape)
    values = np.take_along_axis(distances, places, axis=1)
    order = np.argsort(values, axis=1)
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(places, order, axis=1)


def extremes(distances: Any) -> tuple[Any, Any]:
    """Returns the smallest and the largest distance of each row, as columns."""
    return np.min(distances, axis=-1, keepdims=True), np.max(distances, axis=-1, keepdims=True)


def normalized(values: Any, extremes: tuple[Any, Any], bounds: tuple[float, float]) -> Any:
    """Maps the smallest of all distances of a row to the first bound, the largest to the second."""
    (least, most), (first, second) = extremes, bounds
    scaled = (second - first) * (values - least) / (most - least + EPSILON) + first
    return np.clip(scaled, min(bounds), max(bounds))
