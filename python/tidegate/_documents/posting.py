"""Sending Documents to a Flow at an address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tidegate._tidegate import DocumentArray

SCHEMES = {"websocket": "ws", "websockets": "wss"}
KNOWN = ("grpc", "grpcs", "http", "https", "ws", "wss")


def post(
    docs: DocumentArray,
    host: str,
    show_progress: bool = False,
    batch_size: int | None = None,
    parameters: dict[str, Any] | None = None,
    **kwargs: Any,
) -> Any:
    """Sends an array to the endpoint that an address like `grpc://host:port/endpoint` names.

    An empty array is not sent, and None is the answer.
    """
    if not docs:
        return None
    parts = urlsplit(host)
    scheme = SCHEMES.get(parts.scheme, parts.scheme)
    if scheme.startswith(("jinahub", "jinaai")):
        from tidegate.errors import NotSupportedError

        raise NotSupportedError(
            f"{host!r} names an Executor of a hub, which Tidegate has not; "
            "serve a class of your own: Flow().add(uses=YourExecutor)"
        )
    if scheme not in KNOWN:
        raise ValueError(f"{host!r} has the scheme {parts.scheme!r}; {', '.join(KNOWN)} are known")
    from tidegate.client import Client

    client = Client(host=f"{scheme}://{parts.netloc}")
    return client.post(
        parts.path or "/",
        inputs=docs,
        show_progress=show_progress,
        request_size=batch_size or len(docs),
        parameters=parameters,
        **kwargs,
    )
