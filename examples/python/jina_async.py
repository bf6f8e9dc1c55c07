"""The page's async program as a Jina user has it: `tidegate run jina_async.py`."""

import asyncio
import time

from docarray import Document, DocumentArray
from jina import Executor, Flow, requests


async def api_call(text):
    await asyncio.sleep(1)
    return text.upper()


def on_done(resp):
    for doc in resp.docs:
        assert doc.text == doc.text.upper()

    results = resp.parameters["__results__"]

    for res in results.values():
        print(f"the call took {res['time']} second")


class DummyAsyncExecutor(Executor):
    async def proces_doc(self, doc: Document):
        doc.text = await api_call(doc.text)

    @requests
    async def encode_async(self, docs: DocumentArray, **kwargs):

        start_time = time.time()
        task = [asyncio.ensure_future(self.proces_doc(doc)) for doc in docs]
        await asyncio.gather(*task)
        return {"time": time.time() - start_time}


f_async = Flow().add(uses=DummyAsyncExecutor)
with f_async:
    f_async.index(
        inputs=DocumentArray([Document(text="hello") for _ in range(50)]),
        on_done=on_done,
    )
