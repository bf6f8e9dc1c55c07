"""The names `jina` and `docarray` for unchanged Jina programs.

`activate` puts a finder in front of all others, so that the aliases win over the real packages
where these are installed. The modules are made of the table in `tree`: a name is looked up in
Tidegate when it is first used.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import types
    from collections.abc import Sequence

#: The packages that are stood in for.
ROOTS = ("jina", "docarray")


def is_active() -> bool:
    """Tells whether `import jina` gives Tidegate."""
    return any(isinstance(finder, AliasFinder) for finder in sys.meta_path)


def activate() -> None:
    """Makes `import jina` and `import docarray` give Tidegate, in this process and its workers."""
    if is_active():
        return
    for name in list(sys.modules):
        if name.partition(".")[0] in ROOTS:
            del sys.modules[name]
    sys.meta_path.insert(0, AliasFinder())


class AliasFinder:
    """Finds the modules of the tree, and says of others below the roots that they are not there."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Gives the spec of an aliased module."""
        if fullname.partition(".")[0] not in ROOTS:
            return None
        from tidegate._alias.tree import TREE

        if fullname not in TREE:
            raise ModuleNotFoundError(
                f"No module named {fullname!r}: Tidegate stands in for "
                f"{fullname.partition('.')[0]!r} here and has no such module",
                name=fullname,
            )
        loader: Any = AliasLoader(TREE[fullname])
        return importlib.machinery.ModuleSpec(fullname, loader, origin="tidegate", is_package=True)


class AliasLoader:
    """Fills a module with names that are looked up when they are used."""

    def __init__(self, names: dict[str, Any]) -> None:
        """Takes the module's names: where each is (`module:name`, `module:*`), or what it is."""
        self._names = names

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """Leaves it to Python to make the module."""

    def exec_module(self, module: types.ModuleType) -> None:
        """Gives the module its `__getattr__`, and its constants."""
        homes: dict[str, str] = {}
        for name, value in self._names.items():
            if isinstance(value, Constant):
                setattr(module, name, value.value)
            else:
                homes[name] = value
        whole = homes.pop("*", None)

        def look_up(name: str) -> Any:
            home = homes.get(name)
            if name == "__all__" and whole is not None:
                return _public(importlib.import_module(whole))
            if home is None and whole is not None and not name.startswith("__"):
                home = f"{whole}:{name}"
            if home is None:
                raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
            source, _, attribute = home.partition(":")
            found = importlib.import_module(source)
            try:
                value = getattr(found, attribute)
            except AttributeError:
                raise AttributeError(
                    f"module {module.__name__!r} has no attribute {name!r}"
                ) from None
            setattr(module, name, value)
            return value

        module.__dict__["__getattr__"] = look_up

        def listed() -> list[str]:
            more = importlib.import_module(whole) if whole is not None else None
            own = [*_public(more), *_defined(more)] if more is not None else []
            return sorted({*module.__dict__, *homes, *own})

        module.__dict__["__dir__"] = listed
        if whole is None:
            from tidegate._alias.tree import TO_COME

            public = [name for name in homes if not name.startswith("_") and name not in TO_COME]
            module.__dict__["__all__"] = public


def _public(module: types.ModuleType) -> list[str]:
    """The names that `import *` takes: those that the module lists, or defines itself."""
    listed = getattr(module, "__all__", None)
    return _defined(module) if listed is None else list(listed)


def _defined(module: types.ModuleType) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
    ]


class Constant:
    """A value that stands in the table itself."""

    def __init__(self, value: object) -> None:
        """Takes the value."""
        self.value = value
