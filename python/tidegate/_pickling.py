"""How an Executor's class leaves the parent: by reference where a worker finds it, else by value.

The pickle crosses only the inherited channel, from the parent to a child that it has just started.
"""

from __future__ import annotations

import collections
import importlib.machinery
import io
import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from typing import Any

from tidegate.errors import RuntimeFailToStart

_PLAIN = (str, bytes, int, float, bool, type(None))


def dumps(name: str, cls: type | None, settings: Mapping[str, Any]) -> bytes:
    """Pickles what the worker `name` is to construct: the class and `uses_with` and the like."""
    content = {"cls": cls, **settings}
    if (cls is None or is_importable(cls)) and all(map(_is_plain, settings.values())):
        # The common case without cloudpickle, whose import takes longer than the rest.
        return pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    import cloudpickle

    module = None if cls is None else sys.modules.get(cls.__module__)
    by_value = module is not None and not _module_is_found(module.__name__)
    if by_value and module is not None:
        cloudpickle.register_pickle_by_value(module)
    try:
        file = io.BytesIO()
        _keeping_filenames(cloudpickle.Pickler)(file, pickle.HIGHEST_PROTOCOL).dump(content)
    except Exception as error:
        raise RuntimeFailToStart(_explain(name, cls, settings, error)) from None
    finally:
        if by_value and module is not None:
            cloudpickle.unregister_pickle_by_value(module)
    return file.getvalue()


def _keeping_filenames(pickler: Any) -> Any:
    """A pickler like `pickler` whose code travels with the name of its file, for tracebacks.

    Since 3.1 cloudpickle puts a mark of its own in the place of that name.
    """
    table = pickler.dispatch_table
    reduce = table.get(types.CodeType)
    if reduce is None:
        return pickler

    def reduce_code(code: types.CodeType) -> Any:
        make, arguments, *rest = reduce(code)
        kept = (code.co_filename if _is_mark(each) else each for each in arguments)
        return make, tuple(kept), *rest

    both = collections.ChainMap({types.CodeType: reduce_code}, table)
    return type("Pickler", (pickler,), {"dispatch_table": both})


def _is_mark(argument: object) -> bool:
    return isinstance(argument, str) and argument == "<dynamic-code>"


def is_importable(cls: type) -> bool:
    """Tells whether a worker finds the class by its module's name."""
    if cls.__module__ in ("__main__", "__mp_main__") or not _module_is_found(cls.__module__):
        return False
    found: Any = sys.modules.get(cls.__module__)
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is cls


def _module_is_found(name: str) -> bool:
    """Whether a fresh interpreter with this `sys.path` would find the module."""
    if name in ("__main__", "__mp_main__"):
        return True  # cloudpickle takes these by value by itself
    if name in sys.builtin_module_names or name not in sys.modules:
        return True
    path: Any = None
    parts = name.split(".")
    for depth in range(len(parts)):
        whole = ".".join(parts[: depth + 1])
        spec = importlib.machinery.PathFinder.find_spec(whole, path)
        if spec is None:
            # Another importer's, such as an editable install's: the worker has it too.
            return depth == 0 and _has_own_importer(whole)
        if depth + 1 == len(parts):
            return _same_file(spec, sys.modules[name])
        path = spec.submodule_search_locations
    return True


def _same_file(spec: importlib.machinery.ModuleSpec, module: types.ModuleType) -> bool:
    """Whether what would be found is what was imported, and not another module of that name."""
    loaded = getattr(module, "__file__", None)
    return loaded is None or spec.origin is None or spec.origin == loaded


def _has_own_importer(name: str) -> bool:
    for finder in sys.meta_path:
        find = getattr(finder, "find_spec", None)
        if finder is importlib.machinery.PathFinder or find is None:
            continue
        if find(name, None, None) is not None:
            return True
    return False


def _is_plain(value: object) -> bool:
    if type(value) in (list, tuple, dict):
        items = [*value, *value.values()] if isinstance(value, dict) else list(value)  # type: ignore[call-overload]
        return all(map(_is_plain, items))
    return type(value) in _PLAIN


def _explain(name: str, cls: type | None, settings: Mapping[str, Any], error: Exception) -> str:
    called = "its settings" if cls is None else f"`{cls.__qualname__}`"
    lead = f"{name} did not start: {called} cannot travel to a worker"
    for what, value, fix in _suspects(cls, settings):
        reason = _why_not(value)
        if reason is not None:
            return f"{lead}: {what} cannot be pickled ({reason}); {fix}"
    return f"{lead}: {error}; make in `__init__` what cannot be pickled, or use `inline=True`"


def _why_not(value: object) -> str | None:
    import cloudpickle

    try:
        cloudpickle.dumps(value)
    except Exception as error:
        return str(error)
    return None


def _suspects(cls: type | None, settings: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    """Goes through what travels along, the most telling first: what it is, itself, what to do."""
    for key, values in settings.items():
        for option, value in (values or {}).items() if isinstance(values, Mapping) else ():
            yield (
                f"`{key}[{option!r}]`",
                value,
                "give what it is made of, and make it in `__init__`",
            )
    fix = "make it in `__init__`, or use `inline=True`"
    for owner in () if cls is None else cls.__mro__[:-1]:
        if owner.__module__.partition(".")[0] == "tidegate" or is_importable(owner):
            continue
        for attribute, value in vars(owner).items():
            function = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            if not isinstance(function, types.FunctionType):
                if not attribute.startswith("__"):
                    yield f"its attribute `{attribute}`", value, fix
                continue
            where = f"of its method `{attribute}`"
            for variable, held in _held(function):
                yield f"the variable `{variable}` {where}", held, fix


def _held(function: types.FunctionType) -> Iterator[tuple[str, object]]:
    """The variables from outside that a function uses, closures first."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not filled yet
            continue
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes.extend(const for const in code.co_consts if isinstance(const, types.CodeType))
        for name in code.co_names:
            if name in function.__globals__:
                yield name, function.__globals__[name]
