"""What cannot travel is refused by name; what arrives broken is bad input."""

from __future__ import annotations

import subprocess
import sys

import pytest
from tidegate import Document, DocumentArray
from tidegate.errors import BadClientInput

CYCLE: list[object] = []
CYCLE.append(CYCLE)


@pytest.mark.parametrize(
    ("document", "error", "words"),
    [
        (Document(id="i", text=3), TypeError, ["text is an int", "str"]),
        (Document(id="i", blob=bytearray(b"x")), TypeError, ["blob is a bytearray", "bytes"]),
        (Document(id="i", tensor=3), TypeError, ["tensor is an int", "__array__"]),
        (Document(id="i", tensor=[1, [2]]), ValueError, ["tensor is a ragged list"]),
        (Document(id="i", tensor=["a"]), TypeError, ["tensor is a list that holds a str"]),
        (Document(id="i", tags={"a": {1}}), ValueError, ["tags [a] is a set", "dict"]),
        (Document(id="i", tags={"a": [b"x"]}), ValueError, ["tags [a][0] is a bytes"]),
        (Document(id="i", tags={"a": float("nan")}), ValueError, ["tags [a] is NaN"]),
        (Document(id="i", tags={1: 2}), TypeError, ["key that is an int"]),
        (Document(id="i", tags={"a": CYCLE}), ValueError, ["nested deeper"]),
        (Document(id="i", granularity=-1), ValueError, ["granularity is -1"]),
        (Document(id="i", weight="x"), TypeError, ["weight is a str"]),
        (Document(id="i", location=["x"]), TypeError, ["location is a str"]),
        (Document(id="i", scores={"a": 1.0}), TypeError, ["scores ['a'] is a float"]),
        (Document(id="i", text="\ud800"), ValueError, ["text has lone surrogates"]),
    ],
)
def test_errors_name_document_field_and_what_is_allowed(
    document: Document, error: type[Exception], words: list[str]
) -> None:
    with pytest.raises(error) as caught:
        DocumentArray([Document(), document]).to_bytes()
    for word in ["docs[1]", "'i'", *words]:
        assert word in str(caught.value)


def test_nested_documents_are_named_by_their_way() -> None:
    inner = Document(id="inner", text=1)
    with pytest.raises(TypeError, match=r"docs\[0\].chunks\[1\] \(id 'inner'\): text is an int"):
        DocumentArray([Document(chunks=[Document(), inner])]).to_bytes()


def test_a_cycle_is_an_error_that_names_the_field() -> None:
    document = Document()
    document.matches.append(Document(chunks=[document]))
    with pytest.raises(ValueError, match=r"docs\[0\].matches\[0\].chunks\[0\].*cycle"):
        DocumentArray([document]).to_bytes()


def test_the_same_document_twice_is_no_cycle() -> None:
    document = Document(text="a")
    again = DocumentArray.from_bytes(DocumentArray([document, document]).to_bytes())
    assert again.texts == ["a", "a"]


@pytest.mark.parametrize("dtype", ["object", "structured"])
def test_dtypes_that_cannot_travel(dtype: str) -> None:
    numpy = pytest.importorskip("numpy")
    array = numpy.array([object()]) if dtype == "object" else numpy.zeros(2, dtype="i4,f4")
    with pytest.raises(TypeError, match=r"embedding is an array of dtype .*what can travel"):
        DocumentArray([Document(embedding=array)]).to_bytes()


@pytest.mark.parametrize(
    ("wire", "words"),
    [
        (b"\x0a\x04\x22\x02\xff\xfe", r"docs\[0\].text is not valid UTF-8"),
        (b"\x0a\x00\x0a\x05\x72\x03\x22\x01\xff", r"docs\[1\].chunks\[0\].text"),
        (b"\x0a\x09", "ends in the middle"),
        (b"\xff" * 20, "more than ten bytes"),
    ],
)
def test_broken_bytes_are_bad_input(wire: bytes, words: str) -> None:
    with pytest.raises(BadClientInput, match=words):
        DocumentArray.from_bytes(wire)
    assert issubclass(BadClientInput, ValueError)


def test_broken_streams_are_refused() -> None:
    data = DocumentArray.empty(2).to_bytes(protocol="protobuf")
    assert len(DocumentArray.from_bytes(data, protocol="protobuf")) == 2
    with pytest.raises(ValueError, match="cut off"):
        DocumentArray.from_bytes(data[:-1], protocol="protobuf")
    with pytest.raises(ValueError, match="version 2"):
        DocumentArray.from_bytes(b"\x02" + data[1:], protocol="protobuf")
    with pytest.raises(ValueError, match="not known"):
        DocumentArray.from_bytes(data, protocol="xml")
    huge = b"\x01" + (2**63).to_bytes(8, "big")
    with pytest.raises(ValueError, match="cut off"):
        DocumentArray.from_bytes(huge, protocol="protobuf")


def test_walks_over_a_cycle_end_in_an_error() -> None:
    document, other = Document(id="a"), Document(id="a")
    for one in (document, other):
        one.matches.append(one)
    with pytest.raises(RecursionError):
        document.to_dict()
    with pytest.raises(RecursionError):
        DocumentArray([document]).reduce(DocumentArray([other]))
    with pytest.raises(RecursionError):
        _ = document == other
    assert [d.id for d in DocumentArray([document])[...]] == ["a", "a"]
    assert DocumentArray([document], copy=True)[0].matches[0].id == "a"


@pytest.mark.parametrize("depth", [50, 500, 20_000])
def test_deep_nesting_is_no_crash(depth: int) -> None:
    program = f"""
from tidegate import Document, DocumentArray
document = Document()
for _ in range({depth}):
    document = Document(chunks=[document])
docs = DocumentArray([document])
copy = lambda: DocumentArray(docs, copy=True)
for work in (docs.to_bytes, docs.to_list, copy, lambda: docs[...]):
    try:
        work()
    except (RecursionError, ValueError):
        pass
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
