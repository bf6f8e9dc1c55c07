"""Served graphs: says the port, ends when its standard input does. `graphs.py two|diamond`.

Plain Jina code: a real Jina runs it, and `tidegate run`.
"""

import asyncio
import json
import sys

from jina import Executor, Flow, requests


class Nothing(Executor):
    """Does nothing."""

    @requests(on="/noop")
    async def noop(self, docs, **kwargs):
        """Gives back what came."""


class Waits(Executor):
    """Awaits 100 ms."""

    @requests(on="/wait")
    async def wait(self, **kwargs):
        """Changes nothing."""
        await asyncio.sleep(0.1)


def two():
    """Two in a row."""
    return Flow(quiet=True).add(name="a", uses=Nothing).add(name="b", uses=Nothing)


def diamond():
    """Three levels of four."""
    flow = Flow(quiet=True).add(name="a", uses=Waits)
    flow = flow.add(name="b", uses=Waits, needs="a").add(name="c", uses=Waits, needs="a")
    return flow.add(name="d", uses=Waits, needs=["b", "c"])


if __name__ == "__main__":
    with {"two": two, "diamond": diamond}[sys.argv[1]]() as flow:
        print("PEER", json.dumps({"port": flow.port}), flush=True)
        sys.stdin.read()
