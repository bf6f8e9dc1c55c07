"""Has the aliases hold in the processes that a program starts by `multiprocessing`, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate import _alias

if TYPE_CHECKING:
    from collections.abc import Callable

_KEY = "tidegate"


class _Follow:
    """Travels with what a child is told before it looks at its program, and acts on arrival."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return follow, ()


def follow() -> None:
    """Activates the aliases here and in the children, by `spawn` or `forkserver`, of this process.

    A forked child has them anyway.
    """
    _alias.activate()
    from multiprocessing import spawn

    given = spawn.get_preparation_data
    if getattr(given, "follows", False):
        return

    def get_preparation_data(name: str) -> dict[str, Any]:
        return {**given(name), _KEY: _Follow()}

    get_preparation_data.follows = True  # type: ignore[attr-defined]
    spawn.get_preparation_data = get_preparation_data
