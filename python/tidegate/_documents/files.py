"""Saving arrays to files and loading them."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
from collections.abc import Iterator
from typing import IO, Any

from tidegate._tidegate import Document, DocumentArray

PROTOCOLS = ("protobuf-array", "pickle-array", "protobuf", "pickle")
COMPRESSIONS = ("lz4", "bz2", "lzma", "zlib", "gzip")
STREAM_VERSION = 1


def _from_name(name: str, protocol: str, compress: str | None) -> tuple[str, str | None]:
    """What a file's suffixes say about protocol and compression beats the arguments."""
    for part in os.path.basename(name).split(".")[1:]:
        if part in PROTOCOLS:
            protocol = part
        elif part in COMPRESSIONS:
            compress = part
    return protocol, compress


@contextlib.contextmanager
def _opened(file: Any, mode: str, **options: Any) -> Iterator[IO[Any]]:
    if hasattr(file, "read") or hasattr(file, "write"):
        yield file
        return
    with open(file, mode, **options) as opened:
        yield opened


def save_binary(
    docs: DocumentArray, file: Any, protocol: str = "protobuf-array", compress: str | None = None
) -> None:
    """Writes what `to_bytes` returns."""
    if isinstance(file, str | os.PathLike):
        protocol, compress = _from_name(os.fspath(file), protocol, compress)
    with _opened(file, "wb") as opened:
        opened.write(docs.to_bytes(protocol, compress))


def load_binary(
    cls: type[DocumentArray],
    file: Any,
    protocol: str = "protobuf-array",
    compress: str | None = None,
    show_progress: bool = False,
    streaming: bool = False,
    *,
    allow_pickle: bool = False,
) -> Any:
    """Reads what `save_binary` wrote, from a file, its name or its bytes.

    With `streaming`, Documents are yielded one by one as they are read; that takes the protocols
    'protobuf' and 'pickle'.
    """
    if isinstance(file, str | os.PathLike):
        protocol, compress = _from_name(os.fspath(file), protocol, compress)
    if isinstance(file, bytes):
        file = io.BytesIO(file)
    if streaming:
        return _stream(file, protocol, compress, allow_pickle)
    with _opened(file, "rb") as opened:
        return cls.from_bytes(opened.read(), protocol, compress, allow_pickle=allow_pickle)


def _exactly(file: IO[bytes], length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise ValueError("the stream of Documents is cut off")
    return data


def _stream(
    file: Any, protocol: str, compress: str | None, allow_pickle: bool
) -> Iterator[Document]:
    if protocol not in ("protobuf", "pickle"):
        raise ValueError(f"protocol {protocol!r} cannot be streamed; 'protobuf' and 'pickle' can")
    with _opened(file, "rb") as opened:
        version = _exactly(opened, 1)[0]
        if version != STREAM_VERSION:
            raise ValueError(f"the stream of Documents has version {version}, not {STREAM_VERSION}")
        for _ in range(int.from_bytes(_exactly(opened, 8), "big")):
            payload = _exactly(opened, int.from_bytes(_exactly(opened, 4), "big"))
            yield Document.from_bytes(payload, protocol, compress, allow_pickle=allow_pickle)


def save_json(
    docs: DocumentArray,
    file: Any,
    protocol: str = "jsonschema",
    encoding: str = "utf-8",
    **kwargs: Any,
) -> None:
    """Writes what `to_json` returns."""
    with _opened(file, "w", encoding=encoding) as opened:
        opened.write(docs.to_json(protocol, **kwargs))


def load_json(
    cls: type[DocumentArray], file: Any, protocol: str = "jsonschema", encoding: str = "utf-8"
) -> Any:
    """Reads what `save_json` wrote."""
    with _opened(file, "r", encoding=encoding) as opened:
        return cls.from_json(opened.read(), protocol)


CSV_HINT = "file_format is {!r}, and 'json', 'binary' or 'csv' is what it can be"


def save(docs: DocumentArray, file: Any, file_format: str = "binary", **kwargs: Any) -> None:
    """Writes the array in a format: 'binary', 'json' or 'csv'."""
    if file_format == "json":
        save_json(docs, file, **kwargs)
    elif file_format == "binary":
        save_binary(docs, file, **kwargs)
    elif file_format == "csv":
        importlib.import_module("tidegate._documents.tables").save_csv(docs, file, **kwargs)
    else:
        raise ValueError(CSV_HINT.format(file_format))


def load(cls: type[DocumentArray], file: Any, file_format: str = "binary", **kwargs: Any) -> Any:
    """Reads what `save` wrote in that format."""
    if file_format == "json":
        return load_json(cls, file, **kwargs)
    if file_format == "binary":
        return load_binary(cls, file, **kwargs)
    if file_format == "csv":
        return importlib.import_module("tidegate._documents.tables").load_csv(cls, file, **kwargs)
    raise ValueError(CSV_HINT.format(file_format))
