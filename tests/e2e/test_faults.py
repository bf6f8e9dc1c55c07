"""What hostile bytes, dying workers and too many requests do to others: nothing."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import stat
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from tidegate import Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import ProtocolError, UnavailableError
from waiting import wait_until


class Lane(Executor):
    @requests(on="/pid")
    async def pid(self, docs: DocumentArray) -> dict:
        return {"pid": os.getpid()}

    @requests(on="/sync")
    def sync(self, docs: DocumentArray, parameters: dict) -> None:
        with Path(parameters["log"]).open("a") as log:
            log.write(docs[0].text + "\n")
        if docs[0].text == "first" and not Path(parameters["killed"]).exists():
            time.sleep(600)

    @requests(on="/noise")
    def noise(self, docs: DocumentArray) -> None:
        """Writes the bytes in the tags to the gateway in the place of a frame."""
        noise = bytes.fromhex(docs[0].tags["noise"])
        for fd in range(3, 64):
            try:
                if not stat.S_ISSOCK(os.fstat(fd).st_mode):
                    continue
                with socket.socket(fileno=os.dup(fd)) as peer:
                    if peer.family == socket.AF_UNIX:
                        peer.send(noise)
            except OSError:
                continue
        if docs[0].text == "exit":
            os._exit(1)


class Held(Executor):
    @requests(on="/hold")
    async def hold(self, docs: DocumentArray, parameters: dict) -> None:
        import asyncio

        while not Path(parameters["go"]).exists():
            await asyncio.sleep(0.2)


def pids(flow: Flow) -> list[int]:
    response = flow.post("/pid", return_responses=True, timeout=30)[0]
    return [int(result["pid"]) for result in response.parameters["__results__"].values()]


def test_of_queued_sync_calls_only_the_started_one_is_lost(tmp_path: Path) -> None:
    log, killed = tmp_path / "log", tmp_path / "killed"
    log.touch()
    answers: dict[str, str] = {}
    with Flow(quiet=True).add(uses=Lane) as flow:

        def post(text: str) -> None:
            parameters = {"log": str(log), "killed": str(killed)}
            try:
                flow.post("/sync", Document(text=text), parameters=parameters, timeout=60)
                answers[text] = "answered"
            except UnavailableError as error:
                answers[text] = str(error)

        (pid,) = pids(flow)
        threads = [threading.Thread(target=post, args=("first",))]
        threads[0].start()
        wait_until(lambda: log.read_text() == "first\n", "the first is running", 20)
        threads += [threading.Thread(target=post, args=(text,)) for text in ("a", "b", "c")]
        for thread in threads[1:]:
            thread.start()
        # An async call that is sent later comes back: the others lie in the worker's queue by then.
        assert pids(flow) == [pid]
        killed.touch()
        os.kill(pid, signal.SIGKILL)
        for thread in threads:
            thread.join(60)
    assert "outcome: unknown" in answers.pop("first")
    assert answers == dict.fromkeys("abc", "answered")
    assert Counter(log.read_text().split()) == {"first": 1, "a": 1, "b": 1, "c": 1}


@pytest.mark.parametrize(
    "noise",
    [b"\xff" * 64, bytes(64), random.Random(3).randbytes(2000), bytes([24, 0, 0, 0, 3])],
    ids=["oversize", "zeros", "random", "truncated"],
)
def test_noise_on_a_worker_s_channel_harms_no_other_worker(noise: bytes) -> None:
    sent = Document(text="exit" if len(noise) < 24 else "", tags={"noise": noise.hex()})
    flow = Flow(quiet=True).add(uses=Lane, name="noisy").add(uses=Lane, name="other")
    with flow:
        noisy, other = pids(flow)
        with pytest.raises((ProtocolError, UnavailableError)) as caught:
            flow.post("/noise", sent, target_executor="noisy", timeout=30)
        assert "noisy/rep-0" in str(caught.value)
        wait_until(lambda: pids(flow)[0] != noisy, "another worker is in its place", 30)
        assert pids(flow)[1] == other


def test_what_is_beyond_the_queue_is_refused(serve, tmp_path: Path) -> None:
    go = tmp_path / "go"
    seen: Counter[str] = Counter()

    def note(response) -> None:
        status = response.header.status
        seen[status.description if status.code else "answered"] += 1
        if status.code:
            go.touch()

    with serve(Held, prefetch=30_000) as flow:
        flow.post(
            "/hold",
            (Document() for _ in range(20_100)),
            parameters={"go": str(go)},
            request_size=1,
            prefetch=30_000,
            on_done=note,
            on_error=note,
            timeout=120,
        )
    refused = [text for text in seen if text != "answered"]
    assert len(refused) == 1
    assert refused[0].startswith("RESOURCE_EXHAUSTED") and "10000 wait" in refused[0]
    assert seen.total() == 20_100 and seen["answered"] >= 20_000


def field(number: int, content: bytes) -> bytes:
    """A protobuf field of fewer than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    """A frame of HTTP/2."""
    head = len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + content


HEADERS = {
    ":method": "POST",
    ":scheme": "http",
    ":path": "/jina.JinaRPC/Call",
    ":authority": "x",
    "content-type": "application/grpc",
    "te": "trailers",
}


class Reader(Executor):
    @requests
    async def read(self, docs: DocumentArray) -> None:
        with contextlib.suppress(Exception):
            docs.texts  # noqa: B018
        raise KeyError("the handler's own")


def test_text_that_is_not_utf_8_is_the_caller_s_fault_and_named(serve) -> None:
    bad = field(1, b"the-id") + field(4, b"\xff\xfe")
    docs = field(1, field(4, b"fine")) + field(1, bad)
    request = field(1, field(1, b"r1") + field(3, b"/")) + field(4, field(1, docs))
    block = b"".join(
        bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
        for name, value in HEADERS.items()
    )
    message = bytes(1) + len(request).to_bytes(4, "big") + request
    sent = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"")
    sent += frame(1, 4, 1, block) + frame(0, 0, 1, message)
    got = b""
    with serve(Reader) as flow, socket.create_connection(("127.0.0.1", flow.port), 30) as peer:
        peer.sendall(sent)
        while b"the handler's own" not in got and b"not valid UTF-8" not in got:
            piece = peer.recv(65536)
            assert piece, got
            got += piece
    for words in (b"INVALID_ARGUMENT", b"docs[1].text", b"BadClientInput", b"executor0"):
        assert words in got


class Once(Executor):
    """Takes for ever to come back when it has died."""

    def __init__(self, marker: str, **kwargs: object) -> None:
        super().__init__(**kwargs)
        if Path(marker).exists():
            time.sleep(600)
        Path(marker).touch()

    @requests
    async def pid(self) -> dict:
        return {"pid": os.getpid()}


def test_who_waits_for_a_worker_that_is_gone_is_told_when_the_flow_closes(tmp_path):
    marker = str(tmp_path / "marker")
    with Flow(quiet=True).add(uses=Once, uses_with={"marker": marker}) as flow:
        answer = flow.post("/", return_responses=True)[0]
        told = next(iter(answer.parameters["__results__"].values()))
        os.kill(told["pid"], signal.SIGKILL)
        wait_until(lambda: not flow.is_flow_ready(), "the worker is gone")
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                flow.post("/")
            except ConnectionError as error:
                failed.append(error)

        waiting = threading.Thread(target=ask)
        waiting.start()
        time.sleep(0.2)  # it has reached the queue, or will be refused: both are answers
        began = time.monotonic()
        flow.close(grace=60)
        waiting.join(30)
        assert failed
        assert time.monotonic() - began < 30
