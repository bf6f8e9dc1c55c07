"""`@requests`, and what a class's decorated methods amount to: its endpoints.

A method is marked by the decorator and looked at when its class is created, so that a signature no
request can fill is refused there, naming the method and what to write instead.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, overload

from tidegate.errors import ConfigError, HandlerNotSupportedError, HandlerSignatureError

F = TypeVar("F", bound=Callable[..., Any])

#: The endpoint that answers whatever no other one does.
DEFAULT = "/default"
#: What a handler can be given, by name.
ARGUMENTS = ("docs", "parameters", "docs_matrix", "docs_map", "tracing_context")

_MARK = "__tidegate_endpoints__"


@overload
def requests(func: F) -> F: ...


@overload
def requests(
    func: None = None,
    *,
    on: str | Iterable[str] | None = None,
    request_schema: Any = None,
    response_schema: Any = None,
) -> Callable[[F], F]: ...


def requests(
    func: Callable[..., Any] | None = None,
    *,
    on: str | Iterable[str] | None = None,
    request_schema: Any = None,
    response_schema: Any = None,
) -> Any:
    """Binds a method to endpoints: `@requests` to all that are left, `on=` to those named.

    An endpoint is matched as it is written: `on='x'` never answers a post to `/x`. The schemas are
    taken and have no effect: Documents carry their own types.

    >>> class Upper(Executor):
    ...     @requests(on=['/index', '/search'])
    ...     async def upper(self, docs, **kwargs):
    ...         for doc in docs:
    ...             doc.text = doc.text.upper()
    """
    names = _names(on)
    if func is None:
        return functools.partial(_mark, names=names)
    if isinstance(func, str):
        raise HandlerSignatureError(f"`@requests({func!r})`: write `@requests(on={func!r})`")
    return _mark(func, names=names)


def _names(on: str | Iterable[str] | None) -> tuple[str, ...]:
    names = (DEFAULT,) if on is None else (on,) if isinstance(on, str) else tuple(on)
    for name in names:
        if not isinstance(name, str) or not name:
            raise ConfigError(
                f"`@requests(on=...)` takes an endpoint or a list of them, not {name!r}"
            )
    if not names:
        raise ConfigError("`@requests(on=[])` names no endpoint")
    return names


def _mark(func: F, *, names: tuple[str, ...]) -> F:
    target: Any = func.__func__ if isinstance(func, (staticmethod, classmethod)) else func
    if not callable(target):
        raise HandlerSignatureError(f"`@requests` stands above a method, not above {func!r}")
    try:
        setattr(target, _MARK, (*getattr(target, _MARK, ()), *names))
    except AttributeError:
        raise HandlerSignatureError(
            f"`@requests` cannot mark {func!r}: wrap it in a method of the Executor"
        ) from None
    return func


class Handler(NamedTuple):
    """A method as the data path calls it."""

    #: The endpoint that it answers.
    endpoint: str
    #: The bound method; called with keywords.
    call: Callable[..., Any]
    #: Whether calling it gives a coroutine.
    is_async: bool
    #: Which of `ARGUMENTS` it can take.
    arguments: tuple[str, ...]


def collect(cls: type) -> dict[str, str]:
    """Gives endpoint → method name for a class, its parents' included; the nearest class wins.

    Methods are looked up by name, so one that a subclass overrides answers its parent's endpoints.
    """
    table: dict[str, str] = {}
    for owner in reversed(cls.__mro__):
        for name, value in vars(owner).items():
            target = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            for endpoint in getattr(target, _MARK, ()) if callable(target) else ():
                table[endpoint] = name
    return table


def check(cls: type) -> dict[str, str]:
    """Collects a class's endpoints, and refuses a method that no request can call."""
    table = collect(cls)
    for name in set(table.values()):
        inspect_handler(cls, name)
    return table


