"""A program on a terminal: what is awaited, the banner, the progress bar."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from tidegate import Document, Executor, Flow, requests

class Pass(Executor):
    @requests
    async def go(self, docs):
        pass

with Flow(quiet="quiet" in sys.argv, host="0.0.0.0").add(uses=Pass, name="passes") as flow:
    flow.post("/", [Document() for _ in range(20)], request_size=1, show_progress=True)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def shown(program: Path, *words: str, **more: str) -> str:
    """What a program shows on a terminal as wide as its words need."""
    env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | more
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, str(program), *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        pieces = []
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux's way to say that nobody holds the other end.
                break
            if not piece:
                break
            pieces.append(piece)
        process.wait(30)
    os.close(ours)
    assert process.returncode == 0
    return b"".join(pieces).decode()


def test_waiting_then_the_banner_then_the_bar(program: Path) -> None:
    said = shown(program)
    waiting = said.index("waiting for passes")
    banner = said.index("🎉 Flow is ready to use!")
    assert waiting < banner < said.index("100%")
    assert "\n" not in said[:banner]
    assert "\x1b[1mGRPC" in said
    assert "20 requests  20 docs" in said


def test_no_color(program: Path) -> None:
    said = shown(program, NO_COLOR="1")
    assert "🎉 Flow is ready to use!" in said
    assert not any(f"\x1b[{code}m" in said for code in ("0", "1", "2", "31", "33"))


def test_a_quiet_flow_says_nothing_of_itself(program: Path) -> None:
    said = shown(program, "quiet")
    assert "Flow" not in said
    assert "waiting" not in said
    assert "100%" in said


def test_where_the_host_comes_from(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("from tidegate import Flow\nwith Flow():\n    print('mine')\n")

    def banner(**more: str) -> str:
        names = ("TIDEGATE_HOST", "JINA_DEFAULT_HOST")
        env = {k: v for k, v in os.environ.items() if k not in names} | more
        done = subprocess.run(
            [sys.executable, str(program)], env=env, capture_output=True, text=True, check=True
        )
        assert done.stdout == "mine\n"
        return done.stderr

    assert "127.0.0.1:" in banner()
    assert "Private" not in banner()
    assert "Private" not in banner(JINA_DEFAULT_HOST="0.0.0.0")
    assert "Local access:\t0.0.0.0:" in banner(TIDEGATE_HOST="0.0.0.0")
