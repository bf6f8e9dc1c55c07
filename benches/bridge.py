"""What the bridge alone costs: a tokio driver in this process, a worker or an inline Executor.

    python benches/bridge.py [--calls 100000] [--stock]

CPU is user and system time of the side that runs Python: the worker process, or, inline, this whole
process with the driver in it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "python"))

import bridge_kit
from tidegate import Document, DocumentArray


class Echo(bridge_kit.Plain):
    """Does nothing, in every way."""

    async def echo(self) -> None:
        """Takes nothing."""

    async def docs(self, docs: Any, parameters: Any) -> None:
        """Takes Documents, and does not look at them."""

    async def edit(self, docs: Any) -> None:
        """Looks at one, and changes it."""
        docs[0].text = "x"

    async def sleep0(self) -> None:
        """Is suspended once."""
        await asyncio.sleep(0)

    async def sleep10(self) -> None:
        """Waits for 10 ms."""
        await asyncio.sleep(0.01)

    def sync(self) -> None:
        """Runs on the thread for sync methods."""


def seconds(one: bridge_kit.Served) -> float:
    """Gives the CPU time spent so far."""
    if one.worker is None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime
    fields = Path(f"/proc/{one.worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Prints a row for each way, endpoint and number of calls in flight."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--stock", action="store_true", help="asyncio's own loop")
    given = parser.parse_args()
    payload = DocumentArray([Document(text="hello")]).to_bytes()
    print(f"python {sys.version.split()[0]}, {'stock loop' if given.stock else 'uvloop if there'}")
    print("way      endpoint       c   calls/s  CPU us   p50 us   p99 us")
    for way in ("worker", "inline"):
        one = bridge_kit.Served(f"{way}-stock" if given.stock else way, Echo, {})
        for endpoint in ("/echo", "/docs", "/edit", "/sleep0", "/sleep10", "/sync"):
            for in_flight in (1, 64, 1024):
                calls = given.calls // (20 if in_flight == 1 else 1)
                if endpoint == "/sleep10":
                    calls = min(calls, 20 * in_flight if in_flight < 1024 else 20_000)
                one.probe.rate(endpoint, payload, calls // 10, in_flight)
                before = seconds(one)
                took, latencies = one.probe.rate(endpoint, payload, calls, in_flight)
                cpu = (seconds(one) - before) / len(latencies) * 1e6
                latencies.sort()
                p50, p99 = (latencies[int(len(latencies) * q)] for q in (0.5, 0.99))
                row = f"{len(latencies) / took:9.0f} {cpu:7.1f} {p50:8.1f} {p99:8.1f}"
                print(f"{way:8} {endpoint:10} {in_flight:5} {row}", flush=True)
        one.close()


if __name__ == "__main__":
    main()
