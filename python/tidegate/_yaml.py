"""Descriptions in YAML: found, read, and made into what `.add` and its like take."""

from __future__ import annotations

import contextvars
import enum
import io
import os
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tidegate.errors import BadConfigSource, ConfigError, NotSupportedError, TidegateError
from tidegate.options import Place, resolve

#: A description: a path, a text, an open file, or the mapping that a text would give.
Source = Any


def load(
    kind: str,
    source: Source,
    *,
    context: Mapping[str, Any] | None = None,
    env: Mapping[str, Any] | None = None,
    substitute: bool = True,
    search: object = None,
) -> dict[str, Any]:
    """Gives a description, checked.

    Args:
        kind: `flow`, `deployment`, `executor`, `gateway`.
        source: A path, a text, an open file or a dict.
        context: What `${{ CONTEXT.X }}` and `${{ X }}` stand for.
        env: Environment variables, before the process's own.
        substitute: Otherwise `${{ }}` stays as it is.
        search: More folders in which files are looked for.
    """
    from tidegate._tidegate import load_yaml

    folders = [str(folder) for folder in _listed(search)]
    text, name, folder = _read(source, [os.getcwd(), *folders])
    beside = [] if folder is None else [folder]
    loaded: dict[str, Any] = load_yaml(
        text,
        kind=kind,
        name=name,
        search=list(dict.fromkeys([*beside, os.getcwd(), *folders])),
        context=dict(context or {}) if substitute else None,
        env={str(key): str(value) for key, value in (env or {}).items()},
    )
    return loaded


def describes(uses: object) -> bool:
    """Tells whether `uses` is a description rather than a class or its name."""
    if isinstance(uses, Mapping):
        return True
    return isinstance(uses, str) and (_is_path(uses) or _is_text(uses))


def expand(built: dict[str, Any]) -> dict[str, Any]:
    """Gives the keywords with a `uses` that is a description put in its parts.

    What the keywords say themselves goes before what the description says.
    """
    built = {**built, "described": True} if _of_file.get() else dict(built)
    for option in ("uses", "uses_before", "uses_after"):
        if describes(built.get(option)):
            built[option] = _loaded(option, built)
    found = built.get("uses")
    if not isinstance(found, Mapping):
        return built
    given = {name: value for name, value in parts(found, built).items() if value}
    given = resolve(Place.ADD, given)
    return {**built, "uses": found["jtype"], **given, "described": True}


def _loaded(option: str, built: Mapping[str, Any]) -> dict[str, Any]:
    env, search = built.get("env"), built.get("extra_search_paths")
    try:
        return load("executor", built[option], env=env, search=search)
    except TidegateError as error:
        raise type(error)(f"`{option}`: {error}") from error


