"""Dynamic batching: who is handled together, when, and that everybody gets their own back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tidegate import Client, Document, DocumentArray, Executor, Flow, dynamic_batching, requests
from tidegate.errors import (
    BadServer,
    DeadlineExceededError,
    RuntimeFailToStart,
    UnavailableError,
)
from waiting import wait_until

#: Longer than any test waits: a batch that closes did not close by time.
NEVER = 60_000


class Batched(Executor):
    """Remembers the batches that it is given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()

    def note(self, docs: DocumentArray) -> None:
        self.batches.append([doc.text for doc in docs])
        for doc in docs:
            if doc.text == "bad":
                raise ValueError("a bad one")

    @requests(on="/sync")
    @dynamic_batching(preferred_batch_size=4, timeout=NEVER)
    def sync(self, docs: DocumentArray, docs_matrix: Any, **kwargs: Any) -> None:
        assert docs_matrix is None
        self.note(docs)
        for doc in docs:
            doc.text = doc.text.upper()

    @dynamic_batching(preferred_batch_size=4, timeout=NEVER)
    @requests(on="/async")
    async def coroutine(self, docs: DocumentArray, **kwargs: Any) -> DocumentArray:
        self.note(docs)
        await asyncio.sleep(0)
        return DocumentArray([Document(id=doc.id, text=doc.text.upper()) for doc in docs])

    @requests(on="/quick")
    @dynamic_batching(preferred_batch_size=4, timeout=30)
    def quick(self, docs: DocumentArray, parameters: dict[str, Any]) -> None:
        self.note(docs)
        for doc in docs:
            doc.tags = parameters

    @requests(on="/untouched")
    @dynamic_batching(preferred_batch_size=2, timeout=NEVER)
    async def untouched(self, docs: DocumentArray) -> None:
        self.note(docs)

    @requests(on="/gated")
    @dynamic_batching(preferred_batch_size=2, timeout=0)
    async def gated(self, docs: DocumentArray) -> None:
        self.batches.append([doc.text for doc in docs])
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.batches.append(["cancelled"])
            raise

    @requests(on="/open")
    async def open(self) -> None:
        self.gate.set()

    @requests(on="/fewer")
    @dynamic_batching(preferred_batch_size=2, timeout=0)
    def fewer(self, docs: DocumentArray) -> DocumentArray:
        return docs[:1]

    @requests(on="/dict")
    @dynamic_batching(preferred_batch_size=2, timeout=0)
    def returns_dict(self, docs: DocumentArray) -> dict[str, int]:
        return {"n": len(docs)}

    @requests(on="/backwards")
    @dynamic_batching(preferred_batch_size=2, timeout=NEVER)
    def backwards(self, docs: DocumentArray) -> None:
        docs.reverse()

    @requests(on="/told")
    async def told(self) -> dict[str, Any]:
        return {"batches": self.batches, "counts": self.batch_counts()}


def told(flow: Flow) -> dict[str, Any]:
    response = flow.post("/told", return_responses=True)[0]
    return next(iter(response.parameters["__results__"].values()))


@contextlib.contextmanager
def callers(flow: Flow, count: int = 16) -> Iterator[Any]:
    """Posts from threads of their own: `send(endpoint, *texts)` gives a future of texts."""
    with ThreadPoolExecutor(count) as pool:

        def send(endpoint: str, *texts: str, **keywords: Any) -> Future[list[str]]:
            docs = DocumentArray([Document(text=text) for text in texts])

            def post() -> list[str]:
                client = Client(host="127.0.0.1", port=flow.port)
                with contextlib.closing(client):
                    return [doc.text for doc in client.post(endpoint, docs, **keywords)]

            return pool.submit(post)

        yield send


@pytest.mark.parametrize("endpoint", ["/sync", "/async"])
def test_a_full_batch_goes_at_once_and_each_gets_its_own_back(serve, endpoint: str) -> None:
    with serve(Batched) as flow, callers(flow) as send:
        sent = {name: send(endpoint, *name) for name in "abcdefgh"}
        for name, future in sent.items():
            assert future.result(20) == list(name.upper())
        said = told(flow)
        assert sorted(map(len, said["batches"])) == [4, 4]
        assert said["counts"][endpoint]["documents"] == 8
        assert said["counts"][endpoint]["time"] == 0


