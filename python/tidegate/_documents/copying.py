"""Documents and scores made copies of others, or empty again."""

from __future__ import annotations

import copy
from typing import Any

from tidegate._tidegate import NamedScore


def copy_from(target: Any, other: Any) -> None:
    """Makes a Document or a score a deep copy of another one."""
    source = copy.deepcopy(other)
    target.clear()
    # Setting a uri also sets the MIME type, so that comes last.
    for field in sorted(source.non_empty_fields, key=lambda name: name == "mime_type"):
        setattr(target, field, getattr(source, field))


def pop_score(score: NamedScore, *fields: str) -> None:
    """Sets fields of a score to their defaults."""
    for field in fields:
        if hasattr(score, field):
            setattr(score, field, None)


def clear_score(score: NamedScore) -> None:
    """Sets all fields of a score to their defaults."""
    pop_score(score, *score.non_empty_fields)
