"""The servers that are measured, each started as its users start it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

PEERS = Path(__file__).parent / "peers"
READY_WITHIN = 60.0


@dataclass(frozen=True)
class Programs:
    """The programs that are there; `None` for those that are not."""

    ours: Path
    jina: Path
    mosec: Path | None
    load: Path


@dataclass
class Served:
    """A running server; `with` ends it and all it started."""

    name: str
    argv: list[str]
    port: int = 0
    ready_after: float = 0.0
    _home: TemporaryDirectory[str] = field(default_factory=TemporaryDirectory)

    def __enter__(self) -> Self:
        """Starts it and waits until it says that it is ready, or answers."""
        env = {**os.environ, "HOME": self._home.name, "JINA_OPTOUT_TELEMETRY": "1"}
        log = Path(self._home.name, "log")
        began = time.perf_counter()
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                self.argv,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        if self.port:
            self._wait_for_port()
        else:
            self._wait_for_word(log)
        self.ready_after = time.perf_counter() - began
        return self

    def _wait_for_word(self, log: Path) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("PEER "):
                self.port = int(json.loads(line.removeprefix("PEER "))["port"])
                return
        raise RuntimeError(f"{self.name} did not start\n{log.read_text()}")

    def _wait_for_port(self) -> None:
        """Posts until an answer comes: for a server that does not say when it is ready."""
        deadline = time.perf_counter() + READY_WITHIN
        body = b'{"text": "hello"}'
        head = f"POST /inference HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        while time.perf_counter() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                    connection.sendall(head.encode() + body)
                    if b" 200 " in connection.recv(4096):
                        return
            except OSError:
                time.sleep(0.002)
        raise RuntimeError(f"{self.name} does not answer on port {self.port}")

    def __exit__(self, *_: object) -> None:
        """Ends it by the end of its input, or by SIGTERM where it reads none."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        if self.name.startswith(("mosec", "tonic")):
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._home.cleanup()


def ours(programs: Programs) -> Served:
    """A Flow of ours."""
    return Served("tidegate", [str(programs.ours), str(PEERS / "noop_tidegate.py")])


def jina(programs: Programs) -> Served:
    """A Flow of a real Jina."""
    return Served("jina", [str(programs.jina), str(PEERS / "noop_jina.py")])


def batched_ours(programs: Programs) -> Served:
    """A Flow of ours whose Executor takes 10 ms for a batch."""
    return Served("tidegate", [str(programs.ours), str(PEERS / "batch_tidegate.py")])


def batched_jina(programs: Programs) -> Served:
    """The same with a real Jina."""
    return Served("jina", [str(programs.jina), str(PEERS / "batch_jina.py")])


def batched_mosec(programs: Programs) -> Served:
    """The same with a mosec server of one worker."""
    return _mosec(programs, "batch_mosec.py")


def two_ours(programs: Programs) -> Served:
    """A Flow of ours, two Executors in a row."""
    return _graph_ours(programs, "two")


def two_jina(programs: Programs) -> Served:
    """The same with a real Jina."""
    return _graph_jina(programs, "two")


def diamond_ours(programs: Programs) -> Served:
    """A Flow of ours, four Executors on three levels."""
    return _graph_ours(programs, "diamond")


def diamond_jina(programs: Programs) -> Served:
    """The same with a real Jina."""
    return _graph_jina(programs, "diamond")


def _graph_ours(programs: Programs, shape: str) -> Served:
    run = [str(programs.ours), "-m", "tidegate", "run"]
    return Served("tidegate", [*run, str(PEERS / "graphs.py"), shape])


def _graph_jina(programs: Programs, shape: str) -> Served:
    return Served("jina", [str(programs.jina), str(PEERS / "graphs.py"), shape])


def echo(programs: Programs) -> Served:
    """The floor: tonic answering with the bytes it was sent."""
    return Served("tonic echo", [str(programs.load), "echo"])


def echo_on_one_thread(programs: Programs) -> Served:
    """The floor below the floor: no hand-over between threads."""
    return Served("tonic echo, one thread", [str(programs.load), "echo", "one-thread"])


def mosec(programs: Programs) -> Served:
    """A mosec server of one worker."""
    return _mosec(programs, "noop_mosec.py")


def _mosec(programs: Programs, name: str) -> Served:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = str(PEERS / name)
    return Served("mosec", [str(programs.mosec), program, "--port", str(port)], port)
