"""How requests share an Executor: interleaving, deadlines, cancellation, replicas."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
from tidegate import AsyncFlow, Client, Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import DeadlineExceededError
from waiting import wait_until


class Meeting(Executor):
    """Nobody leaves before all have come: passes only if the calls run at the same time."""

    def __init__(self, size: int = 20, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.size = size
        self.here = 0
        self.all_here = asyncio.Event()

    @requests
    async def meet(self, docs: DocumentArray) -> None:
        self.here += 1
        if self.here == self.size:
            self.all_here.set()
        await asyncio.wait_for(self.all_here.wait(), 30)


class OneAtATime(Executor):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.running = 0
        self.most = 0

    @requests(on="/sync")
    def sync(self, docs: DocumentArray) -> dict:
        self.running += 1
        self.most = max(self.most, self.running)
        time.sleep(0.01)
        self.running -= 1
        return {"most": self.most, "thread": threading.get_ident()}

    @requests(on="/block")
    def block(self, docs: DocumentArray, parameters: dict) -> None:
        time.sleep(parameters["seconds"])

    @requests(on="/quick")
    async def quick(self, docs: DocumentArray) -> dict:
        return {"thread": threading.get_ident()}


class Waits(Executor):
    """Writes a line into a file for what happens to each call."""

    @requests(on="/wait")
    async def wait(self, docs: DocumentArray, parameters: dict) -> None:
        log = Path(parameters["log"])
        with log.open("a") as out:
            out.write("started\n")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            with log.open("a") as out:
                out.write("cancelled\n")
            raise

    @requests(on="/live")
    async def live(self, docs: DocumentArray) -> dict:
        return {"live": sum("Waits.wait" in repr(task) for task in asyncio.all_tasks())}

    @requests(on="/slow-sync")
    def slow(self, docs: DocumentArray, parameters: dict) -> None:
        with Path(parameters["log"]).open("a") as out:
            out.write("started\n")
        time.sleep(0.3)


class WhoAmI(Executor):
    @requests
    async def who(self, docs: DocumentArray) -> dict:
        return {"name": self.runtime_args.name}


def lines(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.exists() else []


def results(response) -> dict:
    return next(iter(response.parameters["__results__"].values()))


def test_async_calls_interleave(serve) -> None:
    with serve({"uses": Meeting, "uses_with": {"size": 20}}) as flow:
        docs = flow.post("/", [Document(text=str(n)) for n in range(20)], request_size=1)
        assert docs.texts == [str(n) for n in range(20)]


def test_blocking_posts_from_threads_run_side_by_side(serve) -> None:
    with serve({"uses": Meeting, "uses_with": {"size": 8}}) as flow:
        failures: list[BaseException] = []

        def post() -> None:
            try:
                flow.post("/", Document())
            except BaseException as failure:
                failures.append(failure)

        threads = [threading.Thread(target=post) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []


def test_sync_calls_run_one_at_a_time_off_the_loop(serve) -> None:
    with serve(OneAtATime) as flow:
        responses = flow.post(
            "/sync", [Document() for _ in range(20)], request_size=1, return_responses=True
        )
        assert max(results(r)["most"] for r in responses) == 1
        loop = results(flow.post("/quick", return_responses=True)[0])["thread"]
        assert {results(r)["thread"] for r in responses}.isdisjoint({loop})


def test_a_long_sync_call_delays_neither_async_calls_nor_probes(serve) -> None:
    with serve(OneAtATime) as flow:
        thread = threading.Thread(
            target=flow.post, args=("/block",), kwargs={"parameters": {"seconds": 2}}
        )
        thread.start()
        start = time.monotonic()
        for _ in range(10):
            flow.post("/quick")
        assert flow.is_flow_ready()
        assert thread.is_alive(), f"the probes took {time.monotonic() - start:.2f} s"
        thread.join()


def test_timeout_cancels_the_coroutine(serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serve(Waits) as flow:
        with pytest.raises(DeadlineExceededError) as caught:
            flow.post("/wait", parameters={"log": str(log)}, timeout=0.5)
        assert isinstance(caught.value, (ConnectionError, TimeoutError))
        wait_until(lambda: lines(log) == ["started", "cancelled"], f"cancelled, saw {lines(log)}")


def test_a_caller_that_leaves_cancels_100_of_100(serve, tmp_path: Path) -> None:
    log = tmp_path / "log"

    async def leave(port: int) -> None:
        client = Client(port=port, asyncio=True)

        async def one() -> None:
            async for _ in client.post("/wait", Document(), parameters={"log": str(log)}):
                pass

        tasks = [asyncio.create_task(one()) for _ in range(100)]
        while lines(log).count("started") < 100:
            await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    with serve(Waits) as flow:
        asyncio.run(asyncio.wait_for(leave(flow.port), 60))
        wait_until(lambda: lines(log).count("cancelled") == 100, "100 coroutines cancelled")
        live = results(flow.post("/live", return_responses=True)[0])
        assert live == {"live": 0}


def test_an_expired_request_is_never_started(serve, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serve(Waits) as flow:
        busy = threading.Thread(
            target=flow.post, args=("/slow-sync",), kwargs={"parameters": {"log": str(log)}}
        )
        busy.start()
        wait_until(lambda: lines(log) == ["started"], "the first call runs")
        with pytest.raises(DeadlineExceededError):
            flow.post("/slow-sync", parameters={"log": str(log)}, timeout=0.05)
        busy.join()
        flow.post("/live")
        assert lines(log) == ["started"]


def test_requests_one_after_another_visit_every_replica() -> None:
    with Flow(quiet=True).add(uses=WhoAmI, replicas=3) as flow:
        names = [results(flow.post("/", return_responses=True)[0])["name"] for _ in range(9)]
    assert sorted(names) == sorted([f"executor0/rep-{n}" for n in range(3)] * 3)


def test_async_flow_and_async_with() -> None:
    async def main() -> list[str]:
        texts = []
        async with AsyncFlow(quiet=True).add(uses=WhoAmI) as flow:
            async for docs in flow.post(
                "/", [Document(text=str(n)) for n in range(4)], request_size=1
            ):
                texts.extend(docs.texts)
        with Flow(asyncio=True, quiet=True).add(uses=WhoAmI) as flow:
            async for docs in flow.post("/", Document(text="4")):
                texts.extend(docs.texts)
        return texts

    assert sorted(asyncio.run(main())) == list("01234")


def test_the_blocking_client_works_inside_a_running_loop() -> None:
    async def cell(port: int) -> str:
        return Client(port=port).post("/", Document(text="in a loop"))[0].text

    with Flow(quiet=True).add(uses=WhoAmI) as flow:
        assert asyncio.run(cell(flow.port)) == "in a loop"
