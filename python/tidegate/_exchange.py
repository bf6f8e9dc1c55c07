"""One `post` from its arguments to its outcome, apart from how its answers are waited for."""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidegate._feeder import Feeder
from tidegate._inputs import MemorySource, open_source
from tidegate._outcome import bad_server, callback_failure, report
from tidegate._tidegate import DocumentArray
from tidegate.errors import OptionTypeError

if TYPE_CHECKING:
    from tidegate._tidegate import CallStream, ClientChannel, Response

Callback = Callable[..., Any]
Result = DocumentArray | list["Response"] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Backoff:
    """How often a request is sent while nobody answers, and how long the pauses are, in seconds."""

    attempts: int = 1
    initial: float = 0.5
    most: float = 2.0
    multiplier: float = 1.5

    def pause(self, failed: int) -> float:
        """The pause after the attempt number `failed`, counted from 1."""
        return float(min(self.most, self.initial * self.multiplier ** (failed - 1)))


@dataclasses.dataclass(frozen=True, slots=True)
class PostSpec:
    """The arguments of one `post`, checked and complete.

    The native side reads `on`, `target_executor`, `parameters`, `prefetch`, `window`, `timeout`,
    `results_in_order`, `metadata`, `compression` and `stream` from it.
    """

    on: str
    inputs: Any = None
    on_done: Callback | None = None
    on_error: Callback | None = None
    on_always: Callback | None = None
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
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

    def __post_init__(self) -> None:
        """Refuses values of a wrong type, by name."""
        if not isinstance(self.on, str):
            raise OptionTypeError(f"`on` is an endpoint such as '/index', not {self.on!r}")
        for name in ("on_done", "on_error", "on_always"):
            callback = getattr(self, name)
            if callback is not None and not callable(callback):
                raise OptionTypeError(f"`{name}` is called with each response, not {callback!r}")
        if not isinstance(self.request_size, int):
            raise OptionTypeError(f"`request_size` is a whole number, not {self.request_size!r}")
        if self.prefetch is not None and not (
            isinstance(self.prefetch, int) and self.prefetch >= 0
        ):
            raise OptionTypeError(f"`prefetch` is a whole number, 0 or more, not {self.prefetch!r}")
        if self.timeout is not None and not isinstance(self.timeout, (int, float)):
            raise OptionTypeError(f"`timeout` is a number of seconds, not {self.timeout!r}")

    @property
    def returns(self) -> bool:
        """Whether the blocking `post` gives back what came: where no callback takes it."""
        return self.on_done is None and self.on_always is None


class Exchange:
    """The course of one `post`: what has been answered, what failed, and what to raise."""

    stream: CallStream
    feeder: Feeder

    def __init__(self, channel: ClientChannel, spec: PostSpec) -> None:
        self.spec = spec
        self.source = open_source(spec.inputs, spec.request_size)
        self.pending: list[tuple[Callback, Any]] = []
        self._channel = channel
        self._attempt = 0
        self._answered: set[int] = set()
        self._places: list[int] | None = None
        self._first: tuple[int, BaseException] | None = None
        self._callback_failure: BaseException | None = None
        self._keeps_count = spec.retry.attempts > 1 and isinstance(self.source, MemorySource)
        self._two_argument_error = takes_two_arguments(spec.on_error)
        self._deadline = None if spec.timeout is None else time.monotonic() + spec.timeout

    def open(self, *, watched: bool) -> CallStream:
        """Opens the stream of the next attempt, for what has no answer yet."""
        spec = self.spec
        if self._attempt and self._deadline is not None:
            left = max(0.0, self._deadline - time.monotonic())
            spec = dataclasses.replace(spec, timeout=left)
        self.stream = self._channel.open(spec, watched)
        source = self.source
        if self._attempt and isinstance(source, MemorySource):
            self._places = [p for p in range(source.requests) if p not in self._answered]
            source = source.only(self._places)
        self.feeder = Feeder(self.stream, source)
        self._attempt += 1
        return self.stream

    def pause(self, error: BaseException) -> float:
        """Gives the seconds until the next attempt; raises after the last one."""
        retry = self.spec.retry
        if self._attempt >= retry.attempts or not self._keeps_count:
            raise self._first[1] if self._first is not None else error
        return retry.pause(self._attempt)

    def accept(self, index: int, answer: Response | BaseException) -> tuple[int, Response | None]:
        """Takes an answer and runs its callbacks.

        Returns:
            Its place in the input, and the answer where the caller is to have it.
        """
        if self._places is not None:
            index = self._places[index]
        if isinstance(answer, BaseException):
            self._fail(index, answer)
            return index, None
        if self._keeps_count:
            self._answered.add(index)
        kept: Response | None = answer
        spec = self.spec
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
        return index, kept

    def raise_failure(self) -> None:
        """Raises what has to be raised now that all that was sent is answered."""
        if self._callback_failure is not None:
            raise self._callback_failure
        if self._first is not None:
            raise self._first[1]
        if self.feeder.error is not None:
            raise self.feeder.error

    def callback_failed(self, callback: Callback, error: Exception) -> None:
        """Takes note that a callback raised: no more are run, and no more is sent."""
        failure = callback_failure(callback, error, log_only=self.spec.continue_on_error)
        if failure is not None and self._callback_failure is None:
            self._callback_failure = failure
            self.stream.close_input()

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
        if returned is not None and inspect.isawaitable(returned):
            self.pending.append((callback, returned))


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
