"""Drives a served Flow in many ways and says what came back: `client.py PORT [CASE...]`.

Plain Jina code: it is run by a real Jina and by `tidegate run` alike, against either's Flow.
"""

import asyncio
import contextlib
import json
import sys
import time
import traceback
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from docarray import Document, DocumentArray
from docarray.score import NamedScore
from jina import Client
from jina.excepts import BadServer

CASES = {}


def case(function):
    """Names a way to drive the Flow."""
    CASES[function.__name__] = function
    return function


def numbered(count):
    return DocumentArray(
        [Document(id=str(n), text=f"text {n}", tags={"n": n}) for n in range(count)]
    )


def told(status):
    """What a response's status says, without the traceback's text."""
    return {
        "code": int(status.code),
        "description": status.description,
        "name": status.exception.name,
        "args": list(status.exception.args),
        "stacked": any("raise" in line for line in status.exception.stacks),
        "executor": status.exception.executor,
    }


@case
def many(client):
    seen = []
    got = client.post("/upper", numbered(250), on_done=lambda resp: seen.append(len(resp.docs)))
    docs = client.post("/upper", numbered(250))
    return {
        "seen": sorted(seen),
        "got": got is None,
        "texts": sorted(docs.texts) == sorted(f"TEXT {n}" for n in range(250)),
        "second": all(doc.tags["second"] for doc in docs),
    }


@case
def generated(client):
    def texts():
        for n in range(7):
            yield Document(text=f"text {n}")

    return {"texts": sorted(client.post("/upper", texts, request_size=2).texts)}


@case
def nothing(client):
    resp = client.post("/results", return_responses=True)
    return [[len(r.docs), r.parameters["__results__"]["first/rep-0"]["count"]] for r in resp]


@case
def unknown_endpoint(client):
    return {"texts": client.post("/nowhere", numbered(2)).texts}


@case
def callbacks(client):
    calls = []
    client.post(
        "/odd",
        numbered(4),
        request_size=1,
        on_done=lambda resp: calls.append(["done", resp.docs[0].id]),
        on_error=lambda resp: calls.append(["error", resp.docs[0].id]),
        on_always=lambda resp: calls.append(["always", resp.docs[0].id]),
    )
    return sorted(calls)


@case
def error_told(client):
    told_of = []
    client.post("/fail", numbered(1), on_error=lambda resp: told_of.append(resp))
    (resp,) = told_of
    return {
        **told(resp.header.status),
        "docs": len(resp.docs),
        "routes": [[route.executor, int(route.status.code)] for route in resp.routes],
    }


@case
def error_raised(client):
    try:
        client.post("/fail", numbered(1))
    except BadServer as error:
        return told(error.args[0].status)
    return None


@case
def error_continued(client):
    docs = client.post("/odd", numbered(4), request_size=1, continue_on_error=True)
    return {"texts": sorted(docs.texts)}


@case
def wrong_return(client):
    told_of = []
    client.post("/wrong", numbered(1), on_error=lambda resp: told_of.append(resp))
    return {"name": told_of[0].header.status.exception.name}


@case
def results(client):
    parameters = {"all": 1, "text": "x", "nested": {"a": [1, 2]}, "first__k": 5, "second__k": 6}
    (resp,) = client.post("/results", numbered(3), parameters=parameters, return_responses=True)
    return resp.parameters["__results__"]


@case
def target(client):
    docs = client.post("/upper", numbered(1), target_executor="second")
    only_first = client.post("/upper", numbered(1), target_executor="first")
    nobody = client.post("/upper", numbered(1), target_executor="nobody")
    return {
        "second": [docs[0].text, docs[0].tags["second"]],
        "first": [only_first[0].text, "second" in only_first[0].tags],
        "nobody": [nobody[0].text, "second" in nobody[0].tags],
    }


@case
def compressed(client):
    return {"texts": client.post("/upper", numbered(3), compression="Gzip").texts}


@case
def ready(client):
    return {"ready": client.is_flow_ready()}