def test_one_that_is_split_comes_back_in_order(serve) -> None:
    texts = [f"t{n}" for n in range(11)]
    with serve(Batched) as flow, callers(flow) as send:
        assert send("/sync", *texts).result(20) == [text.upper() for text in texts]
        said = told(flow)
        assert said["batches"] == [texts[:4], texts[4:8], texts[8:]]
        assert said["counts"]["/sync"]["size"] == 2 and said["counts"]["/sync"]["rest"] == 1


def test_a_lone_one_waits_for_the_timeout_and_an_empty_one_for_nothing(serve) -> None:
    with serve(Batched) as flow:
        began = time.monotonic()
        flow.post("/quick", Document(text="x"))
        assert 0.029 < time.monotonic() - began < 5
        assert len(flow.post("/sync")) == 0
        assert len(flow.post("/sync", DocumentArray())) == 0
        assert told(flow)["counts"]["/quick"]["time"] == 1


def test_parameters_are_kept_apart(serve) -> None:
    with serve(Batched) as flow, ThreadPoolExecutor(8) as pool:

        def post(number: int) -> dict[str, Any]:
            docs = flow.post("/quick", Document(text="x"), parameters={"n": number % 2, "k": [1]})
            return dict(docs[0].tags)

        for number, tags in enumerate(pool.map(post, range(8))):
            assert tags == {"n": number % 2, "k": [1]}


@pytest.mark.parametrize("endpoint", ["/sync", "/async"])
def test_an_error_goes_to_those_in_its_batch_alone(serve, endpoint: str) -> None:
    with serve(Batched) as flow, callers(flow) as send:
        failing = [send(endpoint, "bad", "a"), send(endpoint, "b", "c")]
        for future in failing:
            with pytest.raises(BadServer, match="a bad one"):
                future.result(20)
        assert send(endpoint, "a", "b", "c", "d").result(20) == ["A", "B", "C", "D"]


def test_a_part_of_a_request_that_fails_is_all_of_it(serve) -> None:
    with serve(Batched) as flow, callers(flow) as send:
        with pytest.raises(BadServer, match="a bad one"):
            send("/sync", "bad", *"abcdefg").result(20)
        assert told(flow)["batches"] == [["bad", "a", "b", "c"]]


def test_as_many_have_to_come_back(serve) -> None:
    with serve(Batched) as flow:
        with pytest.raises(BadServer) as caught:
            flow.post("/fewer", DocumentArray([Document(), Document()]))
        said = str(caught.value)
        assert "ValueError" in said and "2 Documents" in said and "left 1" in said
        assert "fewer" in said and f"{__file__}:" in said
        with pytest.raises(BadServer, match=r"TypeError.*dict"):
            flow.post("/dict", Document())


def test_places_count_not_identities(serve) -> None:
    with serve(Batched) as flow, callers(flow) as send:
        one, other = send("/backwards", "a"), send("/backwards", "b")
        assert sorted(one.result(20) + other.result(20)) == ["a", "b"]
        assert (one.result(), other.result()) == (["b"], ["a"])


def test_what_nobody_touched_goes_back_as_it_came(serve) -> None:
    with serve(Batched) as flow, callers(flow) as send:
        one, other = send("/untouched", "a"), send("/untouched", "b")
        assert (one.result(20), other.result(20)) == (["a"], ["b"])


def test_a_batch_that_nobody_waits_for_is_cancelled(serve) -> None:
    with serve(Batched) as flow, callers(flow) as send:
        both = [send("/gated", "a", timeout=0.5), send("/gated", "b", timeout=0.5)]
        for one in both:
            with pytest.raises(DeadlineExceededError):
                one.result(20)
        wait_until(lambda: ["cancelled"] in told(flow)["batches"], "the batch is cancelled")


