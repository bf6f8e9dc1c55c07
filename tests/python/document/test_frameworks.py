"""Arrays of frameworks by duck typing: what is theirs is known by where it comes from.

The frameworks are not needed to run the tests; those that are installed are tested.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tidegate import Document, DocumentArray

numpy = pytest.importorskip("numpy")


def hop(document: Document) -> Document:
    return DocumentArray.from_bytes(DocumentArray([document]).to_bytes())[0]


class OnlyDlpack:
    """An array that says nothing of itself but DLPack."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._array.__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


class OnlyArray:
    """An array that says nothing of itself but `__array__`."""

    def __init__(self, array: Any) -> None:
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return numpy.asarray(self._array, dtype)


@pytest.mark.parametrize("wrap", [OnlyDlpack, OnlyArray])
def test_anything_that_can_be_an_array_is_one(wrap: Callable[[Any], Any]) -> None:
    rows = numpy.arange(6, dtype="float32").reshape(2, 3)
    document = Document(id="a", embedding=wrap(rows[0]))
    assert (hop(document).embedding == rows[0]).all()
    assert hop(document).embedding.dtype == numpy.float32
    assert document.to_dict()["embedding"] == [0, 1, 2]
    assert Document(content=wrap(rows)).content_type == "tensor"
    assert document == Document(id="a", embedding=wrap(rows[0].copy()))
    assert document != Document(id="a", embedding=wrap(rows[1]))
    docs = DocumentArray([document, Document(id="b", embedding=wrap(rows[1]))])
    assert (docs.embeddings == rows).all()
    assert docs.find(wrap(rows[1]), limit=1)[0].id == "b"
    docs.tensors = wrap(rows)
    assert (docs[1].tensor == rows[1]).all()


class Frame(numpy.ndarray):
    """A class of a program's own on top of numpy's."""


def test_subclasses_of_arrays_are_arrays() -> None:
    array = numpy.arange(3).view(Frame)
    document = Document(tensor=array)
    assert type(document.tensor) is Frame
    assert (hop(document).tensor == numpy.arange(3)).all()
    masked = numpy.ma.array([1.0, 2.0])
    assert hop(Document(tensor=masked)).tensor.tolist() == [1, 2]


def test_no_framework_is_imported() -> None:
    program = """
import sys
import numpy
from tidegate import Document, DocumentArray
docs = DocumentArray(Document(embedding=numpy.arange(3.0) + i, text='a') for i in range(3))
again = DocumentArray.from_bytes(docs.to_bytes())
again.embeddings, again.find(numpy.ones(3)), again.to_json(), again == docs
for name in 'torch tensorflow paddle jax scipy pandas google.protobuf pydantic'.split():
    assert name not in sys.modules, name
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_framework_that_is_missing_is_named() -> None:
    wire = Document(tensor=numpy.arange(3.0)).to_protobuf()
    wire.tensor.cls_name = "torch"
    program = f"""
import sys
sys.modules['torch'] = None
from tidegate import Document
try:
    Document.from_bytes({wire.SerializeToString()!r}).tensor
except ImportError as error:
    assert 'torch' in str(error), error
else:
    raise AssertionError
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def _torch(value: Any) -> Any:
    return pytest.importorskip("torch", exc_type=ImportError).tensor(value)


def _tensorflow(value: Any) -> Any:
    return pytest.importorskip("tensorflow").constant(value)


def _paddle(value: Any) -> Any:
    return pytest.importorskip("paddle").to_tensor(value)


DENSE = {"torch": _torch, "tensorflow": _tensorflow, "paddle": _paddle}


@pytest.mark.parametrize("name", list(DENSE))
def test_dense_arrays_of_frameworks(name: str) -> None:
    make = DENSE[name]
    rows = numpy.arange(6, dtype="float32").reshape(2, 3)
    matrix = make(rows)
    docs = DocumentArray([Document(id="a"), Document(id="b")])
    docs.embeddings = matrix
    assert type(docs[0].embedding) is type(matrix)
    again = DocumentArray.from_bytes(docs.to_bytes())
    assert type(again[1].embedding) is type(matrix)
    assert again[1].embedding.numpy().tolist() == [3, 4, 5]
    assert again == docs == DocumentArray(docs, copy=True)
    assert type(again.embeddings) is type(matrix)
    assert again.embeddings.numpy().tolist() == rows.tolist()
    assert docs[0].to_dict()["embedding"] == [0, 1, 2]
    assert docs.find(matrix[1], limit=1)[0].id == "b"
    assert docs[0].to_protobuf("numpy").embedding.cls_name == "numpy"
    again[0].embedding = make(rows[1])
    assert again[0] != docs[0]
    with pytest.raises(ValueError, match="single number"):
        docs.embeddings = make(1.5)


def _torch_sparse(dense: Any) -> Any:
    return _torch(dense).to_sparse()


def _tensorflow_sparse(dense: Any) -> Any:
    return pytest.importorskip("tensorflow").sparse.from_dense(dense)


def _paddle_sparse(dense: Any) -> Any:
    return _paddle(dense).to_sparse_coo(2)


def _paddle_csr(dense: Any) -> Any:
    return _paddle(dense).to_sparse_csr()


SPARSE = [_torch_sparse, _tensorflow_sparse, _paddle_sparse, _paddle_csr]


@pytest.mark.parametrize("make", SPARSE, ids=lambda make: make.__name__.strip("_"))
def test_sparse_arrays_of_frameworks(make: Callable[[Any], Any]) -> None:
    dense = numpy.array([[0, 1.5, 0], [2, 0, 0]], dtype="float32")
    document = Document(id="a", tensor=make(dense))
    again = hop(document)
    assert type(again.tensor) is type(document.tensor)
    assert again == document == Document(document, copy=True)
    assert again.to_dict()["tensor"] == dense.tolist()
    assert again.to_protobuf("list").tensor.cls_name == "list"
    assert document != Document(id="a", tensor=make(dense + 1))
    with pytest.raises(TypeError, match="cannot be spread"):
        DocumentArray.empty(2).tensors = make(dense)


@pytest.mark.parametrize("form", ["coo", "csr", "csc", "bsr", "dok", "lil", "dia"])
def test_sparse_matrices_of_scipy(form: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = numpy.array([[0, 1.5, 0], [2, 0, 0]])
    matrix = sparse.coo_matrix(dense).asformat(form)
    docs = DocumentArray([Document(id="a"), Document(id="b")])
    docs.embeddings = matrix
    assert docs[0].embedding.format == form
    again = DocumentArray.from_bytes(docs.to_bytes())
    assert again == docs
    assert (again.embeddings.toarray() == dense).all()
    assert again[0].embedding.format == form
    assert docs[1].to_dict()["embedding"] == [[2, 0, 0]]
    assert docs[0].to_protobuf("numpy").embedding.cls_name == "numpy"
    assert docs.find(matrix.tocsr(), limit=1)[1][0].id == "b"


def test_arrays_of_jax_come_back_as_numpys() -> None:
    jax = pytest.importorskip("jax.numpy")
    rows = jax.arange(6.0).reshape(2, 3)
    docs = DocumentArray([Document(id="a"), Document(id="b")])
    docs.embeddings = rows
    again = DocumentArray.from_bytes(docs.to_bytes())
    assert type(again[0].embedding) is numpy.ndarray
    assert (again.embeddings == numpy.asarray(rows)).all()
    assert docs[0] == Document(docs[0], copy=True)
    assert docs.find(rows[1], limit=1)[0].id == "b"
    with pytest.raises(TypeError, match="embedding is an array of dtype bfloat16"):
        hop(Document(embedding=jax.ones(3, "bfloat16")))
