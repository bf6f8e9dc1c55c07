"""What a URI leads to, and data URIs."""

from __future__ import annotations

import contextlib
import os
import urllib.parse
from contextlib import AbstractContextManager
from typing import Any


def read(uri: str, **kwargs: Any) -> bytes:
    """Reads what is at an http, https or data URI, or in a local file; `timeout` in seconds."""
    if urllib.parse.urlparse(uri).scheme in ("http", "https", "data"):
        from urllib.request import Request, urlopen

        # Some servers refuse programs that say what they are.
        request = Request(uri, headers={"User-Agent": "Mozilla/5.0"})
        timeout = kwargs.get("timeout")
        limits = {} if timeout is None else {"timeout": timeout}
        with urlopen(request, **limits) as answer:
            return bytes(answer.read())
    if os.path.exists(uri):
        with open(uri, "rb") as file:
            return file.read()
    raise FileNotFoundError(f"`{uri}` is neither a URL nor a local file that exists")


def is_data(uri: str) -> bool:
    """Tells whether a URI holds its data itself."""
    return urllib.parse.urlparse(uri).scheme == "data"


def is_uri(value: str) -> bool:
    """Tells whether a text can be read from, or is a path that could be written to."""
    if urllib.parse.urlparse(value).scheme in ("http", "https", "data"):
        return True
    return os.path.exists(value) or os.access(os.path.dirname(value), os.W_OK)


def to_data(
    mime_type: str,
    data: str | bytes,
    charset: str | None = "utf-8",
    base64: bool = False,
    binary: bool = True,
) -> str:
    """Makes a data URI, percent-encoded or base64."""
    if base64:
        from base64 import b64encode

        content = data.encode(charset or "utf-8") if isinstance(data, str) else data
        body = b64encode(content).decode()
    elif binary and isinstance(data, bytes):
        body = urllib.parse.quote_from_bytes(data)
    else:
        body = urllib.parse.quote(data)
    named = "" if charset is None else f";charset={charset}"
    return f"data:{mime_type}{named}{';base64' if base64 else ''},{body}"


def to_write(file: Any) -> AbstractContextManager[Any]:
    """Opens a path for writing; a file object is used as it is, and left open."""
    return contextlib.nullcontext(file) if hasattr(file, "write") else open(file, "wb")
