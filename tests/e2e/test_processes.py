"""Workers that do not start, die, or lose their parent; Flows that are told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from tidegate import Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import BadServer, RuntimeFailToStart
from waiting import alive, wait_until


class Pid(Executor):
    @requests
    async def pid(self, docs: DocumentArray) -> dict:
        return {"pid": os.getpid()}

    @requests(on="/die")
    async def die(self, docs: DocumentArray) -> None:
        os._exit(3)


class Broken(Executor):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        raise ValueError("the model file is missing")


class NeverReady(Executor):
    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        time.sleep(600)


def pid_of(flow: Flow) -> int:
    response = flow.post("/", return_responses=True)[0]
    return int(next(iter(response.parameters["__results__"].values()))["pid"])


def script(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(body))
    return path


def run(path: Path, **kwargs: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **kwargs,
    )


PROGRAM = """
    import os, sys, time
    from tidegate import Executor, Flow, requests

    class Pid(Executor):
        @requests
        async def pid(self, docs):
            return {"pid": os.getpid()}

        @requests(on="/spin")
        async def spin(self, docs):
            pow(7, 10**9, 10**400000)  # one long call that keeps the GIL

    flow = Flow().add(uses=Pid, name="first").add(uses=Pid, name="second")
    with flow:
        for response in flow.post("/", return_responses=True):
            for result in response.parameters["__results__"].values():
                print(int(result["pid"]), flush=True)
        if "spin" in sys.argv[1:] or os.environ.get("SPIN"):
            import threading
            threading.Thread(target=flow.post, args=("/spin",), daemon=True).start()
            time.sleep(0.5)
        print("serving", flush=True)
        flow.block()
    print("left", flush=True)
"""


def serving(process: subprocess.Popen[str]) -> list[int]:
    assert process.stdout is not None
    pids = []
    for line in process.stdout:
        if line.strip() == "serving":
            return pids
        pids.append(int(line))
    raise AssertionError(f"ended early: {process.stderr.read() if process.stderr else ''}")


def test_a_constructor_that_raises_is_told_with_its_own_traceback() -> None:
    start = time.monotonic()
    with pytest.raises(RuntimeFailToStart) as caught:
        Flow(quiet=True).add(uses=Pid).add(uses=Broken, name="broken").start()
    words = str(caught.value)
    for word in ("broken", "ValueError", "the model file is missing", "test_processes.py"):
        assert word in words
    assert time.monotonic() - start < 20


def test_a_program_whose_executor_does_not_start_ends_with_an_error(tmp_path: Path) -> None:
    program = script(
        tmp_path,
        """
        from tidegate import Executor, Flow

        class Broken(Executor):
            def __init__(self, **kwargs):
                super().__init__(**kwargs)
                import a_module_that_is_not_there

        with Flow().add(uses=Broken):
            pass
        """,
    )
    process = run(program)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "a_module_that_is_not_there" in err and "executor0" in err


def test_what_cannot_be_pickled_is_named() -> None:
    import threading

    lock = threading.Lock()

    class Locked(Executor):
        @requests
        async def f(self, docs: DocumentArray) -> None:
            lock.acquire()

    with pytest.raises(Exception, match="Locked") as caught:
        Flow(quiet=True).add(uses=Locked).start()
    assert "lock" in str(caught.value)


def test_timeout_ready_names_who_is_awaited() -> None:
    flow = Flow(quiet=True).add(uses=Pid, name="fine")
    flow = flow.add(uses=NeverReady, name="sleepy", timeout_ready=500)
    with pytest.raises(RuntimeFailToStart, match="sleepy"):
        flow.start()


def test_a_killed_worker_is_restarted() -> None:
    with Flow(quiet=True).add(uses=Pid) as flow:
        first = pid_of(flow)
        os.kill(first, signal.SIGKILL)
        second = pid_of(flow)
        assert second != first and not alive(first)


def test_the_other_replica_takes_over() -> None:
    with Flow(quiet=True).add(uses=Pid, replicas=2) as flow:
        before = {pid_of(flow) for _ in range(4)}
        assert len(before) == 2
        os.kill(before.pop(), signal.SIGKILL)
        wait_until(
            lambda: len({pid_of(flow) for _ in range(4)}) == 2, "the restarted one rejoins", 20
        )


def test_what_a_dead_worker_had_started_says_so() -> None:
    with Flow(quiet=True).add(uses=Pid) as flow:
        with pytest.raises(BadServer) as caught:
            flow.post("/die", Document())
        assert "executor0" in str(caught.value)
        assert pid_of(flow) > 0


def test_a_crash_loop_is_reported_and_stops() -> None:
    with Flow(quiet=True).add(uses=Pid) as flow:
        for _ in range(12):
            with pytest.raises(BadServer) as caught:
                flow.post("/die", Document(), timeout=60)
        assert "executor0" in str(caught.value)


@pytest.mark.parametrize("spin", [False, True])
def test_workers_end_with_their_parent(tmp_path: Path, spin: bool) -> None:
    env = os.environ | ({"SPIN": "1"} if spin else {})
    process = run(script(tmp_path, PROGRAM), env=env)
    pids = serving(process)
    assert len(pids) == 2 and all(alive(pid) for pid in pids)
    process.kill()
    process.communicate(timeout=10)
    wait_until(lambda: not any(alive(pid) for pid in pids), "the workers have ended", 3)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(tmp_path: Path, signum: signal.Signals) -> None:
    process = run(script(tmp_path, PROGRAM))
    pids = serving(process)
    process.send_signal(signum)
    _out, err = process.communicate(timeout=20)
    assert not any(alive(pid) for pid in pids)
    if signum == signal.SIGTERM:
        assert process.returncode == 143, err
    # Ctrl-C may still find the program in its `print`; all is left in order then too.
    assert "Traceback" not in err or err.rstrip().endswith("KeyboardInterrupt"), err


def test_the_banner_goes_to_stderr(tmp_path: Path) -> None:
    process = run(script(tmp_path, PROGRAM))
    serving(process)
    process.terminate()
    _out, err = process.communicate(timeout=20)
    assert f"Flow@{process.pid}[I]:🎉 Flow is ready to use!" in err
    for word in ("🔗 Protocol:", "GRPC", "🏠 Local access:", "127.0.0.1:"):
        assert word in err
    assert "🔒" not in err and "\x1b" not in err


def test_port_in_use_is_named() -> None:
    with Flow(quiet=True).add(uses=Pid) as flow:
        with pytest.raises(Exception, match=str(flow.port)) as caught:
            Flow(quiet=True, port=flow.port).add(uses=Pid).start()
        assert "in use" in str(caught.value)
