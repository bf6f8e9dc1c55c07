"""50 calls of an API that takes one second, at once: about one second."""

import asyncio
import time

from tidegate import Document, DocumentArray, Executor, Flow, requests


async def api_call(text: str) -> str:
    await asyncio.sleep(1)
    return text.upper()


class DummyAsyncExecutor(Executor):
    async def process_doc(self, doc: Document) -> None:
        doc.text = await api_call(doc.text)

    @requests
    async def encode_async(self, docs: DocumentArray, **kwargs):
        start_time = time.time()
        tasks = [asyncio.ensure_future(self.process_doc(doc)) for doc in docs]
        await asyncio.gather(*tasks)
        return {"time": time.time() - start_time}


def on_done(resp):
    for doc in resp.docs:
        assert doc.text == doc.text.upper()
    for res in resp.parameters["__results__"].values():
        print(f"the call took {res['time']} second")


f_async = Flow().add(uses=DummyAsyncExecutor)
with f_async:
    f_async.index(
        inputs=DocumentArray([Document(text="hello") for _ in range(50)]),
        on_done=on_done,
    )
