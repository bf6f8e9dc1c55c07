"""What Executors say to tracing and metrics, to nobody yet: so that their code runs unchanged."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    F = TypeVar("F", bound=Callable[..., Any])


@overload
def monitor(func: F) -> F: ...


@overload
def monitor(
    func: None = None, *, name: str | None = None, documentation: str | None = None
) -> Callable[[F], F]: ...


def monitor(
    func: Callable[..., Any] | None = None,
    *,
    name: str | None = None,
    documentation: str | None = None,
) -> Any:
    """Marks a method to be timed; there are no metrics yet, so it stays as it is."""
    return func if func is not None else _as_it_is


def _as_it_is(func: Callable[..., Any]) -> Callable[..., Any]:
    return func


class Silent:
    """A span, an instrument or a provider to whom everything may be said."""

    def is_recording(self) -> bool:
        """Tells that nobody listens."""
        return False

    def __getattr__(self, name: str) -> Callable[..., Silent]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._answer

    def _answer(self, *_args: Any, **_kwargs: Any) -> Silent:
        return self

    def __enter__(self) -> Silent:
        return self

    def __exit__(self, *_error: object) -> None:
        return None


class Tracer(Silent):
    """A tracer whose spans go nowhere."""

    @contextlib.contextmanager
    def start_as_current_span(self, *_args: Any, **_kwargs: Any) -> Iterator[Silent]:
        """Gives a span; also a decorator."""
        yield Silent()
