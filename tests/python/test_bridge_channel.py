"""A worker on its channel, driven frame by frame."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frame_peer
import pytest
from bridge_kit import Plain, until
from frame_peer import CANCEL, DRAIN, START, Worker, frame, sections


class Simple(Plain):
    async def echo(self, docs: Any) -> None:
        pass

    async def slow(self) -> None:
        await asyncio.sleep(0.2)

    async def hang(self) -> None:
        await asyncio.sleep(600)

    async def keep(self) -> None:
        """Refuses to be cancelled, and answers."""
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(600)

    def sync(self, docs: Any) -> None:
        pass

    def sync_hang(self) -> None:
        time.sleep(600)

    async def spin(self) -> None:
        pow(3, 3_000_000_000)

    def spin_sync(self) -> None:
        pow(3, 3_000_000_000)

    async def die(self) -> None:
        os._exit(9)

    async def spawn(self) -> None:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    async def block(self) -> None:
        time.sleep(0.1)

    async def work(self) -> None:
        time.sleep(0.003)
        self.steps += 1

    async def tick(self) -> None:
        """Looks on in every turn of the loop; ends well if no turn did many steps of work."""
        try:
            while True:
                before = self.steps
                await asyncio.sleep(0)
                self.most = max(self.most, self.steps - before)
        except asyncio.CancelledError:
            assert 0 < self.most <= 2, self.most

    steps = most = 0

    async def fork(self) -> None:
        if os.fork() == 0:
            signal.alarm(10)
            signal.pause()

    async def give(self, docs: Any) -> Any:
        return type(docs)()

    async def stdin(self) -> None:
        assert sys.stdin.read() == ""

    async def sigint(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(0.05)


@pytest.fixture
def worker() -> Iterator[Worker]:
    with Worker(Simple, stderr=subprocess.PIPE) as worker:
        yield worker.ready()


def said(worker: Worker) -> str:
    assert worker.process.stderr is not None
    return worker.process.stderr.read().decode()


def test_hello_names_the_executor_and_its_endpoints(worker: Worker) -> None:
    assert worker.hello["executor"] == "Simple"
    table = {endpoint["name"]: endpoint["sync"] for endpoint in worker.hello["endpoints"]}
    assert (table["/echo"], table["/sync"]) == (False, True)


def test_several_frames_in_one_read_are_answered_each(worker: Worker) -> None:
    starts = [worker.start_frame(call_id, "/echo", b"") for call_id in range(1, 501)]
    worker.sock.sendall(b"".join(starts))
    worker.wait(*range(1, 501))
    assert worker.order == sorted(worker.order)
    assert worker.started()[0] == 500


def test_the_ledger_tells_what_was_started_in_each_lane(worker: Worker) -> None:
    assert worker.started() == (0, 0)
    first = worker.send("/hang")
    second = worker.send("/sync", b"")
    worker.wait(second)
    assert worker.started() == (first, second)


def test_the_ledger_holds_a_call_that_kills(worker: Worker) -> None:
    worker.sock.sendall(worker.start_frame(7, "/die") + worker.start_frame(8, "/echo", b""))
    assert worker.exit_code() == 9
    assert worker.started() == (7, 0)


def test_start_and_cancel_in_one_batch(worker: Worker) -> None:
    worker.sock.sendall(worker.start_frame(1, "/hang") + frame(CANCEL, 1))
    (answer,) = worker.wait(1)
    assert answer.kind == "cancelled"
    assert answer.never_started == (worker.started()[0] == 0)


def test_cancel_is_answered_once(worker: Worker) -> None:
    ids = [worker.send("/hang") for _ in range(100)]
    until(lambda: worker.started()[0] == ids[-1], "all started")
    worker.cancel(*ids)
    worker.cancel(*ids)
    assert {answer.kind for answer in worker.wait(*ids)} == {"cancelled"}
    assert worker.call("/echo", b"").kind is None


def test_a_handler_may_refuse_to_be_cancelled(worker: Worker) -> None:
    call_id = worker.send("/keep")
    until(lambda: worker.started()[0] == call_id, "started")
    worker.cancel(call_id)
    assert worker.wait(call_id)[0].kind is None


def test_cancel_of_what_is_unknown_does_nothing(worker: Worker) -> None:
    worker.cancel(77, 99, 2**63)
    assert worker.call("/echo", b"").kind is None


def test_an_expired_call_is_never_started(worker: Worker) -> None:
    blocked = worker.send("/sync_hang")
    call_id = worker.send("/sync", b"", deadline_us=1)
    late = worker.send("/echo", b"", deadline_us=60_000_000)
    assert worker.wait(late)[0].kind is None
    worker.cancel(call_id)
    answer = worker.wait(call_id)[0]
    assert answer.never_started
    assert blocked not in worker.answers


def test_an_async_call_that_expires_behind_another_is_never_started(worker: Worker) -> None:
    worker.sock.sendall(
        worker.start_frame(1, "/block")
        + worker.start_frame(2, "/echo", b"", deadline_us=50_000)
        + worker.start_frame(3, "/echo", b"", deadline_us=60_000_000)
    )
    kinds = [answer.kind for answer in worker.wait(1, 2, 3)]
    assert kinds == [None, "deadline-exceeded", None]
    assert worker.answers[2].never_started


def test_many_long_steps_leave_the_loop_its_turns(worker: Worker) -> None:
    ticking = worker.send("/tick")
    worker.sock.sendall(b"".join(worker.start_frame(100 + i, "/work") for i in range(100)))
    worker.wait(*range(100, 200))
    worker.cancel(ticking)
    # At most one more than fits in 2 ms of a turn between two ticks.
    assert worker.wait(ticking)[0].kind is None


def test_an_endpoint_that_is_not_there(worker: Worker) -> None:
    worker.sock.sendall(frame(START, 77, body=sections(b"", b""), aux=999))
    assert worker.wait(77)[0].kind == "protocol"
    assert worker.call("/echo", b"").kind is None


@pytest.mark.parametrize("size", [0, 1, 1000, 100_000, 50_000_000])
def test_payloads_of_any_size(worker: Worker, size: int) -> None:
    # A field that nobody knows, so that any size is a serialised message.
    payload = b"" if size < 10 else b"\xfa\x3f" + varint(size) + os.urandom(size)
    ids = [1, 2, 3]
    starts = b"".join(worker.start_frame(call_id, "/echo", payload) for call_id in ids)
    thread = threading.Thread(target=worker.sock.sendall, args=(starts,))
    thread.start()
    assert [answer.kind for answer in worker.wait(*ids)] == [None] * 3
    thread.join()


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def test_an_answer_over_the_limit_is_refused() -> None:
    with Worker(Large, settings={"max_message_bytes": 100_000}, size=200_000) as worker:
        answer = worker.ready().call("/large")
        assert answer.kind == "too-large"
        assert "max_message_bytes" in answer.description
        assert worker.call("/large").kind == "too-large"


class Large(Plain):
    def __init__(self, size: int) -> None:
        self.size = size

    def sync_large(self) -> Any:
        return self._make()

    async def late_large(self) -> Any:
        await asyncio.sleep(0.01)
        return self._make()

    async def large(self) -> Any:
        return self._make()

    def _make(self) -> Any:
        from tidegate import Document, DocumentArray

        return DocumentArray([Document(text="x" * self.size)])


def test_a_peer_that_does_not_read_stops_nobody(worker: Worker) -> None:
    with Worker(Large, size=1_000_000) as worker:
        worker.ready()
        ids = [worker.send("/large") for _ in range(50)]
        until(lambda: worker.started()[0] > 0, "one started")
        # Nothing is read for a while: the socket is full, and the loop must not spin on it.
        before = cpu(worker)
        assert not select.select([], [], [], 0.3)[0]
        assert worker.started()[0] < 50, "no new calls while answers wait"
        assert cpu(worker) - before < 0.25
        assert len({answer.id for answer in worker.wait(*ids)}) == 50


@pytest.mark.parametrize("endpoint", ["/large", "/late_large", "/sync_large"])
def test_a_large_answer_needs_no_other_event_to_get_out(endpoint: str) -> None:
    with Worker(Large, size=3_000_000) as worker:
        answer = worker.ready().call(endpoint)
        assert answer.payload is not None
        assert len(answer.payload) > 3_000_000


def test_a_forked_child_lets_go_of_the_channel(worker: Worker) -> None:
    assert worker.call("/fork").kind is None
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(EOFError):
        worker.next(3)


def cpu(worker: Worker) -> float:
    fields = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


BROKEN = {
    "unknown kind": (frame(77, 1), "unknown kind 77"),
    "a kind that is not for workers": (frame(frame_peer.REPLY, 1), "unknown kind 5"),
    "unknown flags": (frame(START, 1, flags=64), "unknown flags"),
    "oversize": (struct.pack("<IBBHQQ", 2**32 - 1, START, 0, 0, 1, 0), "over the limit"),
    "no sections": (frame(START, 1, body=b"abc"), "malformed start"),
    "lying sections": (frame(START, 1, body=struct.pack("<4I", 3, 2**31, 2**31, 0)), "malformed"),
    "random": (random.Random(7).randbytes(100_000), "frame"),
    "zeros": (bytes(1000), "unknown kind 0"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_frame_ends_the_worker_and_is_named(worker: Worker, name: str) -> None:
    data, message = BROKEN[name]
    worker.sock.sendall(worker.start_frame(1, "/echo", b"") + data)
    assert worker.wait(1)[0].kind is None, "what came before still counts"
    assert worker.exit_code(3) == 1
    text = said(worker)
    assert message in text
    assert "executor0/rep-0" in text
    assert "the worker ends" in text
    assert "Traceback" not in text
    assert "panicked" not in text


@pytest.mark.parametrize("cut", [1, 23, 24, 30])
def test_a_truncated_frame_ends_the_worker(worker: Worker, cut: int) -> None:
    worker.sock.sendall(worker.start_frame(1, "/echo", b"x" * 100)[:cut])
    worker.sock.shutdown(1)
    assert worker.exit_code(3) == 1
    assert "ended within a frame" in said(worker)


def test_random_bytes_never_crash(worker: Worker) -> None:
    worker.sock.sendall(b"".join(fuzzed(random.Random(seed)) for seed in range(50)))
    assert worker.exit_code(3) == 1
    assert "panicked" not in said(worker)


def fuzzed(source: random.Random) -> bytes:
    body = source.randbytes(source.randrange(64))
    kind = source.choice([START, CANCEL, DRAIN + 100])
    return frame(kind, source.randrange(5), body=body, aux=source.randrange(5), flags=128)


def test_an_ignorable_kind_is_skipped(worker: Worker) -> None:
    worker.sock.sendall(frame(77, 1, body=b"new", flags=128))
    assert worker.call("/echo", b"").kind is None


@pytest.mark.parametrize("endpoint", [None, "/hang", "/spin", "/spin_sync", "/sync_hang"])
def test_a_parent_that_has_gone_ends_the_worker(worker: Worker, endpoint: str | None) -> None:
    """Whatever a handler does: `spin` holds the GIL in one long call."""
    if endpoint is not None:
        call_id = worker.send(endpoint)
        until(lambda: call_id in worker.started(), "started")
    began = time.monotonic()
    worker.sock.close()
    worker.exit_code(3)
    assert time.monotonic() - began < 1.2


def test_close_runs_when_the_parent_has_gone(tmp_path: Path) -> None:
    with Worker(Closing, mark=str(tmp_path / "closed")) as worker:
        worker.ready().sock.close()
        worker.exit_code(3)
    assert (tmp_path / "closed").exists()


class Closing(Plain):
    def __init__(self, mark: str) -> None:
        self.mark = Path(mark)

    async def hang(self) -> None:
        await asyncio.sleep(600)

    async def close(self) -> None:
        self.mark.touch()


def test_a_killed_parent_takes_its_worker_along(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        f"sys.path[:] = {sys.path!r}\n"
        "from frame_peer import Worker\n"
        "from test_bridge_channel import Simple\n"
        "worker = Worker(Simple).ready()\n"
        "worker.send('/spin')\n"
        "while worker.started()[0] == 0: time.sleep(0.01)\n"
        "print(worker.process.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    began = time.monotonic()
    until(lambda: not alive(pid), "the worker has ended", 3)
    assert time.monotonic() - began < 1.2


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", ["frame", "signal"])
def test_a_drain_finishes_what_runs(worker: Worker, how: str) -> None:
    ids = [worker.send("/slow") for _ in range(3)] + [worker.send("/sync", b"")]
    until(lambda: worker.started() == (ids[2], ids[3]), "started")
    if how == "frame":
        worker.drain()
    else:
        os.kill(worker.process.pid, signal.SIGTERM)
    assert [answer.kind for answer in worker.wait(*ids)] == [None] * 4
    assert worker.exit_code(3) == 0
    assert said(worker) == ""


def test_a_drained_worker_takes_no_more(worker: Worker) -> None:
    slow = worker.send("/slow")
    worker.drain()
    late = worker.send("/echo", b"")
    answers = worker.wait(slow, late)
    assert answers[0].kind is None
    assert answers[1].kind == "unavailable"
    assert answers[1].never_started
    assert worker.exit_code(3) == 0


def test_a_drain_outlives_the_hang_up(worker: Worker) -> None:
    worker.send("/slow")
    worker.drain()
    worker.sock.close()
    assert worker.exit_code(3) == 0


def test_a_drain_cancels_after_its_grace(worker: Worker) -> None:
    ids = [worker.send("/hang"), worker.send("/sync_hang"), worker.send("/sync", b"")]
    until(lambda: worker.started() == (ids[0], ids[1]), "started")
    began = time.monotonic()
    worker.drain(0.1)
    first, last = worker.wait(ids[0], ids[2])
    assert first.kind == last.kind == "unavailable"
    assert (first.never_started, last.never_started) == (False, True)
    assert worker.exit_code(4) == 0
    assert time.monotonic() - began < 2


def test_a_drain_that_nobody_can_hear_ends_with_the_hang_up(worker: Worker) -> None:
    call_id = worker.send("/spin_sync")
    until(lambda: worker.started()[1] == call_id, "started")
    began = time.monotonic()
    worker.drain(0.1)
    worker.sock.close()
    assert worker.exit_code(3) != 0
    assert time.monotonic() - began < 1.2


def test_sigint_is_the_parents(worker: Worker) -> None:
    assert worker.call("/sigint").kind is None
    os.kill(worker.process.pid, signal.SIGINT)
    assert worker.call("/echo", b"").kind is None


def test_stdin_is_empty_and_the_channel_is_not_inherited(worker: Worker) -> None:
    assert worker.call("/stdin").kind is None
    assert worker.call("/spawn").kind is None
    os.kill(worker.process.pid, signal.SIGKILL)
    with pytest.raises(EOFError):
        worker.next(3)


class NoModel(Plain):
    def __init__(self) -> None:
        raise RuntimeError("no model", 3)


class Exits(Plain):
    def __init__(self) -> None:
        sys.exit("no licence")


@pytest.mark.parametrize(
    ("cls", "name", "text"),
    [(NoModel, "RuntimeError", "no model"), (Exits, "SystemExit", "no licence")],
)
def test_a_worker_that_cannot_start_says_why(cls: type, name: str, text: str) -> None:
    with Worker(cls) as worker:
        answer = worker.next()
        assert (answer.id, answer.kind, answer.name) == (0, "startup", name)
        trace = "".join(answer.stacks)
        assert text in trace
        assert "in __init__" in trace
        assert "_serving.py" not in trace
        assert "asyncio" not in trace
        assert worker.exit_code() == 1


def test_a_class_that_cannot_be_imported_says_so() -> None:
    with Worker(Simple, settings={"sys_path": [p for p in sys.path if "tests" not in p]}) as worker:
        answer = worker.next()
        assert (answer.kind, answer.name) == ("startup", "ModuleNotFoundError")
        assert worker.exit_code() == 1


def test_started_by_hand_it_says_that_it_is_not_meant_to_be() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tidegate._worker"], stdin=subprocess.DEVNULL, capture_output=True
    )
    assert ended.returncode != 0
    assert b"started by a Flow" in ended.stderr
