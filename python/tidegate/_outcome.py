"""From a failed response, or a callback that raised, to the exception that says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidegate._tidegate import Header, Response


def bad_server(response: Response) -> BaseException:
    """Gives the exception for a failed response: a `BadServer`.

    Where the gateway itself refused the request, it is the class that stands for the reason, too.
    """
    from tidegate import errors

    header = response.header
    exception = header.status.exception
    if not exception.executor and exception.name:
        refusal = getattr(errors, exception.name, None)
        if isinstance(refusal, type) and issubclass(refusal, errors.TidegateError):
            return _refused(refusal)(header, describe(header))
    failure = errors.BadServer(header, describe(header))
    if exception.stacks:
        failure.add_note("".join(exception.stacks).rstrip())
    return failure


def describe(header: Header) -> str:
    """What failed in words: the exception, the Executor that raised it, and the endpoint."""
    status = header.status
    exception = status.exception
    what = status.description or f"{exception.name}({', '.join(exception.args)})"
    if exception.name and exception.name not in what:
        what = f"{exception.name}: {what}"
    where = f"Executor {exception.executor}, " if exception.executor else ""
    return f"{what} ({where}endpoint {header.exec_endpoint or '/'})"


_refused_classes: dict[type[BaseException], type[BaseException]] = {}


def _refused(refusal: type[BaseException]) -> type[BaseException]:
    from tidegate.errors import BadServer

    if issubclass(refusal, BadServer):
        return refusal
    if issubclass(BadServer, refusal):
        return BadServer
    made = _refused_classes.get(refusal)
    if made is None:
        body = {"__module__": refusal.__module__, "__doc__": refusal.__doc__}
        made = _refused_classes[refusal] = type(refusal.__name__, (BadServer, refusal), body)
    return made


def callback_failure(
    callback: Callable[..., Any], error: Exception, *, log_only: bool
) -> BaseException | None:
    """The exception for a callback that raised; `None` where it is only to be logged."""
    name = getattr(callback, "__name__", repr(callback))
    message = f"the callback {name}() raised {error!r}"
    if log_only:
        _logger().error(message, exc_info=error)
        return None
    from tidegate.errors import BadClientCallback

    failure = BadClientCallback(message)
    failure.__cause__ = error
    return failure


def report(response: Response) -> None:
    """Logs a failed response that the caller has asked to go on after."""
    _logger().error("%s", bad_server(response))


def _logger() -> Any:
    import logging

    return logging.getLogger("tidegate.client")
