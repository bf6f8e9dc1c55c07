"""A scripted gateway: speaks the frame protocol to a worker, for tests only."""

from __future__ import annotations

import array
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

import cloudpickle
from tidegate import __version__

HELLO, SPEC, START, CANCEL, REPLY, ERROR, DRAIN = 1, 2, 3, 4, 5, 6, 10
RESULTS, PAYLOAD, EXCEPTION, NEVER_STARTED = 1, 2, 4, 8
HEADER = struct.Struct("<IBBHQQ")
LIMIT = 20.0
#: A worker on asyncio's own loop, also where uvloop is installed.
STOCK = """
import runpy, sys
sys.modules["uvloop"] = None
runpy.run_module("tidegate._worker", run_name="__main__")
"""


def padded(length: int) -> int:
    return (length + 63) // 64 * 64


def sections(*parts: bytes) -> bytes:
    head = struct.pack(f"<{1 + len(parts)}I", len(parts), *map(len, parts))
    return b"".join(part.ljust(padded(len(part)), b"\0") for part in (head, *parts))


def split(body: bytes) -> list[bytes]:
    (count,) = struct.unpack_from("<I", body)
    lengths = struct.unpack_from(f"<{count}I", body, 4)
    at, parts = padded(4 + 4 * count), []
    for length in lengths:
        parts.append(body[at : at + length])
        at = padded(at + length)
    return parts


def frame(
    kind: int, call_id: int = 0, *, body: bytes = b"", flags: int = 0, aux: int = 0, arg: int = 0
) -> bytes:
    return HEADER.pack(len(body), kind, flags, aux, call_id, arg) + body


@dataclass
class Answer:
    """A Reply or an Error, taken apart."""

    id: int
    results: bytes | None = None
    payload: bytes | None = None
    kind: str | None = None
    description: str = ""
    name: str = ""
    executor: str = ""
    args: list[str] = field(default_factory=list)
    stacks: list[str] = field(default_factory=list)
    never_started: bool = False
    hello: dict[str, Any] | None = None


def answer_from(kind: int, flags: int, call_id: int, arg: int, body: bytes) -> Answer:
    if kind == HELLO:
        return Answer(call_id, hello=json.loads(body))
    if kind == REPLY:
        if not flags & (RESULTS | PAYLOAD):
            return Answer(call_id)
        results, payload = split(body)
        return Answer(
            call_id, results if flags & RESULTS else None, payload if flags & PAYLOAD else None
        )
    assert kind == ERROR, kind
    parts = [part.decode() for part in split(body)]
    answer = Answer(
        call_id, kind=parts[0], description=parts[1], never_started=bool(flags & NEVER_STARTED)
    )
    if flags & EXCEPTION:
        answer.name, answer.executor = parts[2:4]
        answer.args, answer.stacks = parts[4 : 4 + arg], parts[4 + arg :]
    return answer


class Worker:
    """A worker process and our end of its channel."""

    def __init__(
        self,
        cls: Any,
        *,
        stderr: Any = None,
        settings: dict[str, Any] | None = None,
        stock: bool = False,
        **uses_with: Any,
    ) -> None:
        self.sock, theirs = socket.socketpair()
        self.ledger = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        self.ledger.truncate(16)
        self.process = subprocess.Popen(
            [sys.executable, *(["-c", STOCK] if stock else ["-m", "tidegate._worker"])],
            stdin=theirs.fileno(),
            stderr=stderr,
            close_fds=True,
        )
        theirs.close()
        rights = array.array("i", [self.ledger.fileno()])
        self.sock.sendmsg([b"\x54"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        hello = {"protocol": 2, "version": __version__}
        self.sock.sendall(frame(HELLO, body=json.dumps(hello).encode()))
        given = {
            "name": "executor0",
            "pod": "executor0/rep-0",
            "replica": 0,
            "replicas": 1,
            "sys_path": sys.path,
            "cwd": os.getcwd(),
            "alias": False,
            "uses_ref": None,
            "py_modules": [],
            "workspace": None,
            "quiet": True,
        } | (settings or {})
        spec = {"cls": cls, "uses_with": uses_with, "uses_metas": {}, "uses_requests": {}}
        blob = cloudpickle.dumps(spec)
        self.sock.sendall(frame(SPEC, body=sections(json.dumps(given).encode(), blob)))
        self.buffer = bytearray()
        self.answers: dict[int, Answer] = {}
        self.order: list[int] = []
        self.endpoints: list[str] = []
        self.next_id = 1

    def ready(self) -> Worker:
        answer = self.next()
        hello = answer.hello
        if hello is None:
            self.close()
        assert hello is not None, "".join(answer.stacks)
        self.hello = hello
        self.endpoints = [endpoint["name"] for endpoint in hello["endpoints"]]
        return self

    def started(self) -> tuple[int, int]:
        """The highest ids started, async and sync."""
        return struct.unpack("<QQ", os.pread(self.ledger.fileno(), 16, 0))

    def start_frame(
        self,
        call_id: int,
        endpoint: str,
        *payloads: bytes,
        parameters: bytes = b"",
        deadline_us: int = 0,
    ) -> bytes:
        pairs = [part for payload in payloads for part in (b"before", payload)]
        body = sections(b"request", parameters, *pairs)
        return frame(START, call_id, body=body, aux=self.endpoints.index(endpoint), arg=deadline_us)

    def send(self, endpoint: str, *payloads: bytes, **keywords: Any) -> int:
        call_id = self.next_id
        self.next_id += 1
        self.sock.sendall(self.start_frame(call_id, endpoint, *payloads, **keywords))
        return call_id

    def cancel(self, *ids: int) -> None:
        self.sock.sendall(b"".join(frame(CANCEL, call_id) for call_id in ids))

    def drain(self, grace: float = 5.0) -> None:
        self.sock.sendall(frame(DRAIN, arg=max(1, int(grace * 1e6))))

    def next(self, limit: float = LIMIT) -> Answer:
        """The next frame; fails where none comes in time."""
        deadline = time.monotonic() + limit
        while True:
            if len(self.buffer) >= HEADER.size:
                length, kind, flags, _, call_id, arg = HEADER.unpack_from(self.buffer)
                if len(self.buffer) >= HEADER.size + length:
                    body = bytes(self.buffer[HEADER.size : HEADER.size + length])
                    del self.buffer[: HEADER.size + length]
                    return answer_from(kind, flags, call_id, arg, body)
            left = deadline - time.monotonic()
            readable = left > 0 and select.select([self.sock], [], [], left)[0]
            assert readable, "no frame came in time"
            data = self.sock.recv(1 << 20)
            if not data:
                raise EOFError
            self.buffer += data

    def wait(self, *ids: int) -> list[Answer]:
        """The answers of `ids`, in that order."""
        while not all(call_id in self.answers for call_id in ids):
            answer = self.next()
            assert answer.id not in self.answers, "answered twice"
            self.answers[answer.id] = answer
            self.order.append(answer.id)
        return [self.answers[call_id] for call_id in ids]

    def call(self, endpoint: str, *payloads: bytes, **keywords: Any) -> Answer:
        return self.wait(self.send(endpoint, *payloads, **keywords))[0]

    def exit_code(self, limit: float = LIMIT) -> int:
        return self.process.wait(limit)

    def close(self) -> None:
        self.sock.close()
        self.ledger.close()
        if self.process.poll() is None:
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
