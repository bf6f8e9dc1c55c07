"""Calls of an API that takes one second, one after another: as many seconds as Documents.

`python sync_executor.py 3` sends three; the page's fifty take fifty seconds.
"""

import sys
import time

from tidegate import Document, DocumentArray, Executor, Flow, requests


def direct_api_call(text: str) -> str:
    time.sleep(1)
    return text.upper()


class DummyExecutor(Executor):
    @requests
    def encode(self, docs: DocumentArray, **kwargs):
        start_time = time.time()
        for doc in docs:
            doc.text = direct_api_call(doc.text)
        return {"time": time.time() - start_time}


def on_done(resp):
    for doc in resp.docs:
        assert doc.text == doc.text.upper()
    for res in resp.parameters["__results__"].values():
        print(f"the call took {res['time']} second")


count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
f = Flow().add(uses=DummyExecutor)
with f:
    f.index(
        inputs=DocumentArray([Document(text="hello") for _ in range(count)]),
        on_done=on_done,
    )
