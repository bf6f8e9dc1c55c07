"""The native Flow over scripted workers: start, events, signals, forks, and what is left behind."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from tidegate._tidegate import FlowRuntime

WORKER = Path(__file__).with_name("scripted_worker.py")
PATIENCE = 20.0


def flow(
    *scripts: str, replicas: int = 1, port: int | None = None, timeout_ready: float | None = 20
):
    runtime = FlowRuntime(
        host="127.0.0.1", port=port, max_message_bytes=1 << 20, prefetch=10, name="flow"
    )
    for index, script in enumerate(scripts):
        runtime.add_worker(
            f"executor{index}",
            replicas=replicas,
            argv=[sys.executable, "-S", str(WORKER), script],
            env=[],
            settings=json.dumps({}).encode(),
            blob=b"",
            timeout_ready=timeout_ready,
        )
    return runtime


def exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def eventually(condition) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.005)


def program(code: str) -> str:
    """A program of its own that has `flow` at hand."""
    lines = (
        f"import sys\nsys.path.insert(0, {str(WORKER.parent)!r})\nfrom test_flow_runtime import *\n"
    )
    return lines + textwrap.dedent(code)


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program(code)], capture_output=True, text=True, timeout=PATIENCE * 2
    )


def test_start_tells_who_is_awaited_and_close_leaves_nothing() -> None:
    runtime = flow("serve", "serve", replicas=2)
    awaited: list[list[str]] = []
    assert not runtime.is_ready()
    runtime.start(awaited.append)
    assert awaited[0] == [f"executor{e}/rep-{r}" for e in (0, 1) for r in (0, 1)]
    assert runtime.is_ready()
    assert set(runtime.states().values()) == {"ready"}
    pids = runtime.pids()
    assert list(pids) == awaited[0]
    with socket.create_connection((runtime.host, runtime.port)):
        pass
    runtime.close(5.0)
    runtime.close(5.0)
    assert not any(map(exists, pids.values()))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((runtime.host, runtime.port))


def test_a_port_in_use_is_told_before_anything_is_spawned() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        runtime = flow("serve", port=port)
        with pytest.raises(Exception, match=str(port)):
            runtime.start()
        assert runtime.pids() == {}


def test_the_first_failure_is_raised_and_the_others_are_stopped() -> None:
    runtime = flow("serve", "segfault")
    begun = time.monotonic()
    with pytest.raises(SystemError, match=r"executor1/rep-0.*SIGSEGV"):
        runtime.start()
    assert time.monotonic() - begun < PATIENCE
    assert runtime.pids() == {}


def test_timeout_ready_names_the_awaited() -> None:
    with pytest.raises(SystemError, match=r"0\.3 s: `executor1/rep-0`"):
        flow("serve", "hang", timeout_ready=0.3).start()


def test_a_death_is_told_by_a_thread_of_its_own() -> None:
    runtime = flow("serve")
    told: queue.Queue[tuple[str, str, str, int]] = queue.Queue()
    runtime.set_event_handler(lambda *notice: told.put((*notice, threading.get_ident())))
    runtime.start()
    try:
        os.kill(runtime.pids()["executor0/rep-0"], signal.SIGKILL)
        kind, pod, message, thread = told.get(timeout=PATIENCE)
        assert (kind, pod) == ("died", "executor0/rep-0")
        assert "killed by signal 9 (SIGKILL)" in message
        assert thread != threading.get_ident()
        assert told.get(timeout=PATIENCE)[0] == "restarted"
        assert runtime.states() == {"executor0/rep-0": "ready"}
    finally:
        runtime.close(0.0)


def test_a_crash_loop_is_told_once() -> None:
    runtime = flow("die")
    told: queue.Queue[str] = queue.Queue()
    runtime.set_event_handler(lambda kind, pod, message: told.put(kind))
    runtime.start()
    kinds = [told.get(timeout=PATIENCE)]
    while kinds[-1] != "crash-loop":
        kinds.append(told.get(timeout=PATIENCE))
    assert kinds.count("died") == 5
    assert not runtime.is_ready()
    assert runtime.states() == {"executor0/rep-0": "failed"}
    runtime.close(0.0)
    assert told.empty()


def test_ctrl_c_while_starting_leaves_nothing() -> None:
    done = run("""
        runtime = flow("serve", "hang", timeout_ready=None)
        def waiting(pods):
            if pods == ["executor1/rep-0"]:
                print(*runtime.pids().values(), flush=True)
                os.kill(os.getpid(), signal.SIGINT)
        try:
            runtime.start(waiting)
        except KeyboardInterrupt:
            print("interrupted")
    """)
    pids, word = done.stdout.splitlines()
    assert word == "interrupted", done.stderr
    assert len(pids.split()) == 2
    assert not any(exists(int(pid)) for pid in pids.split())


def test_ctrl_c_while_closing_forces() -> None:
    done = run("""
        runtime = flow("stay")
        runtime.start()
        def interrupt():
            eventually(lambda: runtime.states() == {"executor0/rep-0": "draining"})
            os.kill(os.getpid(), signal.SIGINT)
        threading.Thread(target=interrupt).start()
        begun = time.monotonic()
        try:
            runtime.close(600.0)
        except KeyboardInterrupt:
            print("interrupted", time.monotonic() - begun < PATIENCE, runtime.pids())
    """)
    assert done.stdout == "interrupted True {}\n", done.stderr


@pytest.mark.parametrize("ending", ["", "raise SystemExit(4)", "del runtime"])
def test_an_open_flow_ends_with_the_interpreter(ending: str) -> None:
    done = run(f"""
        runtime = flow("serve", replicas=2)
        runtime.set_event_handler(print)
        runtime.start()
        print(*runtime.pids().values())
        {ending}
    """)
    assert done.returncode == (4 if "4" in ending else 0), done.stderr
    assert done.stderr == ""
    pids = done.stdout.split()
    assert len(pids) == 2
    assert not any(exists(int(pid)) for pid in pids)


def test_workers_of_a_killed_parent_see_the_hang_up() -> None:
    code = program("""
        runtime = flow("serve")
        runtime.start()
        print(*runtime.pids().values(), flush=True)
        signal.pause()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    eventually(lambda: not exists(pid))


def test_a_forked_child_is_refused_and_harms_nothing() -> None:
    done = run("""
        runtime = flow("serve")
        runtime.start()
        if os.fork() == 0:
            for use in (runtime.is_ready, lambda: runtime.close(1.0), flow("serve").start):
                try:
                    use()
                except RuntimeError as error:
                    print("forked child" in str(error), flush=True)
            del runtime
            sys.exit(0)
        print(os.waitstatus_to_exitcode(os.wait()[1]), runtime.is_ready())
        runtime.close(1.0)
    """)
    assert done.stdout.split() == ["True"] * 3 + ["0", "True"], done.stderr
