"""What a handler raises, as its caller sees it: the same in a worker and inline."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from bridge_kit import WAYS, Plain, Serving


@pytest.fixture(scope="module", params=WAYS)
def serve(request: pytest.FixtureRequest) -> Iterator[Serving]:
    serving = Serving(request.param)
    yield serving
    serving.close()


class Unprintable(Exception):
    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__


class Hostile:
    def __str__(self) -> str:
        raise SystemExit(3)


class Raising(Plain):
    async def plain(self) -> None:
        raise ValueError("boom", 3)

    async def late(self) -> None:
        await asyncio.sleep(0)
        raise ValueError("boom", 3)

    def sync(self) -> None:
        raise ValueError("boom", 3)

    async def chained(self) -> None:
        try:
            {}["missing"]
        except KeyError as error:
            raise ValueError("outer") from error

    async def unprintable(self) -> None:
        raise Unprintable("x")

    def unprintable_sync(self) -> None:
        raise Unprintable("x")

    async def hostile(self) -> None:
        raise ValueError(Hostile(), "fine")

    async def unpicklable(self) -> None:
        raise ValueError(threading.Lock())

    async def surrogate(self) -> None:
        raise ValueError("\udcff")

    async def huge(self) -> None:
        raise ValueError("x" * 10_000_000)

    async def deep(self) -> None:
        def fall(depth: int) -> None:
            fall(depth + 1)

        fall(0)

    async def exit(self) -> None:
        sys.exit(3)

    async def late_exit(self) -> None:
        await asyncio.sleep(0)
        sys.exit(3)

    def exit_sync(self) -> None:
        sys.exit(3)

    async def interrupt(self) -> None:
        raise KeyboardInterrupt

    async def late_interrupt(self) -> None:
        await asyncio.sleep(0)
        raise KeyboardInterrupt

    async def group(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.plain())

    async def number(self) -> Any:
        return 5

    def text(self) -> Any:
        return "text"

    def coroutine(self) -> Any:
        return self.plain()

    async def fine(self) -> None:
        pass


@pytest.mark.parametrize("endpoint", ["/plain", "/late", "/sync"])
def test_an_exception_arrives_as_itself(serve: Serving, endpoint: str) -> None:
    answer = serve.shared(Raising).call(endpoint)
    assert answer["kind"] == "executor"
    assert not answer["never_started"]
    assert answer["description"] == "ValueError('boom', 3)"
    assert (answer["name"], answer["args"]) == ("ValueError", ["boom", "3"])
    assert answer["executor"] == "Raising"
    trace = "".join(answer["stacks"])
    assert 'raise ValueError("boom", 3)' in trace
    assert "test_bridge_errors.py" in trace
    assert trace.count("File ") == 1, "only the user's own frames"


MATRIX = {
    "/chained": ("ValueError", "ValueError('outer')"),
    "/unprintable": ("Unprintable", "<unprintable Unprintable>"),
    "/unprintable_sync": ("Unprintable", "<unprintable Unprintable>"),
    "/hostile": ("ValueError", None),
    "/unpicklable": ("ValueError", None),
    "/surrogate": ("ValueError", None),
    "/huge": ("ValueError", None),
    "/deep": ("RecursionError", None),
    "/exit": ("SystemExit", "SystemExit(3)"),
    "/late_exit": ("SystemExit", "SystemExit(3)"),
    "/exit_sync": ("SystemExit", "SystemExit(3)"),
    "/interrupt": ("KeyboardInterrupt", "KeyboardInterrupt()"),
    "/late_interrupt": ("KeyboardInterrupt", "KeyboardInterrupt()"),
    "/group": ("ExceptionGroup", None),
    "/number": ("TypeError", None),
    "/text": ("TypeError", None),
    "/coroutine": ("TypeError", None),
}


@pytest.mark.parametrize("endpoint", MATRIX)
def test_whatever_is_raised_is_the_requests_error(serve: Serving, endpoint: str) -> None:
    one = serve.shared(Raising)
    answer = one.call(endpoint)
    name, description = MATRIX[endpoint]
    assert (answer["kind"], answer["name"]) == ("executor", name)
    assert description in (None, answer["description"])
    assert len("".join(answer["stacks"])) < 1_000_000
    assert one.call("/fine")["kind"] is None, "the Executor serves on"


def test_a_wrong_return_names_what_is_allowed(serve: Serving) -> None:
    said = serve.shared(Raising).call("/number")["description"]
    for word in ("/number", "Raising", "int", "None", "DocumentArray", "dict"):
        assert word in said


def test_causes_are_in_the_traceback(serve: Serving) -> None:
    trace = "".join(serve.shared(Raising).call("/chained")["stacks"])
    assert "KeyError: 'missing'" in trace
    assert "direct cause" in trace
