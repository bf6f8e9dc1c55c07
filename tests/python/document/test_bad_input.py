"""What is wrong with what came in is said; nothing crashes, hangs or fills the memory."""

from __future__ import annotations

import base64
import io
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tidegate import Document, DocumentArray
from tidegate.errors import NotSupportedError

numpy = pytest.importorskip("numpy")


def tagged(number: int, payload: bytes) -> bytes:
    """A field of a message, of the length-delimited kind."""
    out = bytearray([*_varint(number << 3 | 2), *_varint(len(payload))])
    return bytes(out + payload)


def _varint(value: int) -> list[int]:
    out = []
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return [*out, value]


def dense(buffer: bytes, shape: list[int], dtype: str) -> bytes:
    dimensions = bytes(b for d in shape for b in _varint(d))
    return tagged(1, buffer) + tagged(2, dimensions) + tagged(3, dtype.encode())


def array(buffer: bytes, shape: list[int], dtype: str, cls_name: str = "numpy") -> bytes:
    """A Document `i` with a dense tensor."""
    message = tagged(1, dense(buffer, shape, dtype)) + tagged(3, cls_name.encode())
    return tagged(1, b"i") + tagged(3, message)


def sparse(indices: Any, values: Any, shape: list[int]) -> bytes:
    """A Document `i` with a sparse tensor of scipy's."""
    parts = tagged(1, dense(indices.tobytes(), list(indices.shape), indices.dtype.str))
    parts += tagged(2, dense(values.tobytes(), list(values.shape), values.dtype.str))
    parts += tagged(3, bytes(b for d in shape for b in _varint(d)))
    return tagged(1, b"i") + tagged(3, tagged(2, parts) + tagged(3, b"scipy"))


FLOATS = bytes(24)
HUGE = 2**32 - 1
#: What came in, and what is said of it. All of them are ValueErrors.
TENSORS: dict[str, tuple[bytes, str]] = {
    "unknown dtype": (array(FLOATS, [6], "<q9"), "tensor of the Document 'i'.*<q9"),
    "no dtype": (array(FLOATS, [6], ""), "tensor of the Document 'i'.*numpy does not know"),
    "objects": (array(FLOATS, [3], "|O"), "tensor of the Document 'i'.*cannot travel"),
    "fields": (array(FLOATS, [2], "f4,O"), "tensor of the Document 'i'"),
    "list of unknown dtype": (array(FLOATS, [6], "zz", "list"), "tensor of the Document 'i'.*zz"),
    "shape too large": (array(FLOATS, [2, 4], "<f4"), r"tensor has a shape of \[2, 4\].*24 bytes"),
    "shape too small": (array(FLOATS, [2], "<f4"), "which disagree"),
    "half an element": (array(FLOATS[:-1], [6], "<f4"), "23 bytes, which disagree"),
    "huge": (array(FLOATS, [HUGE] * 4, "<f4"), "which disagree"),
    "huge and nothing": (array(b"", [HUGE, 0], "<f4"), "nothing too many times"),
    "huge list of nothing": (array(b"", [HUGE, 0], "<i8", "list"), "nothing too many times"),
    "huge and unknown": (array(b"", [HUGE, 0], "<q9"), "nothing too many times"),
    "too many dimensions": (array(b"", [0] * 65, "<f4"), "65 dimensions, and 64"),
    "huge and of no known size": (
        array(b"", [HUGE] * 3, "<U9"),
        "tensor of the Document 'i'|disagree",
    ),
    "index beyond": (
        sparse(numpy.array([[9, 0]], "<i4"), numpy.array([1.0]), [2, 2]),
        "tensor of the Document 'i'",
    ),
    "values without index": (
        sparse(numpy.array([[0, 0]], "<i4"), numpy.array([1.0, 2.0]), [2, 2]),
        "tensor of the Document 'i'",
    ),
}


@pytest.mark.parametrize("name", list(TENSORS))
def test_arrays_that_cannot_be(name: str) -> None:
    wire, words = TENSORS[name]
    for touch in (
        lambda: DocumentArray.from_bytes(tagged(1, wire))[0].tensor,
        lambda: DocumentArray.from_bytes(tagged(1, wire)).tensors,
        lambda: Document.from_bytes(wire).to_dict(),
        lambda: Document.from_bytes(wire).to_json(),
        lambda: Document.from_bytes(wire) == Document.from_bytes(wire),
    ):
        with pytest.raises(ValueError, match=words):
            touch()


def test_an_array_of_an_unknown_framework_is_none() -> None:
    """As docarray has it."""
    for name in ("", "mxnet"):
        assert Document.from_bytes(array(FLOATS, [6], "<f4", name)).tensor is None


