"""Says what `docarray` has, a real one or ours: modules, public names and signatures."""

from __future__ import annotations

import importlib
import inspect
import json
import sys
import warnings
from typing import Any

#: What an argument's default is where it has none.
NONE_GIVEN = "(none)"
PLAIN = (str, int, float, bool, type(None), tuple)


def default(value: Any) -> str:
    """Tells a default in a way that both sides share."""
    if value is inspect.Parameter.empty:
        return NONE_GIVEN
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return repr(value) if isinstance(value, PLAIN) else "(an object)"


def signature(thing: Any) -> list[list[str]] | None:
    """Gives the name, kind and default of each argument; None where nothing can be told."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return None
    return [
        [p.name, "any" if p.kind.name.startswith("POSITIONAL") else p.kind.name, default(p.default)]
        for p in parameters
        if p.name not in ("self", "args", "kwargs") or p.kind.name.startswith("VAR")
    ]


def kind(thing: Any) -> str:
    """Names what a member of a class is."""
    if isinstance(thing, property) or inspect.isdatadescriptor(thing):
        return "property"
    return "callable" if callable(thing) or hasattr(thing, "__get__") else "value"


def members(cls: type) -> dict[str, Any]:
    """Tells the public members of a class."""
    found = {}
    for name in sorted(set(dir(cls))):
        if name.startswith("_"):
            continue
        what = kind(inspect.getattr_static(cls, name))
        called = signature(getattr(cls, name)) if what == "callable" else None
        found[name] = {"kind": what, "signature": called}
    return found


def describe(thing: Any) -> dict[str, Any]:
    """Tells a name of a module."""
    if inspect.isclass(thing):
        return {"kind": "class", "signature": signature(thing), "members": members(thing)}
    if inspect.ismodule(thing):
        return {"kind": "module"}
    if callable(thing):
        return {"kind": "callable", "signature": signature(thing)}
    return {"kind": "value"}


def own(module: Any, name: str, thing: Any) -> bool:
    """Tells whether a name belongs to a module and was not merely imported to be used there."""
    if name.startswith("_") or name == "TYPE_CHECKING" or inspect.ismodule(thing):
        return False
    home = getattr(thing, "__module__", None)
    if not isinstance(home, str) or not callable(thing):
        return True
    package = hasattr(module, "__path__") and home.startswith("docarray")
    return package or home in (module.__name__, "docarray_pb2") or home.startswith("tidegate")


def walk(names: list[str]) -> dict[str, Any]:
    """Tells each module by its name; None where it cannot be imported."""
    told: dict[str, Any] = {}
    for module_name in names:
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            told[module_name] = {"missing": str(error)}
            continue
        told[module_name] = {
            name: describe(thing)
            for name in dir(module)
            if own(module, name, thing := getattr(module, name))
        }
    return told


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.stdout.write(json.dumps(walk(sys.argv[1:])))
