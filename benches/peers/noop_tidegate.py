"""The measured Flow, ours: says its port, ends when its standard input does."""

import asyncio
import json
import sys
import time

from tidegate import Executor, Flow, requests


class Measured(Executor):
    """Does nothing, changes texts, or waits."""

    @requests(on="/noop")
    async def noop(self, docs, **kwargs):
        """Gives back what came."""

    @requests(on="/echo")
    async def echo(self, docs, **kwargs):
        """Changes each text."""
        for doc in docs:
            doc.text = doc.text.upper()

    @requests(on="/wait")
    async def wait(self, docs, **kwargs):
        """Awaits one second for each Document, all at once."""
        start = time.perf_counter()
        await asyncio.gather(*[self._wait_for(doc) for doc in docs])
        return {"time": time.perf_counter() - start}

    async def _wait_for(self, doc):
        await asyncio.sleep(1)
        doc.text = doc.text.upper()


if __name__ == "__main__":
    with Flow(quiet=True).add(uses=Measured) as flow:
        print("PEER", json.dumps({"port": flow.port}), flush=True)
        sys.stdin.read()
