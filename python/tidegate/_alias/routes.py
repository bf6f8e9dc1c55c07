"""`pprint_routes`: where a response has been, for people."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.response import Response


def pprint_routes(resp: Response, stack_limit: int = 3) -> None:
    """Prints a table of the Pods that a response went through, and how long each took.

    Args:
        resp: The response.
        stack_limit: Lines of a traceback that are shown; -1 for all.
    """
    rows = [("Pod", "Time", "Exception")]
    for route in resp.routes:
        spent = _seconds(route.end_time) - _seconds(route.start_time)
        took = f"{spent * 1000:.0f}ms" if spent >= 0 else "-"
        exception = route.status.exception
        said = f"{exception.name}: {', '.join(exception.args)}" if exception.name else ""
        if said and stack_limit:
            stacks = list(exception.stacks)
            said = "\n".join([said, *(stacks if stack_limit < 0 else stacks[-stack_limit:])])
        rows.append((str(route.executor), took, said))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for pod, took, said in rows:
        first, *others = said.splitlines() or [""]
        lead = f"{pod:<{widths[0]}}  {took:>{widths[1]}}  "
        lines = [f"{lead}{first}", *(" " * len(lead) + line for line in others)]
        sys.stdout.write("\n".join(line.rstrip() for line in lines) + "\n")


def _seconds(stamp: object) -> float:
    return float(getattr(stamp, "seconds", 0)) + float(getattr(stamp, "nanos", 0)) / 1e9
