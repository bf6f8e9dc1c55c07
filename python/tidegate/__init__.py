"""Tidegate serves Executors as a Flow behind a gateway."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from tidegate._tidegate import __version__ as __version__

if TYPE_CHECKING:
    from tidegate._tidegate import Document as Document
    from tidegate._tidegate import DocumentArray as DocumentArray
    from tidegate.batching import dynamic_batching as dynamic_batching
    from tidegate.client import Client as Client
    from tidegate.deployment import Deployment as Deployment
    from tidegate.endpoints import requests as requests
    from tidegate.executor import Executor as Executor
    from tidegate.flow import AsyncFlow as AsyncFlow
    from tidegate.flow import Flow as Flow
    from tidegate.telemetry import monitor as monitor

#: Where each name is; it is imported when it is first used, so that a worker loads no client.
_HOME = {
    "AsyncFlow": "tidegate.flow",
    "Client": "tidegate.client",
    "Deployment": "tidegate.deployment",
    "Document": "tidegate._tidegate",
    "DocumentArray": "tidegate._tidegate",
    "Executor": "tidegate.executor",
    "Flow": "tidegate.flow",
    "dynamic_batching": "tidegate.batching",
    "monitor": "tidegate.telemetry",
    "requests": "tidegate.endpoints",
}
#: Native classes that the others give; they are found here by pickles.
_GIVEN = (
    "ChunkArray",
    "Header",
    "MatchArray",
    "NamedScore",
    "RemoteException",
    "Response",
    "ResponseData",
    "Route",
    "Status",
    "Timestamp",
)
#: Jina's, and to come.
_TO_COME = (
    "Gateway",
    "SingleDocumentRequest",
    "write",
)

__all__ = [*_HOME, "__version__"]


def __getattr__(name: str) -> Any:
    home = _HOME.get(name) or ("tidegate._tidegate" if name in _GIVEN else None)
    if home is not None:
        value = globals()[name] = getattr(importlib.import_module(home), name)
        return value
    if name in _TO_COME:
        from tidegate.errors import NotSupportedError

        raise NotSupportedError(f"`{name}` is not built yet")
    raise AttributeError(f"module 'tidegate' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
