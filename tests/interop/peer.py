"""A real Jina beside ours: each side of a connection is a program of its own.

The programs in `peers/` are plain Jina code. A real Jina runs them in the interop venv; ours runs
the very same files by `tidegate run`.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
INTEROP = Path(os.environ.get("INTEROP_VENV", ROOT / ".interop")) / "bin/python"
MARK = "PEER "
READY_WITHIN = 60.0
ANSWERS_WITHIN = 180.0


def command(side: str, program: str, *args: str) -> list[str]:
    """How a side runs a program of `peers/`."""
    runs = {"jina": [str(INTEROP)], "tidegate": [sys.executable, "-m", "tidegate", "run"]}
    return [*runs[side], str(HERE / "peers" / program), *args]


class Peer:
    """A running program that says lines of JSON."""

    def __init__(self, argv: list[str], env: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                argv,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        self.said: queue.Queue[object] = queue.Queue()
        assert self.process.stdout is not None
        self._listener = threading.Thread(target=self._listen, args=(self.process.stdout,))
        self._listener.start()

    def _listen(self, stdout: IO[str]) -> None:
        for line in stdout:
            if line.startswith(MARK):
                self.said.put(json.loads(line.removeprefix(MARK)))
        self.said.put(None)

    def hear(self, seconds: float) -> object:
        """Gives the next thing it says, None at its end."""
        try:
            return self.said.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"nothing within {seconds} s\n{self.log.read_text()}") from None

    def close(self, patience: float = 20.0) -> int:
        """Ends its input and waits for it to go; then ends what is left of it."""
        process = self.process
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            return 1
        finally:
            # A real Jina's processes may outlive it, and then hold the other end of its output.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._listener.join(20)
            assert process.stdout is not None
            process.stdout.close()


class Flows:
    """The same Flow, served by a real Jina and by ours; each starts when it is first asked for."""

    def __init__(self, env: dict[str, str], logs: Path) -> None:
        self._env = env
        self._logs = logs
        self._peers: dict[str, tuple[Peer, int]] = {}

    def port(self, side: str) -> int:
        """Where a side's Flow listens."""
        if side not in self._peers:
            peer = Peer(command(side, "flow.py"), self._env, self._logs / f"{side}.log")
            said = peer.hear(READY_WITHIN)
            if not isinstance(said, dict):
                peer.close()
                raise AssertionError(f"{side} did not start\n{peer.log.read_text()}")
            self._peers[side] = peer, int(said["port"])
        return self._peers[side][1]

    def close(self) -> dict[str, int]:
        """Ends both; their exit codes."""
        # A real Jina that was sent nonsense does not end by itself.
        patience = {"jina": 2.0, "tidegate": 20.0}
        return {side: peer.close(patience[side]) for side, (peer, _) in self._peers.items()}


def answers(
    side: str, program: str, env: dict[str, str], log: Path, *args: str
) -> dict[str, object]:
    """Runs a client program to its end and gives what each of its cases gave."""
    peer = Peer(command(side, program, *args), env, log)
    try:
        gave: dict[str, object] = {}
        while (said := peer.hear(ANSWERS_WITHIN)) is not None:
            assert isinstance(said, dict)
            gave[said["case"]] = said["gave"]
    finally:
        code = peer.close()
    assert code == 0, log.read_text()
    return gave
