"""A progress line for long runs over many Documents."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def shown(items: Iterable[T], *, total: int, show: bool) -> Iterator[T]:
    """Yields the items; where asked to and on a terminal, says on stderr how many are done."""
    if not show or not sys.stderr.isatty():
        yield from items
        return
    for done, item in enumerate(items, start=1):
        yield item
        sys.stderr.write(f"\r{done}/{total}")
        sys.stderr.flush()
    sys.stderr.write("\n")
