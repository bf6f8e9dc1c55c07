"""One Document: construction, fields, content, identity and copies."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref

import pytest
from tidegate import Document, DocumentArray


def hop(document: Document) -> Document:
    """Sends a Document over the wire and back."""
    return Document.from_bytes(document.to_bytes())


def test_ids_are_random_hex_and_stable() -> None:
    document = Document()
    assert len(document.id) == 32
    assert set(document.id) <= set("0123456789abcdef")
    assert document.id is document.id
    assert Document().id != Document().id
    assert hop(document).id == document.id
    assert Document(id="x").id == "x"
    assert Document(id=None).id is None


def test_content_is_exclusive() -> None:
    document = Document(text="a")
    document.blob = b"b"
    assert (document.text, document.blob, document.content_type) == ("", b"b", "blob")
    document.tensor = [1, 2]
    assert (document.blob, document.content, document.content_type) == (b"", [1, 2], "tensor")
    document.text = ""
    assert document.tensor is None
    assert document.content_type is None
    document.content = 7
    assert document.tensor == 7
    document.content = None
    assert document.content is None
    document.text = "t"
    document.tensor = None
    assert document.text == "t"


def test_later_content_wins_in_the_constructor() -> None:
    assert Document(tensor=[1], text="a").content_type == "tensor"
    assert Document(blob=b"x", text="a").content == b"x"
    assert Document(text="a", tensor=None).text == "a"
    assert Document(text="a", content=None).text == ""
    assert Document(text="a", content=b"b").blob == b"b"


def test_unknown_keywords_become_tags() -> None:
    assert Document(foo=1, tags={"bar": 2}).tags == {"foo": 1, "bar": 2}
    assert Document({"text": "a", "foo": 1}).tags == {"foo": 1}
    assert Document({"text": "a"}, text="b").text == "a"
    assert Document(foo=1, unknown_fields_handler="drop").tags == {}
    with pytest.raises(AttributeError):
        Document(foo=1, unknown_fields_handler="raise")
    assert Document(body="a", field_resolver={"body": "text"}).text == "a"
    with pytest.raises(ValueError, match="text="):
        Document("hello")
    assert Document(None).content is None


def test_a_document_of_a_document_is_an_alias() -> None:
    first = Document(text="a")
    second = Document(first)
    second.text = "b"
    assert first.text == "b"
    assert first == second
    changed = Document(first, text="c")
    assert (changed.id, first.text) == (first.id, "b")
    copied = Document(first, copy=True)
    copied.text = "d"
    assert (copied.id, first.text) == (first.id, "b")


def test_every_field_survives_a_hop() -> None:
    document = Document(
        parent_id="p",
        granularity=3,
        adjacency=4,
        mime_type="text/plain",
        text="häuser 🏠",
        weight=0.5,
        uri="https://example.org/a.png",
        tags={"a": 1.5, "b": [None, True, "x", {"c": 2.0}]},
        offset=2.0,
        location=[1.0, 2.5],
        embedding=[1.0, 2.0],
        modality="m",
        chunks=[Document(text="chunk")],
        matches=[Document(text="match")],
    )
    document.scores["cosine"].value = 0.25
    document.scores["cosine"].op_name = "op"
    document.evaluations["recall"].value = 1.0
    document._metadata = {"k": "v"}
    again = hop(document)
    assert again == document
    assert again.non_empty_fields == document.non_empty_fields
    assert again.scores["cosine"].op_name == "op"
    assert again._metadata == {"k": "v"}
    assert again.chunks[0].parent_id == document.id
    assert again.chunks[0].granularity == 4
    assert again.matches[0].adjacency == 5


def test_defaults_of_unset_fields() -> None:
    document = Document()
    assert (document.text, document.blob, document.tensor) == ("", b"", None)
    assert (document.granularity, document.weight, document.tags) == (0, 0.0, {})
    assert (document.location, len(document.chunks), document.scores) == ([], 0, {})
    assert document.non_empty_fields == ("id",)
    assert document.tags is document.tags
    assert document.chunks is document.chunks


def test_live_values_are_sent_as_they_are_when_sent() -> None:
    received = hop(Document(tags={"a": 1}))
    received.tags["b"] = [1]
    received.scores["x"].value = 2
    received.location.append(1)
    received.chunks.append(Document(text="c"))
    again = hop(received)
    assert again.tags == {"a": 1.0, "b": [1.0]}
    assert again.scores["x"].value == 2.0
    assert again.location == [1.0]
    assert again.chunks[0].text == "c"


def test_mime_types_are_guessed() -> None:
    assert Document(uri="a.png").mime_type == "image/png"
    assert Document(uri="a.png", mime_type="jpg").mime_type == "image/jpeg"
    assert Document(mime_type="text/plain").mime_type == "text/plain"
    assert Document(mime_type="nonsense").mime_type == "nonsense"
    document = Document(mime_type="text/plain")
    document.uri = "no-suffix"
    assert document.mime_type == "text/plain"


def test_children_are_marked_as_docarray_marks_them() -> None:
    parent = Document(granularity=1, adjacency=2)
    parent.chunks = [Document()]
    parent.chunks.append(Document())
    parent.chunks.extend([Document()])
    assert [c.granularity for c in parent.chunks] == [2, 2, 0]
    assert [c.parent_id for c in parent.chunks] == [parent.id, parent.id, ""]
    parent.matches = (Document() for _ in range(1))
    assert parent.matches[0].adjacency == 0
    parent.matches.append(Document())
    assert parent.matches[1].adjacency == 3
    assert parent.chunks.reference_doc is parent
    shared = DocumentArray([Document()])
    parent.chunks = shared
    shared.append(Document(text="seen"))
    assert parent.chunks[-1].text == "seen"


def test_equality_is_by_value_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert Document(id="a", tensor=[1, 2]) == Document(id="a", tensor=[1, 2])
    assert Document(id="a", tensor=[1, 2]) != Document(id="a", tensor=[1, 3])
    assert Document(id="a") != Document(id="b")
    assert Document(id="a") != "a"
    assert hop(Document(id="a", text="x")) == Document(id="a", text="x")
    assert capsys.readouterr().out == ""


def test_hash_and_repr() -> None:
    document = Document(id="i", text="x")
    assert hash(document) == hash(hop(document))
    assert repr(document) == "<Document ('id', 'text') at i>"
    assert repr(Document(id="i")) == "<Document ('id',) at i>"
    with pytest.raises(TypeError):
        hash(Document(tags={"a": 1}))


def test_pop_and_clear() -> None:
    document = Document(text="a", tags={"b": 1}, uri="u")
    document.pop("text", "tags", "no such field")
    assert document.non_empty_fields == ("id", "uri")
    document.clear()
    assert document.non_empty_fields == ()
    assert document.id is None


def test_attributes_subclasses_and_weak_references() -> None:
    class Page(Document):
        def __init__(self, number: int, **kwargs: object) -> None:
            super().__init__(text=f"page {number}", **kwargs)
            self.number = number

    page = Page(3, tags={"a": 1})
    assert (page.text, page.number, page.tags) == ("page 3", 3, {"a": 1})
    assert weakref.ref(page)() is page
    copied = copy.deepcopy(page)
    assert (type(copied), copied.number) == (Page, 3)
    document = Document()
    document.anything = 1
    assert document.anything == 1
    with pytest.raises(AttributeError):
        _ = document.nothing


def test_copies_share_what_a_copy_shares() -> None:
    document = Document(text="a", tags={"x": [1]}, chunks=[Document(text="c")])
    shallow, deep = copy.copy(document), copy.deepcopy(document)
    assert shallow == document == deep
    assert shallow.tags is document.tags
    assert deep.tags is not document.tags
    assert deep.chunks[0] is not document.chunks[0]
    assert deep.chunks.reference_doc is deep


def test_pickles_hold_protobuf_and_keep_whole_numbers() -> None:
    document = Document(text="a", tags={"n": 2**60}, chunks=[Document(text="c")])
    document.extra = "kept"
    again = pickle.loads(pickle.dumps(document))
    assert again == document
    assert again.tags["n"] == 2**60
    assert again.extra == "kept"
    assert again.chunks.reference_doc is again


def test_documents_die_by_reference_count() -> None:
    gc.collect()
    gc.disable()
    try:
        document = Document(text="a", chunks=[Document(text="c")], matches=[Document()])
        document.scores["a"].value = 1
        received = hop(document)
        assert received.chunks[0].text == "c"
        dead = [weakref.ref(d) for d in (document, received, received.chunks[0])]
        del document, received
        assert [ref() for ref in dead] == [None, None, None]
    finally:
        gc.enable()


def test_cycles_are_collected() -> None:
    document = Document()
    document.matches.append(document)
    document.tags["self"] = document
    dead = weakref.ref(document)
    del document
    gc.collect()
    assert dead() is None


def test_a_bad_pickle_is_refused_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = Document(text="a").to_bytes(protocol="pickle")
    with pytest.raises(ValueError, match="allow_pickle"):
        Document.from_bytes(data, protocol="pickle")
    with pytest.raises(ValueError, match="allow_pickle"):
        Document.from_bytes(data)
    assert Document.from_bytes(data, protocol="pickle", allow_pickle=True).text == "a"
    monkeypatch.setenv("TIDEGATE_ALLOW_PICKLE", "1")
    assert Document.from_bytes(data, protocol="pickle").text == "a"


@pytest.mark.parametrize("compress", ["gzip", "bz2", "lzma", "zlib", None])
def test_bytes_may_be_compressed(compress: str | None) -> None:
    document = Document(text="a" * 100)
    assert Document.from_bytes(document.to_bytes(compress=compress), compress=compress) == document


def test_children_of_a_copy_outlive_what_was_copied() -> None:
    document = Document(id="a", granularity=1, chunks=[Document()])
    document = Document(document, text="changed")
    document.chunks.append(Document())
    assert document.chunks.reference_doc is document
    assert (document.chunks[1].parent_id, document.chunks[1].granularity) == ("a", 2)
    docs = DocumentArray([Document(id="a")])
    docs["@r"] = [Document(id="a", matches=[Document()])]
    docs[0].matches.append(Document())
    assert docs[0].matches.reference_doc is docs[0]
    assert docs[0].matches[1].adjacency == 1
