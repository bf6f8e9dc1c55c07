"""Times what a user calls, with a side's own client: `posts.py PORT ROW`.

Plain Jina code: a real Jina runs it, and so does `tidegate run`.
"""

import asyncio
import json
import statistics
import sys
import time

from docarray import Document, DocumentArray
from jina import Client


def page(client):
    """50 Documents that each await a second, in one request."""
    docs = DocumentArray([Document(text="hello") for _ in range(50)])
    start = time.perf_counter()
    back = client.post("/wait", docs)
    took = time.perf_counter() - start
    assert back.texts == ["HELLO"] * 50
    return took


def many(client):
    """10,000 Documents that each await a second, in requests of the default size."""
    docs = DocumentArray([Document(text="hello") for _ in range(10_000)])
    start = time.perf_counter()
    back = client.post("/wait", docs)
    took = time.perf_counter() - start
    assert len(back) == 10_000
    assert back[-1].text == "HELLO"
    return took


def one(client):
    """One `post` of one Document that nothing is done to: the median of many."""
    doc = Document(text="hello")
    times = []
    for _ in range(300):
        start = time.perf_counter()
        client.post("/noop", doc)
        times.append(time.perf_counter() - start)
    return statistics.median(times[50:])


def diamond(client):
    """One Document through three levels that await 100 ms each: the median of ten."""
    doc = Document(text="hello")
    times = []
    for _ in range(12):
        start = time.perf_counter()
        client.post("/wait", doc)
        times.append(time.perf_counter() - start)
    return statistics.median(times[2:])


class Item:
    """What stands in for a Document where there is no framework."""

    def __init__(self, text):
        self.text = text


def gather(_client):
    """10,000 bare coroutines that await a second: the floor of `many`."""

    async def wait_for(item):
        await asyncio.sleep(1)
        item.text = item.text.upper()

    async def run():
        items = [Item("hello") for _ in range(10_000)]
        await asyncio.gather(*[wait_for(item) for item in items])

    start = time.perf_counter()
    asyncio.run(run())
    return time.perf_counter() - start


if __name__ == "__main__":
    port, row = sys.argv[1:]
    rows = {"page": page, "many": many, "one": one, "diamond": diamond, "gather": gather}
    seconds = rows[row](Client(host="127.0.0.1", port=int(port)))
    print("PEER", json.dumps({"seconds": seconds}), flush=True)
