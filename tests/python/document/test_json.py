"""Dicts, lists, JSON and base64."""

from __future__ import annotations

import json

import pytest
from tidegate import Document, DocumentArray

numpy = pytest.importorskip("numpy")


def sample() -> Document:
    document = Document(
        id="i",
        text="ü",
        tags={"zero": 0, "one": 1, "two": 2, "deep": {"n": 1}},
        embedding=numpy.array([1.0, 2.0]),
        chunks=[Document(id="c", blob=b"\x00\xff")],
    )
    document.scores["a"].value = 0.5
    return document


def test_the_plain_dict_has_every_key() -> None:
    values = sample().to_dict()
    assert len(values) == 19
    assert values["tags"] == {"zero": False, "one": True, "two": 2.0, "deep": {"n": 1}}
    assert values["embedding"] == [1.0, 2.0]
    assert values["chunks"][0]["blob"] == "AP8="
    assert values["scores"]["a"]["op_name"] is None
    assert values["uri"] is None
    assert set(sample().to_dict(exclude_none=True)) == {
        *("id", "text", "tags", "embedding", "chunks", "scores")
    }
    assert list(sample().to_dict(include={"id"})) == ["id"]
    with pytest.raises(TypeError, match="nonsense"):
        sample().to_dict(nonsense=1)


@pytest.mark.parametrize("protocol", ["jsonschema", "protobuf"])
def test_json_comes_back(protocol: str) -> None:
    document = sample()
    document.tags = {"a": 2.0, "b": [True, None]}
    assert Document.from_json(document.to_json(protocol=protocol), protocol=protocol) == document
    assert Document.from_dict(document.to_dict(protocol=protocol), protocol=protocol) == document
    docs = DocumentArray([document, Document()])
    assert DocumentArray.from_json(docs.to_json(protocol=protocol), protocol=protocol) == docs
    assert DocumentArray.from_list(docs.to_list(protocol=protocol), protocol=protocol) == docs


def test_the_protobuf_dialect() -> None:
    values = Document(id="i", parent_id="p", weight=0.1, tensor=[1]).to_dict(protocol="protobuf")
    assert values == {
        "id": "i",
        "parentId": "p",
        "weight": 0.1,
        "tensor": {
            "dense": {"buffer": "AQAAAAAAAAA=", "shape": [1], "dtype": "<i8"},
            "clsName": "list",
        },
    }
    text = Document(id="i").to_json(protocol="protobuf")
    assert text == '{\n  "id": "i"\n}'
    names = Document(id="i", mime_type="a/b").to_dict("protobuf", preserving_proto_field_name=True)
    assert names == {"id": "i", "mime_type": "a/b"}


def test_indentation_and_unknown_dialects() -> None:
    assert json.loads(Document(id="i").to_json(indent=1))["id"] == "i"
    for call in (Document().to_dict, Document().to_json, DocumentArray.empty(1).to_list):
        with pytest.raises(ValueError, match="xml"):
            call("xml")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"text": []}, "text is a list"),
        ({"granularity": "x"}, "granularity is a str"),
        ({"tags": 1}, "tags is an int"),
        ({"blob": "a"}, "blob is not base64"),
        ({"location": ["x"]}, "location"),
    ],
)
def test_wrong_values_are_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Document.from_dict(values)


def test_deep_nesting_is_refused() -> None:
    values: dict[str, object] = {}
    for _ in range(200):
        values = {"chunks": [values]}
    for protocol in ("jsonschema", "protobuf"):
        with pytest.raises(ValueError, match="100"):
            Document.from_dict(values, protocol=protocol)


def test_unknown_keys() -> None:
    assert Document.from_dict({"id": "i", "nonsense": 1}) == Document(id="i")
    with pytest.raises(ValueError, match="nonsense"):
        Document.from_dict({"nonsense": 1}, protocol="protobuf")


@pytest.mark.parametrize("compress", [None, "gzip"])
def test_base64(compress: str | None) -> None:
    document = sample()
    document.tags = {}
    assert (
        Document.from_base64(document.to_base64(compress=compress), compress=compress) == document
    )
    docs = DocumentArray([document])
    assert DocumentArray.from_base64(docs.to_base64("protobuf"), "protobuf") == docs
    with pytest.raises(ValueError, match="allow_pickle"):
        Document.from_base64(document.to_base64(protocol="pickle"))


def test_a_score_of_nought_is_a_score() -> None:
    """A Document that is its own nearest has the distance 0, which is not none."""
    docs = DocumentArray([Document(embedding=numpy.array([1.0, 0.0]))])
    found = docs.find(numpy.array([1.0, 0.0]))
    assert found[0].to_dict()["scores"]["cosine"]["value"] == 0.0
    assert json.loads(found.to_json())[0]["scores"]["cosine"]["value"] == 0.0
    assert found[0].scores["cosine"].non_empty_fields == ("value",)
