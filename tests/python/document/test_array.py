"""DocumentArray: a live mutable sequence with many kinds of index."""

from __future__ import annotations

import copy
import pickle
import random

import pytest
from tidegate import Document, DocumentArray


def sample(length: int = 5) -> DocumentArray:
    return DocumentArray(Document(id=f"d{i}", text=str(i)) for i in range(length))


@pytest.fixture(params=["made", "received"])
def docs(request: pytest.FixtureRequest) -> DocumentArray:
    made = sample()
    return made if request.param == "made" else DocumentArray.from_bytes(made.to_bytes())


def test_rows_are_the_very_documents(docs: DocumentArray) -> None:
    assert docs[0] is docs[0]
    for document in docs:
        document.text = document.text + "!"
    assert docs.texts == ["0!", "1!", "2!", "3!", "4!"]
    assert docs[1:3][0] is docs[1]
    assert next(iter(docs)) is docs[0] is docs["d0"] is docs[-5]


def test_index_get(docs: DocumentArray) -> None:
    assert docs["d3"].text == "3"
    assert docs[[0, -1]].texts == ["0", "4"]
    assert docs["d1", "d2"].texts == ["1", "2"]
    assert docs[::2].texts == ["0", "2", "4"]
    assert docs[[True, False, True]].texts == ["0", "2"]
    assert docs[[]].texts is None
    assert docs[..., "text"] == list("01234")
    assert docs[:, "text"] == list("01234")
    assert docs[:2, ["id", "text"]] == [["d0", "d1"], ["0", "1"]]
    assert docs["d1", "text"] == "1"
    assert docs[1, "text"] == "1"
    for bad, error in [(9, IndexError), ("no", KeyError), (1.5, IndexError), ([1.5], IndexError)]:
        with pytest.raises(error):
            _ = docs[bad]


def test_numpy_indices(docs: DocumentArray) -> None:
    numpy = pytest.importorskip("numpy")
    assert docs[numpy.int64(2)].text == "2"
    assert docs[numpy.array([0, 2])].texts == ["0", "2"]
    assert docs[numpy.array([True, False, True, False, False])].texts == ["0", "2"]


def test_index_set(docs: DocumentArray) -> None:
    docs[0] = Document(id="n", text="new")
    assert (docs["n"].text, "d0" in docs) == ("new", False)
    docs["d1"] = Document(id="m", text="other")
    docs[2:4] = [Document(text="only")]
    assert docs.texts == ["new", "other", "only", "4"]
    docs[[0, 1]] = [Document(text="a"), Document(text="b")]
    docs[[False, False, True]] = [Document(text="c")]
    assert docs.texts == ["a", "b", "c", "4"]
    docs[0, "text"] = "x"
    docs[:2, "tags"] = {"t": 1}
    docs[:, "weight"] = [1, 2]
    assert docs[:, ["text", "weight"]] == [["x", "b", "c", "4"], [1, 2, 0.0, 0.0]]
    assert docs[1].tags == {"t": 1}
    with pytest.raises(ValueError, match="places"):
        docs[[True, True]] = [Document()]
    with pytest.raises(IndexError):
        docs[0, "no such attribute"] = 1


def test_index_delete(docs: DocumentArray) -> None:
    del docs[0]
    del docs["d4"]
    assert docs.texts == ["1", "2", "3"]
    del docs[[True, False, False]]
    del docs[:1]
    assert docs.texts == ["3"]
    del docs[:, "text"]
    assert docs.texts == [""]
    del docs[...]
    assert len(docs) == 0


def test_the_id_index_is_never_stale(docs: DocumentArray) -> None:
    assert "d2" in docs
    docs[2].id = "changed"
    assert "d2" not in docs
    assert docs["changed"].text == "2"
    docs.append(Document(id="changed", text="last"))
    assert docs["changed"].text == "last"
    assert Document(id="changed") in docs
    assert 3 not in docs


def test_sequence_methods(docs: DocumentArray) -> None:
    docs.append(Document(text="5"))
    docs.insert(0, Document(text="first"))
    docs.extend(iter([Document(text="6")]))
    docs += [Document(text="7")]
    assert docs.texts == ["first", "0", "1", "2", "3", "4", "5", "6", "7"]
    assert docs.pop().text == "7"
    assert docs.pop(0).text == "first"
    docs.remove(docs[1])
    docs.reverse()
    assert docs.texts == ["6", "5", "4", "3", "2", "0"]
    assert docs.index(docs[2]) == 2
    assert docs.count(docs[0]) == 1
    assert [d.text for d in reversed(docs)] == ["0", "2", "3", "4", "5", "6"]
    with pytest.raises(ValueError, match="not in the array"):
        docs.remove(Document())
    docs.clear()
    assert not docs
    with pytest.raises(IndexError):
        docs.pop()
    with pytest.raises(TypeError):
        docs.append("text")


def test_sharing_and_copying(docs: DocumentArray) -> None:
    alias = DocumentArray(docs)
    alias.append(Document(text="5"))
    assert len(docs) == 6
    assert alias == docs
    copied = DocumentArray(docs, copy=True)
    copied[0].text = "other"
    assert docs[0].text == "0"
    joined = docs + [Document()]  # noqa: RUF005
    assert len(joined) == 7
    assert joined[0] is not docs[0]
    assert copy.copy(docs)[0] is docs[0]
    assert copy.deepcopy(docs) == docs
    assert pickle.loads(pickle.dumps(docs)) == docs
    assert docs != list(docs)


