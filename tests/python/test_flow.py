"""A Flow as it is built, started, used and left."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from tidegate import AsyncFlow, Document, DocumentArray, Executor, Flow, requests
from tidegate._spec import DeploymentSpec, worker_command
from tidegate.errors import (
    ConfigError,
    FlowBuildLevelError,
    FlowMissingDeploymentError,
    NotSupportedError,
    PortAlreadyUsed,
    RuntimeFailToStart,
)
from tidegate.options import OptionWarning


class Tell(Executor):
    """Tells where it runs."""

    def __init__(self, word="", **kwargs):
        super().__init__(**kwargs)
        self.word = word

    @requests
    async def tell(self, docs, parameters):
        return {
            "word": self.word,
            "pid": os.getpid(),
            "name": self.runtime_args.name,
            "env": os.environ.get("TIDEGATE_TEST_WORD"),
            "workspace": self.runtime_args.workspace,
            "meta": self.metas.name,
        }

    @requests(on="/say")
    def say(self, docs):
        print("printed by the Executor")
        self.logger.info("logged by the Executor")

    @requests(on="/slow")
    async def slow(self, docs):
        await asyncio.sleep(0.3)
        for doc in docs:
            doc.text = "done"

    def undecorated(self, docs):
        return {"undecorated": True}


class Broken(Executor):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        raise ValueError("no model")


@pytest.fixture(params=[False, True], ids=["worker", "inline"])
def inline(request):
    return request.param


def ask(flow, on="/"):
    (response,) = flow.post(on, return_responses=True)
    return response.parameters["__results__"]


def names(flow):
    return [name for name, _ in flow]


# Building


def test_add_gives_a_copy():
    empty = Flow()
    one = empty.add(uses=Tell)
    two = one.add(uses=Tell)
    assert (names(empty), names(one), names(two)) == (
        [],
        ["executor0"],
        ["executor0", "executor1"],
    )
    assert two.add(uses=Tell, copy_flow=False) is two
    assert names(two) == ["executor0", "executor1", "executor2"]
    assert (two.num_deployments, two.num_pods) == (4, 4)


def test_names():
    flow = Flow().add(uses=Tell, name="dup")
    with pytest.warns(OptionWarning, match="`dup1`") as caught:
        flow = flow.add(uses=Tell, name="dup")
    assert caught[0].filename == __file__
    with pytest.warns(OptionWarning):
        flow = flow.add(name="dup")
    flow = flow.add(name="executor4").add()
    assert names(flow) == ["dup", "dup1", "dup2", "executor4", "executor5"]
    for name in ("has space", "1st", "a-b", "gateway", ""):
        with pytest.raises(ConfigError, match="name"):
            DeploymentSpec(name=name)
    assert flow["dup1"].uses is Tell
    with pytest.raises(FlowMissingDeploymentError, match="nobody"):
        _ = flow["nobody"]


def test_uses():
    class OnlyHere(Executor):
        pass

    assert Flow().add(uses="OnlyHere")["executor0"].uses is OnlyHere
    assert Flow().add(uses="package.module.Class")["executor0"].reference == "package.module.Class"
    for wrong, kind in (
        (Tell(), TypeError),
        (dict, TypeError),
        (3, TypeError),
        ("not a name", ConfigError),
        ("docker://image", NotSupportedError),
        ("jinaai://user/Name", NotSupportedError),
        ("config.yml", FileNotFoundError),
        ("jtype: Tell\nwhith: {}", ConfigError),
        ("https://host/config.yml", NotSupportedError),
    ):
        with pytest.raises(kind, match="uses"):
            Flow().add(uses=wrong)


@pytest.mark.parametrize(
    "given",
    [
        {"replicas": 0},
        {"replicas": "2"},
        {"replicas": 2, "inline": True},
        {"env": {"A": "b"}, "inline": True},
        {"uses_with": [1]},
        {"timeout_ready": "1s"},
        {"timeout_send": True},
    ],
)
def test_values_that_cannot_work(given):
    with pytest.raises(ConfigError, match=next(iter(given))):
        Flow().add(**given)


def test_what_add_takes_is_a_default_of_the_flow():
    flow = Flow(replicas=2, timeout_ready=-1, name="mine").add().add(replicas=1)
    assert [deployment.replicas for _, deployment in flow] == [2, 1]
    assert {deployment.timeout_ready for _, deployment in flow} == {-1}
    assert flow.name == "mine"
    assert names(flow) == ["executor0", "executor1"]


def test_what_is_to_come_says_so_when_it_is_called():
    with pytest.raises(NotSupportedError, match=r"Flow\.to_kubernetes_yaml"):
        Flow().to_kubernetes_yaml()


def test_before_it_starts(monkeypatch):
    monkeypatch.delenv("TIDEGATE_HOST", raising=False)
    flow = Flow(port=5)
    assert (flow.host, flow.port, flow.protocol) == ("127.0.0.1", 5, "GRPC")
    assert Flow().port is None
    assert flow.is_flow_ready() is False
    assert asyncio.run(AsyncFlow().is_flow_ready()) is False
    flow.close()
    for ask_too_soon in (lambda: flow.client, lambda: flow.post("/"), flow.block):
        with pytest.raises(FlowBuildLevelError, match="not started"):
            ask_too_soon()
    monkeypatch.setenv("TIDEGATE_HOST", "0.0.0.0")
    assert flow.host == "0.0.0.0"


def test_the_workers_command_says_nothing_of_the_spec():
    command = worker_command()
    assert command[0] == sys.executable
    assert command[-3:] == ["-P", "-m", "tidegate._worker"]


# Running


def test_what_an_executor_is_told(inline, tmp_path):
    given = {"uses_with": {"word": "w"}, "uses_metas": {"name": "m"}, "workspace": str(tmp_path)}
    given |= {"uses_requests": {"/other": "undecorated"}, "inline": inline}
    if not inline:
        given["env"] = {"TIDEGATE_TEST_WORD": "e"}
    with Flow(quiet=True).add(uses=Tell, name="first", **given) as flow:
        told = ask(flow)["first/rep-0"]
        other = ask(flow, "/other")
        assert flow.is_flow_ready()
        assert flow.dry_run()
        assert "first" in repr(flow)
        assert str(flow.port) in repr(flow)
        with pytest.raises(FlowBuildLevelError):
            flow.start()
        with pytest.raises(FlowBuildLevelError):
            flow.add(copy_flow=False)
        assert not flow.add().is_flow_ready()
    assert told["word"] == "w"
    assert told["name"] == "first/rep-0"
    assert told["meta"] == "m"
    assert told["workspace"] == str(tmp_path)
    assert told["env"] == (None if inline else "e")
    assert (told["pid"] == os.getpid()) is inline
    assert other == {"first/rep-0": {"undecorated": True}}
    assert not flow.is_flow_ready()
    with pytest.raises(FlowBuildLevelError):
        flow.post("/")


def test_it_starts_again(inline):
    flow = Flow(quiet=True).add(uses=Tell, inline=inline)
    for _ in range(2):
        with flow:
            assert list(ask(flow)) == ["executor0/rep-0"]


def test_it_is_ready_from_its_start_to_its_end(inline):
    flow = Flow(quiet=True).add(uses=Tell, inline=inline)
    assert not flow.is_flow_ready()
    with flow:
        assert flow.is_flow_ready()
        with pytest.raises(FlowBuildLevelError, match="started already"):
            flow.start()
        with pytest.raises(FlowBuildLevelError, match="started already"), flow:
            pass
        assert flow.is_flow_ready()
    assert not flow.is_flow_ready()
    flow.close()


def test_two_at_once():
    one, other = (Flow(quiet=True).add(uses=Tell, uses_with={"word": w}) for w in "ab")
    with one, other:
        told = [next(iter(ask(flow).values()))["word"] for flow in (one, other)]
    assert told == ["a", "b"]


def test_replicas_visit_all():
    with Flow(quiet=True).add(uses=Tell, replicas=2) as flow:
        seen = {name for _ in range(4) for name in ask(flow)}
    assert seen == {"executor0/rep-0", "executor0/rep-1"}


def test_an_executor_of_an_importable_module(inline):
    with Flow(quiet=True).add(uses="tidegate.executor.BaseExecutor", inline=inline) as flow:
        assert flow.post("/", Document(text="x"))[0].text == "x"


def test_return_responses_as_a_constructors_argument():
    with Flow(quiet=True, return_responses=True).add(inline=True) as flow:
        (response,) = flow.post("/", Document(text="x"))
    assert response.docs[0].text == "x"


def test_async_with(inline):
    async def main():
        async with Flow(quiet=True, asyncio=True).add(uses=Tell, inline=inline) as flow:
            assert await flow.is_flow_ready()
            docs = DocumentArray([Document() for _ in range(3)])
            return [doc.text async for part in flow.post("/slow", docs) for doc in part]

    assert asyncio.run(main()) == ["done"] * 3


def test_an_async_flow_with_a_plain_with():
    async def main():
        with AsyncFlow(quiet=True).add(uses=Tell, inline=True) as flow:
            return [part[0].text async for part in flow.post("/slow", Document())]

    assert asyncio.run(main()) == ["done"]


def test_an_async_post_yields_and_calls_back(inline):
    async def main():
        async with AsyncFlow(quiet=True).add(uses=Tell, inline=inline) as flow:
            called = []
            docs = [Document() for _ in range(3)]
            answers = flow.post(
                "/slow", docs, on_done=lambda r: called.append(r.docs.texts), request_size=2
            )
            return sorted([part.texts async for part in answers]), sorted(called)

    assert asyncio.run(main()) == ([["done"], ["done", "done"]],) * 2


def test_async_with_a_failure():
    async def main():
        async with AsyncFlow(quiet=True).add(uses=Broken):
            raise AssertionError("not started")

    with pytest.raises(RuntimeFailToStart, match="no model"):
        asyncio.run(main())


def test_leaving_drains(inline):
    answers = []
    with Flow(quiet=True).add(uses=Tell, inline=inline) as flow:
        under_way = threading.Event()

        def inputs():
            yield Document()
            under_way.set()

        thread = threading.Thread(
            target=lambda: answers.extend(flow.post("/slow", inputs, request_size=1).texts)
        )
        thread.start()
        under_way.wait(10)
        ask(flow)  # behind the first on its way
    thread.join(10)
    assert answers == ["done"]


def test_block_ends_when_another_thread_closes():
    waits = threading.Event()

    class Told(threading.Event):
        def wait(self, timeout=None):
            waits.set()
            return super().wait(timeout)

    flow = Flow(quiet=True).add(uses=Tell, inline=True).start()
    flow._running.closed = Told()
    blocked = threading.Thread(target=flow.block)
    blocked.start()
    assert waits.wait(10)
    flow.close()
    blocked.join(10)
    assert not blocked.is_alive()


def test_block_ends_with_its_event():
    with Flow(quiet=True) as flow:
        stop = threading.Event()
        threading.Timer(0.1, stop.set).start()
        flow.block(stop)


# Failing


def test_the_own_traceback_of_an_executor_that_does_not_start(inline, capfd, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    flow = Flow().add(uses=Tell).add(uses=Broken, name="broken", inline=inline)
    with pytest.raises(RuntimeFailToStart) as caught:
        flow.start()
    said = capfd.readouterr().err
    for words in (str(caught.value), said):
        assert "broken" in words
        assert words.count("ValueError: no model") == 1
        assert Path(__file__).name in words
        assert "_loading.py" not in words
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_port_in_use():
    with Flow(quiet=True) as flow, pytest.raises(PortAlreadyUsed) as caught:
        Flow(quiet=True, port=(port := flow.port)).start()
    assert f"port {port} " in str(caught.value)
    assert "in use" in str(caught.value)


def test_signals_are_ours_only_while_it_is_open():
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    interrupt = signal.getsignal(signal.SIGINT)

    def serve():
        with Flow(quiet=True):
            assert signal.getsignal(signal.SIGINT) is interrupt
            os.kill(os.getpid(), signal.SIGTERM)
            threading.Event().wait(10)

    with pytest.raises(SystemExit) as caught:
        serve()
    assert caught.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_its_words_reach_the_terminal_as_they_come(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
        import sys, warnings
        from tidegate import Document, Executor, Flow, requests

        class Speak(Executor):
            @requests
            def speak(self, docs):
                print("printed")
                warnings.warn("warned")
                self.logger.info("logged")

        with Flow().add(uses=Speak, name="speaker") as flow:
            flow.post("/", Document())
            input()
        """)
    )
    process = subprocess.Popen(
        [sys.executable, str(program)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        # It is still open: nothing waits for an end to be flushed.
        assert process.stdout.readline() == "printed\n"
        lines = [process.stderr.readline() for _ in range(3)]
        assert lines[0] == f"Flow@{process.pid}[I]:🎉 Flow is ready to use!\n"
        while "logged" not in lines[-1]:
            lines.append(process.stderr.readline())
            assert lines[-1], lines
        assert lines[-1].startswith("speaker@")
        assert any("UserWarning: warned" in line for line in lines)
        process.communicate("\n", timeout=20)
    assert process.returncode == 0
