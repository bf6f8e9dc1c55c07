"""Flows as users run them: real gateway, real workers, real sockets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

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
