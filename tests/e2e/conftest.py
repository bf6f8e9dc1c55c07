"""Flows as users run them: real gateway, real workers, real sockets."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tidegate import Executor, Flow


@pytest.fixture(params=["worker", "inline"])
def place(request: pytest.FixtureRequest) -> str:
    """Where the Executor runs; every behaviour is the same in both."""
    return str(request.param)


@pytest.fixture
def serve(place: str) -> Callable[..., contextlib.AbstractContextManager[Flow]]:
    """`with serve(A, B, ...) as flow:` serves the chain A, B, ... in the place under test."""

    @contextlib.contextmanager
    def run(*executors: type[Executor] | dict[str, object], **kwargs: object) -> Iterator[Flow]:
        flow = Flow(quiet=True, **kwargs)
        for executor in executors:
            options = executor if isinstance(executor, dict) else {"uses": executor}
            flow = flow.add(inline=place == "inline", **options)
        with flow:
            yield flow

    return run


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 10.0) -> None:
    """Waits for a condition, and says which one when the time is up."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and waits to be reaped does not)."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            return stat.read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