VALID = DocumentArray(
    Document(
        id=f"d{i}",
        text=f"text {i}",
        tags={"a": [1, None, {"b": True}]},
        embedding=numpy.arange(3.0),
        chunks=[Document(blob=b"blob")],
    )
    for i in range(3)
)
VALID[1].scores["cos"].value = 0.5
COMPRESSIONS = [None, "gzip", "bz2", "lzma", "zlib"]
READERS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "JSON": (VALID.to_json(), DocumentArray.from_json),
    "protobuf JSON": (
        VALID.to_json(protocol="protobuf"),
        lambda data: DocumentArray.from_json(data, protocol="protobuf"),
    ),
    "JSON of one": (VALID[0].to_json(), Document.from_json),
    "base64": (VALID.to_base64(), DocumentArray.from_base64),
    "streamed": (
        VALID.to_bytes("protobuf"),
        lambda data: list(DocumentArray.load_binary(io.BytesIO(data), "protobuf", streaming=True)),
    ),
}
for _compress in COMPRESSIONS:
    for _protocol in ("protobuf-array", "protobuf"):
        READERS[f"{_protocol}, {_compress}"] = (
            VALID.to_bytes(_protocol, _compress),
            lambda data, p=_protocol, c=_compress: DocumentArray.from_bytes(data, p, c),
        )
    READERS[f"one, {_compress}"] = (
        VALID[1].to_bytes(compress=_compress),
        lambda data, c=_compress: Document.from_bytes(data, compress=c),
    )


def touch_all(read: Any) -> None:
    """Looks at everything that can be looked at."""
    docs = read if isinstance(read, DocumentArray) else DocumentArray(read)
    docs.to_list()
    docs.to_bytes()


def refusal(call: Callable[[], Any], kinds: Any) -> str | None:
    """What a call says that may be refused by errors of these kinds and no other."""
    try:
        call()
    except kinds as error:
        return str(error)
    return None


@pytest.mark.parametrize("name", list(READERS))
def test_cut_off_and_changed_bytes(name: str) -> None:
    """They are read as something else, or refused by a ValueError; JSON also by a TypeError."""
    data, read = READERS[name]
    seed = 20
    rng = random.Random(seed)
    touch_all(read(data))
    flips: list[Any] = []
    for _ in range(150):
        at = rng.randrange(len(data))
        other = rng.randrange(256)
        if isinstance(data, str):
            flips.append(data[:at] + chr(other) + data[at + 1 :])
        else:
            flips.append(data[:at] + bytes([other]) + data[at + 1 :])
    step = max(len(data) // 150, 1)
    cuts = [data[:at] for at in range(0, len(data), step)]
    refusals = (ValueError, TypeError) if "JSON" in name else ValueError
    for bad in (*flips, *cuts):
        error = refusal(lambda bad=bad: touch_all(read(bad)), refusals)
        assert error != "", (seed, bad)


@pytest.mark.parametrize("name", [n for n in READERS if "JSON" not in n])
@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 64, b"garbage " * 9, bytes(range(256))])
def test_garbage(name: str, data: bytes) -> None:
    given = base64.b64encode(data).decode() if name == "base64" else data
    assert refusal(lambda: touch_all(READERS[name][1](given)), ValueError) != ""


@pytest.mark.parametrize("compress", COMPRESSIONS[1:])
def test_wrong_compressions_are_named(compress: str) -> None:
    for data in (VALID.to_bytes(), VALID.to_bytes(compress=compress)[:-4]):
        with pytest.raises(ValueError, match=f"no whole {compress}.*name the compression"):
            DocumentArray.from_bytes(data, compress=compress)


def test_a_stream_says_where_it_is_cut_off() -> None:
    data = VALID.to_bytes("protobuf")
    with pytest.raises(ValueError, match=r"cut off within docs\[2\] of 3"):
        DocumentArray.from_bytes(data[:-1], "protobuf")
    with pytest.raises(ValueError, match="cut off within its header"):
        DocumentArray.from_bytes(data[:5], "protobuf")


