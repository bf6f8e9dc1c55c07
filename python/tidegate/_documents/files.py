"""Arrays in files: binary, a stream of Documents, JSON, CSV."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import Any

from tidegate._tidegate import Document

PROTOCOLS = ("pickle", "protobuf", "protobuf-array", "pickle-array")
COMPRESSIONS = ("lz4", "bz2", "lzma", "zlib", "gzip")
FORMATS = ("binary", "json", "csv")
STREAM_VERSION = 1
HEADER = 9
LENGTH = 4


def told_by_name(
    path: Any, protocol: str | None = None, compress: str | None = None
) -> tuple[str | None, str | None]:
    """Reads the protocol and the compression off a name like `docs.protobuf.gzip`."""
    name = os.fspath(path)
    for ending in (name if isinstance(name, str) else os.fsdecode(name)).split(".")[-2:]:
        if ending in PROTOCOLS:
            protocol = ending
        elif ending in COMPRESSIONS:
            compress = ending
    return protocol, compress


@contextlib.contextmanager
def opened(file: Any, mode: str, encoding: str | None = None) -> Iterator[Any]:
    """Opens a path; takes an open file as it is and leaves it open."""
    if hasattr(file, "read" if "r" in mode else "write"):
        yield file
    else:
        with open(file, mode, encoding=encoding) as handle:
            yield handle


def _unknown_format(file_format: str) -> ValueError:
    return ValueError(f"file_format is {file_format!r}, and {', '.join(FORMATS)} are known")


def save(docs: Any, file: Any, file_format: str = "binary", encoding: str = "utf-8") -> None:
    """Writes an array in one of the formats."""
    if file_format == "binary":
        docs.save_binary(file)
    elif file_format == "json":
        docs.save_json(file, encoding=encoding)
    elif file_format == "csv":
        docs.save_csv(file, encoding=encoding)
    else:
        raise _unknown_format(file_format)


def load(
    cls: Any, file: Any, file_format: str = "binary", encoding: str = "utf-8", **kwargs: Any
) -> Any:
    """Reads an array in one of the formats; what else is given goes to the format's own reader."""
    if file_format == "binary":
        return cls.load_binary(file, **kwargs)
    if file_format == "json":
        return cls.load_json(file, encoding=encoding, **kwargs)
    if file_format == "csv":
        return cls.load_csv(file, encoding=encoding)
    raise _unknown_format(file_format)


def save_binary(
    docs: Any, file: Any, protocol: str = "protobuf-array", compress: str | None = None
) -> None:
    """Writes `to_bytes` to a path or an open file."""
    if hasattr(file, "write"):
        file.write(docs.to_bytes(protocol, compress))
        return
    named, compress = told_by_name(file, protocol, compress)
    content = docs.to_bytes(named, compress)
    with open(file, "wb") as handle:
        handle.write(content)


def load_binary(
    cls: Any,
    file: Any,
    protocol: str | None = "protobuf-array",
    compress: str | None = None,
    _show_progress: bool = False,
    streaming: bool = False,
    *args: Any,
    allow_pickle: bool = False,
    **kwargs: Any,
) -> Any:
    """Reads what `save_binary` wrote from a path, an open file or bytes."""
    source: Any
    if isinstance(file, bytes | bytearray | memoryview):
        source = io.BytesIO(file)
    elif hasattr(file, "read"):
        source = file
    elif os.path.exists(file):
        protocol, compress = told_by_name(file, protocol, compress)
        source = None
    else:
        raise FileNotFoundError(f"there is no file {os.fspath(file)!r} to load Documents from")
    if streaming:
        return _stream(file if source is None else source, protocol, compress, allow_pickle)
    with opened(file if source is None else source, "rb") as handle:
        return cls.from_bytes(handle.read(), protocol, compress, allow_pickle=allow_pickle)


def _exactly(handle: Any, count: int, what: str) -> bytes:
    read: bytes = handle.read(count)
    if len(read) < count:
        raise ValueError(f"the stream of Documents is cut off within {what}")
    return read


def _stream(
    file: Any, protocol: str | None, compress: str | None, allow_pickle: bool
) -> Iterator[Document]:
    """Yields the Documents of a stream one by one, reading no further than it must."""
    if protocol not in ("protobuf", "pickle"):
        raise ValueError(f"protocol {protocol!r} cannot be streamed; 'protobuf' and 'pickle' can")
    return _records(file, protocol, compress, allow_pickle)


def _declared_count(handle: Any) -> int:
    header = _exactly(handle, HEADER, "its header")
    if header[0] != STREAM_VERSION:
        raise ValueError(
            f"no stream of Documents: its version is {header[0]}, and {STREAM_VERSION} is known; "
            "name the protocol that it was saved with"
        )
    return int.from_bytes(header[1:], "big")


def stream_length(path: Any) -> int:
    """Reads how many Documents a saved stream says it has."""
    with opened(path, "rb") as handle:
        return _declared_count(handle)


def _records(
    file: Any, protocol: str, compress: str | None, allow_pickle: bool
) -> Iterator[Document]:
    with opened(file, "rb") as handle:
        for at in range(_declared_count(handle)):
            length = int.from_bytes(_exactly(handle, LENGTH, f"Document {at}"), "big")
            record = _exactly(handle, length, f"Document {at}")
            yield Document.from_bytes(record, protocol, compress, allow_pickle=allow_pickle)


def save_json(
    docs: Any, file: Any, protocol: str = "jsonschema", encoding: str = "utf-8", **kwargs: Any
) -> None:
    """Writes `to_json` to a path or an open file."""
    text = docs.to_json(protocol, **kwargs)
    with opened(file, "w", encoding) as handle:
        handle.write(text)


def load_json(
    cls: Any, file: Any, protocol: str = "jsonschema", encoding: str = "utf-8", **kwargs: Any
) -> Any:
    """Reads an array from a JSON file, given by its path or open."""
    with opened(file, "r", encoding) as handle:
        return cls.from_json(handle.read(), protocol, **kwargs)