@case
def responses(client):
    got = client.post("/upper", numbered(5), request_size=2, return_responses=True)
    names = {"gateway", "first", "second"}
    return {
        "sizes": sorted(len(resp.docs) for resp in got),
        "routes": all({route.executor for route in resp.routes} == names for resp in got),
        "timed": all(
            route.start_time.ToDatetime() <= route.end_time.ToDatetime()
            for resp in got
            for route in resp.routes
        ),
        "ids": len({resp.header.request_id for resp in got}),
        "endpoint": {resp.header.exec_endpoint for resp in got} == {"/upper"},
    }


@case
def replaced(client):
    return {"texts": client.post("/replace", numbered(3)).texts}


@case
def asked_async(client):
    port = int(sys.argv[1])

    async def run():
        other = Client(host="127.0.0.1", port=port, asyncio=True)
        texts = []
        async for docs in other.post("/upper", numbered(5), request_size=2):
            texts.extend(docs.texts)
        sizes = [
            len(resp.docs)
            async for resp in other.post(
                "/upper", numbered(3), request_size=2, return_responses=True
            )
        ]
        return {"texts": sorted(texts), "sizes": sorted(sizes)}

    return asyncio.run(run())


@case
def unary(client):
    return {"texts": sorted(client.post("/upper", numbered(5), request_size=2, stream=False).texts)}


@case
def in_order(client):
    inputs = DocumentArray(
        [Document(id=str(n), tags={"delay": 0.3 if n == 0 else 0.0}) for n in range(4)]
    )
    arrived, ordered = [], []
    client.post("/slow", inputs, request_size=1, on_done=lambda r: arrived.append(r.docs[0].id))
    client.post(
        "/slow",
        inputs,
        request_size=1,
        results_in_order=True,
        on_done=lambda r: ordered.append(r.docs[0].id),
    )
    return {"last": arrived[-1], "ordered": ordered}


@case
def one_at_a_time(client):
    inputs = DocumentArray([Document(tags={"delay": 0.1}) for _ in range(4)])
    start = time.perf_counter()
    client.post("/slow", inputs, request_size=1, prefetch=1)
    alone = time.perf_counter() - start
    start = time.perf_counter()
    client.post("/slow", inputs, request_size=1)
    together = time.perf_counter() - start
    return {"alone": alone >= 0.4, "together": together < 0.3}


@case
def out_of_time(client):
    start = time.perf_counter()
    try:
        client.post("/slow", Document(tags={"delay": 20.0}), timeout=0.3)
    except ConnectionError:
        return {"quick": time.perf_counter() - start < 5}
    return None


@case
def left(client):
    """A client that has gone: whether its coroutine was cancelled."""
    before = counted(client)
    with contextlib.suppress(ConnectionError):
        client.post("/hang", Document(), timeout=0.3)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        now = counted(client)
        if now["cancelled"] > before["cancelled"] and not now["running"]:
            return {"cancelled": True}
    return {"cancelled": False}


def counted(client):
    (resp,) = client.post("/count", return_responses=True)
    return resp.parameters["__results__"]["first/rep-0"]


