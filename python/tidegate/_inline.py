"""An Executor in the Flow's own process, on an event loop in a thread of its own.

Nothing is pickled, `breakpoint()` works, and the gateway's calls come through an inbox.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import contextvars
import functools
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any

from tidegate import _serving
from tidegate._tidegate import Inbox

# How long cancelled calls may take to end, and `close` at the least, beyond the grace, in seconds.
_CANCEL_LIMIT = 0.5
_CLOSE_LIMIT = 2.0


class InlineExecutor:
    """Runs one Executor; `inbox` is what the gateway calls."""

    inbox: Inbox

    def __init__(self, make: Callable[[], Any], settings: Mapping[str, Any]) -> None:
        """Starts the thread and waits until `make` has constructed the Executor on its loop.

        Whatever `make` raises is raised here.
        """
        self._settings = settings
        self._make = make
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: _serving.Running | None = None
        self._ending = False
        name = f"tidegate-{settings['name']}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._threads = _serving.SyncThreads(f"{name}-sync")
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        # A daemon thread that still runs Python when the interpreter ends would crash it.
        self._at_exit = functools.partial(_close_if_there, weakref.ref(self))
        atexit.register(self._at_exit)

    def close(self, grace: float) -> None:
        """Finishes what runs within `grace` seconds, cancels the rest, and closes the Executor.

        Does nothing the second time. On the Executor's own thread it does not wait.
        """
        loop, thread = self._loop, self._thread
        if loop is not None and thread.is_alive():
            with contextlib.suppress(RuntimeError):  # the loop may have been closed meanwhile
                loop.call_soon_threadsafe(self._drain, grace)
        if threading.current_thread() is not thread:
            thread.join(grace + max(grace, _CLOSE_LIMIT))
            atexit.unregister(self._at_exit)

    def _drain(self, grace: float) -> None:
        if self._ending or self._loop is None or self._running is None:
            return
        self._ending = True
        self.inbox.drain()
        self._loop.call_later(grace, self.inbox.cancel_all)
        # A sync method cannot be cancelled: the loop ends without it.
        self._loop.call_later(grace + _CANCEL_LIMIT, self._running.stop)

    def _run(self) -> None:
        loop = _serving.new_loop()
        asyncio.set_event_loop(loop)
        try:
            try:
                executor, context = loop.run_until_complete(_serving.set_up(self._make))
                self._running = _serving.Running(loop)
                endpoints = self._open(loop, executor, context)
            except BaseException as error:
                self._failure = error
                return
            self._loop = loop
            if not all(endpoint.is_async for endpoint in endpoints):
                self._threads.serve(self.inbox.run_sync)
            self._ready.set()
            self._running.run()
            self._running.finish(executor)
            self.inbox.end_sync()
            self.inbox.close()
            self._threads.join(0.2)
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            self._ready.set()

    def _open(
        self, loop: asyncio.AbstractEventLoop, executor: Any, context: contextvars.Context
    ) -> list[Any]:
        endpoints = list(executor._endpoint_table())
        assert self._running is not None
        self.inbox = Inbox(
            _serving.ServeOptions(
                loop=loop,
                context=context,
                executor=type(executor).__name__,
                pod=self._settings["pod"],
                endpoints=endpoints,
                limits=_serving.limits(self._settings),
                output_array_type=self._settings.get("output_array_type"),
                on_thread=self._threads.add,
                max_message_bytes=self._settings.get("max_message_bytes", 256 * 1024 * 1024),
                on_idle=self._running.stop,
                on_drain=self._drain,
                on_gone=_ignore,
            )
        )
        executor._batch_source = self.inbox.batch_counts
        return endpoints


def _ignore(reason: str | None) -> None:
    """There is no channel that could break."""


def _close_if_there(reference: weakref.ref[InlineExecutor]) -> None:
    executor = reference()
    if executor is not None:
        executor.close(0.0)
