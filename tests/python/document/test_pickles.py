"""Pickles: read only where allowed, docarray's own as well, on every way in."""

from __future__ import annotations

import base64
import os
import pathlib
import pickle
import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest
from tidegate import Document, DocumentArray

HERE = pathlib.Path(__file__).parent
#: Written by the real docarray 0.21: `DocumentArray.to_bytes(protocol)`.
OLD = {name: HERE / "pickles" / f"docarray-0.21.{name}" for name in ("pickle", "pickle-array")}


def check(docs: DocumentArray) -> None:
    """What the old pickles hold, as docarray had it: nothing marked anew, nothing guessed."""
    first, second = docs
    assert type(docs) is DocumentArray
    assert (first.id, first.text, first.mime_type, first.weight) == (
        "p",
        "hällo",
        "text/plain",
        0.5,
    )
    assert first.tags == {"a": 1, "b": {"c": [2.5]}}
    assert (first.embedding, first.location) == ([0.5, 1.5], [1.0])
    assert (first.scores["cos"].value, first.scores["cos"].op_name) == (0.5, "op")
    assert first.evaluations["r"].value == 1
    assert first.extra == "kept"
    assert [(c.id, c.parent_id, c.granularity, c.content) for c in first.chunks] == [
        ("c", "p", 1, [1, 2]),
        ("c2", "p", 7, b"xx"),
    ]
    assert first.chunks.reference_doc is first
    assert docs["@m", ["id", "adjacency"]] == [["m"], [1]]
    assert docs["@mm", "id"] == ["mm"]
    assert second.non_empty_fields == ("id",)
    assert DocumentArray.from_bytes(docs.to_bytes()) == docs


@pytest.mark.parametrize("protocol", list(OLD))
def test_old_pickles_are_read_where_allowed(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = OLD[protocol]
    for load in (
        lambda **kw: DocumentArray.from_bytes(path.read_bytes(), protocol, **kw),
        lambda **kw: DocumentArray.from_base64(base64.b64encode(path.read_bytes()), protocol, **kw),
        lambda **kw: DocumentArray.load_binary(path, protocol, **kw),
        lambda **kw: DocumentArray.load(path, protocol=protocol, **kw),
        lambda **kw: DocumentArray.load_binary(path.read_bytes(), protocol, **kw),
    ):
        with pytest.raises(ValueError, match=r"allow_pickle=True.*TIDEGATE_ALLOW_PICKLE=1"):
            load()
        check(load(allow_pickle=True))
        with monkeypatch.context() as allowed:
            allowed.setenv("TIDEGATE_ALLOW_PICKLE", "1")
            check(load())


def test_an_old_stream_is_read_one_by_one() -> None:
    def streamed(**kwargs: Any) -> Any:
        return DocumentArray.load_binary(OLD["pickle"], "pickle", streaming=True, **kwargs)

    with pytest.raises(ValueError, match="allow_pickle"):
        next(streamed())
    check(DocumentArray(list(streamed(allow_pickle=True))))
    loaded = DocumentArray.dataloader(
        OLD["pickle"], list, batch_size=2, protocol="pickle", allow_pickle=True
    )
    check(DocumentArray(next(loaded)))
    with pytest.raises(ValueError, match="allow_pickle"):
        list(DocumentArray.dataloader(OLD["pickle"], list, batch_size=2, protocol="pickle"))


def test_old_pickles_in_a_program_of_docarrays() -> None:
    """Under the alias pickle itself finds the classes."""
    program = f"""
        import pickle, sys
        from docarray import Document, DocumentArray
        data = open({str(OLD["pickle-array"])!r}, "rb").read()
        docs = pickle.loads(data)
        assert type(docs) is DocumentArray and docs == DocumentArray.from_bytes(
            data, "pickle-array", allow_pickle=True)
        assert docs[0].chunks.reference_doc is docs[0] and docs[0].extra == "kept"
        print(docs["@r,c,m", "id"])
    """
    argv = [sys.executable, "-m", "tidegate", "run", "/dev/stdin"]
    run = subprocess.run(
        argv,
        input=textwrap.dedent(program),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "['p', '2', 'c', 'c2', 'm']"


class Evil:
    """Runs what it likes when it is read."""

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def _stream(payload: bytes) -> bytes:
    return b"\x01" + (1).to_bytes(8, "big") + len(payload).to_bytes(4, "big") + payload


READERS: dict[str, Callable[[bytes], Any]] = {
    "Document.from_bytes": Document.from_bytes,
    "Document.from_bytes, pickle": lambda data: Document.from_bytes(data, "pickle"),
    "Document.from_base64": lambda data: Document.from_base64(base64.b64encode(data).decode()),
    "from_bytes": DocumentArray.from_bytes,
    "from_bytes, pickle-array": lambda data: DocumentArray.from_bytes(data, "pickle-array"),
    "from_bytes, stream": lambda data: DocumentArray.from_bytes(_stream(data), "protobuf"),
    "from_bytes, pickles": lambda data: DocumentArray.from_bytes(_stream(data), "pickle"),
    "from_base64": lambda data: DocumentArray.from_base64(base64.b64encode(data).decode()),
    "load_binary": DocumentArray.load_binary,
    "load_binary, streaming": lambda data: list(
        DocumentArray.load_binary(_stream(data), "protobuf", streaming=True)
    ),
    "load_binary, streaming pickles": lambda data: list(
        DocumentArray.load_binary(_stream(data), "pickle", streaming=True)
    ),
}


@pytest.mark.parametrize("reader", list(READERS))
def test_no_reader_runs_an_untrusted_pickle(reader: str, tmp_path: pathlib.Path) -> None:
    data = pickle.dumps(Evil(tmp_path / "was run"))
    with pytest.raises(ValueError, match="allow_pickle=True"):
        READERS[reader](data)
    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize("reader", [name for name in READERS if "pickle" not in name])
def test_what_begins_otherwise_is_never_taken_for_a_pickle(
    reader: str, tmp_path: pathlib.Path
) -> None:
    data = pickle.dumps(Evil(tmp_path / "was run"), protocol=0)
    with pytest.raises(ValueError):  # noqa: PT011 - each format says it in its own way
        READERS[reader](data)
    assert not (tmp_path / "was run").exists()


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(TypeError, match="holds a dict, no DocumentArray"):
        DocumentArray.from_bytes(pickle.dumps({}), "pickle-array", allow_pickle=True)
    with pytest.raises(TypeError, match="holds a list, no Document"):
        Document.from_bytes(pickle.dumps([]), "pickle", allow_pickle=True)
    with pytest.raises(ValueError, match="no whole pickle"):
        Document.from_bytes(pickle.dumps(Document())[:20], "pickle", allow_pickle=True)
    with pytest.raises(ValueError, match=r"docarray.stores.Redis, which Tidegate has no stand-in"):
        Document.from_bytes(b"cdocarray.stores\nRedis\n.", "pickle", allow_pickle=True)


def test_every_pickle_protocol_comes_back() -> None:
    docs = DocumentArray([Document(text="a", tags={"n": 1}, chunks=[Document(text="c")])])
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(docs, protocol)) == docs
        assert pickle.loads(pickle.dumps(docs[0].chunks, protocol))[0].text == "c"
