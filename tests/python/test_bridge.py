"""What a handler and its caller see of the bridge: the same in a worker and inline."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bridge_kit import WAYS, Plain, Served, Serving, until
from tidegate import Document, DocumentArray, _serving

seen: contextvars.ContextVar[str] = contextvars.ContextVar("seen", default="unset")


@pytest.fixture(scope="module", params=WAYS)
def serve(request: pytest.FixtureRequest) -> Iterator[Serving]:
    serving = Serving(request.param)
    yield serving
    serving.close()


class Marks:
    """Facts that a handler tells the test through files."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)

    def tell(self, name: str) -> None:
        (self.folder / name).touch()

    def count(self, prefix: str) -> int:
        return sum(path.name.startswith(prefix) for path in self.folder.iterdir())


class Echo(Plain):
    async def echo(self, docs: Any) -> None:
        pass

    async def give(self, docs: Any) -> Any:
        return docs

    def sync(self, docs: Any) -> None:
        pass

    async def nothing(self) -> None:
        pass

    async def later(self, docs: Any) -> None:
        await asyncio.sleep(0.01)

    async def arguments(self, **kwargs: Any) -> None:
        assert set(kwargs) == {"docs", "parameters", "docs_matrix", "docs_map", "tracing_context"}
        docs, matrix = kwargs["docs"], kwargs["docs_matrix"]
        assert (matrix is None) if not docs else (len(matrix) == 1 and matrix[0] is docs)
        (name,) = kwargs["docs_map"]
        assert name.startswith("before") and kwargs["docs_map"][name] is docs
        assert kwargs["parameters"] == {}

    async def joined(self, docs: Any, docs_matrix: Any) -> None:
        assert [branch.texts for branch in docs_matrix] == [["a", "b"], ["a", "b"]]
        assert docs.texts == ["a", "b", "a", "b"]

    async def none(self, docs_matrix: Any) -> None:
        assert docs_matrix is None


@pytest.mark.parametrize(
    "endpoint", ["/echo", "/give", "/sync", "/nothing", "/later", "/arguments"]
)
def test_untouched_documents_do_not_travel_back(serve: Serving, endpoint: str) -> None:
    answer = serve.shared(Echo).call(endpoint, b"")
    assert answer == {"kind": None, "payload": None, "results": None}


def test_several_payloads_are_a_matrix(serve: Serving) -> None:
    one = serve.shared(Echo)
    assert one.call("/joined", two(), two())["kind"] is None
    assert one.call("/none", b"", b"")["kind"] is None
    assert one.call("/arguments", two())["kind"] is None


def test_a_request_without_data(serve: Serving) -> None:
    assert serve.shared(Echo).call("/echo")["kind"] is None


class Editing(Plain):
    async def edit(self, docs: Any) -> None:
        for doc in docs:
            doc.text = doc.text.upper()

    async def matrix_edit(self, docs_matrix: Any) -> None:
        await self.edit(docs_matrix[0])

    async def late_edit(self, docs: Any) -> None:
        await asyncio.sleep(0)
        await self.edit(docs)

    def sync_edit(self, docs: Any) -> None:
        for doc in docs:
            doc.text = doc.text.upper()

    async def same(self, docs: Any) -> Any:
        await self.edit(docs)
        return docs

    async def replace(self, docs: Any) -> Any:
        return DocumentArray([Document(text="new"), *docs])

    async def part(self, docs: Any) -> Any:
        return docs[1:]

    async def results(self, docs: Any) -> Any:
        await self.edit(docs)
        return {"count": len(docs)}

    def sync_results(self, docs: Any, parameters: Any) -> Any:
        return parameters

    async def unsendable(self) -> Any:
        return {"lock": threading.Lock()}

    async def ignore(self, docs: Any) -> None:
        pass

    async def swallow(self, docs: Any) -> None:
        with contextlib.suppress(Exception):
            self._read(docs)

    async def convert(self, docs: Any) -> None:
        try:
            self._read(docs)
        except Exception:
            raise KeyError("mine") from None

    async def read(self, docs: Any) -> None:
        self._read(docs)

    def sync_read(self, docs: Any) -> None:
        self._read(docs)

    def _read(self, docs: Any) -> None:
        for doc in docs:
            assert doc.text is not None


