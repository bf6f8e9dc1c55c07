"""Whatever goes wrong in user code arrives as itself, and harms nothing else."""

from __future__ import annotations

import pytest
from tidegate import Document, DocumentArray, Executor, requests
from tidegate.errors import BadServer


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no str")

    __repr__ = __str__


class Unpicklable(Exception):
    def __init__(self, what: object) -> None:
        super().__init__(what)
        self.what = lambda: what


class Faulty(Executor):
    @requests(on="/async")
    async def fails_async(self, docs: DocumentArray) -> None:
        for doc in docs:
            doc.text = "changed"
        raise ValueError("boom", 3)

    @requests(on="/sync")
    def fails_sync(self, docs: DocumentArray) -> None:
        for doc in docs:
            doc.text = "changed"
        raise ValueError("boom", 3)

    @requests(on="/wrong")
    async def wrong(self, docs: DocumentArray) -> int:
        return 7

    @requests(on="/wrong-sync")
    def wrong_sync(self, docs: DocumentArray) -> int:
        return 7

    @requests(on="/unprintable")
    async def unprintable(self, docs: DocumentArray) -> None:
        raise Unprintable

    @requests(on="/unpicklable")
    def unpicklable(self, docs: DocumentArray) -> None:
        raise Unpicklable(3)

    @requests(on="/exit")
    async def exits(self, docs: DocumentArray) -> None:
        raise SystemExit(3)

    @requests(on="/some")
    async def some(self, docs: DocumentArray) -> None:
        if docs[0].text == "bad":
            raise KeyError(docs[0].text)
        docs[0].text += "!"

    @requests(on="/dtype")
    async def dtype(self, docs: DocumentArray) -> None:
        import numpy as np

        docs[0].tensor = np.array([object()])

    @requests(on="/cycle")
    async def cycle(self, docs: DocumentArray) -> None:
        docs[0].matches.append(docs[0])

    @requests(on="/bad-result")
    async def bad_result(self, docs: DocumentArray) -> dict:
        return {"x": {1, 2}}


class After(Executor):
    @requests
    def after(self, docs: DocumentArray) -> None:
        docs[0].text += " after"


@pytest.mark.parametrize("endpoint", ["/async", "/sync"])
def test_exception_arrives_as_itself(serve, endpoint: str) -> None:
    with serve(Faulty, After) as flow:
        with pytest.raises(BadServer) as caught:
            flow.post(endpoint, Document(text="as sent"))
        header = caught.value.args[0]
        assert header.status.code == 1
        assert header.status.description == "ValueError('boom', 3)"
        exception = header.status.exception
        assert (exception.name, list(exception.args)) == ("ValueError", ["boom", "3"])
        assert exception.executor == "Faulty"
        stacks = "".join(exception.stacks)
        assert "raise ValueError" in stacks and "test_user_errors.py" in stacks
        words = str(caught.value)
        for word in ("ValueError", "boom", "Faulty", endpoint):
            assert word in words

        responses = flow.post(
            endpoint, Document(text="as sent"), continue_on_error=True, return_responses=True
        )
        assert [doc.text for doc in responses[0].docs] == ["as sent"]
        assert [(r.executor, r.status.code) for r in responses[0].routes] == [
            ("gateway", 0),
            ("executor0", 1),
        ]
        assert flow.post("/x", Document(text="fine"))[0].text == "fine after"


def test_on_error_of_one_and_two_arguments(serve) -> None:
    seen: list[object] = []
    with serve(Faulty) as flow:
        for on_error in (seen.append, lambda resp, exc: seen.append((resp, exc))):
            done: list[object] = []
            always: list[object] = []
            flow.post(
                "/async",
                Document(),
                on_done=done.append,
                on_error=on_error,
                on_always=always.append,
            )
            assert (len(done), len(always)) == (0, 1)
    assert seen[0].header.status.exception.name == "ValueError"
    assert seen[1][0].header.status.exception.name == "ValueError"


def test_first_error_in_input_order_after_the_rest_has_finished(serve) -> None:
    texts = ["a", "bad", "c", "bad", "e"]
    with serve(Faulty) as flow:
        with pytest.raises(BadServer, match="KeyError"):
            flow.post("/some", [Document(text=t) for t in texts], request_size=1)
        docs = flow.post(
            "/some", [Document(text=t) for t in texts], request_size=1, continue_on_error=True
        )
        assert docs.texts == ["a!", "bad", "c!", "bad", "e!"]


@pytest.mark.parametrize("endpoint", ["/wrong", "/wrong-sync"])
def test_wrong_return_type_names_what_is_allowed(serve, endpoint: str) -> None:
    with serve(Faulty) as flow, pytest.raises(BadServer) as caught:
        flow.post(endpoint, Document())
    assert caught.value.args[0].status.exception.name == "TypeError"
    for word in ("DocumentArray", "dict", "None", "int"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [("/unprintable", "Unprintable"), ("/unpicklable", "Unpicklable"), ("/exit", "SystemExit")],
)
def test_odd_exceptions(serve, endpoint: str, name: str) -> None:
    with serve(Faulty) as flow:
        with pytest.raises(BadServer) as caught:
            flow.post(endpoint, Document())
        assert caught.value.args[0].status.exception.name == name
        assert flow.post("/some", Document(text="up"))[0].text == "up!"


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [
        ("/dtype", ("tensor", "dtype")),
        ("/cycle", ("matches",)),
        ("/bad-result", ("x", "set")),
    ],
)
def test_what_cannot_travel_is_named(serve, endpoint: str, words: tuple[str, ...]) -> None:
    if endpoint == "/dtype":
        pytest.importorskip("numpy")
    with serve(Faulty) as flow:
        with pytest.raises(BadServer) as caught:
            flow.post(endpoint, Document(text="t"))
        for word in words:
            assert word in str(caught.value), str(caught.value)
        assert flow.post("/some", Document(text="up"))[0].text == "up!"


def test_bad_input_of_the_caller_is_told_before_it_is_sent(serve) -> None:
    np = pytest.importorskip("numpy")
    looped = Document(text="loop")
    looped.chunks.append(looped)
    with serve(After) as flow:
        for doc, word in (
            (looped, "chunks"),
            (Document(tensor=np.array([object()])), "tensor"),
            (Document(tags={"k": {1}}), "tags"),
        ):
            with pytest.raises(Exception, match=word):
                flow.post("/", doc)
        assert flow.post("/", Document(text="up"))[0].text == "up after"
