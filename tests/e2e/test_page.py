"""The page that asked for all this."""

from __future__ import annotations

import asyncio
import time

from tidegate import Document, DocumentArray, Executor, Flow, requests


async def api_call(text: str) -> str:
    await asyncio.sleep(0.2)
    return text.upper()


class DummyAsyncExecutor(Executor):
    async def proces_doc(self, doc: Document) -> None:
        doc.text = await api_call(doc.text)

    @requests
    async def encode_async(self, docs: DocumentArray, **kwargs: object) -> dict[str, float]:
        start_time = time.time()
        task = [asyncio.ensure_future(self.proces_doc(doc)) for doc in docs]
        await asyncio.gather(*task)
        return {"time": time.time() - start_time}


class DummyExecutor(Executor):
    @requests
    def encode(self, docs: DocumentArray, **kwargs: object) -> dict[str, float]:
        start_time = time.time()
        for doc in docs:
            time.sleep(0.05)
            doc.text = doc.text.upper()
        return {"time": time.time() - start_time}


def test_async_page(serve) -> None:
    seen = []

    def on_done(resp) -> None:
        assert [doc.text for doc in resp.docs] == ["HELLO"] * 50
        results = resp.parameters["__results__"]
        assert list(results) == ["executor0/rep-0"]
        seen.extend(res["time"] for res in results.values())

    with serve(DummyAsyncExecutor) as f_async:
        returned = f_async.index(
            inputs=DocumentArray([Document(text="hello") for _ in range(50)]), on_done=on_done
        )
    assert returned is None
    # All at once: one after another would be 10 s.
    assert len(seen) == 1 and 0.2 <= seen[0] < 5


def test_sync_page(serve) -> None:
    with serve(DummyExecutor) as f:
        docs = f.index(inputs=DocumentArray([Document(text="hello") for _ in range(4)]))
    assert docs.texts == ["HELLO"] * 4


def test_class_of_a_closure_travels() -> None:
    word = "from the closure"

    class Local(Executor):
        @requests(on="/say")
        async def say(self, docs: DocumentArray, **kwargs: object) -> None:
            for doc in docs:
                doc.text = word

    with Flow(quiet=True).add(uses=Local) as flow:
        assert flow.post("/say", Document(text="?"))[0].text == word
