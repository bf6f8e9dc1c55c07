"""Executors served without a Flow, in a worker and inline, for the tests of the bridge."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import frame_peer
import pytest
from tidegate import Executor
from tidegate._inline import InlineExecutor
from tidegate._tidegate import BridgeProbe, Endpoint

LIMIT = 20.0
HAS_UVLOOP = importlib.util.find_spec("uvloop") is not None
#: Where an Executor runs, and on which loop: the installed one, or asyncio's own beside it.
WAYS = ["worker", "inline", *(["worker-stock", "inline-stock"] if HAS_UVLOOP else [])]


class Plain(Executor):
    """An Executor of which each public method is the endpoint of its name."""

    def _endpoint_table(self) -> list[Endpoint]:
        table = []
        for name, method in inspect.getmembers(self, inspect.ismethod):
            if name.startswith("_") or hasattr(Executor, name):
                continue
            known = ("docs", "parameters", "docs_matrix", "docs_map", "tracing_context")
            signature = inspect.signature(method).parameters
            every = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.values())
            arguments = [name for name in known if every or name in signature]
            is_async = inspect.iscoroutinefunction(method)
            table.append(Endpoint(f"/{name}", method, is_async, arguments))
        return table


class Served:
    """A served Executor: `send` begins a call, `call` makes one."""

    def __init__(self, way: str, cls: type, uses_with: dict[str, Any]) -> None:
        self.way = way
        self.worker: frame_peer.Worker | None = None
        self.inline: InlineExecutor | None = None
        stock = way.endswith("stock")
        if way.startswith("inline"):
            settings = {"name": "executor0", "pod": "executor0/rep-0"}
            with pytest.MonkeyPatch.context() as patch:
                if stock:
                    patch.setitem(sys.modules, "uvloop", None)
                self.inline = InlineExecutor(lambda: cls(**uses_with), settings)
            self.probe = BridgeProbe.inline(self.inline.inbox)
            return
        self.worker = frame_peer.Worker(cls, stock=stock, **uses_with).ready()
        ledger = os.dup(self.worker.ledger.fileno())
        hello = json.dumps(self.worker.hello).encode()
        self.probe = BridgeProbe.worker(self.worker.sock.detach(), ledger, hello)

    def send(self, endpoint: str, *payloads: bytes, **keywords: Any) -> Any:
        return self.probe.send(endpoint, *payloads, **keywords)

    def call(self, endpoint: str, *payloads: bytes, **keywords: Any) -> dict[str, Any]:
        return self.send(endpoint, *payloads, **keywords).wait()

    def close(self, grace: float = 5.0) -> None:
        if self.inline is not None:
            self.inline.close(grace)
        if self.worker is not None:
            self.probe.drain(grace)
            self.worker.exit_code()


def until(condition: Callable[[], bool], what: str, limit: float = LIMIT) -> None:
    """Waits for a condition."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true in {limit} s"
        threading.Event().wait(0.005)


class Serving:
    """Serves classes, and closes in the end what it has served."""

    def __init__(self, way: str) -> None:
        self.way = way
        self._opened: list[Served] = []
        self._shared: dict[type, Served] = {}

    def __call__(self, cls: type, **uses_with: Any) -> Served:
        one = Served(self.way, cls, uses_with)
        self._opened.append(one)
        return one

    def shared(self, cls: type) -> Served:
        """The one of this class that every test of a module uses."""
        if cls not in self._shared:
            self._shared[cls] = self(cls)
        return self._shared[cls]

    def close(self) -> None:
        for one in self._opened:
            one.close(1.0)
            if one.worker is not None:
                one.worker.close()