def test_batches_run_one_after_another_unless_more_are_allowed(serve) -> None:
    def running(flow: Flow) -> int:
        return len(told(flow)["batches"])

    with serve(Batched) as flow, callers(flow) as send:
        sent = [send("/gated", *"ab"), send("/gated", *"cd")]
        wait_until(lambda: running(flow) == 1, "one batch runs")
        flow.post("/open")
        assert sorted(text for one in sent for text in one.result(20)) == list("abcd")
    with serve({"uses": Batched, "max_concurrency": 3}) as flow, callers(flow) as send:
        sent = [send("/gated", *"ab"), send("/gated", *"cd")]
        wait_until(lambda: running(flow) == 2, "both batches run")
        flow.post("/open")
        assert sorted(text for one in sent for text in one.result(20)) == list("abcd")


class Arriving(Executor):
    """Counts the Documents that have come, in a batch or not yet."""

    arrived = 0

    @staticmethod
    def weigh(doc: Document) -> int:
        Arriving.arrived += 1
        return 1

    @requests(on="/batched")
    @dynamic_batching(
        preferred_batch_size=99, timeout=NEVER, custom_metric=weigh, use_custom_metric=True
    )
    def batched(self, docs: DocumentArray, parameters: dict[str, Any]) -> None:
        time.sleep(parameters.get("seconds", 0))
        for doc in docs:
            doc.text = doc.text.upper()

    @requests(on="/told")
    async def told(self) -> dict[str, Any]:
        return {"arrived": Arriving.arrived, "counts": self.batch_counts()}


def test_closing_handles_what_waits(place: str) -> None:
    Arriving.arrived = 0
    flow = Flow(quiet=True).add(uses=Arriving, inline=place == "inline").start()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flow.post, "/batched", Document(text="x"))
        wait_until(lambda: told(flow)["arrived"] == 1, "it waits in its batch")
        flow.close()
        assert waiting.result(20)[0].text == "X"


class Dies(Executor):
    @requests(on="/batched")
    @dynamic_batching(preferred_batch_size=2, timeout=NEVER)
    def batched(self, docs: DocumentArray) -> None:
        for doc in docs:
            doc.text = doc.text.upper()

    @requests(on="/die")
    async def die(self) -> None:
        os._exit(3)


def test_who_waited_in_a_worker_that_died_waits_in_the_next() -> None:
    with Flow(quiet=True).add(uses=Dies) as flow, callers(flow) as send:
        first = send("/batched", "a")
        with pytest.raises(UnavailableError, match="outcome"):
            flow.post("/die")
        second = send("/batched", "b")
        assert (first.result(30), second.result(30)) == (["A"], ["B"])


class Alternates(Executor):
    """A call waits for the one that is in its way until the file is there."""

    @requests(on="/call")
    async def call(self, parameters: dict[str, str]) -> None:
        Path(parameters["started"]).touch()
        while not os.path.exists(parameters["gate"]):
            await asyncio.sleep(0.01)

    @requests(on="/batched")
    @dynamic_batching(preferred_batch_size=2, timeout=NEVER)
    async def batched(self, docs: DocumentArray) -> None: ...


def test_a_batch_that_is_due_gets_the_place_that_becomes_free(serve, tmp_path: Path) -> None:
    gate, started = tmp_path / "gate", tmp_path / "started"
    parameters = {"gate": str(gate), "started": str(started)}
    with serve({"uses": Alternates, "max_concurrency": 1}) as flow, callers(flow) as send:
        call = send("/call", parameters=parameters, timeout=30)
        wait_until(started.exists, "the call runs")
        due = send("/batched", "a", "b", timeout=20)
        with pytest.raises(DeadlineExceededError):
            # By now the two others are where they wait.
            send("/batched", "c", "d", timeout=0.3).result(20)
        assert not due.done() and not call.done()
        gate.touch()
        assert (call.result(20), due.result(20)) == ([], ["a", "b"])


