"""Serves a Flow of two Executors, says its port, and ends when its standard input does.

Plain Jina code: it is run by a real Jina and by `tidegate run` alike.
"""

import asyncio
import json
import sys

import numpy as np
from docarray import Document, DocumentArray
from docarray.score import NamedScore
from jina import Executor, Flow, dynamic_batching, requests


class First(Executor):
    """Does one thing for each endpoint."""

    running = 0
    cancelled = 0

    @requests(on="/upper")
    async def upper(self, docs, **kwargs):
        for doc in docs:
            doc.text = doc.text.upper()

    @requests(on="/fail")
    def fail(self, docs, **kwargs):
        raise ValueError("boom", 3)

    @requests(on="/odd")
    async def odd(self, docs, **kwargs):
        for doc in docs:
            if int(doc.tags["n"]) % 2:
                raise KeyError("odd")
            doc.text += " seen"

    @requests(on="/wrong")
    async def wrong(self, docs, **kwargs):
        return 7

    @requests(on="/results")
    async def results(self, docs, parameters, **kwargs):
        own = {k: v for k, v in parameters.items() if k != "__results__"}
        return {"count": len(docs), "parameters": own}

    @requests(on="/replace")
    def replace(self, docs, **kwargs):
        return DocumentArray([Document(text=f"new {doc.text}") for doc in docs[::-1]])

    @requests(on="/slow")
    async def slow(self, docs, **kwargs):
        for doc in docs:
            await asyncio.sleep(doc.tags["delay"])

    @requests(on="/hang")
    async def hang(self, docs, **kwargs):
        First.running += 1
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            First.cancelled += 1
            raise
        finally:
            First.running -= 1

    @requests(on="/count")
    def count(self, docs, **kwargs):
        return {"running": First.running, "cancelled": First.cancelled}

    @requests(on="/double")
    def double(self, docs, **kwargs):
        for doc in docs:
            doc.tensor = np.asarray(doc.tensor) * 2
            doc.embedding = np.asarray(doc.tensor, dtype="float64").reshape(-1)
            doc.chunks.append(Document(text="a chunk", weight=0.5))
            doc.matches.append(Document(text="a match", scores={"cos": NamedScore(value=0.25)}))
            doc.tags["nested"] = {"list": [1, "two", None, True]}

    @requests(on="/batched")
    @dynamic_batching(preferred_batch_size=2, timeout=100)
    async def batched(self, docs, parameters, docs_matrix, **kwargs):
        for doc in docs:
            if doc.text == "text bad":
                raise ValueError("boom")
            doc.tags["batch"] = len(docs)
            doc.tags["alone"] = docs_matrix is None
            doc.tags["k"] = parameters.get("k")

    @dynamic_batching(preferred_batch_size=2, timeout=100)
    @requests(on="/fewer")
    def fewer(self, docs, **kwargs):
        return docs[:1]

    @requests(on="/counted")
    @dynamic_batching(preferred_batch_size=2, timeout=100)
    def counted(self, docs, **kwargs):
        return {"count": len(docs)}

    @requests(on="/configured")
    def configured(self, docs, **kwargs):
        for doc in docs:
            doc.tags["batch"] = len(docs)


class Second(Executor):
    """Comes after First."""

    @requests(on=["/upper", "/odd"])
    async def mark(self, docs, **kwargs):
        for doc in docs:
            doc.tags["second"] = True

    @requests(on="/results")
    def results(self, docs, parameters, **kwargs):
        own = {k: v for k, v in parameters.items() if k != "__results__"}
        return {"second": True, "parameters": own}


def main():
    """Serves until nobody holds the other end of standard input."""
    batching = {"configured": {"preferred_batch_size": 4, "timeout": 50}}
    batching["/configured"] = {"preferred_batch_size": 3, "timeout": 50}
    flow = (
        Flow()
        .add(name="first", uses=First, uses_dynamic_batching=batching)
        .add(name="second", uses=Second)
    )
    with flow:
        print("PEER", json.dumps({"port": flow.port}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
