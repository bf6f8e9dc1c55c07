"""Flows as programs: failing starts, dying workers, signals, and what is left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import alive

PATIENCE = 30.0

HEAD = """
import asyncio, os, signal, sys, time
from tidegate import Document, DocumentArray, Executor, Flow, requests

class Served(Executor):
    @requests
    async def pid(self, docs, **kwargs):
        for doc in docs:
            doc.text = str(os.getpid())

    @requests(on="/wait")
    async def wait(self, **kwargs):
        print("waiting", os.getpid(), flush=True)
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            print("cancelled", flush=True)
            raise

    @requests(on="/hold")
    def hold(self, **kwargs):
        print("holding", os.getpid(), flush=True)
        while True:
            sum(range(10**8))

    @requests(on="/die")
    async def die(self, **kwargs):
        os._exit(7)

    def close(self):
        print("closed", flush=True)
"""


@contextmanager
def program(folder: Path, body: str) -> Iterator[subprocess.Popen[str]]:
    """Runs `body` below the head, as a script of its own and in a process group of its own."""
    script = folder / "app.py"
    script.write_text(HEAD + textwrap.dedent(body))
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def run(folder: Path, body: str) -> tuple[int, str, str]:
    with program(folder, body) as process:
        out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out, err


def line(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def test_a_failing_constructor_shows_its_own_traceback_and_stops_the_others(tmp_path: Path) -> None:
    code, out, err = run(
        tmp_path,
        """
        class Bad(Executor):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                raise KeyError("no model")

        with Flow().add(uses=Served).add(uses=Bad):
            print("never")
        """,
    )
    assert code == 1
    assert "never" not in out
    assert err.count('raise KeyError("no model")') == 1, err
    assert str(tmp_path / "app.py") in err
    assert "executor1" in err
    assert "RuntimeFailToStart" in err
    assert "ready to use" not in err


def test_an_import_error_in_the_executor_s_module_is_shown(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module_at_all\n")
    code, _, err = run(tmp_path, 'Flow().add(uses="broken.Thing").start()')
    assert code == 1
    assert "No module named 'no_such_module_at_all'" in err
    assert "broken.py" in err


def test_a_dying_worker_is_replaced_and_its_calls_are_answered(tmp_path: Path) -> None:
    code, out, err = run(
        tmp_path,
        """
        from tidegate.errors import UnavailableError

        with Flow().add(uses=Served) as flow:
            first = flow.post("/", Document()).texts
            try:
                flow.post("/die", Document())
            except UnavailableError as error:
                print("unknown" in str(error))
            second = flow.post("/", Document()).texts
            print(first != second, flow.is_flow_ready())
        """,
    )
    assert code == 0, err
    assert out.split() == ["True", "True", "True", "closed"]
    assert err.count("exited with code 7") == 1
    assert err.count("serves again") == 1


def test_a_crash_loop_is_reported_once_and_told_to_callers(tmp_path: Path) -> None:
    code, out, err = run(
        tmp_path,
        """
        from tidegate.errors import UnavailableError

        with Flow().add(uses=Served) as flow:
            said = ""
            while "not restarted" not in said:
                try:
                    flow.post("/die", Document())
                except UnavailableError as error:
                    said = str(error)
            print("code 7" in said, flow.is_flow_ready())
        """,
    )
    assert code == 0, err
    assert out.split() == ["True", "False"], out
    assert err.count("not restarted any more") == 1, err


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, -signal.SIGINT), (signal.SIGTERM, 143)]
)
def test_a_signal_cancels_closes_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    body = """
        with Flow().add(uses=Served) as flow:
            flow.post("/wait", Document())
    """
    with program(tmp_path, body) as process:
        word, pid = line(process)
        assert word == "waiting"
        # As a terminal does it for Ctrl-C: to the whole group.
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, err
        assert out.split() == ["cancelled", "closed"], err
        assert not alive(int(pid))


def test_ctrl_c_ends_a_worker_whose_handler_holds_the_gil(tmp_path: Path) -> None:
    body = """
        with Flow().add(uses=Served) as flow:
            flow.post("/hold", Document())
    """
    with program(tmp_path, body) as process:
        word, pid = line(process)
        assert word == "holding"
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert not alive(int(pid))


def test_ctrl_c_ends_a_blocked_flow_within_seconds(tmp_path: Path) -> None:
    body = """
        import sys, threading, time

        def blocked():
            frame = sys._current_frames()[threading.main_thread().ident]
            while frame is not None and frame.f_code.co_name != "wait":
                frame = frame.f_back
            return frame is not None

        def post():
            while not blocked():
                time.sleep(0.01)
            flow.post("/wait", Document())

        with Flow().add(uses=Served) as flow:
            threading.Thread(target=post, daemon=True).start()
            flow.block()
    """
    with program(tmp_path, body) as process:
        word, pid = line(process)
        assert word == "waiting"
        began = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert time.monotonic() - began < 15, "not the 30 s of a Flow that is left in peace"
        assert not alive(int(pid))
