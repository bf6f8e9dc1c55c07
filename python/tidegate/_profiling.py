"""Where the time of a request goes: what `Client.profiling` tells."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate._tidegate import Response, Route


def times(response: Response, roundtrip: float) -> dict[str, float]:
    """Gives the milliseconds of each part of a request that took `roundtrip` of them."""
    routes = response.routes
    server = milliseconds(routes[0]) if routes else 0.0
    executors = {hop.executor: milliseconds(hop) for hop in routes[1:]}
    return {
        "Roundtrip": roundtrip,
        "Client-server network": roundtrip - server,
        "Server": server,
        "Gateway-executors network": server - sum(executors.values()),
        **executors,
    }


def milliseconds(route: Route) -> float:
    """How long a hop took."""
    return (route.end_time.ToNanoseconds() - route.start_time.ToNanoseconds()) / 1e6


def show(parts: dict[str, float]) -> None:
    """Writes the parts as a table to standard error."""
    whole = parts["Roundtrip"] or 1.0
    width = max(map(len, parts))
    lines = [
        f"{name:<{width}} {value:9.3f} ms {value / whole:5.0%}" for name, value in parts.items()
    ]
    sys.stderr.write("\n".join(lines) + "\n")
