"""Arrays of any framework, told by where their class comes from, none of them imported.

The functions are those of docarray's `docarray.math.ndarray`.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

FRAMEWORKS = ("numpy", "tensorflow", "torch", "paddle", "scipy")


def get_array_type(array: Any, raise_error_if_not_array: bool = True) -> tuple[str, bool]:
    """Names the framework of an array ('python' for lists) and tells whether it is sparse."""
    if isinstance(array, list | tuple):
        return "python", False
    kind = type(array)
    packages = set(kind.__module__.split("."))
    if "numpy" in packages:
        return "numpy", False
    if kind.__name__ == "NdArrayProto":
        return "docarray_proto", False
    if "tensorflow" in packages and kind.__name__ in ("SparseTensor", "Tensor", "EagerTensor"):
        return "tensorflow", kind.__name__ == "SparseTensor"
    if "torch" in packages and hasattr(array, "is_sparse"):
        return "torch", bool(array.is_sparse)
    if "paddle" in packages and kind.__name__ == "Tensor":
        return "paddle", False
    if {"scipy", "sparse"} <= packages:
        return "scipy", True
    if hasattr(array, "__array__") or hasattr(array, "__dlpack__"):
        return "numpy", False
    if not raise_error_if_not_array:
        return "python", False
    if array is None:
        raise ValueError("there is no array: is the embedding or tensor of a Document not set?")
    raise TypeError(f"{kind.__module__}.{kind.__name__} is no array of a known framework")


def to_numpy_array(value: Any) -> Any:
    """Makes a numpy array of an array of any framework; a sparse one is filled with zeros."""
    import numpy as np

    framework, sparse = get_array_type(value)
    if framework == "docarray_proto":
        from tidegate._tidegate import Document

        return Document(tensor=value).tensor
    if framework == "scipy":
        return value.toarray()
    if framework == "tensorflow" and sparse:
        value = importlib.import_module("tensorflow").sparse.to_dense(value)
    if framework == "torch":
        value = (value.to_dense() if sparse else value).detach().cpu()
    if not hasattr(value, "__array__") and hasattr(value, "__dlpack__"):
        return np.from_dlpack(value)
    return value.numpy() if hasattr(value, "numpy") else np.asarray(value)


def to_list(value: Any) -> Any:
    """Makes nested lists of numbers of an array of any framework."""
    return to_numpy_array(value).tolist()


def get_array_rows(array: Any) -> tuple[int, int]:
    """Counts the rows and the dimensions; a vector, or a list of numbers, is one row."""
    framework, _ = get_array_type(array)
    if framework == "python":
        nested = isinstance(array[0], list | tuple)
        return (len(array), 2) if nested else (1, 1)
    if framework not in FRAMEWORKS:
        raise ValueError(f"the rows of a {type(array).__name__} cannot be counted")
    return (1, 1) if array.ndim == 1 else (array.shape[0], array.ndim)


def check_arraylike_equality(x: Any, y: Any) -> bool:
    """Tells whether two arrays are of one framework and hold the same."""
    framework, sparse = get_array_type(x)
    if (framework, sparse) != get_array_type(y):
        return False
    if framework == "python":
        return bool(x == y)
    import numpy as np

    if framework == "scipy":
        return bool(x.shape == y.shape and (x != y).nnz == 0)
    return bool(np.array_equal(to_numpy_array(x), to_numpy_array(y)))


def detach_tensor_if_present(x: Any) -> Any:
    """Frees a torch tensor from its graph; anything else is given as it is."""
    framework, sparse = get_array_type(x, raise_error_if_not_array=False)
    return x.detach().clone() if framework == "torch" and not sparse else x


def unravel(docs: Sequence[Any], field: str) -> Any:
    """Stacks the arrays that a field of the Documents holds."""
    from tidegate._tidegate import DocumentArray

    return getattr(DocumentArray(docs), f"{field}s")


def ravel(value: Any, docs: Any, field: str) -> None:
    """Sets a field of the Documents to the rows of an array."""
    setattr(docs, f"{field}s", value)
