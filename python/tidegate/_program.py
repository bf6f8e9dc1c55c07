"""Runs a program as its interpreter would: as `__main__`, with its own `sys.argv` and path."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import os
import sys
import types
from typing import Any


def run_file(path: str, arguments: list[str]) -> int:
    """Runs a file, or a directory or archive with a `__main__.py`."""
    sys.argv[:] = [path, *arguments]
    if os.path.isdir(path) or path.endswith((".zip", ".pyz")):
        _put_first(os.path.abspath(path))
        spec = importlib.machinery.PathFinder.find_spec("__main__", [os.path.abspath(path)])
        if spec is None:
            return _cannot(f"can't find '__main__' module in {os.path.abspath(path)!r}", 1)
        return _run_spec(spec, package="")
    whole = os.path.abspath(path)
    try:
        with io.open_code(whole) as file:
            source = file.read()
    except OSError as error:
        said = f"can't open file {whole!r}: [Errno {error.errno}] {error.strerror}"
        return _cannot(said, 2)
    _put_first(os.path.dirname(os.path.realpath(path)))
    module = _new_main(
        {"__file__": whole, "__cached__": None, "__spec__": None, "__package__": None}
    )
    loader = importlib.machinery.SourceFileLoader("__main__", whole)
    module.__loader__ = loader
    return _execute(lambda: loader.source_to_code(source, whole), module)


def run_module(name: str, arguments: list[str]) -> int:
    """Runs a module, or the `__main__` of a package."""
    sys.argv[:] = ["-m", *arguments]
    _put_first(os.getcwd())
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            package, spec = name, importlib.util.find_spec(f"{name}.__main__")
            if spec is None:
                said = f"No module named {package}.__main__; "
                return _cannot(
                    said + f"{package!r} is a package and cannot be directly executed", 1
                )
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        spec = None
    except (ValueError, AttributeError) as error:
        return _cannot(f"Error while finding module specification for {name!r} ({error})", 1)
    if spec is None or spec.loader is None:
        return _cannot(f"No module named {name}", 1)
    if spec.origin is not None:
        sys.argv[0] = spec.origin
    return _run_spec(spec, package=spec.parent)


def _run_spec(spec: importlib.machinery.ModuleSpec, *, package: str | None) -> int:
    loader: Any = spec.loader
    if not hasattr(loader, "get_code"):
        return _cannot(f"No code object available for {spec.name}", 1)
    module = _new_main(
        {
            "__file__": spec.origin,
            "__cached__": spec.cached,
            "__spec__": spec,
            "__package__": package,
            "__loader__": loader,
        }
    )
    return _execute(lambda: loader.get_code(spec.name), module)


def _new_main(names: dict[str, Any]) -> types.ModuleType:
    module = types.ModuleType("__main__")
    module.__dict__.update(names)
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    return module


def _execute(code: Any, module: types.ModuleType) -> int:
    try:
        compiled = code()
        if compiled is None:
            return _cannot(f"No code object available for {module.__name__}", 1)
        exec(compiled, module.__dict__)
    except Exception as error:
        # Told here, so that our own frames are not between the reader and theirs.
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_globals.get("__name__") == __name__:
            trace = trace.tb_next
        error.__traceback__ = trace
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
        sys.excepthook(type(error), error, trace)
        return 1
    return 0


def _put_first(entry: str) -> None:
    """Puts the program's own folder where the interpreter has put the command's."""
    if sys.flags.safe_path or not sys.path:
        return
    sys.path[0] = entry


def _cannot(said: str, code: int) -> int:
    sys.stderr.write(f"{sys.executable}: {said}\n")
    return code
