"""The names `jina` and `docarray` for unchanged Jina programs."""

from __future__ import annotations

_active = False


def is_active() -> bool:
    """Tells whether `import jina` gives Tidegate."""
    return _active


def activate() -> None:
    """Makes `import jina` and `import docarray` give Tidegate, in this process and its workers."""
    global _active
    if not _active:
        _active = True
