"""What programs take from `docarray.helper`."""

from __future__ import annotations

import functools
import pathlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from tidegate._alias.identity import random_identity as random_identity
from tidegate._alias.identity import random_port as random_port
from tidegate._alias.identity import random_uuid as random_uuid
from tidegate._documents.content import dunder_get as dunder_get

PROTOCOLS = ("pickle", "protobuf", "protobuf-array", "pickle-array")
COMPRESSIONS = ("lz4", "bz2", "lzma", "zlib", "gzip")


def typename(obj: Any) -> str:
    """Gives the module and name of a class, or of an object's class."""
    cls = obj if isinstance(obj, type) else type(obj)
    return f"{cls.__module__}.{cls.__name__}"


def deprecate_by(new_fn: Callable[..., Any], removed_at: str) -> Callable[..., Any]:
    """Gives a function that warns of its old name and calls the new one."""

    @functools.wraps(new_fn)
    def old(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"this name goes with {removed_at}; call `{new_fn.__name__}` instead",
            FutureWarning,
            stacklevel=2,
        )
        return new_fn(*args, **kwargs)

    return old


class cached_property:  # noqa: N801 - the name of a decorator
    """A property that is computed once, kept under `CACHED_` and its name; `del` closes it."""

    def __init__(self, func: Callable[[Any], Any]) -> None:
        """Takes what computes the value."""
        self.func = func
        self._key = f"CACHED_{func.__name__}"

    def __get__(self, obj: Any, cls: Any) -> Any:
        value = obj.__dict__.get(self._key)
        if value is None:
            value = obj.__dict__[self._key] = self.func(obj)
        return value

    def __delete__(self, obj: Any) -> None:
        value = obj.__dict__.pop(self._key, None)
        if hasattr(value, "close"):
            value.close()


def _compressor(algorithm: str | None) -> Any:
    import importlib

    if algorithm not in COMPRESSIONS:
        return None
    if algorithm == "lz4":
        from tidegate._documents.extras import need

        return need("lz4.frame")
    return importlib.import_module(algorithm)


def compress_bytes(data: bytes, algorithm: str | None = None) -> bytes:
    """Compresses bytes; an algorithm that is not known leaves them as they are."""
    compressor = _compressor(algorithm)
    return data if compressor is None else bytes(compressor.compress(data))


def decompress_bytes(data: bytes, algorithm: str | None = None) -> bytes:
    """Undoes `compress_bytes`."""
    compressor = _compressor(algorithm)
    return data if compressor is None else bytes(compressor.decompress(data))


def get_compress_ctx(algorithm: str | None = None, mode: str = "wb") -> Any:
    """Gives what wraps a file object so that what goes through is compressed, or `None`."""
    compressor = _compressor(algorithm)
    if compressor is None or algorithm == "zlib":
        return None
    if algorithm == "gzip":
        return lambda file: compressor.GzipFile(fileobj=file, mode=mode)
    name = {"lz4": "LZ4FrameFile", "bz2": "BZ2File", "lzma": "LZMAFile"}[str(algorithm)]
    return lambda file: getattr(compressor, name)(file, mode)


def dataclass_from_dict(klass: Any, dikt: Any) -> Any:
    """Makes an instance of a dataclass, and of those inside it, of dicts and lists."""
    annotations = getattr(klass, "__annotations__", None)
    if annotations is not None and isinstance(dikt, Mapping):
        fields = {name: dataclass_from_dict(annotations[name], dikt[name]) for name in dikt}
        return klass(**fields)
    if isinstance(dikt, list | tuple):
        return [dataclass_from_dict(klass.__args__[0], each) for each in dikt]
    return dikt


def protocol_and_compress_from_file_path(
    file_path: str, default_protocol: str | None = None, default_compress: str | None = None
) -> tuple[str | None, str | None]:
    """Tells the protocol and the compression that a file's suffixes name."""
    protocol, compress = default_protocol, default_compress
    for suffix in pathlib.Path(file_path).suffixes:
        name = suffix.replace(".", "")
        if name in PROTOCOLS:
            protocol = name
        elif name in COMPRESSIONS:
            compress = name
    return protocol, compress


def add_protocol_and_compress_to_file_path(
    file_path: str, protocol: str | None = None, compress: str | None = None
) -> str:
    """Gives a path with suffixes that name protocol and compression."""
    return ".".join([str(file_path), *filter(None, (protocol, compress))])


def filter_dict(d: Mapping[Any, Any]) -> dict[Any, Any]:
    """Gives what of a dict is not `None`."""
    return {key: value for key, value in d.items() if value is not None}


def login(interactive: bool | None = None, force: bool = False, **kwargs: Any) -> NoReturn:
    """Refuses: there is no hub here."""
    _no_hub("login")


def logout() -> NoReturn:
    """Refuses: there is no hub here."""
    _no_hub("logout")


def _no_hub(name: str) -> NoReturn:
    from tidegate.errors import NotSupportedError

    raise NotSupportedError(
        f"`{name}` belongs to Jina's hub, which Tidegate does not use; "
        "keep arrays in files with docs.save_binary(...)"
    )