@case
def roundtrip(client):
    """Every field of a Document, there and back through an endpoint nobody serves."""
    from scipy import sparse

    doc = Document(
        id="all",
        text="grüße 🎉",
        granularity=2,
        adjacency=1,
        parent_id="parent",
        weight=0.25,
        uri="https://example.org/x.png",
        mime_type="text/plain",
        modality="text",
        location=[1.5, -2.5],
        offset=1.5,
        tags={"s": "x", "n": 2.5, "b": True, "none": None, "l": [1, [2]], "d": {"e": "f"}},
        embedding=np.arange(6, dtype="float32"),
    )
    doc.scores["cos"] = NamedScore(value=0.5, op_name="op", description="d", ref_id="r")
    doc.evaluations["p"] = NamedScore(value=1.0)
    doc.chunks = [Document(id="c", blob=b"\x00\xff", chunks=[Document(id="cc", text="deep")])]
    doc.matches = [Document(id="m", tensor=np.eye(3, dtype="int16"))]
    arrays = DocumentArray([doc])
    for dtype in ("bool", "uint8", "int64", "float16", "float64", ">i4"):
        arrays.append(Document(id=dtype, tensor=np.arange(6).reshape(2, 3).astype(dtype)))
    arrays.append(Document(id="scalar", tensor=np.array(3.5)))
    arrays.append(Document(id="none", tensor=np.zeros((0, 4))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for layout in ("coo", "csr", "csc", "bsr"):
            matrix = sparse.random(8, 8, density=0.2, format=layout, random_state=1)
            arrays.append(Document(id=layout, embedding=matrix))
    back = client.post("/nowhere", arrays)
    wrong = []
    for sent, got in zip(arrays, back, strict=True):
        wrong += [f"{sent.id}.{name}" for name in FIELDS if not same(sent, got, name)]
    return {"wrong": wrong, "count": len(back)}


FIELDS = (
    "id text blob granularity adjacency parent_id weight uri mime_type modality location offset "
    "tags embedding tensor scores evaluations chunks matches"
).split()


def same(sent, got, name):
    a, b = getattr(sent, name), getattr(got, name)
    if hasattr(a, "todense"):
        return type(a) is type(b) and (a.todense() == b.todense()).all()
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and (a == b).all()
    if name in ("scores", "evaluations"):
        return {k: (v.value, v.op_name, v.description, v.ref_id) for k, v in a.items()} == {
            k: (v.value, v.op_name, v.description, v.ref_id) for k, v in b.items()
        }
    if name in ("chunks", "matches"):
        return [c.id for c in a] == [c.id for c in b] and all(
            # docarray counts a chunk's granularity anew when it is read.
            same(c, d, f)
            for c, d in zip(a, b, strict=True)
            for f in FIELDS
            if f != "granularity"
        )
    return a == b


@case
def computed(client):
    tensor = np.arange(4, dtype="int32").reshape(2, 2)
    doc = client.post("/double", Document(tensor=tensor, tags={"keep": "me"}))[0]
    return {
        "tensor": doc.tensor.tolist(),
        "dtype": str(doc.tensor.dtype),
        "embedding": doc.embedding.tolist(),
        "chunk": [doc.chunks[0].text, doc.chunks[0].weight],
        "match": [doc.matches[0].text, doc.matches[0].scores["cos"].value],
        "tags": doc.tags["nested"],
        "kept": doc.tags["keep"],
    }


@case
def batched(client):
    docs = client.post("/batched", numbered(5), parameters={"k": "x"})
    kept = [[doc.text, doc.tags["alone"], doc.tags["k"]] for doc in docs]
    texts = client.post("/batched", numbered(6), request_size=3).texts
    return {"kept": kept, "sizes": [doc.tags["batch"] for doc in docs], "texts": sorted(texts)}


@case
def batched_apart(client):
    """Four at once, each with parameters of its own: nobody shares a batch."""
    with ThreadPoolExecutor(4) as pool:

        def post(n):
            other = Client(host="127.0.0.1", port=int(sys.argv[1]))
            return other.post("/batched", numbered(1), parameters={"k": str(n)})[0]

        docs = list(pool.map(post, range(4)))
    return [[doc.tags["k"], doc.tags["batch"]] for doc in docs]


@case
def batched_errors(client):
    told = {}
    docs = DocumentArray([Document(text="text 0"), Document(text="text bad")])
    for name, endpoint in (("raised", "/batched"), ("fewer", "/fewer"), ("dict", "/counted")):
        heard = []
        client.post(endpoint, docs, on_error=heard.append)
        told[name] = heard[0].header.status.exception.name
    return told


@case
def batched_by_keyword(client):
    return [doc.tags["batch"] for doc in client.post("/configured", numbered(7))]


@case
def large(client):
    text = "x" * 20_000_000
    return {"size": len(client.post("/nowhere", Document(text=text))[0].text)}


def main():
    """Runs the named cases and prints what each gives, a line of JSON for each."""
    port, *names = sys.argv[1:]
    client = Client(host="127.0.0.1", port=int(port))
    for name in names or CASES:
        try:
            answer = {"case": name, "gave": CASES[name](client)}
        except Exception:
            answer = {"case": name, "gave": traceback.format_exc()}
        print("PEER", json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
