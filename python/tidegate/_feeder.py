"""What carries an input to a stream: the caller's own thread, a helper thread, or a task."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tidegate._inputs import AsyncSource, Batch, MemorySource, PulledSource, Source
from tidegate.errors import BadClientInput

if TYPE_CHECKING:
    import asyncio

    from tidegate._tidegate import CallStream

BURST = 16
"""Requests that are sent in one go before a look at what has come back."""


class Feeder:
    """Sends what a source gives, as far as the stream has room for it."""

    def __init__(self, stream: CallStream, source: Source) -> None:
        self.error: BaseException | None = None
        self._stream = stream
        self._source = source
        self._batches: Iterator[Batch] | None = None
        self._sent = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        if isinstance(source, MemorySource):
            self._batches = source.batches()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing for `feed` to do right now."""
        return self._batches is None or not self._stream.has_room()

    def feed(self) -> None:
        """Sends a burst of what is in memory."""
        batches, stream = self._batches, self._stream
        if batches is None:
            return
        try:
            for _ in range(BURST):
                if not stream.has_room():
                    return
                if not self._send(next(batches)):
                    self._end()
                    return
        except StopIteration:
            self._end()
        except Exception as error:
            self.error = error
            self._end()

    def _send(self, batch: Batch) -> bool:
        """Sends a request; false where the stream takes no more."""
        try:
            if self._stream.send(batch) is None:
                return False
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            if isinstance(error, BadClientInput):
                raise
            what = f"request {self._sent} of the inputs cannot be sent"
            raise BadClientInput(f"{what}: {error}") from error
        self._sent += 1
        return True

    def _end(self) -> None:
        self._batches = None
        self._stream.close_input()

    def start(self) -> None:
        """Starts a thread for what is not in memory, so that a slow input holds nothing back."""
        if self._batches is not None:
            return
        pull = self._pull_in_own_loop if isinstance(self._source, AsyncSource) else self._pull
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(pull,), name="tidegate-inputs", daemon=True).start()

    def start_task(self, room: asyncio.Event) -> None:
        """Starts a task on the running loop for an async input, a thread for another one."""
        if not isinstance(self._source, AsyncSource):
            self.start()
            return
        import asyncio

        self._task = asyncio.create_task(self._pull_async(room), name="tidegate-inputs")

    def _pull(self) -> None:
        stream, source = self._stream, self._source
        assert isinstance(source, PulledSource)
        try:
            for batch in source.batches(stream.input_is_closed):
                if not stream.wait_for_room() or not self._send(batch):
                    break
        except BaseException as error:
            self.error = error
        finally:
            stream.close_input()

    def _pull_in_own_loop(self) -> None:
        import asyncio

        async def main() -> None:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            await self._pull_async(None)

        try:
            asyncio.run(main())
        except asyncio.CancelledError:
            return

    async def _pull_async(self, room: asyncio.Event | None) -> None:
        stream, source = self._stream, self._source
        assert isinstance(source, AsyncSource)
        try:
            async for batch in source.batches(stream.input_is_closed):
                if room is None:
                    stream.wait_for_room()
                while room is not None and not stream.has_room():
                    if stream.input_is_closed():
                        return
                    room.clear()
                    await room.wait()
                if not self._send(batch):
                    break
        except Exception as error:
            self.error = error
        finally:
            stream.close_input()

    def stop(self) -> None:
        """Ends an async input that runs in a loop of its own; a plain one ends at its next item."""
        loop, task = self._loop, self._task
        if loop is None or task is None:
            return
        try:
            loop.call_soon_threadsafe(task.cancel)
        except RuntimeError:  # The loop has ended by itself meanwhile.
            return

    async def stop_task(self) -> None:
        """Ends an async input that runs on the running loop, and waits until it has."""
        task = self._task
        if task is None:
            return
        import asyncio

        task.cancel()
        await asyncio.wait([task])