def without_jinas(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what Jina's `load_config` takes beside options, and is of no use here."""
    jinas = {"allow_py_modules", "runtime_args", "include_gateway", "noblock_on_start", "needs"}
    return {name: value for name, value in kwargs.items() if name not in jinas}


def parts(found: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Gives what an Executor's description says, as keywords; those of `over` go before it."""
    metas = dict(found.get("metas") or {})
    modules = [*_listed(found.get("py_modules")), *_listed(metas.pop("py_modules", None))]
    said = {
        "uses_with": found.get("with"),
        "uses_metas": metas,
        "uses_requests": found.get("requests"),
        "uses_dynamic_batching": found.get("dynamic_batching"),
    }
    merged: dict[str, Any] = {
        name: {**(value or {}), **(over.get(name) or {})} for name, value in said.items()
    }
    merged["py_modules"] = list(dict.fromkeys([*modules, *_listed(over.get("py_modules"))]))
    return merged


_of_file: contextvars.ContextVar[bool] = contextvars.ContextVar("tidegate_of_file", default=False)


@contextmanager
def described() -> Iterator[None]:
    """Says that what is added meanwhile is described in a file."""
    token = _of_file.set(True)
    try:
        yield
    finally:
        _of_file.reset(token)


@contextmanager
def placed(at: str) -> Iterator[None]:
    """Puts the place in a file before what is said about it, errors and warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        except TidegateError as error:
            raise type(error)(f"{at}: {error}") from error
    for each in caught:
        warnings.warn(f"{at}: {each.message}", each.category, stacklevel=5)


def make_flow(cls: Any, found: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
    """Makes the Flow of a checked description; mistakes are told with their place in the file."""
    with placed(found["at"]):
        flow = cls(**given)
    for each in found["executors"]:
        with placed(each["at"]), described():
            getattr(flow, each["method"])(**each["options"], copy_flow=False)
    gateway = found["gateway"]
    if gateway is not None:
        with placed(gateway["at"]):
            flow.config_gateway(**gateway["options"], copy_flow=False)
    return flow


def written(jtype: str, given: Mapping[str, Any], executors: Iterable[Mapping[str, Any]]) -> str:
    """Gives the YAML of a Flow: `given` is what it was told, `executors` what `.add` was."""
    from tidegate._tidegate import dump_yaml

    said: dict[str, Any] = {"jtype": jtype, "version": "1"}
    if given:
        said["with"] = _plain(given)
    if jtype == "Flow":
        said["executors"] = [_plain(each) for each in executors]
    try:
        return str(dump_yaml(said))
    except ValueError as error:
        raise ConfigError(f"it cannot be saved: {error}") from None


def written_executor(cls: type, given: Mapping[str, Any]) -> str:
    """Gives the YAML of an Executor: `given` is what its constructor was handed over."""
    from tidegate._tidegate import dump_yaml

    said: dict[str, Any] = {"jtype": _plain(cls), "with": given.get("with")}
    said |= {name: given.get(name) for name in ("metas", "requests", "dynamic_batching")}
    try:
        return str(dump_yaml({name: _plain(value) for name, value in said.items() if value}))
    except ValueError as error:
        raise ConfigError(f"it cannot be saved: {error}") from None


def _plain(value: Any) -> Any:
    """Gives a value of the kinds that YAML has; a class becomes its name."""
    if isinstance(value, Mapping):
        return {_plain(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(each) for each in value]
    if isinstance(value, type):
        inner = value.__module__ in ("__main__", "__mp_main__")
        return value.__qualname__ if inner else f"{value.__module__}.{value.__qualname__}"
    if isinstance(value, types.SimpleNamespace):
        return _plain(vars(value))
    if isinstance(value, enum.Enum):
        return value.name
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _read(source: Source, folders: list[str]) -> tuple[Any, str, str | None]:
    """Gives the text or the mapping, what messages call it, and the folder that it lies in."""
    if isinstance(source, Mapping):
        return dict(source), "(dict)", None
    if isinstance(source, io.IOBase) or hasattr(source, "read"):
        text = source.read()
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else "(stream)"
        folder = os.path.dirname(os.path.abspath(name)) if os.path.exists(name) else None
        return text.decode() if isinstance(text, bytes) else text, name, folder
    if isinstance(source, str) and not _is_path(source) and _is_text(source):
        return source, "(text)", None
    if not isinstance(source, (str, os.PathLike)):
        raise ConfigError(f"a description is a path, a text, a file or a dict, not {source!r}")
    path = os.fspath(source)
    if "://" in path:
        raise NotSupportedError(f"`{path}`: only files of this machine are loaded")
    for folder in folders:
        whole = os.path.join(folder, os.path.expanduser(path))
        if os.path.isfile(whole):
            with open(whole, encoding="utf-8") as file:
                try:
                    return file.read(), path, os.path.dirname(os.path.abspath(whole))
                except UnicodeDecodeError as error:
                    raise ConfigError(f"`{path}` is no text in UTF-8: {error}") from None
    raise BadConfigSource(f"there is no file `{path}`; looked in {', '.join(folders)}")


def _is_path(text: str) -> bool:
    return "\n" not in text and text.endswith((".yml", ".yaml", ".json"))


def _is_text(text: str) -> bool:
    start = text.lstrip()
    return "\n" in text or start.startswith(("{", "!", "jtype:"))


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple, set)) else [value]