def test_a_batch_closes_early_for_its_most_urgent_member(serve) -> None:
    with serve(Arriving) as flow, callers(flow) as send:
        # A call takes half a second: it learns.
        assert len(send("/batched", *"x" * 99, parameters={"seconds": 0.5}).result(20)) == 99
        others = [send("/batched", "a"), send("/batched", "b", timeout=2)]
        assert [one.result(20) for one in others] == [["A"], ["B"]]
        counts = told(flow)["counts"]["/batched"]
        assert (counts["size"], counts["deadline"]) == (1, 1)


class Weighed(Executor):
    @requests(on="/weighed")
    @dynamic_batching(
        preferred_batch_size=10,
        timeout=30,
        custom_metric=lambda doc: len(doc.text),
        use_custom_metric=True,
    )
    def weighed(self, docs: DocumentArray) -> None:
        size = len(docs)
        for doc in docs:
            doc.tags["size"] = size

    @requests(on="/wrong")
    @dynamic_batching(preferred_batch_size=10, custom_metric=lambda doc: -1, use_custom_metric=True)
    def wrong(self, docs: DocumentArray) -> None: ...


def test_a_metric_weighs_documents(serve) -> None:
    with serve(Weighed) as flow:
        texts = ["aaaaaa", "bbbb", "cccccc", "dddddddddddddddd", "", ""]
        docs = flow.post("/weighed", DocumentArray([Document(text=text) for text in texts]))
        assert [doc.tags["size"] for doc in docs] == [2, 2, 1, 1, 2, 2]
        assert len(flow.post("/weighed", DocumentArray([Document(), Document()]))) == 2
        with pytest.raises(BadServer, match=r"ValueError.*metric"):
            flow.post("/wrong", Document())


class Plain(Executor):
    @requests(on=["/one", "/other"])
    def count(self, docs: DocumentArray) -> None:
        for doc in docs:
            doc.tags["size"] = len(docs)


def test_uses_dynamic_batching_by_endpoint_and_by_method(serve) -> None:
    batching = {
        "count": {"preferred_batch_size": 2, "timeout": 0},
        "/one": {"preferred_batch_size": 3},
    }
    docs = DocumentArray([Document() for _ in range(6)])
    with serve({"uses": Plain, "uses_dynamic_batching": batching}) as flow:
        assert [doc.tags["size"] for doc in flow.post("/one", docs)] == [3] * 6
        assert [doc.tags["size"] for doc in flow.post("/other", docs)] == [2] * 6
    off = {"/one": {**batching["count"], "use_dynamic_batching": False}}
    with serve({"uses": Plain, "uses_dynamic_batching": off}) as flow:
        assert [doc.tags["size"] for doc in flow.post("/one", docs)] == [6] * 6


def test_a_key_that_matches_nothing_is_told_with_the_nearest(serve) -> None:
    wrong = {"/onee": {"preferred_batch_size": 2}}
    with (
        pytest.raises(RuntimeFailToStart, match="did you mean `/one`"),
        serve({"uses": Plain, "uses_dynamic_batching": wrong}),
    ):
        pass


def test_flush_all(serve) -> None:
    batching = {"/one": {"preferred_batch_size": 2, "flush_all": True}}
    docs = DocumentArray([Document() for _ in range(7)])
    with serve({"uses": Plain, "uses_dynamic_batching": batching}) as flow:
        assert [doc.tags["size"] for doc in flow.post("/one", docs)] == [7] * 7


def test_in_the_middle_of_a_chain_results_keep_no_batch_apart(serve) -> None:
    class Tells(Executor):
        @requests
        async def tell(self, docs: DocumentArray) -> dict[str, str]:
            return {"first": docs[0].text}

    batching = {"/one": {"preferred_batch_size": 2, "timeout": NEVER}}
    second = {"uses": Plain, "uses_dynamic_batching": batching}
    with serve(Tells, second) as flow, callers(flow) as send:
        one, other = send("/one", "a"), send("/one", "b")
        assert (one.result(20), other.result(20)) == (["a"], ["b"])
