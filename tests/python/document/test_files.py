"""Arrays in files: binary, streamed, JSON and CSV."""

from __future__ import annotations

import io
import pathlib

import pytest
from tidegate import Document, DocumentArray


@pytest.fixture
def docs() -> DocumentArray:
    return DocumentArray(
        Document(id=f"d{i}", text=f"text {i}", tags={"n": float(i)}) for i in range(5)
    )


@pytest.mark.parametrize("protocol", ["protobuf", "protobuf-array", "pickle", "pickle-array"])
@pytest.mark.parametrize("compress", [None, "gzip", "bz2", "lzma", "zlib"])
def test_binary_files(
    docs: DocumentArray, tmp_path: pathlib.Path, protocol: str, compress: str | None
) -> None:
    path = tmp_path / "docs"
    docs.save_binary(path, protocol=protocol, compress=compress)
    load = DocumentArray.load_binary
    allow = protocol.startswith("pickle")
    assert load(path, protocol=protocol, compress=compress, allow_pickle=allow) == docs
    assert load(str(path), protocol, compress, allow_pickle=allow) == docs
    assert load(path.read_bytes(), protocol, compress, allow_pickle=allow) == docs
    if allow:
        with pytest.raises(ValueError, match="allow_pickle"):
            load(path, protocol=protocol, compress=compress)


def test_names_say_protocol_and_compression(docs: DocumentArray, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "docs.protobuf.gzip"
    docs.save_binary(path)
    assert path.read_bytes()[:1] == b"\x01"
    assert DocumentArray.load_binary(path) == docs


def test_streams(docs: DocumentArray, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "docs.protobuf"
    docs.save_binary(path)
    streamed = DocumentArray.load_binary(path, streaming=True)
    assert next(streamed) == docs[0]
    assert list(streamed) == list(docs)[1:]
    cut = io.BytesIO(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="cut off"):
        list(DocumentArray.load_binary(cut, "protobuf", streaming=True))
    with pytest.raises(ValueError, match="streamed"):
        DocumentArray.load_binary(path.read_bytes(), streaming=True).__next__()


@pytest.mark.parametrize("file_format", ["binary", "json"])
def test_save_and_load(docs: DocumentArray, tmp_path: pathlib.Path, file_format: str) -> None:
    path = tmp_path / "docs"
    docs.save(path, file_format=file_format)
    assert DocumentArray.load(path, file_format=file_format) == docs
    with pytest.raises(ValueError, match="xml"):
        docs.save(path, file_format="xml")


def test_csv(docs: DocumentArray, tmp_path: pathlib.Path) -> None:
    path = tmp_path / "docs.csv"
    docs.save_csv(path)
    assert path.read_text().splitlines()[:2] == ["id,text,tag__n", "d0,text 0,0.0"]
    again = DocumentArray.load(path, file_format="csv")
    assert again.texts == docs.texts
    assert again[1].tags == {"tag__n": "1.0"}
    assert len(DocumentArray.from_csv(path, size=2)) == 2


def test_protobuf_messages(docs: DocumentArray) -> None:
    pytest.importorskip("google.protobuf")
    numpy = pytest.importorskip("numpy")
    docs[0].embedding = numpy.arange(2.0)
    message = docs.to_protobuf()
    assert message.docs[1].text == "text 1"
    assert DocumentArray.from_protobuf(message) == docs
    assert Document.from_protobuf(docs[0].to_protobuf()) == docs[0]
    assert docs.to_protobuf(ndarray_type="list").docs[0].embedding.cls_name == "list"
    with pytest.raises(ValueError, match="torch"):
        docs[0].to_protobuf(ndarray_type="torch")


def test_nbytes() -> None:
    document = Document(text="a" * 50)
    assert document.nbytes == len(document.to_bytes())
