"""The Executor's constructor, what it knows, and its life outside a Flow."""

import asyncio
import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest
from tidegate import Document, DocumentArray, Executor, monitor, requests
from tidegate.errors import ConfigError, NotSupportedError
from tidegate.executor import BaseExecutor

CONTEXT = {
    "metas": {"description": "for tests"},
    "requests": {"/also": "upper"},
    "runtime_args": {"name": "first/rep-0", "replicas": 1, "shard_id": 0, "workspace": None},
}


class Upper(Executor):
    @requests
    def upper(self, docs, **kwargs):
        for doc in docs:
            doc.text = doc.text.upper()


def test_direct_use():
    docs = DocumentArray([Document(text="hello")])
    Upper().upper(docs=docs)
    assert docs[0].text == "HELLO"


def test_what_a_flow_hands_over_is_known_in_the_constructor():
    seen = {}

    class Model(Executor):
        def __init__(self, size, **kwargs):
            seen["before"] = self.runtime_args.name
            super().__init__(**kwargs)
            seen["metas"] = self.metas
            self.size = size

        upper = Upper.upper

    model = Model._construct({"size": 3}, CONTEXT)
    assert model.size == 3
    assert seen["before"] == "first/rep-0"
    assert (seen["metas"].name, seen["metas"].description) == ("Model", "for tests")
    assert list(model.requests) == ["/default", "/also"]


def test_a_constructor_without_kwargs_is_given_what_it_can_take():
    class Strict(Executor):
        def __init__(self, size, runtime_args):
            super().__init__()
            self.size, self.given = size, runtime_args

    class Silent(Executor):
        def __init__(self, size=1):
            self.size = size

    strict = Strict._construct({"size": 2}, {"runtime_args": CONTEXT["runtime_args"]})
    assert strict.given["name"] == strict.runtime_args.name == "first/rep-0"
    silent = Silent._construct({}, {"runtime_args": CONTEXT["runtime_args"]})
    assert silent.runtime_args.name == "first/rep-0"
    assert silent.size == 1
    with pytest.raises(TypeError, match="color"):
        Silent._construct({"color": "red"}, {})


def test_an_executor_made_inside_another_has_its_own_context():
    class Outer(Executor):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.inner = Upper()

    outer = Outer._construct({}, {"runtime_args": {"name": "outer/rep-0"}})
    assert outer.runtime_args.name == "outer/rep-0"
    assert outer.inner.runtime_args == SimpleNamespace()


def test_dataclasses():
    @dataclasses.dataclass
    class Data(Executor):
        size: int
        names: list[str] = dataclasses.field(default_factory=list)

        def __post_init__(self):
            self.pod = self.runtime_args.name

        @requests
        def f(self, docs): ...

    data = Data._construct({"size": 3}, {"runtime_args": CONTEXT["runtime_args"]})
    assert (data.size, data.names, data.pod) == (3, [], "first/rep-0")
    assert list(data.requests) == ["/default"]


def test_metas_and_their_default():
    assert Upper().metas.name == "Upper"
    assert Upper(metas={"name": "mine"}).metas.name == "mine"
    with pytest.raises(ConfigError, match="metas"):
        _ = Upper(metas="mine").metas


def test_keywords_nobody_knows_are_taken():
    assert Upper(something=1).metas.name == "Upper"


def test_attributes_may_be_put_in_place_of_ours():
    executor = Upper()
    executor.logger = "mine"
    executor.metas = SimpleNamespace(name="other")
    assert executor.logger == "mine"
    assert executor.metas.name == "other"


def test_workspace_comes_from_where_it_runs_then_metas_then_the_constructor(tmp_path, monkeypatch):
    def folder(**given):
        return Path(Upper(**given).workspace)

    runtime = {"runtime_args": {"workspace": str(tmp_path / "r"), "shard_id": 0}}
    metas = {"metas": {"workspace": str(tmp_path / "m"), "name": "called"}}
    own = {"workspace": str(tmp_path / "w")}
    assert folder(**runtime, **metas, **own) == tmp_path / "r" / "called" / "0"
    assert folder(**metas, **own) == tmp_path / "m" / "called"
    assert folder(**own) == tmp_path / "w" / "Upper"
    assert (tmp_path / "w" / "Upper").is_dir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert folder() == tmp_path / "home" / ".cache" / "tidegate" / "Upper"


def test_close_on_the_way_out():
    closed = []

    class Sync(Executor):
        def close(self):
            closed.append("sync")

    class Async(Executor):
        async def close(self):
            await asyncio.sleep(0)
            closed.append("async")

    with Sync():
        pass
    with Async() as executor:
        assert isinstance(executor, Async)

    async def both():
        async with Sync(), Async():
            pass

    asyncio.run(both())
    assert closed == ["sync", "async", "async", "sync"]


def test_base_executor_passes_on():
    executor = BaseExecutor()
    assert list(executor.requests) == ["/default"]
    assert asyncio.run(executor.pass_on(docs=DocumentArray())) is None


def test_logger_lines(capsys):
    executor = Upper._construct({}, CONTEXT)
    executor.logger.info("two\nlines")
    executor.logger.warning("%d%%", 5)
    executor.logger.success("done")
    executor.logger.debug("not shown")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("@")[0] for line in lines] == ["first"] * 4
    assert [line.partition("[")[2] for line in lines] == [
        "I]: two",
        "I]: lines",
        "W]: 5%",
        "S]: done",
    ]


def test_logger_of_one_replica_of_several(capsys):
    runtime_args = {"name": "first/rep-1", "replicas": 2}
    Upper._construct({}, {"runtime_args": runtime_args}).logger.error("oh")
    Upper().logger.error("oh")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("@")[0] for line in lines] == ["first/rep-1", "Upper"]


def test_what_goes_to_tracing_and_metrics_goes_nowhere():
    class Traced(Executor):
        @monitor(name="seconds", documentation="how long it takes")
        @requests
        def f(self, docs, tracing_context):
            with (
                self.tracer.start_as_current_span("work", context=tracing_context) as span,
                self.monitor("more", "seconds"),
            ):
                span.set_attribute("size", 3)
            self.meter.create_counter("calls").add(1)
            return span.is_recording()

        @monitor
        def g(self):
            return "g"

    executor = Traced()
    assert executor.f(docs=None, tracing_context=None) is False
    assert executor.g() == "g"
    assert executor.tracer_provider is executor.meter_provider is None


def test_what_is_to_come_says_so_when_it_is_called():
    with pytest.raises(NotSupportedError, match=r"Executor\.serve"):
        Upper().serve()
