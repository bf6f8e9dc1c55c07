"""Arrays in and out."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tidegate import Document, DocumentArray

numpy = pytest.importorskip("numpy")

DTYPES = ["<f4", "<f8", "<f2", "<i8", "<i4", "<i2", "|u1", "|b1", ">i4", "<u4", "<c8", "<U3", "|S2"]


def hop(document: Document) -> Document:
    return DocumentArray.from_bytes(DocumentArray([document]).to_bytes())[0]


@pytest.mark.parametrize("dtype", [*DTYPES, "<M8[s]", "<m8[ms]"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0, 3), (2, 1, 2)])
def test_every_dtype_and_shape_survives(dtype: str, shape: tuple[int, ...]) -> None:
    count = int(numpy.prod(shape))
    array = numpy.arange(count).astype(dtype).reshape(shape)
    again = hop(Document(tensor=array)).tensor
    assert (again.dtype, again.shape) == (array.dtype, array.shape)
    assert (again == array).all()
    assert not again.flags.writeable


def test_what_is_not_contiguous_is_written_in_order() -> None:
    array = numpy.arange(12).reshape(3, 4)
    for variant in (array.T, array[:, ::2], numpy.asfortranarray(array)):
        assert (hop(Document(embedding=variant)).embedding == variant).all()


@pytest.mark.parametrize("size", [10, 1024, 100_000])
def test_large_arrays_are_views_and_read_only(size: int) -> None:
    array = numpy.arange(size, dtype="float32")
    received = hop(Document(embedding=array))
    view = received.embedding
    assert received.embedding is view
    assert (view == array).all()
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    kept = view
    del received
    assert (kept == array).all()


def test_lists_come_back_as_lists() -> None:
    for value in ([1, 2, 3], [1.5, 2], [[1, 2], [3, 4]], [True, False], [], [[[0.5]]]):
        assert hop(Document(tensor=value)).tensor == value
    assert hop(Document(tensor=(1, 2))).tensor == [1, 2]
    assert hop(Document(tensor=[numpy.float32(1.5)])).tensor == [1.5]


def test_scipy_matrices_keep_their_format() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = numpy.array([[0, 1.5, 0], [2, 0, 0]])
    for form in ("coo", "csr", "csc", "bsr"):
        matrix = sparse.coo_matrix(dense).asformat(form)
        document = Document(embedding=matrix)
        again = hop(document)
        assert again.embedding.format == form
        assert (again.embedding.toarray() == dense).all()
        assert again == document


def test_anything_with_array_travels_as_numpy() -> None:
    class Own:
        def __array__(self, dtype: object = None, copy: object = None) -> object:
            return numpy.arange(3)

    assert (hop(Document(tensor=Own())).tensor == numpy.arange(3)).all()


def test_a_tensor_that_is_only_read_is_not_written_anew() -> None:
    wire = DocumentArray([Document(embedding=numpy.arange(5.0), text="a")]).to_bytes()
    received = DocumentArray.from_bytes(wire)
    assert received[0].embedding.sum() == 10
    assert received.to_bytes() == wire
    received[0].text = "b"
    again = DocumentArray.from_bytes(received.to_bytes())
    assert (again[0].embedding == numpy.arange(5.0)).all()


def test_stacked_columns() -> None:
    docs = DocumentArray(Document(embedding=numpy.full(3, i, dtype="float32")) for i in range(4))
    received = DocumentArray.from_bytes(docs.to_bytes())
    for array in (docs, received):
        assert array.embeddings.shape == (4, 3)
        assert array.embeddings.dtype == numpy.float32
        assert array.embeddings[:, 0].tolist() == [0, 1, 2, 3]
    docs[2].embedding = numpy.zeros(4)
    with pytest.raises(ValueError, match="shape"):
        _ = docs.embeddings


def test_numpy_is_imported_only_when_an_array_is_used() -> None:
    program = """
import sys
from tidegate import Document, DocumentArray
docs = DocumentArray([Document(text='a', tensor=None, embedding=[1, 2], tags={'a': 1})])
again = DocumentArray.from_bytes(docs.to_bytes())
assert again[0].embedding == [1, 2] and again.texts == ['a']
assert 'numpy' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_received_columns_are_gathered_whatever_was_touched() -> None:
    docs = DocumentArray(Document(embedding=numpy.full(3, i, dtype="float32")) for i in range(6))
    received = DocumentArray.from_bytes(docs.to_bytes())
    assert received[2].embedding.sum() == 6
    received[1].text = "changed"
    matrix = received.embeddings
    assert matrix.flags.writeable
    assert matrix.tolist() == docs.embeddings.tolist()
    assert received[1:4].embeddings[:, 0].tolist() == [1, 2, 3]
    received[0].embedding = numpy.zeros(3)
    assert received.embeddings[:, 0].tolist() == [0, 1, 2, 3, 4, 5]
    received[5].embedding = None
    with pytest.raises(ValueError, match=r"\[5\]"):
        _ = received.embeddings
