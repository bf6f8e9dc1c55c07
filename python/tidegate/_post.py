"""What `post` does: requests go out, answers come back, callbacks run.

The blocking and the asyncio client share everything here but the way they wait: `run_blocking` waits in
native code with the GIL released, `run_async` waits for the event loop to see the stream readable.
"""

from __future__ import annotations

import contextvars
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate._inputs import AsyncSource, MemorySource, Source, open_source
from tidegate._outcome import bad_server, callback_failure, report
from tidegate._progress import Progress
from tidegate._tidegate import DocumentArray

if TYPE_CHECKING:
    import asyncio

    from tidegate._tidegate import CallStream, ClientChannel, Response

Callback = Callable[..., Any]
Result = DocumentArray | list["Response"] | None

BURST = 16
"""Requests that are sent in one go before a look at what has come back."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """How often a request is sent while nobody answers, and how long the pauses are, in seconds."""

    attempts: int = 1
    initial: float = 0.5
    most: float = 2.0
    multiplier: float = 1.5


@dataclass(frozen=True, slots=True)
class PostSpec:
    """The arguments of one `post`, checked and complete.

    The native side reads `on`, `target_executor`, `parameters`, `prefetch`, `window`, `results_in_order`,
    `timeout`, `metadata`, `compression` and `stream` from it.
    """

    on: str
    inputs: Any = None
    on_done: Callback | None = None
    on_error: Callback | None = None
    on_always: Callback | None = None
    parameters: dict[str, Any] | None = None
    target_executor: str | None = None
    request_size: int = 100
    show_progress: bool = False
    continue_on_error: bool = False
    return_responses: bool = False
    results_in_order: bool = False
    prefetch: int | None = None
    window: int = 1000
    timeout: float | None = None
    metadata: tuple[tuple[str, str], ...] = ()
    compression: str | None = None
    stream: bool = True
    retry: Backoff = Backoff()

    @property
    def returns(self) -> bool:
        """Whether the blocking `post` gives back what came, as it does where no callback takes it."""
        return self.on_done is None and self.on_always is None


class Exchange:
    """The course of one `post`: which answers have come, which of them failed, what to raise."""

    def __init__(self, spec: PostSpec, stream: CallStream) -> None:
        self.spec = spec
        self.stream = stream
        self.pending: list[Any] = []
        self._first: tuple[int, BaseException] | None = None
        self._callback_failure: BaseException | None = None
        self._two_argument_error = takes_two_arguments(spec.on_error)

    def accept(self, index: int, answer: Response | BaseException) -> Response | None:
        """Takes an answer, runs its callbacks, and returns it where the caller is to have it."""
        if isinstance(answer, BaseException):
            self._fail(index, answer)
            return None
        spec = self.spec
        kept: Response | None = answer
        if answer._failed:
            if spec.on_error is not None:
                if self._two_argument_error:
                    self._call(spec.on_error, answer, bad_server(answer))
                else:
                    self._call(spec.on_error, answer)
            elif spec.continue_on_error:
                report(answer)
            else:
                self._fail(index, bad_server(answer))
                kept = None
        elif spec.on_done is not None:
            self._call(spec.on_done, answer)
        if spec.on_always is not None:
            self._call(spec.on_always, answer)
        return kept

    def raise_failure(self, input_error: BaseException | None) -> None:
        """Raises what has to be raised now that all that was sent is answered."""
        if self._callback_failure is not None:
            raise self._callback_failure
        if self._first is not None:
            raise self._first[1]
        if input_error is not None:
            raise input_error

    def _fail(self, index: int, error: BaseException) -> None:
        if self._first is None or index < self._first[0]:
            self._first = (index, error)
        self.stream.close_input()

    def _call(self, callback: Callback, *arguments: Any) -> None:
        if self._callback_failure is not None:
            return
        try:
            returned = callback(*arguments)
        except Exception as error:
            self.callback_failed(callback, error)
            return
        if inspect.isawaitable(returned):
            self.pending.append((callback, returned))

    def callback_failed(self, callback: Callback, error: Exception) -> None:
        """Takes note that a callback raised; no more are run, and no more is sent."""
        failure = callback_failure(callback, error, log_only=self.spec.continue_on_error)
        if failure is not None and self._callback_failure is None:
            self._callback_failure = failure
            self.stream.close_input()


def takes_two_arguments(callback: Callback | None) -> bool:
    """Whether `on_error` wants the exception beside the response."""
    if callback is None:
        return False
    try:
        parameters = inspect.signature(callback).parameters.values()
    except (TypeError, ValueError):
        return False
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in positional for parameter in parameters) >= 2


class Feeder:
    """Sends what a source gives: from memory by the caller's own thread, else from a helper thread."""

    def __init__(self, stream: CallStream, source: Source) -> None:
        self.error: BaseException | None = None
        self._stream = stream
        self._source = source
        self._batches: Iterator[DocumentArray | None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        if isinstance(source, MemorySource):
            self._batches = source.batches()

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing for `feed` to do right now."""
        return self._batches is None or not self._stream.has_room()

    def start_thread(self) -> None:
        """Starts to pull what is not in memory, so that a slow input holds nothing back."""
        if self._batches is not None:
            return
        pull = self._pull_async if isinstance(self._source, AsyncSource) else self._pull
        context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(pull,), name="tidegate-inputs", daemon=True
        ).start()

    def feed(self) -> None:
        """Sends a burst of what is in memory, as far as there is room."""
        batches, stream = self._batches, self._stream
        if batches is None:
            return
        try:
            for _ in range(BURST):
                if not stream.has_room():
                    break
                batch = next(batches, self)
                if batch is self or stream.send(batch) is None:  # type: ignore[arg-type]
                    self._end()
                    return
        except Exception as error:
            self.error = error
            self._end()
            return
        if stream.input_is_closed():
            self._end()

    def _end(self) -> None:
        self._batches = None
        self._stream.close_input()

    def _pull(self) -> None:
        stream = self._stream
        try:
            for batch in self._source.batches(stop=stream.input_is_closed):
                if not stream.wait_for_room() or stream.send(batch) is None:
                    break
        except BaseException as error:
            self.error = error
        finally:
            stream.close_input()

    def _pull_async(self) -> None:
        import asyncio

        async def main() -> None:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            await self.pull_async(None)

        try:
            asyncio.run(main())
        except asyncio.CancelledError:
            pass

    async def pull_async(self, room: asyncio.Event | None) -> None:
        """Sends what an async iterator gives; waits for `room` to be set where there is none."""
        stream = self._stream
        source = self._source
        assert isinstance(source, AsyncSource)
        try:
            async for batch in source.batches(stop=stream.input_is_closed):
                if room is None:
                    stream.wait_for_room()
                else:
                    while not stream.has_room() and not stream.input_is_closed():
                        room.clear()
                        await room.wait()
                if stream.send(batch) is None:
                    break
        except Exception as error:
            self.error = error
        finally:
            stream.close_input()

    def stop(self) -> None:
        """Ends an async input that runs in a loop of its own; a plain one ends at its next item."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(task.cancel)
            except RuntimeError:
                return


def run_blocking(channel: ClientChannel, spec: PostSpec) -> Result:
    """Runs a `post` on the calling thread and returns what came, in the order of the input."""
    source = open_source(spec.inputs, spec.request_size)
    stream = channel.open(spec, False)
    feeder = Feeder(stream, source)
    exchange = Exchange(spec, stream)
    kept: dict[int, Response] = {}
    try:
        feeder.start_thread()
        with Progress.of(spec.show_progress, source.requests) as progress:
            while True:
                feeder.feed()
                answers = stream.recv() if feeder.is_idle else stream.take()
                if answers is None:
                    break
                for index, answer in answers:
                    response = exchange.accept(index, answer)
                    if exchange.pending:
                        refuse_awaitables(exchange)
                    if response is not None and spec.returns:
                        kept[index] = response
                    progress.advance(answer)
    except BaseException:
        stream.cancel()
        raise
    finally:
        feeder.stop()
    exchange.raise_failure(feeder.error)
    return gather([kept[index] for index in sorted(kept)], spec) if spec.returns else None


def gather(responses: list[Response], spec: PostSpec) -> Result:
    """What `post` returns of its responses: themselves, or their Documents as one array."""
    if spec.return_responses:
        return responses
    if len(responses) == 1:
        return responses[0].docs
    docs = DocumentArray()
    for response in responses:
        docs.extend(response.docs)
    return docs


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

    loop = asyncio.get_running_loop()
    source = open_source(spec.inputs, spec.request_size)
    stream = channel.open(spec, True)
    feeder = Feeder(stream, source)
    exchange = Exchange(spec, stream)
    ready, room = asyncio.Event(), asyncio.Event()
    descriptor = stream.fileno()

    def on_readable() -> None:
        stream.acknowledge()
        ready.set()

    loop.add_reader(descriptor, on_readable)
    puller: asyncio.Task[None] | None = None
    finished = False
    try:
        if isinstance(source, AsyncSource):
            puller = loop.create_task(feeder.pull_async(room), name="tidegate-inputs")
        else:
            feeder.start_thread()
        with Progress.of(spec.show_progress, source.requests) as progress:
            while True:
                feeder.feed()
                answers = stream.take()
                if answers is None:
                    break
                room.set()
                if not answers:
                    if feeder.is_idle:
                        ready.clear()
                        await ready.wait()
                    else:
                        await asyncio.sleep(0)
                    continue
                for index, answer in answers:
                    response = exchange.accept(index, answer)
                    if exchange.pending:
                        await settle(exchange)
                    progress.advance(answer)
                    if response is not None:
                        yield response if spec.return_responses else response.docs
        finished = True
    finally:
        loop.remove_reader(descriptor)
        if not finished:
            stream.cancel()
        if puller is not None:
            puller.cancel()
            await asyncio.wait([puller])
    exchange.raise_failure(feeder.error)


async def settle(exchange: Exchange) -> None:
    """Awaits what `async def` callbacks have returned."""
    pending, exchange.pending = exchange.pending, []
    for callback, awaitable in pending:
        try:
            await awaitable
        except Exception as error:
            exchange.callback_failed(callback, error)