def test_huge_counts_cost_no_memory() -> None:
    """Lengths and counts that were declared are not believed."""
    program = """
import resource
from tidegate import Document, DocumentArray
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
def refused(call):
    try:
        call()
    except ValueError:
        return
    raise AssertionError(call)
huge = (2**63).to_bytes(8, "big")
refused(lambda: DocumentArray.from_bytes(b"\\x01" + huge, "protobuf"))
one = b"\\x01" + (1).to_bytes(8, "big")
refused(lambda: DocumentArray.from_bytes(one + b"\\xff" * 4, "protobuf"))
refused(lambda: list(DocumentArray.load_binary(b"\\x01" + huge, "protobuf", streaming=True)))
refused(lambda: DocumentArray.from_bytes(b"\\x0a\\xff\\xff\\xff\\xff\\x0f"))
refused(lambda: Document.from_bytes(b"\\x22\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f"))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize("number", [NAN, INFINITY, -INFINITY], ids=str)
def test_numbers_that_are_none(number: float) -> None:
    """They travel in weights, scores, places and arrays, and are refused in tags."""
    document = Document(id="i", weight=number, location=[number], embedding=[number])
    document.scores["a"].value = number
    for again in (
        Document.from_bytes(document.to_bytes()),
        Document.from_json(document.to_json(protocol="protobuf"), protocol="protobuf"),
    ):
        read = [again.weight, *again.location, *again.embedding, again.scores["a"].value]
        assert repr(read) == repr([number] * 4)
    for call in ("to_bytes", "to_protobuf", "to_base64"):
        with pytest.raises(ValueError, match=r"\(id 'i'\): tags \[a\]\[0\] is (NaN|inf|-inf)"):
            getattr(Document(id="i", tags={"a": [number]}), call)()


def test_duplicate_ids() -> None:
    """Both stay; the last one is found, as docarray has it."""
    docs = DocumentArray([Document(id="a", text="1"), Document(id="b"), Document(id="a", text="2")])
    again = DocumentArray.from_bytes(docs.to_bytes())
    for array in (docs, again):
        assert array[:, "id"] == ["a", "b", "a"]
        assert array["a"].text == "2"
        del array["a"]
        assert array[:, "text"] == ["1", ""]
        assert array["a"].text == "1"


D, A = Document, DocumentArray
LOOP = Document(id="loop")
LOOP.chunks.append(LOOP)
#: A call, the error, and what it says.
CALLS: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "D('x')": (lambda: D("x"), ValueError, "not a str; for text say Document.text="),
    "D(3)": (lambda: D(3), ValueError, "not an int"),
    "chunks of a str": (lambda: D(chunks="ab"), TypeError, "holds Documents, not a str"),
    "chunks of an int": (lambda: D(chunks=3), TypeError, "int"),
    "append": (lambda: A().append(None), TypeError, "holds Documents, not a NoneType"),
    "insert": (lambda: A().insert(0, {}), TypeError, "holds Documents, not a dict"),
    "extend": (lambda: A().extend([1]), TypeError, "holds Documents, not an int"),
    "set": (lambda: A.empty(1).__setitem__(0, "x"), TypeError, "holds Documents, not a str"),
    "texts": (lambda: setattr(A.empty(2), "texts", 3), TypeError, "each of the 2 Documents"),
    "texts, too few": (lambda: setattr(A.empty(2), "texts", ["a"]), ValueError, "1 texts .* 2"),
    "embeddings, too many": (
        lambda: setattr(A.empty(2), "embeddings", numpy.ones((3, 2))),
        ValueError,
        "3 embeddings were given for 2",
    ),
    "index": (lambda: A.empty(1)[3], IndexError, "3"),
    "id": (lambda: A.empty(1)["nobody"], KeyError, "nobody"),
    "kind of index": (lambda: A.empty(1)[1.5], IndexError, "by a float; int, id, slice"),
    "path": (lambda: A.empty(1)["@x"], ValueError, "path"),
    "operator": (
        lambda: A.empty(1).find({"text": {"$is": 1}}),
        ValueError,
        r"\$is is not known \(is \$eq meant",
    ),
    "filter": (
        lambda: A.empty(1).find({"text": 3}),
        ValueError,
        "is no filter; a filter looks like",
    ),
    "metric": (
        lambda: A([D(embedding=numpy.ones(2))]).find(numpy.ones(2), metric="far"),
        NotImplementedError,
        "'far' is not known; cosine",
    ),
    "limit": (lambda: A.empty(1).find(numpy.ones(2), limit=0), ValueError, "limit is 0"),
    "nothing to find": (lambda: A.empty(1).find(), ValueError, "needs a query or a filter"),
    "batch": (lambda: list(A.empty(1).batch(0)), ValueError, "batch_size is 0"),
    "store": (lambda: A(storage="redis"), NotImplementedError, "storage='redis'.*memory"),
    "push": (lambda: A().push("x"), NotSupportedError, "save_binary"),
    "protocol": (lambda: A().to_bytes("xml"), ValueError, "'xml' is not known"),
    "compression": (lambda: A().to_bytes(compress="rar"), ValueError, "'rar' is not known"),
    "JSON dialect": (lambda: D().to_json("xml"), ValueError, "xml"),
    "unknown field": (
        lambda: D(a=1, unknown_fields_handler="raise"),
        AttributeError,
        "a",
    ),
    "handler": (lambda: D(a=1, unknown_fields_handler="no"), ValueError, "'catch', 'drop' or"),
    "cycle": (LOOP.to_bytes, ValueError, r"chunks\[0\].chunks\[0\] .* cycle"),
    "cycle in JSON": (LOOP.to_json, RecursionError, "nest deeper"),
    "cycle in a model": (LOOP.to_dict, RecursionError, "nest deeper"),
    "no file": (lambda: A.load("/no/such/file"), FileNotFoundError, "/no/such/file"),
    "base64": (lambda: A.from_base64("abc"), ValueError, "data is not base64"),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_wrong_calls_say_what_is_right(name: str) -> None:
    call, error, words = CALLS[name]
    with pytest.raises(error, match=words):
        call()