def two() -> bytes:
    sent: bytes = DocumentArray([Document(text="a"), Document(text="b")]).to_bytes()
    return sent


def texts(payload: bytes) -> list[str]:
    return [doc.text for doc in DocumentArray.from_bytes(payload)]


@pytest.mark.parametrize("endpoint", ["/edit", "/late_edit", "/sync_edit", "/same", "/matrix_edit"])
def test_edits_in_place_travel(serve: Serving, endpoint: str) -> None:
    answer = serve.shared(Editing).call(endpoint, two())
    assert texts(answer["payload"]) == ["A", "B"]


def test_a_returned_array_replaces(serve: Serving) -> None:
    one = serve.shared(Editing)
    assert texts(one.call("/replace", two())["payload"]) == ["new", "a", "b"]
    assert texts(one.call("/part", two())["payload"]) == ["b"]


def test_a_returned_dict_is_results_and_edits_travel_too(serve: Serving) -> None:
    answer = serve.shared(Editing).call("/results", two())
    assert texts(answer["payload"]) == ["A", "B"]
    assert b"count" in answer["results"]


def test_parameters_arrive(serve: Serving) -> None:
    struct = b"\n\x0c\n\x01x\x12\x07\x1a\x05where"
    assert b"where" in serve.shared(Editing).call("/sync_results", parameters=struct)["results"]


def test_a_dict_that_cannot_travel_is_an_error(serve: Serving) -> None:
    answer = serve.shared(Editing).call("/unsendable")
    assert answer["kind"] == "executor"
    assert "lock" in answer["description"]


BAD = {"text": b'\n\x04"\x02\xff\xfe', "truncated": b"\n\x7fabc", "random": b"\xff" * 20}


@pytest.mark.parametrize("endpoint", ["/read", "/sync_read", "/swallow", "/convert"])
@pytest.mark.parametrize("name", BAD)
def test_documents_that_cannot_be_read_are_the_callers_fault(
    serve: Serving, endpoint: str, name: str
) -> None:
    answer = serve.shared(Editing).call(endpoint, BAD[name])
    assert answer["kind"] == "invalid-input", answer
    assert "name" not in answer


def test_documents_that_nobody_reads_may_be_anything(serve: Serving) -> None:
    assert serve.shared(Editing).call("/ignore", BAD["random"])["kind"] is None


def test_parameters_that_cannot_be_read_are_the_callers_fault(serve: Serving) -> None:
    answer = serve.shared(Editing).call("/sync_results", parameters=b"\xff\xff")
    assert answer["kind"] == "invalid-input"


