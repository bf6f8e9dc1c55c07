"""The page's sync program as a Jina user has it: `tidegate run jina_sync.py [Documents]`."""

import sys
import time

from docarray import Document, DocumentArray
from jina import Executor, Flow, requests


def on_done(resp):
    for doc in resp.docs:
        assert doc.text == doc.text.upper()

    results = resp.parameters["__results__"]

    for res in results.values():
        print(f"the call took {res['time']} second")


def direct_api_call(text):
    time.sleep(1)
    return text.upper()


class DummyExecutor(Executor):
    @requests
    def encode(self, docs: DocumentArray, **kwargs):

        start_time = time.time()
        for doc in docs:
            doc.text = direct_api_call(doc.text)

        return {"time": time.time() - start_time}


count = int(sys.argv[1]) if len(sys.argv) > 1 else 50

f = Flow().add(uses=DummyExecutor)
with f:
    f.index(
        inputs=DocumentArray([Document(text="hello") for _ in range(count)]),
        on_done=on_done,
    )
