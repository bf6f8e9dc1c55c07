"""What hostile bytes, dying workers and too many requests do to others: nothing."""

from __future__ import annotations

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
    assert refused[0].startswith("RESOURCE_EXHAUSTED") and "10000 waiting" in refused[0]
    assert seen.total() == 20_100 and seen["answered"] >= 20_000
