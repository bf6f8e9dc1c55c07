"""JSON text written and read natively is what Python's `json` makes of the dicts."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest
from tidegate import Document, DocumentArray

numpy = pytest.importorskip("numpy")

TEXTS = ["", "a", "größe", '\x00\x1f\x7f"\\/\n', "😀", "\ud800", "x" * 300]
NUMBERS = [
    *(0, 1, -1, 2**53 + 1, 2**70, 0.0, -0.0, 1.0, 0.1, 1e16, 1e-5, 123456.75, 5e-324),
    *(math.nan, math.inf, -math.inf, True, False),
]
ARRAYS = [
    *(numpy.arange(6, dtype=kind).reshape(2, 3) for kind in ("f2", "f4", "f8", "i1", "u2", ">i4")),
    *(numpy.zeros(shape) for shape in ((0,), (2, 0), (0, 2), ())),
    numpy.array([True, False]),
    numpy.arange(6).reshape(2, 3).T,
    [[True, 2], [2.5, 2]],
    [],
]


def value(dice: random.Random, depth: int = 0) -> Any:
    """A value as tags may hold it."""
    kind = dice.randrange(7 if depth < 3 else 4)
    if kind < 2:
        return dice.choice(NUMBERS)
    if kind < 4:
        return dice.choice([None, *TEXTS])
    if kind == 4:
        return [value(dice, depth + 1) for _ in range(dice.randrange(3))]
    if kind == 5:
        return tuple(value(dice, depth + 1) for _ in range(dice.randrange(3)))
    return {dice.choice(TEXTS): value(dice, depth + 1) for _ in range(dice.randrange(3))}


def document(dice: random.Random, depth: int = 0, wire: bool = False) -> Document:
    """A Document with some fields; with `wire`, of values that can travel."""
    made = Document()
    texts = [text for text in TEXTS if not wire or text != "\ud800"]
    numbers = [n for n in NUMBERS if not wire or math.isfinite(n)]
    for name in dice.sample(["parent_id", "modality", "text", "uri", "mime_type"], 3):
        setattr(made, name, dice.choice([*texts, "a.png", "image/png"]))
    if dice.random() < 0.3:
        made.blob = dice.randbytes(dice.randrange(5))
    elif dice.random() < 0.5:
        made.tensor = dice.choice(ARRAYS[:-2] if wire else ARRAYS)
    if dice.random() < 0.3:
        made.embedding = dice.choice(ARRAYS[:8] if wire else ARRAYS)
    if dice.random() < 0.4:
        made.weight, made.offset = dice.choice(numbers[5:12]), dice.choice(numbers[:3])
        made.location = dice.sample(numbers[5:12], 2)
    if dice.random() < 0.4:
        made.granularity, made.adjacency = dice.choice([0, 3]), dice.choice([0, 2**32 - 9])
    if dice.random() < 0.5:
        made.tags = (
            {"a": 1, "b": 2, "c": {"d": [1.5, None, "ü"]}}
            if wire
            else {dice.choice(TEXTS): value(dice) for _ in range(3)}
        )
    if dice.random() < 0.3:
        made.scores["cos"].value = dice.choice(numbers[5:12])
        made.scores["x"].op_name = "op"
        made.evaluations["y"].ref_id = dice.choice(texts)
    if depth < 2:
        for name in ("chunks", "matches"):
            if dice.random() < 0.3:
                count = dice.randrange(3)
                setattr(made, name, [document(dice, depth + 1, wire) for _ in range(count)])
    return made


def same(ours: Any, theirs: Any) -> None:
    """That two arrays hold the same, down to the types of values; NaN is NaN."""
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        assert one.non_empty_fields == other.non_empty_fields
        for name in one.non_empty_fields:
            mine, its = getattr(one, name), getattr(other, name)
            if name in ("chunks", "matches"):
                same(mine, its)
            elif name in ("tensor", "embedding"):
                assert type(mine) is type(its)
                assert (mine.dtype, mine.shape) == (its.dtype, its.shape)
                assert mine.flags.writeable == its.flags.writeable
                assert numpy.array_equal(mine, its, equal_nan=mine.dtype.kind == "f")
            else:
                assert repr(mine) == repr(its), name


@pytest.mark.parametrize("seed", range(60))
def test_objects_are_written_as_dicts_are(seed: int) -> None:
    dice = random.Random(seed)
    docs = DocumentArray([document(dice) for _ in range(5)])
    expected = json.dumps(docs.to_list())
    assert docs.to_json() == expected
    assert DocumentArray(list(docs)).to_json() == expected
    assert [doc.to_json() for doc in docs] == [json.dumps(doc.to_dict()) for doc in docs]
    read = DocumentArray.from_json(expected)
    plain = DocumentArray.from_list(json.loads(expected))
    for one, other in zip(read, plain, strict=True):
        other.id = one.id
    same(read, plain)
    for doc, text in zip(docs, map(json.dumps, json.loads(expected)), strict=True):
        same([Document.from_json(text)], [Document.from_dict(json.loads(text))])
        assert doc.id == Document.from_json(text).id


@pytest.mark.parametrize("seed", range(60))
def test_received_rows_are_written_as_dicts_are(seed: int) -> None:
    dice = random.Random(seed)
    wire = DocumentArray([document(dice, wire=True) for _ in range(5)]).to_bytes()
    for protocol in ("jsonschema", "protobuf"):
        rows = DocumentArray.from_bytes(wire)
        expected = DocumentArray.from_bytes(wire).to_list(protocol)
        assert rows.to_json(protocol) == json.dumps(expected)
        assert rows.to_bytes() == wire
        for doc in rows:
            indent = {"indent": 2} if protocol == "protobuf" else {}
            text = json.dumps(doc.to_dict(protocol), **indent)
            assert doc.to_json(protocol) == text
            doc.text = "touched"
            assert doc.to_json(protocol) == json.dumps(doc.to_dict(protocol), **indent)
        text = json.dumps(expected)
        read = DocumentArray.from_json(text, protocol)
        plain = DocumentArray.from_list(json.loads(text), protocol)
        same(read, plain)
        assert DocumentArray.from_json(text.encode(), protocol).to_json(protocol) == json.dumps(
            plain.to_list(protocol)
        )


def test_what_was_read_can_be_changed_and_sent() -> None:
    docs = DocumentArray.from_json(DocumentArray([Document(text="a"), Document()]).to_json())
    again = DocumentArray.from_bytes(docs.to_bytes())
    assert again == docs
    docs[1].text = "b"
    assert DocumentArray.from_bytes(docs.to_bytes()).texts == ["a", "b"]


def test_ids_that_were_missing_stay_what_was_written() -> None:
    wire = b"\x0a\x03\x22\x01a"
    docs = DocumentArray.from_bytes(wire)
    text = docs.to_json()
    assert json.loads(text)[0]["id"] == docs[0].id
    doc = DocumentArray.from_bytes(wire)[0]
    assert json.loads(doc.to_json())["id"] == doc.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"text": "a"}, {"text": []}]', r"docs\[1\].text is a list.*line 1, column 26"),
        ('[{"chunks": [{}, {"weight": "x"}]}]', r"docs\[0\].chunks\[1\].weight is a string"),
        ('[{"tensor": [[1, 2], [3]]}]', r"docs\[0\].tensor is a ragged list"),
        ('[{"granularity": 1.5}]', r"docs\[0\].granularity is a number"),
        ('[{"scores": {"a": {"b": 1}}}]', r"docs\[0\].scores\[a\] has the key 'b'"),
        ('[{"tags": 1}]', r"docs\[0\].tags is a number, and an object"),
        ("[1]", r"docs\[0\] is a number, and an object"),
        ("{}", "is an object, and a list of Documents"),
    ],
)
def test_wrong_values_say_where_they_are(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        DocumentArray.from_json(text)


@pytest.mark.parametrize(
    "text", ["", "[", "[{]", '[{"id" 1}]', '[{"a": "\\x"}]', '[{"text": "a\n"}]', "[{},]", "[]]"]
)
def test_what_is_no_json_is_said_as_python_says_it(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        DocumentArray.from_json(text)
    with pytest.raises(json.JSONDecodeError):
        Document.from_json(text.removeprefix("[") + "{")


def test_deep_nesting_is_refused() -> None:
    for depth in (120, 5_000, 300_000):
        text = '[{"chunks": ' * depth + "null" + "}]" * depth
        for protocol in ("jsonschema", "protobuf"):
            with pytest.raises(ValueError, match="deeper than"):
                DocumentArray.from_json(text, protocol)
        with pytest.raises(ValueError, match="deeper than"):
            DocumentArray.from_json('[{"unknown": ' + "[" * depth * 3)