def test_sources() -> None:
    document = Document()
    assert DocumentArray(document)[0] is document
    assert len(DocumentArray(None)) == len(DocumentArray(3)) == len(DocumentArray()) == 0
    assert len(DocumentArray.empty(3)) == 3
    with pytest.raises(NotImplementedError, match="memory"):
        DocumentArray(storage="sqlite")
    with pytest.raises(TypeError):
        DocumentArray(["text"])


def test_repr_and_hash(docs: DocumentArray) -> None:
    assert repr(docs).startswith("<DocumentArray (length=5) at ")
    with pytest.raises(TypeError):
        hash(docs)


def test_columns(docs: DocumentArray) -> None:
    docs.texts = list("abcde")
    assert docs.texts == docs.contents == list("abcde")
    with pytest.raises(ValueError, match="5 Documents"):
        docs.texts = ["a"]
    docs.blobs = [b"x"] * 5
    assert docs.contents == docs.blobs == [b"x"] * 5
    docs.blobs = None
    assert docs.contents is None
    docs.embeddings = [[1.0, 2.0]] * 5
    assert docs.embeddings == [[1.0, 2.0]] * 5
    docs[1].embedding = None
    with pytest.raises(ValueError, match=r"\[1\]"):
        _ = docs.embeddings
    docs.embeddings = None
    assert docs.embeddings is None
    assert DocumentArray().texts is None


def test_matrices_are_shared_row_by_row(docs: DocumentArray) -> None:
    numpy = pytest.importorskip("numpy")
    matrix = numpy.arange(10, dtype="float32").reshape(5, 2)
    docs.embeddings = matrix
    matrix[0, 0] = 9
    assert docs[0].embedding[0] == 9
    assert (docs.embeddings == matrix).all()
    docs[:2, "embedding"] = numpy.zeros((2, 2))
    assert docs[:2].embeddings.sum() == 0
    assert docs[:, "embedding"].shape == (5, 2)


def test_paths() -> None:
    docs = DocumentArray(
        Document(
            text=f"r{i}",
            chunks=[Document(text=f"r{i}c{j}", matches=[Document(text="m")]) for j in range(3)],
        )
        for i in range(2)
    )
    received = DocumentArray.from_bytes(docs.to_bytes())
    for array in (docs, received):
        assert array["@c"].texts == ["r0c0", "r0c1", "r0c2", "r1c0", "r1c1", "r1c2"]
        assert array["@r[:1]c[1:]"].texts == ["r0c1", "r0c2"]
        assert array["@c0"].texts == ["r0c0", "r1c0"]
        assert array["@r, cm"].texts == ["r0", "r1", *"mmmmmm"]
        assert array["@r"] is array
        assert array["@c"][0] is array[0].chunks[0]
        assert array["@c", "text"][0] == "r0c0"
        assert [len(group) for group in array.traverse("c,r")] == [3, 3, 2]
        assert [len(flat) for flat in array.traverse_flat_per_path("c,r")] == [6, 2]
        assert array.traverse_flat("c", filter_fn=lambda d: d.text.endswith("2")).texts == [
            "r0c2",
            "r1c2",
        ]
        assert len(array[...]) == 2 + 6 + 6
        assert array[...][0].text == "m"
        array["@c", "text"] = "set"
        assert set(array["@c"].texts) == {"set"}
    for bad in ["@x", "@", "@c[", "@r;c"]:
        with pytest.raises(ValueError, match="path"):
            _ = docs[bad]


def test_only_what_changed_is_written_anew() -> None:
    wire = sample().to_bytes()
    # A field that nobody knows, at the end of the first Document.
    extra = b"\xa8\x1f\x07"
    first_len = wire[1]
    wire = (
        wire[:1] + bytes([first_len + 3]) + wire[2 : 2 + first_len] + extra + wire[2 + first_len :]
    )
    received = DocumentArray.from_bytes(wire)
    assert received.texts == list("01234")
    assert received.to_bytes() == wire
    received[3].text = "changed"
    assert extra in received.to_bytes()
    received[0].text = "changed"
    again = received.to_bytes()
    assert extra in again
    assert DocumentArray.from_bytes(again).texts == ["changed", "1", "2", "changed", "4"]


@pytest.mark.parametrize("seed", range(20))
def test_like_a_list(seed: int) -> None:
    random.seed(seed)
    docs = DocumentArray.from_bytes(sample(6).to_bytes())
    model = list(docs)
    for step in range(40):
        at = random.randrange(-len(model) - 1, len(model) + 1)
        match random.randrange(8):
            case 0:
                document = Document(text=f"s{step}")
                docs.insert(at, document)
                model.insert(at, document)
            case 1:
                document = Document(text=f"s{step}")
                docs.append(document)
                model.append(document)
            case 2 if model:
                docs.reverse()
                model.reverse()
            case 3 if model and -len(model) <= at < len(model):
                assert docs.pop(at) is model.pop(at)
            case 4:
                cut = slice(*sorted(random.sample(range(-8, 8), 2)))
                new = [Document(text=f"n{step}")]
                docs[cut] = new
                model[cut] = new
            case 5:
                cut = slice(random.randrange(-4, 4), None, random.choice([1, 2, 3]))
                del docs[cut]
                del model[cut]
            case 6 if model:
                document = random.choice(model)
                docs.remove(document)
                model.remove(document)
            case _:
                docs.extend(model[:2])
                model.extend(model[:2])
        assert len(docs) == len(model)
        assert all(ours is theirs for ours, theirs in zip(docs, model, strict=True))
        again = DocumentArray.from_bytes(docs.to_bytes())
        assert again.texts == ([d.text for d in model] or None)
