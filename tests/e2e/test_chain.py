"""Chains, endpoints, parameters and results."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import pytest
from tidegate import Document, DocumentArray, Executor, Flow, requests


class Mark(Executor):
    """Writes its name and what it was given into the tags of every Document."""

    def __init__(self, word: str = "mark", **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.word = word

    @requests
    async def mark(self, docs: DocumentArray, parameters: dict, **kwargs: object) -> None:
        for doc in docs:
            doc.text += f" {self.word}"

    @requests(on="/parameters")
    def parameters_seen(self, docs: DocumentArray, parameters: dict, **kwargs: object) -> dict:
        return {"seen": {k: v for k, v in parameters.items() if k != "__results__"}}

    @requests(on="/upstream")
    async def upstream(self, parameters: dict) -> dict:
        return {"before": sorted(parameters.get("__results__", {}))}


class WhoWasBefore(Executor):
    @requests
    async def before(self, docs: DocumentArray, docs_map: dict, docs_matrix: list | None) -> dict:
        assert docs_matrix is None or docs_matrix[0] is docs
        return {"before": {name: array is docs for name, array in docs_map.items()}}


class Only(Executor):
    @requests(on=["/a", "/b"])
    async def only(self, docs: DocumentArray) -> None:
        for doc in docs:
            doc.text += " only"


class Replace(Executor):
    @requests
    async def replace(self, docs: DocumentArray, **kwargs: object) -> DocumentArray:
        return DocumentArray([Document(text=f"{doc.text}{n}") for doc in docs for n in range(2)])


class Empty(Executor):
    @requests
    def count(self, docs: DocumentArray) -> dict:
        return {"count": len(docs), "kind": type(docs).__name__}


def runs(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return asyncio.run(method(*args, **kwargs))

    return inner


def hands_back(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return method(*args, **kwargs)

    return inner


class Wrapped(Executor):
    @requests(on="/runs")
    @runs
    async def run_here(self, docs: DocumentArray, **kwargs: object) -> None:
        docs[0].text = "ran"

    @requests(on="/hands_back")
    @hands_back
    async def await_me(self, docs: DocumentArray, /, **kwargs: object) -> None:
        docs[0].text = "awaited"


def mark(word: str) -> dict[str, object]:
    return {"uses": Mark, "name": word, "uses_with": {"word": word}}


def test_chain_in_order(serve) -> None:
    with serve(mark("one"), mark("two"), mark("three")) as flow:
        assert flow.post("/x", Document(text="0"))[0].text == "0 one two three"


def test_unknown_endpoint_passes_through(serve) -> None:
    with serve(Only) as flow:
        docs = flow.post("/nobody", DocumentArray([Document(text="same", tags={"k": 1})]))
        assert docs[0].text == "same" and docs[0].tags == {"k": 1.0}
        assert flow.post("/b", Document(text="b"))[0].text == "b only"


def test_leading_slash_is_not_added(serve) -> None:
    class NoSlash(Executor):
        @requests(on="x")
        def f(self, docs: DocumentArray) -> None:
            docs[0].text = "touched"

    with serve(NoSlash) as flow:
        assert flow.post("/x", Document(text="t"))[0].text == "t"


def test_empty_flow_echoes() -> None:
    with Flow(quiet=True) as flow:
        assert flow.post("/", Document(text="echo", id="a"))[0].id == "a"


def test_no_inputs_is_one_request_with_an_empty_array(serve) -> None:
    with serve(Empty) as flow:
        for inputs in (None, [], DocumentArray()):
            responses = flow.post("/", inputs, return_responses=True)
            assert len(responses) == 1
            results = responses[0].parameters["__results__"]["executor0/rep-0"]
            assert results == {"count": 0, "kind": "DocumentArray"}
        assert flow.post("/", iter(()), return_responses=True) == []


def test_plain_wrappers_of_async_methods(serve) -> None:
    with serve(Wrapped) as flow:
        assert flow.post("/runs", Document()).texts == ["ran"]
        assert flow.post("/hands_back", Document()).texts == ["awaited"]


def test_array_returned_replaces(serve) -> None:
    with serve(Replace, mark("m")) as flow:
        assert flow.post("/", Document(text="d")).texts == ["d0 m", "d1 m"]


def test_parameters_of_one_executor(serve) -> None:
    with serve(mark("one"), mark("two")) as flow:
        response = flow.post(
            "/parameters",
            Document(),
            parameters={"all": 1, "one__key": 2, "two": {"nested": True}, "a__b__c": 3},
            return_responses=True,
        )[0]
        results = response.parameters["__results__"]
        assert results["one/rep-0"]["seen"] == {"all": 1, "key": 2, "two": {"nested": True}}
        assert results["two/rep-0"]["seen"] == {"all": 1, "nested": True, "two": {"nested": True}}


def test_whole_numbers_stay_whole(serve) -> None:
    big = 2**60 + 1
    with serve(mark("one")) as flow:
        response = flow.post(
            "/parameters",
            parameters={"i": 3, "f": 3.0, "big": big, "l": [1, 1.5, True, None, "s"]},
            return_responses=True,
        )[0]
        seen = response.parameters["__results__"]["one/rep-0"]["seen"]
        assert seen == {"i": 3, "f": 3.0, "big": big, "l": [1, 1.5, True, None, "s"]}
        kinds = [type(seen[k]) for k in ("i", "f", "big")] + [type(v) for v in seen["l"]]
        assert kinds == [int, float, int, int, float, bool, type(None), str]
        assert type(response.parameters["i"]) is int


def test_results_of_earlier_executors_are_visible(serve) -> None:
    with serve(mark("one"), mark("two")) as flow:
        response = flow.post("/upstream", return_responses=True)[0]
        results = response.parameters["__results__"]
        assert results["one/rep-0"] == {"before": []}
        assert results["two/rep-0"] == {"before": ["one/rep-0"]}


def test_docs_map_names_the_executor_before(serve) -> None:
    with serve({"uses": WhoWasBefore, "name": "a"}, {"uses": WhoWasBefore, "name": "b"}) as flow:
        for inputs in (Document(text="x"), None):
            response = flow.post("/", inputs, return_responses=True)[0]
            assert response.parameters["__results__"] == {
                "a/rep-0": {"before": {"gateway": True}},
                "b/rep-0": {"before": {"a": True}},
            }


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("one", "0 one"),
        ("t.*", "0 two three"),
        ("on", "0"),
        ("nobody", "0"),
        ("", "0 one two three"),
    ],
)
def test_target_executor(serve, target: str, text: str) -> None:
    with serve(mark("one"), mark("two"), mark("three")) as flow:
        assert flow.post("/", Document(text="0"), target_executor=target)[0].text == text


def test_routes_name_every_hop(serve) -> None:
    with serve(mark("one"), mark("two")) as flow:
        response = flow.post("/", Document(text="0"), return_responses=True)[0]
        assert [route.executor for route in response.routes] == ["gateway", "one", "two"]
        for route in response.routes:
            assert route.start_time.seconds > 0
            assert route.end_time.ToDatetime() >= route.start_time.ToDatetime()


def test_every_field_survives(serve) -> None:
    np = pytest.importorskip("numpy")
    doc = Document(
        id="root",
        tensor=np.arange(6, dtype="<i8").reshape(2, 3),
        embedding=np.ones(4, dtype="<f4"),
        tags={"a": 1, "n": {"b": [1, "x", None, True]}},
        weight=0.5,
        modality="m",
        mime_type="text/plain",
        location=[1.0, 2.0],
        offset=3.0,
    )
    doc.scores["cos"].value = 0.25
    doc.scores["cos"].op_name = "cosine"
    doc.chunks = [Document(text="chunk", matches=[Document(text="deep")])]
    doc.matches = [Document(blob=b"\x00\xff")]
    with serve(mark("one")) as flow:
        # Once through an Executor that sets the text of the roots, once past it.
        for endpoint in ("/parameters", "/"):
            back = flow.post(endpoint, DocumentArray([doc]))[0]
            if endpoint == "/parameters":
                assert back.tensor.dtype == np.dtype("<i8")
                assert (back.tensor == np.arange(6).reshape(2, 3)).all()
            assert (back.embedding == 1).all() and not back.embedding.flags.writeable
            assert back.tags == {"a": 1.0, "n": {"b": [1.0, "x", None, True]}}
            assert (back.weight, back.modality, back.mime_type) == (0.5, "m", "text/plain")
            assert (list(back.location), back.offset) == ([1.0, 2.0], 3.0)
            assert (back.scores["cos"].value, back.scores["cos"].op_name) == (0.25, "cosine")
            chunk = back.chunks[0]
            assert (chunk.text, chunk.parent_id, chunk.granularity) == ("chunk", "root", 1)
            assert chunk.matches[0].text == "deep"
            assert back.matches[0].blob == b"\x00\xff" and back.matches[0].adjacency == 1
