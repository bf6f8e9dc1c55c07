"""The Executor behind the client's tests."""

import asyncio

from tidegate import DocumentArray, Executor, requests


class Probe(Executor):
    """Does what a test asks for, and counts what becomes of its coroutines."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.counts = {"started": 0, "cancelled": 0, "finished": 0}
        self.turns = {}

    @requests
    async def shout(self, docs, **kwargs):
        for doc in docs:
            doc.text = (doc.text or "").upper()

    @requests(on="/noop")
    async def noop(self, docs, **kwargs):
        pass

    @requests(on="/size")
    async def size(self, docs, parameters, **kwargs):
        return {
            "docs": len(docs),
            "parameters": {k: v for k, v in parameters.items() if k[0] != "_"},
        }

    @requests(on="/wait")
    async def wait(self, docs, parameters, **kwargs):
        self.counts["started"] += 1
        try:
            await asyncio.sleep(parameters.get("seconds", 60))
        except asyncio.CancelledError:
            self.counts["cancelled"] += 1
            raise
        self.counts["finished"] += 1

    @requests(on="/counts")
    async def count(self, **kwargs):
        return dict(self.counts)

    @requests(on="/reverse")
    async def reverse(self, docs, **kwargs):
        """Each request waits for the one after it."""
        number, total = int(docs[0].text), int(docs[0].tags["total"])
        if number < total - 1:
            await self.turns.setdefault(number, asyncio.Event()).wait()
        if number:
            self.turns.setdefault(number - 1, asyncio.Event()).set()
        self.turns.pop(number, None)

    @requests(on="/odd")
    async def odd(self, docs, **kwargs):
        if int(docs[0].text) % 2:
            raise ValueError("odd", int(docs[0].text))

    @requests(on="/fail")
    async def fail(self, docs, **kwargs):
        raise LookupError("nothing here", 3)

    @requests(on="/replace")
    async def replace(self, docs, **kwargs):
        return DocumentArray(list(docs)[:1])
