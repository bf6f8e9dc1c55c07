"""How much an Executor does at once, and how much waits: `max_concurrency`, `max_queue`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from tidegate import Client, Document, DocumentArray, Executor, Flow, dynamic_batching, requests
from tidegate.errors import ConfigError, OverloadedError
from waiting import wait_until


class Gated(Executor):
    """Holds what comes until the gate opens, and counts."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.here = self.most = self.done = 0
        self.lock = threading.Lock()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.gate = threading.Event()
        self.async_gate = asyncio.Event()

    def come(self) -> None:
        with self.lock:
            self.here += 1
            self.most = max(self.most, self.here)

    def go(self) -> None:
        with self.lock:
            self.here -= 1
            self.done += 1

    @requests(on="/sync")
    def sync(self, docs: DocumentArray) -> None:
        self.come()
        assert self.gate.wait(30)
        self.go()

    @requests(on="/async")
    async def coroutine(self, docs: DocumentArray) -> None:
        self.come()
        self.loop = asyncio.get_running_loop()
        await asyncio.wait_for(self.async_gate.wait(), 30)
        self.go()

    @requests(on="/batched")
    @dynamic_batching(preferred_batch_size=2, timeout=0)
    def batched(self, docs: DocumentArray) -> None:
        self.sync(docs)


@contextlib.contextmanager
def pool(flow: Flow) -> Any:
    """`send(endpoint)` posts one Document from a thread of its own."""
    with ThreadPoolExecutor(24) as threads:

        def post(endpoint: str) -> int:
            client = Client(host="127.0.0.1", port=flow.port)
            with contextlib.closing(client):
                return len(client.post(endpoint, Document()))

        def send(endpoint: str) -> Future[int]:
            return threads.submit(post, endpoint)

        yield send


def inline(cls: type[Gated], **options: Any) -> tuple[Flow, list[Gated]]:
    """An inline Flow, and its Executor to look into once it has started."""
    made: list[Gated] = []

    class Seen(cls):  # type: ignore[misc, valid-type]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            made.append(self)

    return Flow(quiet=True).add(uses=Seen, inline=True, **options), made


def open_gates(executor: Gated) -> None:
    executor.gate.set()
    if executor.loop is not None:
        executor.loop.call_soon_threadsafe(executor.async_gate.set)


@pytest.mark.parametrize("endpoint", ["/sync", "/async"])
def test_so_many_at_once_and_the_others_wait_their_turn(endpoint: str) -> None:
    flow, made = inline(Gated, max_concurrency=3)
    with flow, pool(flow) as send:
        sent = [send(endpoint) for _ in range(9)]
        wait_until(lambda: made[0].here == 3, "three are handled")
        open_gates(made[0])
        assert [one.result(20) for one in sent] == [1] * 9
    assert (made[0].most, made[0].done) == (3, 9)


def test_sync_and_async_share_the_limit() -> None:
    flow, made = inline(Gated, max_concurrency=2)
    with flow, pool(flow) as send:
        sent = [send("/async")]
        wait_until(lambda: made[0].here == 1, "one is handled")
        sent += [send("/sync") for _ in range(3)]
        wait_until(lambda: made[0].here == 2, "two are handled")
        open_gates(made[0])
        assert [one.result(20) for one in sent] == [1] * 4
    assert made[0].most == 2


@pytest.mark.parametrize("endpoint", ["/sync", "/async"])
def test_a_full_queue_is_told(endpoint: str) -> None:
    flow, made = inline(Gated, max_concurrency=1, max_queue=2)
    with flow, pool(flow) as send:
        sent = [send(endpoint)]
        wait_until(lambda: made[0].here == 1, "one is handled")
        sent += [send(endpoint) for _ in range(5)]

        def refused() -> list[BaseException]:
            told = [one.exception() for one in sent if one.done()]
            return [error for error in told if error is not None]

        wait_until(lambda: len(refused()) == 3, "three are refused")
        for error in refused():
            assert isinstance(error, OverloadedError)
            assert "max_concurrency" in str(error) and "max_queue" in str(error)
        open_gates(made[0])
        assert sorted(one.result(20) for one in sent if one.exception() is None) == [1] * 3


def test_no_queue_at_all() -> None:
    flow, made = inline(Gated, max_concurrency=1, max_queue=0)
    with flow, pool(flow) as send:
        first = send("/sync")
        wait_until(lambda: made[0].here == 1, "one is handled")
        assert isinstance(send("/sync").exception(20), OverloadedError)
        open_gates(made[0])
        assert first.result(20) == 1
        assert send("/sync").result(20) == 1


def test_a_batch_counts_as_one_and_the_batch_that_forms_is_no_queue() -> None:
    flow, made = inline(Gated, max_concurrency=2, max_queue=1)
    with flow, pool(flow) as send:
        sent = []
        for count in (1, 2):
            sent.append(send("/batched"))
            wait_until(lambda count=count: made[0].here == count, "batches run side by side")
        sent += [send("/batched") for _ in range(4)]
        wait_until(lambda: any(one.done() for one in sent), "the fourth is one too many")
        open_gates(made[0])
        told = [one.exception(20) for one in sent]
        refused = [error for error in told if error is not None]
        assert len(refused) == 1 and isinstance(refused[0], OverloadedError)
    assert made[0].most == 2


def test_allow_concurrent_is_for_sync_methods() -> None:
    flow, made = inline(Gated, allow_concurrent=True)
    with flow, pool(flow) as send:
        sent = [send("/sync") for _ in range(4)]
        wait_until(lambda: made[0].here == 4, "four are handled in threads")
        open_gates(made[0])
        assert [one.result(20) for one in sent] == [1] * 4


def test_one_sync_call_at_a_time_and_any_number_of_async_ones_unless_told() -> None:
    flow, made = inline(Gated)
    with flow, pool(flow) as send:
        sent = [send("/sync") for _ in range(3)]
        wait_until(lambda: made[0].here == 1, "one is handled")
        sent += [send("/async") for _ in range(9)]
        wait_until(lambda: made[0].here == 10, "all async ones are handled")
        open_gates(made[0])
        assert [one.result(20) for one in sent] == [1] * 12


def test_in_a_worker_process() -> None:
    class Meets(Executor):
        """Passes only where so many are there at once."""

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.barrier = threading.Barrier(4, timeout=20)

        @requests
        def meet(self, docs: DocumentArray) -> None:
            self.barrier.wait()

    flow = Flow(quiet=True).add(uses=Meets, max_concurrency=4)
    with flow, pool(flow) as send:
        assert [one.result(30) for one in [send("/") for _ in range(8)]] == [1] * 8


@pytest.mark.parametrize("wrong", [{"max_concurrency": 0}, {"max_queue": -1}, {"max_queue": True}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Flow().add(uses=Gated, **wrong)