class Asyncio(Plain):
    def __init__(self, folder: str) -> None:
        self.marks = Marks(folder)
        self.loop = asyncio.get_running_loop()
        seen.set("constructor")
        self.live = 0

    async def hang(self) -> None:
        self.live += 1
        name = f"{id(asyncio.current_task())}"
        self.marks.tell(f"started-{name}")
        try:
            await asyncio.sleep(600)
        finally:
            await asyncio.sleep(0)
            self.live -= 1
            self.marks.tell(f"cancelled-{name}")

    async def none_left(self) -> None:
        assert self.live == 0
        others = asyncio.all_tasks() - {asyncio.current_task()}
        assert not others, others

    async def context(self, parameters: Any) -> dict[str, str]:
        before = seen.get()
        seen.set("mine")
        await asyncio.sleep(0)
        child = await asyncio.create_task(self._read())
        assert (before, child, seen.get()) == ("constructor", "mine", "mine")
        return {}

    async def _read(self) -> str:
        return seen.get()

    def sync_context(self) -> None:
        assert seen.get() == "constructor"
        seen.set("mine")
        assert threading.current_thread() is not threading.main_thread()

    async def structured(self) -> None:
        task = asyncio.current_task()
        assert isinstance(task, asyncio.Task)
        assert task in asyncio.all_tasks()
        assert asyncio.get_running_loop() is self.loop
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await asyncio.sleep(60)
        with pytest.raises(ExceptionGroup):
            await self._group()
        assert (
            await asyncio.gather(self._read(), asyncio.shield(self._read())) == ["constructor"] * 2
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(60), 0.01)
        async with asyncio.Lock():
            await asyncio.sleep(0)
        assert await asyncio.to_thread(lambda: 3) == 3
        task.set_name("mine")

    async def _group(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(60))
            group.create_task(self._fail())

    async def first_step(self) -> None:
        async with asyncio.timeout(60):
            assert asyncio.current_task() is not None

    async def _fail(self) -> None:
        raise ValueError

    async def with_anyio(self) -> None:
        import anyio

        with anyio.move_on_after(0.01) as scope:
            await anyio.sleep(60)
        assert scope.cancelled_caught
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 60)
            await anyio.sleep(0)
            group.cancel_scope.cancel()
        assert await anyio.to_thread.run_sync(lambda: 3) == 3

    async def own_cancel(self) -> None:
        raise asyncio.CancelledError

    async def self_cancel(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(60)


def test_callers_that_leave_cancel_100_of_100(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Asyncio, folder=str(tmp_path)), Marks(str(tmp_path))
    calls = [one.send("/hang") for _ in range(100)]
    until(lambda: marks.count("started") == 100, "100 started")
    for call in calls:
        call.cancel()
    until(lambda: marks.count("cancelled") == 100, "100 cancelled")
    until(lambda: one.probe.in_flight() == 0, "none in flight")
    assert one.call("/none_left")["kind"] is None


def test_callers_that_leave_at_once_leave_nothing(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Asyncio, folder=str(tmp_path)), Marks(str(tmp_path))
    for _ in range(100):
        one.send("/hang").cancel()
    until(lambda: one.probe.in_flight() == 0, "none in flight")
    until(lambda: one.call("/none_left")["kind"] is None, "none left")
    assert marks.count("started") == marks.count("cancelled")


@pytest.mark.parametrize("endpoint", ["/context", "/sync_context"])
def test_context_variables_are_each_calls_own(
    serve: Serving, tmp_path: Path, endpoint: str
) -> None:
    one = serve(Asyncio, folder=str(tmp_path))
    calls = [one.send(endpoint) for _ in range(20)]
    assert [call.wait()["kind"] for call in calls] == [None] * 20


@pytest.mark.parametrize("endpoint", ["/structured", "/first_step"])
def test_a_handler_is_a_real_task(serve: Serving, tmp_path: Path, endpoint: str) -> None:
    answer = serve(Asyncio, folder=str(tmp_path)).call(endpoint)
    assert answer["kind"] is None, "".join(answer["stacks"])


def test_anyio_inside_a_handler(serve: Serving, tmp_path: Path) -> None:
    pytest.importorskip("anyio")
    answer = serve(Asyncio, folder=str(tmp_path)).call("/with_anyio")
    assert answer["kind"] is None, "".join(answer["stacks"])


@pytest.mark.parametrize("endpoint", ["/own_cancel", "/self_cancel"])
def test_cancelled_error_without_a_caller_leaving_is_an_error(
    serve: Serving, tmp_path: Path, endpoint: str
) -> None:
    one = serve(Asyncio, folder=str(tmp_path))
    answer = one.call(endpoint)
    assert (answer["kind"], answer["name"]) == ("executor", "CancelledError")
    assert one.call("/none_left")["kind"] is None


class Decorated(Plain):
    async def _body(self) -> None:
        await asyncio.sleep(0)
        raise ValueError("body")

    def __init__(self) -> None:
        def wrapped() -> Any:
            seen.set("leaked")
            return self._body()

        self.wrapper = wrapped
        self.partial = functools.partial(self._body)
        loop = asyncio.get_running_loop()
        self.future = lambda: loop.create_task(self._body())
        self.check = lambda: seen.get()

    def _endpoint_table(self) -> Any:
        from tidegate._tidegate import Endpoint

        handlers = {"/wrapper": self.wrapper, "/partial": self.partial, "/future": self.future}
        rows = [Endpoint(name, handler, True, ()) for name, handler in handlers.items()]
        return [
            *rows,
            Endpoint("/leak", lambda: {"unset": 0, "leaked": 1}[seen.get()] or None, True, ()),
        ]


@pytest.mark.parametrize("endpoint", ["/wrapper", "/partial", "/future"])
def test_wrapped_handlers_are_awaited(serve: Serving, endpoint: str) -> None:
    one = serve.shared(Decorated)
    assert one.call(endpoint)["args"] == ["body"]
    assert one.call("/leak")["kind"] is None


class Blocking(Plain):
    def __init__(self, folder: str) -> None:
        self.marks = Marks(folder)
        self.busy = False

    async def quick(self) -> None:
        pass

    def wait_for(self, parameters: Any) -> None:
        assert not self.busy, "sync methods run one at a time"
        self.busy = True
        self.marks.tell(f"waiting-{time.monotonic_ns()}")
        deadline = time.monotonic() + 20
        while not (self.marks.folder / "go").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        self.busy = False

    def spin(self) -> None:
        self.marks.tell("spinning")
        until_ = time.monotonic() + 0.3
        while time.monotonic() < until_:
            pass

    async def sleep(self) -> None:
        await asyncio.sleep(600)


def test_a_sync_handler_does_not_delay_async_ones(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Blocking, folder=str(tmp_path)), Marks(str(tmp_path))
    waiting = [one.send("/wait_for") for _ in range(3)]
    until(lambda: marks.count("waiting") == 1, "the first waits")
    for _ in range(20):
        assert one.send("/quick").wait(5)["kind"] is None
    marks.tell("go")
    assert [call.wait()["kind"] for call in waiting] == [None] * 3


def test_async_ones_pass_a_busy_sync_handler(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Blocking, folder=str(tmp_path)), Marks(str(tmp_path))
    spinning = one.send("/spin")
    until(lambda: marks.count("spinning") == 1, "it spins")
    count = 0
    while not spinning.is_answered() and count < 1000:
        assert one.call("/quick")["kind"] is None
        count += 1
    assert count >= 5
    assert spinning.wait()["kind"] is None


def test_a_queued_sync_call_is_dropped_when_its_caller_leaves(
    serve: Serving, tmp_path: Path
) -> None:
    one, marks = serve(Blocking, folder=str(tmp_path)), Marks(str(tmp_path))
    first = one.send("/wait_for")
    until(lambda: marks.count("waiting") == 1, "the first waits")
    queued = [one.send("/wait_for") for _ in range(10)]
    last = one.send("/wait_for")
    assert one.call("/quick")["kind"] is None
    for call in queued:
        call.cancel()
    until(lambda: one.probe.in_flight() <= 2, "the queued ones are gone")
    marks.tell("go")
    assert first.wait()["kind"] is None
    assert last.wait()["kind"] is None
    if one.way == "worker":
        assert marks.count("waiting") == 2


def test_a_deadline_cancels(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Asyncio, folder=str(tmp_path)), Marks(str(tmp_path))
    answer = one.call("/hang", timeout=0.05)
    assert answer["kind"] == "deadline-exceeded"
    until(lambda: marks.count("cancelled") == marks.count("started"), "it is cancelled")


def test_a_call_that_has_expired_is_never_started(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Blocking, folder=str(tmp_path)), Marks(str(tmp_path))
    first = one.send("/wait_for")
    until(lambda: marks.count("waiting") == 1, "the first waits")
    second = one.call("/wait_for", timeout=0.05)
    assert second["kind"] == "deadline-exceeded"
    marks.tell("go")
    assert first.wait()["kind"] is None
    assert one.call("/quick")["kind"] is None
    assert marks.count("waiting") == 1


class OwnCallSoon(asyncio.SelectorEventLoop):
    """A loop whose `call_soon` is its own affair: first steps are not captured then."""

    def __init__(self) -> None:
        super().__init__()
        self.call_soon = super().call_soon  # type: ignore[method-assign]


class NoAttributes(asyncio.SelectorEventLoop):
    """A loop that takes no attribute of that name."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "call_soon":
            raise AttributeError(name)
        super().__setattr__(name, value)


@pytest.mark.parametrize("loop", [OwnCallSoon, NoAttributes])
def test_a_loop_that_refuses_to_be_patched_serves_too(
    loop: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_serving, "new_loop", loop)
    one = Served("inline", Asyncio, {"folder": str(tmp_path)})
    calls = [one.send(endpoint) for endpoint in ("/structured", "/context", "/sync_context")]
    assert [call.wait()["kind"] for call in calls] == [None] * 3
    one.close()


def test_many_calls_at_once(serve: Serving) -> None:
    one = serve.shared(Echo)
    calls = [
        one.send(endpoint, b"") for _ in range(2000) for endpoint in ("/echo", "/later", "/sync")
    ]
    assert all(call.wait()["kind"] is None for call in calls)


class Closing(Plain):
    def __init__(self, folder: str, how: str) -> None:
        self.marks, self.how = Marks(folder), how
        self.close = getattr(self, f"_close_{how}")  # type: ignore[method-assign]

    def _close_sync(self) -> None:
        self.marks.tell("closed")

    async def _close_async(self) -> None:
        await asyncio.sleep(0.01)
        self.marks.tell("closed")

    async def slow(self) -> None:
        self.marks.tell("started")
        await asyncio.sleep(0.2)
        self.marks.tell("finished")

    async def hang(self) -> None:
        self.marks.tell("started")
        await asyncio.sleep(600)


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_drain_finishes_what_runs_and_closes(serve: Serving, tmp_path: Path, how: str) -> None:
    one, marks = serve(Closing, folder=str(tmp_path), how=how), Marks(str(tmp_path))
    call = one.send("/slow")
    until(lambda: marks.count("started") == 1, "it has started")
    one.close(5.0)
    assert call.wait()["kind"] is None
    assert marks.count("finished") == marks.count("closed") == 1
    if one.worker is not None:
        assert one.worker.exit_code() == 0
    assert one.call("/slow")["kind"] == "unavailable"


def test_a_drain_cancels_what_outlasts_its_grace(serve: Serving, tmp_path: Path) -> None:
    one, marks = serve(Closing, folder=str(tmp_path), how="sync"), Marks(str(tmp_path))
    call = one.send("/hang")
    until(lambda: marks.count("started") == 1, "it has started")
    began = time.monotonic()
    one.close(0.1)
    assert time.monotonic() - began < 2
    assert call.wait()["kind"] == "unavailable"
    assert marks.count("closed") == 1


class Broken(Plain):
    def __init__(self) -> None:
        raise RuntimeError("no model")


def test_an_inline_constructor_raises_in_its_caller() -> None:
    with pytest.raises(RuntimeError, match="no model"):
        Serving("inline")(Broken)


def test_nothing_is_left_of_an_inline_executor() -> None:
    before = (
        threading.active_count(),
        len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0,
    )
    for _ in range(5):
        one = Served("inline", Echo, {})
        assert one.call("/sync", b"")["kind"] is None
        one.close()
    after = (
        threading.active_count(),
        len(os.listdir("/proc/self/fd")) if os.path.exists("/proc") else 0,
    )
    # Fewer, where a thread of an earlier test has ended meanwhile.
    assert after[0] <= before[0]
    # Wakes live as long as the callers' handle.
    del one
    assert after[1] <= before[1] + 16
