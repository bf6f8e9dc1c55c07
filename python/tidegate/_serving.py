"""What a worker and an inline Executor share: an event loop, and an Executor's life on it."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidegate._tidegate import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of an Executor runs at once, and how much waits."""

    #: Requests, a batch being one.
    max_in_flight: int
    #: Requests that wait beyond those.
    max_queue: int
    #: Threads for sync methods.
    sync_threads: int
    #: Batches of async methods that have the same parameters.
    side_by_side: int


def limits(settings: Mapping[str, Any]) -> Limits:
    """Makes the limits of what `max_concurrency`, `max_queue` and `allow_concurrent` say."""
    most: int = settings.get("max_in_flight", 10_000)
    queue: int | None = settings.get("max_queue")
    chosen: int | None = settings.get("max_concurrency")
    threads = min(32, (os.cpu_count() or 1) + 4) if settings.get("allow_concurrent") else 1
    return Limits(
        max_in_flight=chosen or most,
        max_queue=most if queue is None else queue,
        sync_threads=chosen or threads,
        side_by_side=chosen or 1,
    )


class SyncThreads:
    """The threads of an Executor's sync methods; all but the first start when they are needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._run: Callable[[], None] | None = None
        self._threads: list[threading.Thread] = []

    def serve(self, run: Callable[[], None]) -> None:
        """Starts the first; `run`, the body of each, is the native side's."""
        set_switch_interval()
        self._run = run
        self.add()

    def add(self) -> None:
        """Starts one more; the native side calls this while all are busy."""
        assert self._run is not None
        count = len(self._threads)
        name = f"{self._name}-{count}" if count else self._name
        thread = threading.Thread(target=self._run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def join(self, timeout: float) -> bool:
        """Waits for them to end; whether they have, in so many seconds."""
        until = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the native side is told when it begins to serve an Executor's endpoints."""

    loop: asyncio.AbstractEventLoop
    context: contextvars.Context
    executor: str
    pod: str
    endpoints: list[Endpoint]
    limits: Limits
    output_array_type: str | None
    on_thread: Callable[[], None]
    max_message_bytes: int
    on_idle: Callable[[], None]
    on_drain: Callable[[float], None]
    on_gone: Callable[[str | None], None]


def new_loop() -> asyncio.AbstractEventLoop:
    """Makes an event loop: uvloop's where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def set_up(make: Callable[[], Any]) -> tuple[Any, contextvars.Context]:
    """Makes an Executor while the loop runs, as its constructor may expect.

    Gives the Executor and the context that its constructor left: calls see its values.
    """
    return make(), contextvars.copy_context()


async def await_it(awaitable: Awaitable[Any]) -> Any:
    """Makes a coroutine of anything that can be awaited."""
    return await awaitable


async def close(executor: Any) -> None:
    """Runs the Executor's `close`, sync or async; what it raises is printed."""
    try:
        closing = executor.close()
        if inspect.isawaitable(closing):
            await closing
    except asyncio.CancelledError:
        raise
    except BaseException:
        traceback.print_exc()


class Running:
    """A loop that runs until it is told to stop, whatever handlers raise on it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._stopped = False
        loop.set_exception_handler(_on_exception)

    def run(self) -> None:
        """Runs the loop until `stop`.

        `SystemExit` and `KeyboardInterrupt` pass through a Task and end the loop; where a handler
        raised them they are its request's error by then, so the loop goes on.
        """
        while not self._stopped:
            try:
                self.loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                continue

    def stop(self) -> None:
        """Ends `run`; to be called on the loop. Does nothing the second time."""
        if not self._stopped:
            self._stopped = True
            self.loop.stop()

    def finish(self, executor: Any) -> None:
        """Closes the Executor, then cancels what is left on the loop."""
        self._complete(close(executor))
        left = asyncio.all_tasks(self.loop)
        for task in left:
            task.cancel()
        if left:
            self._complete(_gather(left))
        self._complete(self.loop.shutdown_asyncgens())

    def _complete(self, work: Any) -> None:
        task = self.loop.create_task(work)
        while not task.done():
            try:
                self.loop.run_until_complete(task)
            except (SystemExit, KeyboardInterrupt):
                continue
            except BaseException:
                traceback.print_exc()
                break
        if task.done() and not task.cancelled():
            task.exception()


async def _gather(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks, timeout=1.0)


def _on_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leaves out what has been answered as a request's error; the rest is the loop's to tell."""
    if isinstance(context.get("exception"), (SystemExit, KeyboardInterrupt)):
        return
    loop.default_exception_handler(context)


def trim(error: BaseException) -> None:
    """Cuts our own frames, and the loop's, off the top of the traceback.

    Where there are no others the last one stays.
    """
    ours = ("tidegate.", "asyncio.", "uvloop.", "importlib.", "runpy.")
    top = error.__traceback__
    while top is not None and top.tb_next is not None:
        known = top.tb_frame.f_globals
        # A program's name is `__main__`; its spec tells which module it is.
        name = getattr(known.get("__spec__"), "name", None) or known.get("__name__", "")
        if not f"{name}.".startswith(ours):
            break
        top = top.tb_next
    error.__traceback__ = top


def set_switch_interval() -> None:
    """Has threads change often enough that a busy sync method does not hold up the loop."""
    sys.setswitchinterval(0.0005)
