"""What `post` does: requests go out, answers come back, callbacks run.

The blocking and the asyncio client share all of it but the way they wait: `run_blocking` waits in
native code with the GIL released, `run_async` for the event loop to see the stream readable.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from tidegate._exchange import Exchange, PostSpec, Result
from tidegate._progress import Progress
from tidegate._tidegate import Response
from tidegate.errors import UnavailableError

if TYPE_CHECKING:
    from tidegate._tidegate import CallStream, ClientChannel, DocumentArray


def run_blocking(channel: ClientChannel, spec: PostSpec) -> Result:
    """Runs a `post` on the calling thread and returns what came, in the order of the input."""
    exchange = Exchange(channel, spec)
    kept: dict[int, Response] = {}
    with Progress.of(spec.show_progress, exchange.source.requests) as progress:
        while (error := attempt_blocking(exchange, kept, progress)) is not None:
            time.sleep(exchange.pause(error))
    exchange.raise_failure()
    if not spec.returns:
        return None
    return gather([kept[place] for place in sorted(kept)], spec)


def attempt_blocking(
    exchange: Exchange, kept: dict[int, Response], progress: Progress
) -> UnavailableError | None:
    """Sends what has no answer yet, and takes the answers; returns why where nobody gives any."""
    stream = exchange.open(watched=False)
    feeder = exchange.feeder
    returns = exchange.spec.returns
    try:
        feeder.start()
        while True:
            feeder.feed()
            try:
                answers = stream.recv() if feeder.is_idle else stream.take()
            except UnavailableError as error:
                return error
            if answers is None:
                return None
            for index, answer in answers:
                place, response = exchange.accept(index, answer)
                if exchange.pending:
                    refuse_awaitables(exchange)
                if returns and response is not None:
                    kept[place] = response
                progress.advance(answer)
    finally:
        stream.cancel()
        feeder.stop()


def gather(responses: list[Response], spec: PostSpec) -> Result:
    """What `post` returns of its responses: themselves, or their Documents as one array."""
    if spec.return_responses:
        return responses
    if len(responses) == 1:
        return responses[0].docs
    return Response._join(responses)


def refuse_awaitables(exchange: Exchange) -> None:
    """An `async def` callback is of no use to a blocking call."""
    for callback, awaitable in exchange.pending:
        if inspect.iscoroutine(awaitable):
            awaitable.close()
        error = TypeError("an async callback needs a client with asyncio=True")
        exchange.callback_failed(callback, error)
    exchange.pending.clear()


async def run_async(
    channel: ClientChannel, spec: PostSpec
) -> AsyncIterator[DocumentArray | Response]:
    """Runs a `post` on the running loop and yields each answer as it comes."""
    import asyncio

    exchange = Exchange(channel, spec)
    again = True
    with Progress.of(spec.show_progress, exchange.source.requests) as progress:
        while again:
            again = False
            watch = Watch(exchange)
            try:
                while True:
                    try:
                        answers = await watch.take()
                    except UnavailableError as error:
                        pause, again = exchange.pause(error), True
                        break
                    if answers is None:
                        break
                    for index, answer in answers:
                        _, response = exchange.accept(index, answer)
                        if exchange.pending:
                            await settle(exchange)
                        progress.advance(answer)
                        if response is not None:
                            yield response if spec.return_responses else response.docs
            finally:
                await watch.close()
            if again:
                await asyncio.sleep(pause)
    exchange.raise_failure()


class Watch:
    """An attempt whose stream the running loop watches."""

    def __init__(self, exchange: Exchange) -> None:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._stream: CallStream = exchange.open(watched=True)
        self._feeder = exchange.feeder
        self._ready, self._room = asyncio.Event(), asyncio.Event()
        self._descriptor = self._stream.fileno()
        self._loop.add_reader(self._descriptor, self._on_readable)
        self._feeder.start_task(self._room)

    def _on_readable(self) -> None:
        self._stream.acknowledge()
        self._ready.set()

    async def take(self) -> list[tuple[int, Response | BaseException]] | None:
        """Sends what there is room for and waits for answers; `None` when there are no more."""
        import asyncio

        stream, feeder = self._stream, self._feeder
        while True:
            feeder.feed()
            answers = stream.take()
            if answers is None or answers:
                self._room.set()
                return answers
            if feeder.is_idle:
                self._ready.clear()
                await self._ready.wait()
            else:
                await asyncio.sleep(0)

    async def close(self) -> None:
        """Leaves the loop alone, and cancels what still runs."""
        self._loop.remove_reader(self._descriptor)
        self._stream.cancel()
        self._room.set()
        await self._feeder.stop_task()


async def settle(exchange: Exchange) -> None:
    """Awaits what `async def` callbacks have returned."""
    pending, exchange.pending = exchange.pending, []
    for callback, awaitable in pending:
        try:
            await awaitable
        except Exception as error:
            exchange.callback_failed(callback, error)