def bind(
    instance: object, table: Mapping[str, str], overrides: Mapping[str, str] | None = None
) -> dict[str, Handler]:
    """Binds an instance's methods to its endpoints; `overrides` re-binds only those it names."""
    bound = dict(table)
    for endpoint, name in (overrides or {}).items():
        if not isinstance(name, str) or not callable(getattr(instance, name, None)):
            raise ConfigError(
                f"`uses_requests` binds `{endpoint}` to {name!r}, which "
                f"`{type(instance).__name__}` has no method of"
            )
        bound[endpoint] = name
    handlers: dict[str, Handler] = {}
    turn = _Turn()
    for endpoint, name in bound.items():
        arguments, positional = inspect_handler(type(instance), name)
        method = getattr(instance, name)
        is_async = _is_async(method)
        if positional:
            method = functools.partial(_call_by_position, method, positional)
        if is_async and _hides_coroutine(method):
            method = functools.partial(_call_off_loop, method, turn)
        handlers[endpoint] = Handler(endpoint, method, is_async, arguments)
    return handlers


def inspect_handler(cls: type, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tells which arguments a method can take, and which of them by position only."""
    where = f"`{cls.__qualname__}.{name}`"
    raw = inspect.getattr_static(cls, name)
    method = getattr(cls, name)
    if _generates(method):
        raise HandlerNotSupportedError(
            f"{where} yields: streaming endpoints are to come; return the Documents instead"
        )
    try:
        parameters = list(inspect.signature(method).parameters.values())
    except ValueError:
        return ARGUMENTS[:2], ()
    own = not isinstance(raw, (staticmethod, classmethod)) and inspect.isroutine(raw)
    if own:
        if not parameters or parameters[0].kind not in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            inspect.Parameter.VAR_POSITIONAL,
        ):
            raise HandlerSignatureError(f"{where} takes no `self`: make it the first parameter")
        if parameters[0].kind is not inspect.Parameter.VAR_POSITIONAL:
            parameters = parameters[1:]
    names = {parameter.name for parameter in parameters}
    if "doc" in names and "docs" not in names:
        raise HandlerNotSupportedError(
            f"{where} takes `doc`: the singleton and streaming form is to come; "
            "take `docs` and go through them"
        )
    return _arguments(where, parameters)


def _arguments(
    where: str, parameters: list[inspect.Parameter]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    taken: set[str] = set()
    positional: list[str] = []
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            taken.update(ARGUMENTS)
        elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            continue
        elif parameter.name in ARGUMENTS:
            taken.add(parameter.name)
            if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
                positional.append(parameter.name)
        elif parameter.default is inspect.Parameter.empty:
            known = ", ".join(f"`{name}`" for name in ARGUMENTS)
            raise HandlerSignatureError(
                f"{where} requires `{parameter.name}`, which no request has: "
                f"rename it to one of {known}, give it a default, or take `**kwargs`"
            )
    return tuple(name for name in ARGUMENTS if name in taken), tuple(positional)


def _call_by_position(method: Callable[..., Any], positional: tuple[str, ...], **given: Any) -> Any:
    first = [given.pop(name) for name in positional]
    return method(*first, **given)


class _Turn:
    """Has an Executor's calls in other threads come one at a time, as those of sync methods do."""

    @functools.cached_property
    def lock(self) -> Any:
        import asyncio

        return asyncio.Lock()


async def _call_off_loop(method: Callable[..., Any], turn: _Turn, **given: Any) -> Any:
    """Calls what may run a coroutine itself (`asyncio.run`), or may hand it back to be awaited."""
    import asyncio

    async with turn.lock:
        result = await asyncio.to_thread(method, **given)
    return await result if inspect.isawaitable(result) else result


def _hides_coroutine(method: Any) -> bool:
    """Whether a plain function stands in front of an `async` one, by `functools.wraps`."""
    while isinstance(method, functools.partial):
        method = method.args[0] if method.func is _call_by_position else method.func
    return inspect.isroutine(method) and not inspect.iscoroutinefunction(method)


def _bare(method: Any) -> Any:
    """The function under `functools.partial`, decorators that say so, and callable instances."""
    while isinstance(method, functools.partial):
        method = method.func
    method = inspect.unwrap(method)
    if inspect.isroutine(method) or inspect.isclass(method):
        return method
    return inspect.getattr_static(type(method), "__call__", method)


def _is_async(method: Any) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.iscoroutinefunction(_bare(method))


def _generates(method: Any) -> bool:
    bare = _bare(method)
    return inspect.isgeneratorfunction(bare) or inspect.isasyncgenfunction(bare)
