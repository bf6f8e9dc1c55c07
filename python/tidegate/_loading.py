"""Makes the Executor of a worker out of what its parent has sent."""

from __future__ import annotations

import sys
from typing import Any


def load(settings: dict[str, Any], blob: bytes) -> Any:
    """Unpickles the class and makes the Executor (walking skeleton)."""
    sys.path[:] = settings.get("sys_path") or sys.path
    import cloudpickle

    spec = cloudpickle.loads(blob)
    return spec["cls"](**spec["uses_with"])
