"""The page's comparison: 50 Documents, each a call of one second, `async` beside sync.

The sync side gets three Documents and its time for fifty is reckoned from theirs; `--full` sends
all fifty, which takes fifty seconds.
"""

import asyncio
import sys
import time

from tidegate import Document, DocumentArray, Executor, Flow, requests

DOCUMENTS = 50


class AsyncExecutor(Executor):
    async def call_api(self, doc: Document) -> None:
        await asyncio.sleep(1)
        doc.text = doc.text.upper()

    @requests
    async def encode(self, docs: DocumentArray, **kwargs) -> None:
        await asyncio.gather(*(self.call_api(doc) for doc in docs))


class SyncExecutor(Executor):
    @requests
    def encode(self, docs: DocumentArray, **kwargs) -> None:
        for doc in docs:
            time.sleep(1)
            doc.text = doc.text.upper()


def measure(executor: type[Executor], count: int) -> float:
    """Gives the seconds that one request of `count` Documents takes, as its caller sees it."""
    with Flow().add(uses=executor) as flow:
        inputs = DocumentArray([Document(text="hello") for _ in range(count)])
        start = time.perf_counter()
        docs = flow.index(inputs=inputs)
        spent = time.perf_counter() - start
    assert [doc.text for doc in docs] == ["HELLO"] * count
    return spent


count = DOCUMENTS if "--full" in sys.argv[1:] else 3
spent_async = measure(AsyncExecutor, DOCUMENTS)
print(f"async: {DOCUMENTS} Documents in {spent_async:.2f} s")
spent_sync = measure(SyncExecutor, count)
print(f"sync:  {count} Documents in {spent_sync:.2f} s")
if count != DOCUMENTS:
    spent_sync *= DOCUMENTS / count
    print(f"       {DOCUMENTS} would take {spent_sync:.2f} s (reckoned; --full sends all)")
print(f"async is {spent_sync / spent_async:.2f} times as fast")
