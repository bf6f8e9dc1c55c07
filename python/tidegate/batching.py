"""`@dynamic_batching`, and how `uses_dynamic_batching` changes what it says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar, overload

from tidegate._tidegate import nearest
from tidegate.errors import ConfigError, HandlerSignatureError

F = TypeVar("F", bound=Callable[..., Any])
#: What a Document weighs.
Metric = Callable[[Any], float]

_MARK = "__tidegate_batching__"
_MOST = 2**32 - 1


class Batching(NamedTuple):
    """How requests to an endpoint are batched, as the data path takes it."""

    preferred_batch_size: int
    #: Milliseconds.
    timeout: float = 10_000
    flush_all: bool = False
    metric: Metric | None = None


@overload
def dynamic_batching(func: F) -> F: ...


@overload
def dynamic_batching(
    func: None = None,
    *,
    preferred_batch_size: int | None = None,
    timeout: float = 10_000,
    flush_all: bool = False,
    custom_metric: Metric | None = None,
    use_custom_metric: bool = False,
    use_dynamic_batching: bool = True,
) -> Callable[[F], F]: ...


def dynamic_batching(
    func: Callable[..., Any] | None = None,
    *,
    preferred_batch_size: int | None = None,
    timeout: float = 10_000,
    flush_all: bool = False,
    custom_metric: Metric | None = None,
    use_custom_metric: bool = False,
    use_dynamic_batching: bool = True,
) -> Any:
    """Has a method handle the Documents of several requests in one call.

    Requests to the same endpoint with the same parameters wait for one another, in the worker. The
    method is given their Documents as one DocumentArray, no more than `preferred_batch_size` at
    once, and returns None or a DocumentArray of as many; each request gets its own back. An
    exception goes to the requests that had a Document in that call. Stands above or below
    `@requests`.

    Args:
        func: the method, where the decorator is written without arguments.
        preferred_batch_size: a batch closes when so many Documents wait, and has no more of them.
            Has to be given here or in `uses_dynamic_batching`.
        timeout: milliseconds that a request waits for company at the most. Default 10,000. A batch
            closes earlier where a request in it would miss its deadline.
        flush_all: a batch that closes is everything that waits, however much. Default False.
        custom_metric: called with each Document when it comes, on the event loop; gives a number
            from 0 on that counts instead of 1.
        use_custom_metric: whether `custom_metric` is used. Default False.
        use_dynamic_batching: False turns batching off. Default True.

    >>> class Encoder(Executor):
    ...     @requests(on='/encode')
    ...     @dynamic_batching(preferred_batch_size=32, timeout=5)
    ...     def encode(self, docs, **kwargs):
    ...         docs.embeddings = self.model(docs.texts)
    """
    said = {
        "preferred_batch_size": preferred_batch_size,
        "timeout": timeout,
        "flush_all": flush_all,
        "custom_metric": custom_metric,
        "use_custom_metric": use_custom_metric,
        "use_dynamic_batching": use_dynamic_batching,
    }
    if func is None:
        return functools.partial(_mark, said=said)
    return _mark(func, said=said)


_KEYS = frozenset(
    (
        "preferred_batch_size",
        "timeout",
        "flush_all",
        "custom_metric",
        "use_custom_metric",
        "use_dynamic_batching",
    )
)


def _mark(func: F, *, said: Mapping[str, Any]) -> F:
    target: Any = func.__func__ if isinstance(func, (staticmethod, classmethod)) else func
    if not callable(target):
        raise HandlerSignatureError(f"`@dynamic_batching` stands above a method, not {func!r}")
    if said["preferred_batch_size"] is not None:
        _resolve(f"`@dynamic_batching` of `{target.__qualname__}`", said)
    try:
        setattr(target, _MARK, dict(said))
    except AttributeError:
        raise HandlerSignatureError(
            f"`@dynamic_batching` cannot mark {func!r}: wrap it in a method of the Executor"
        ) from None
    return func


def resolve(
    cls: type, bound: Mapping[str, str], config: Mapping[str, Any] | None
) -> dict[str, Batching]:
    """Gives the batching of each endpoint that has some.

    `bound` is endpoint → method name. `config` is keyed by endpoint or by method name, the endpoint
    wins; a setting that it leaves out is the decorator's.
    """
    config = {} if config is None else config
    _check_keys(cls, bound, config)
    found: dict[str, Batching] = {}
    for endpoint, name in bound.items():
        marked = _marked(cls, name)
        told = [config[key] for key in (name, endpoint) if key in config]
        if marked is None and not told:
            continue
        said = dict(marked or {})
        for settings in told:
            said.update(settings)
        where = f"dynamic batching of `{cls.__qualname__}.{name}`, endpoint `{endpoint}`"
        if (batching := _resolve(where, said)) is not None:
            found[endpoint] = batching
    return found


def _marked(cls: type, name: str) -> dict[str, Any] | None:
    """What the nearest class says of its method `name`."""
    for owner in cls.__mro__:
        value = vars(owner).get(name)
        target = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
        if (said := getattr(target, _MARK, None)) is not None:
            return dict(said)
    return None


def _check_keys(cls: type, bound: Mapping[str, str], config: Mapping[str, Any]) -> None:
    if not isinstance(config, Mapping):
        raise ConfigError(
            f"`uses_dynamic_batching` of `{cls.__qualname__}` is a dict of endpoints, "
            f"not {config!r}"
        )
    known = {*bound, *bound.values()}
    for key, settings in config.items():
        if key not in known:
            raise ConfigError(
                f"`uses_dynamic_batching` names `{key}`, and `{cls.__qualname__}` has no endpoint "
                f"or method of that name{_nearest(str(key), known)}"
            )
        if not isinstance(settings, Mapping):
            raise ConfigError(
                f"`uses_dynamic_batching` of `{key}` is a dict such as "
                f"{{'preferred_batch_size': 32, 'timeout': 5}}, not {settings!r}"
            )
        for setting in settings:
            if setting not in _KEYS:
                raise ConfigError(
                    f"`uses_dynamic_batching` of `{key}` has no setting "
                    f"`{setting}`{_nearest(str(setting), _KEYS)}"
                )


def _nearest(written: str, known: Iterable[str]) -> str:
    options = sorted(known)
    near = nearest(written, options)
    if near is not None:
        return f": did you mean `{near}`?"
    return f"; there is {', '.join(f'`{name}`' for name in options)}"


def _resolve(where: str, said: Mapping[str, Any]) -> Batching | None:
    """Checks what is said of one endpoint; None where batching is turned off."""
    if not said.get("use_dynamic_batching", True):
        return None
    size = said.get("preferred_batch_size")
    if size is None:
        raise ConfigError(f"{where}: give `preferred_batch_size`, the Documents of a batch")
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= _MOST:
        raise ConfigError(f"{where}: `preferred_batch_size` is an int from 1 on, not {size!r}")
    timeout = said.get("timeout", 10_000)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout >= 0:
        raise ConfigError(f"{where}: `timeout` is milliseconds from 0 on, not {timeout!r}")
    metric = said.get("custom_metric") if said.get("use_custom_metric") else None
    if said.get("use_custom_metric") and not callable(metric):
        raise ConfigError(
            f"{where}: `use_custom_metric` needs a `custom_metric`, a function of a Document"
        )
    return Batching(size, float(timeout), bool(said.get("flush_all", False)), metric)
