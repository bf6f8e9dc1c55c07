"""Which GPU each replica sees: `CUDA_VISIBLE_DEVICES` from `RR` on deals devices out."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from tidegate.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLE = "CUDA_VISIBLE_DEVICES"
_TOTAL = "CUDA_TOTAL_DEVICES"


def spread(env: Mapping[str, Any] | None, name: str) -> tuple[dict[str, Any], list[str]]:
    """Gives the environment of the workers, and the devices that their replicas get in turn.

    `RR` deals all devices out, `RR0:4` those of a slice, `RR1,3` those listed.
    """
    env = dict(env or {})
    asked = str(env.get(_VARIABLE, os.environ.get(_VARIABLE, "")))
    if not asked.startswith("RR"):
        return env, []
    env.pop(_VARIABLE, None)
    return env, _chosen(asked[2:].strip(), asked, name)


def _chosen(text: str, asked: str, name: str) -> list[str]:
    try:
        if "," in text or text.isdigit():
            return [str(int(part)) for part in text.split(",")]
        bounds = [int(part) if part else None for part in text.split(":")] if text else [None]
        if len(bounds) > 3:
            raise ValueError
        cut = slice(*bounds) if len(bounds) > 1 else slice(None)
    except ValueError:
        raise ConfigError(
            f"`{_VARIABLE}={asked}` of `{name}`: say `RR`, `RR0:4` or `RR1,3`"
        ) from None
    if len(bounds) > 1 and bounds[1] is not None and bounds[1] >= 0:
        count = max(bounds[1], _total())
    else:
        count = _total()
    found = [str(device) for device in range(count)[cut]]
    if not found:
        raise ConfigError(
            f"`{_VARIABLE}={asked}` of `{name}` deals out no device: this machine has {count}; "
            f"`{_TOTAL}` says another number"
        )
    return found


def _total() -> int:
    told = os.environ.get(_TOTAL)
    if told is not None and told.isdigit():
        return int(told)
    try:
        listed = subprocess.run(
            ["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in listed.splitlines())
