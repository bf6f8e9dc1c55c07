"""What a worker does with its spec: the class, loaded and constructed."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import os
import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.errors import BadConfigSource, ConfigError
from tidegate.executor import Executor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def load(settings: Mapping[str, Any], blob: bytes) -> Executor:
    """Constructs the Executor that `settings` and `blob`, its pickle, describe.

    Whatever user code raises leaves as it is, with a note of the step that failed.
    """
    name = settings.get("name") or "executor"
    _settle(settings)
    with _step(f"{name}: while its class was loaded"):
        content = pickle.loads(blob)
        modules = import_modules(settings)
        reference = settings.get("uses_ref")
        cls = find_class(reference, modules) if reference else content["cls"]
    with _step(f"{name}: while `{cls.__name__}` was constructed"):
        return construct(cls, settings, content)


def construct(cls: type, settings: Mapping[str, Any], content: Mapping[str, Any]) -> Executor:
    """Makes an instance of `cls` for one replica."""
    if not (isinstance(cls, type) and issubclass(cls, Executor)):
        raise ConfigError(f"`uses` names an Executor's class, not {cls!r}")
    metas = dict(content.get("uses_metas") or {})
    runtime_args = {
        "name": settings.get("pod"),
        "workspace": settings.get("workspace"),
        "shard_id": settings.get("shard_id", 0),
        "shards": settings.get("shards", 1),
        "replicas": settings.get("replicas", 1),
        "replica_id": settings.get("replica", 0),
        "allow_concurrent": bool(settings.get("allow_concurrent")),
        "provider": "NONE",
        "provider_endpoint": None,
        "metrics_registry": None,
        "tracer_provider": None,
        "meter_provider": None,
    }
    context = {
        "metas": metas,
        "requests": content.get("uses_requests"),
        "dynamic_batching": content.get("uses_dynamic_batching"),
        "runtime_args": runtime_args,
    }
    executor = cls._construct(content.get("uses_with") or {}, context)
    # What `uses_requests` names is looked at now, not at the first request.
    executor._check_handlers()
    return executor


def construct_described(
    parts: Mapping[str, Any], jtype: str, runtime_args: Mapping[str, Any] | None
) -> Executor:
    """Makes the instance that a description in YAML asks for, in this process."""
    from tidegate._spec import find_subclass

    modules = import_modules(parts)
    cls: Any = find_class(jtype, modules) if modules else find_subclass(jtype)
    if isinstance(cls, str):
        cls = find_class(cls)
    if not issubclass(cls, Executor):
        raise ConfigError(f"`jtype: {jtype}` names no Executor's class")
    context = {
        "metas": parts["uses_metas"],
        "requests": parts["uses_requests"],
        "dynamic_batching": parts["uses_dynamic_batching"],
        "runtime_args": dict(runtime_args or {}),
    }
    handed = {name: value for name, value in context.items() if value}
    executor: Executor = cls._construct(parts["uses_with"], handed)
    executor._check_handlers()
    return executor


def find_class(reference: str, modules: list[Any] | None = None) -> type:
    """Gives the class that `module.Class` names, or `Class` of one of `modules`."""
    path, _, qualname = reference.replace(":", ".").rpartition(".")
    if not path:
        for module in modules or ():
            if isinstance(found := getattr(module, qualname, None), type):
                return found
        raise BadConfigSource(
            f"`uses={reference!r}`: no Executor of that name; give its class or `module.Class`"
        )
    found = getattr(importlib.import_module(path), qualname, None)
    if not isinstance(found, type):
        raise BadConfigSource(f"`uses={reference!r}`: module `{path}` has no class `{qualname}`")
    return found


def _settle(settings: Mapping[str, Any]) -> None:
    """Puts the worker where its parent is: the path, the directory, the aliases."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # The terminal sees a line as it is printed, pipe or not.
            stream.reconfigure(line_buffering=True)
    if settings.get("sys_path"):
        sys.path[:] = settings["sys_path"]
        importlib.invalidate_caches()
    if settings.get("cwd"):
        os.chdir(settings["cwd"])
    if settings.get("alias"):
        from tidegate._alias import spawned

        spawned.follow()


def import_modules(settings: Mapping[str, Any]) -> list[Any]:
    """Imports what `py_modules` names."""
    return [_import_file(path) for path in settings.get("py_modules") or ()]


def _import_file(path: str) -> Any:
    """Imports a file or a package under its own name, as `py_modules` asks; or a module by name."""
    file = Path(path).absolute()
    if file.is_dir():
        file /= "__init__.py"
    elif not file.exists() and all(part.isidentifier() for part in path.split(".")):
        return importlib.import_module(path)
    name = file.parent.name if file.name == "__init__.py" else file.stem
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise BadConfigSource(f"`py_modules` names `{path}`, which is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _step(said: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        error.add_note(f"({said})")
        raise
