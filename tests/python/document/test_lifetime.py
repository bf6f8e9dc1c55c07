"""What keeps Documents alive: references alone, and the collector where there is a cycle."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tidegate import Document, DocumentArray, NamedScore


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Mark:
    """Something that a weak reference can watch."""


def wire(count: int = 3) -> bytes:
    docs = [
        Document(
            text=f"text {i}",
            embedding=np.arange(2048, dtype="float32"),
            tags={"a": [i]},
            chunks=[Document(text="chunk", chunks=[Document(text="inner")])],
            matches=[Document(text="match")],
            scores={"cos": NamedScore(value=1.0)},
        )
        for i in range(count)
    ]
    return DocumentArray(docs).to_bytes()


def test_documents_that_were_touched_everywhere_go_without_the_collector() -> None:
    docs = DocumentArray.from_bytes(wire())
    watched = [weakref.ref(docs)]
    for doc in docs[...]:
        doc.text += "!"
        _ = (doc.id, doc.tags, doc.scores, doc.embedding, doc.location, doc.evaluations)
        watched += [weakref.ref(doc), weakref.ref(doc.chunks), weakref.ref(doc.matches)]
    docs.to_bytes()
    del doc, docs
    assert [ref for ref in watched if ref() is not None] == []


def own_attribute(doc: Document, mark: Mark) -> None:
    doc.mark = mark
    doc.me = doc


def own_dict(doc: Document, mark: Mark) -> None:
    vars(doc).update(mark=mark, me=doc)


def new_dict(doc: Document, mark: Mark) -> None:
    doc.__dict__ = {"mark": mark, "me": doc}


def tags(doc: Document, mark: Mark) -> None:
    doc.tags["mark"] = mark
    doc.tags["me"] = doc


def tensor(doc: Document, mark: Mark) -> None:
    doc.tensor = [mark, doc]


def chunks(doc: Document, mark: Mark) -> None:
    doc.chunks.append(doc)
    doc.chunks[0].tags["mark"] = mark


CYCLES = [own_attribute, own_dict, new_dict, tags, tensor, chunks]


@pytest.mark.parametrize("close", CYCLES)
@pytest.mark.parametrize("received", [False, True])
def test_a_cycle_is_collected(close: Callable[[Document, Mark], None], received: bool) -> None:
    doc = Document(text="text")
    if received:
        doc = DocumentArray.from_bytes(DocumentArray([doc]).to_bytes())[0]
    mark = Mark()
    watched = weakref.ref(mark)
    close(doc, mark)
    del doc, mark
    assert watched() is not None
    gc.collect()
    assert watched() is None


def test_a_document_is_hidden_from_the_collector_until_it_could_be_in_a_cycle() -> None:
    doc = Document(text="text", embedding=np.ones(3))
    assert not gc.is_tracked(doc)
    doc.note = "a string"
    assert not gc.is_tracked(doc)
    assert gc.is_tracked(Document(tags={}))
    assert gc.is_tracked(Document(doc))
    assert gc.is_tracked(type("Mine", (Document,), {})(text="text"))
    copied = Document(doc, copy=True)
    assert copied.text == "text"
    assert vars(doc) == {"note": "a string"}
    assert gc.is_tracked(doc)


def test_a_document_has_no_dict_before_it_needs_one() -> None:
    doc = Document(text="text")
    assert not any(isinstance(held, dict) for held in gc.get_referents(doc))
    doc.mine = 1
    assert doc.__dict__ == {"mine": 1}
    doc.__dict__["more"] = 2
    assert doc.more == 2
    doc.__dict__ = {"other": 3}
    assert doc.other == 3
    assert not hasattr(doc, "mine")
    with pytest.raises(TypeError):
        doc.__dict__ = 3  # type: ignore[assignment]


def test_a_subclass_keeps_its_attributes_and_its_slots() -> None:
    class Mine(Document):
        __slots__ = ("slot",)

    mine = Mine(text="text")
    mine.slot = "slot"
    mine.attribute = "attribute"
    assert (mine.text, mine.slot, mine.attribute) == ("text", "slot", "attribute")
    assert vars(mine) == {"attribute": "attribute"}


def test_what_nobody_touched_is_given_back_as_the_very_object() -> None:
    given = wire()
    docs = DocumentArray.from_bytes(given)
    assert docs.to_bytes() is given
    assert bytes(docs) is given
    assert DocumentArray(docs).to_bytes() is given
    assert docs[0].text == "text 0"
    assert docs.to_bytes() is given
    docs[0].text = "changed"
    assert docs.to_bytes() != given
    with pytest.raises(ValueError, match=r"docs\[0\]\.text is not valid UTF-8"):
        DocumentArray.from_bytes(b"\x0a\x03\x22\x01\xff")


def test_arrays_of_every_plain_dtype_and_layout_are_written_as_they_are() -> None:
    shapes = [(), (0,), (3,), (2, 3), (1, 2, 3, 4)]
    for name in ("<f4", "<f8", "<f2", "<i8", ">i4", "<u2", "|u1", "|b1", "<c8", "<U3", "<M8[s]"):
        for shape in shapes:
            tensor = np.zeros((*shape, 2), dtype=name)
            for array in (tensor, tensor[..., :1], tensor.T, np.asfortranarray(tensor)):
                docs = DocumentArray([Document(tensor=array), Document(embedding=array)])
                again = DocumentArray.from_bytes(docs.to_bytes())
                for found in (again[0].tensor, again[1].embedding):
                    assert found.dtype == array.dtype
                    assert found.shape == array.shape
                    assert (found == array).all()


def test_a_matrix_is_gathered_from_rows_that_are_alike_and_stacked_from_others() -> None:
    rows = np.random.default_rng(1).random((5, 7))
    docs = DocumentArray([Document(embedding=row) for row in rows])
    received = DocumentArray.from_bytes(docs.to_bytes())
    gathered = received.embeddings
    assert (gathered == rows).all()
    assert gathered.flags.writeable
    assert gathered.flags.c_contiguous
    received[2].embedding = np.ones(7)
    assert (received.embeddings[2] == 1).all()
    docs[1].embedding = docs[1].embedding.astype("float32")
    mixed = DocumentArray.from_bytes(docs.to_bytes()).embeddings
    assert np.allclose(mixed, rows)


def test_an_id_is_the_same_in_a_forked_process():
    """Also where nobody had looked at any id before."""
    program = """
import os
from tidegate import Document

document = Document(text="a")
reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, document.id.encode())
    os._exit(0)
assert os.read(reader, 32).decode() == document.id
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
