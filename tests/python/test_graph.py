"""A Flow's graph: who needs whom, what is refused, and what each Executor is given."""

import asyncio
import json
import time

import pytest
from tidegate import Deployment, Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import (
    ConfigError,
    FlowBuildLevelError,
    FlowMissingDeploymentError,
    FlowTopologyError,
    OptionTypeError,
)
from tidegate.options import OptionWarning


class Append(Executor):
    """Appends its mark to every text, after a while."""

    def __init__(self, mark="", wait=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mark, self.wait = mark, wait

    @requests
    async def append(self, docs, **kwargs):
        await asyncio.sleep(self.wait)
        for doc in docs:
            doc.text += self.mark


class Report(Executor):
    """Tells what it was given."""

    @requests
    def tell(self, docs, docs_matrix, docs_map, parameters, **kwargs):
        return {
            "texts": docs.texts or [],
            "matrix": None if docs_matrix is None else [len(docs) for docs in docs_matrix],
            "map": None if docs_map is None else sorted(docs_map),
            "seen": sorted(parameters.get("__results__", {})),
            "shard": self.runtime_args.shard_id,
        }


class Raise(Executor):
    @requests
    def fail(self, **kwargs):
        raise ValueError("boom")


def docs(*texts):
    return DocumentArray([Document(id=text, text=text) for text in texts])


def results(responses):
    return responses[0].parameters["__results__"]


def needs(flow):
    return {name: deployment.needs for name, deployment in flow}


def mark(flow, name, **kwargs):
    return flow.add(name=name, uses=Append, uses_with={"mark": name}, inline=True, **kwargs)


def test_needs_are_who_came_before_unless_said():
    flow = Flow().add(name="a").add(name="b", floating=True).add(name="c")
    flow = (
        flow.add(name="d", needs="gateway").needs(["c", "d"]).add(name="e", needs=["joiner", "a"])
    )
    assert needs(flow) == {
        "a": ("gateway",),
        "b": ("a",),
        "c": ("a",),
        "d": ("gateway",),
        "joiner": ("c", "d"),
        "e": ("joiner", "a"),
    }
    assert flow.build() is flow
    assert flow.build(copy_flow=True) == flow


def test_needs_all_joins_what_nobody_needs():
    flow = Flow().add(name="a").add(name="b", needs="a").add(name="c", needs="a")
    flow = flow.add(name="f", needs="a", floating=True).needs_all(name="all")
    assert needs(flow)["all"] == ("b", "c")
    assert needs(Flow().add(name="a").needs_all())["joiner"] == ("a",)


def test_what_is_wrong_in_the_call_itself():
    with pytest.raises(FlowTopologyError, match="`a` needs itself"):
        Flow().add(name="a", needs=["a"])
    for few in (["a"], "a", [], ["a", "a"]):
        with pytest.raises(ValueError, match="two Executors or more"):
            Flow().add(name="a").needs(few)
    with pytest.raises(OptionTypeError, match="needs=3"):
        Flow().add(needs=3)


def test_build_checks_and_starts_nothing():
    flow = Flow(quiet=True).add(name="encoder").add(name="b", needs="encodr")
    with pytest.raises(
        FlowMissingDeploymentError, match=r"`b` needs `encodr`.*did you mean `encoder`"
    ):
        flow.build()
    with pytest.raises(FlowMissingDeploymentError), flow:
        pass
    circle = Flow().add(name="a", needs="b").add(name="b", needs="a")
    with pytest.raises(FlowTopologyError, match=r"circle.*`a` needs `b` needs `a`"):
        circle.build()
    with pytest.raises(ConfigError, match="inspect"):
        Flow(inspect="SOMETIMES").build()


def test_a_need_may_be_added_later():
    flow = mark(mark(Flow(quiet=True), "b", needs="a"), "a", needs="gateway")
    flow = flow.add(name="end", needs="b")
    with flow:
        assert flow.post("/", docs("x")).texts == ["xab"]


def test_equal_flows():
    one, two = (Flow(port=5).add(name="a", replicas=2).add(name="b") for _ in range(2))
    assert one == two
    assert one != two.add(name="c")
    assert one["a"] == two["a"] != one["b"]
    with pytest.raises(TypeError, match="by name"):
        _ = one[0]


def test_counts():
    flow = Flow().add(shards=3, replicas=2, uses_after=Report).add(replicas=2).add(name="x")
    flow = flow.needs(["executor1", "x"])
    assert (flow.num_deployments, flow.num_pods) == (5, 1 + (6 + 1 + 1) + 2 + 1 + 1)


def test_branches_meet_and_the_first_need_wins():
    flow = mark(Flow(quiet=True), "a")
    flow = mark(mark(flow, "b", needs="a"), "c", needs="a").needs(["c", "b"])
    with flow:
        answer = flow.post("/", docs("x", "y"), return_responses=True)[0]
    assert answer.docs.texts == ["xac", "yac"]
    assert sorted(route.executor for route in answer.routes) == ["a", "b", "c", "gateway"]


def test_branches_run_at_the_same_time():
    flow = Flow(quiet=True).add(name="a", uses=Append, uses_with={"wait": 0.1}, inline=True)
    for name in "bcdefghij":
        flow = flow.add(name=name, uses=Append, uses_with={"wait": 0.3}, needs="a", inline=True)
    with flow.needs_all() as flow:
        began = time.monotonic()
        flow.post("/", docs("x"))
        # One after another they would take 2.8 s.
        assert 0.4 <= time.monotonic() - began < 2.0


def test_without_reduce_an_executor_sees_each_branch():
    flow = mark(mark(Flow(quiet=True), "a"), "b", needs="gateway")
    flow = flow.add(name="tell", uses=Report, needs=["a", "b"], no_reduce=True, inline=True)
    with flow:
        answer = flow.post("/", docs("x"), return_responses=True)
    told = results(answer)["tell/rep-0"]
    assert told["texts"] == ["xa", "xb"]
    assert (told["matrix"], told["map"]) == ([1, 1], ["a", "b"])
    assert answer[0].docs.texts == ["xa", "xb"]


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "process"])
def test_results_are_seen_by_those_who_come_after(inline):
    flow = Flow(quiet=True).add(name="a", uses=Report, inline=inline)
    flow = flow.add(name="b", uses=Report, inline=inline, needs="a")
    flow = flow.add(name="c", uses=Report, inline=inline, needs="a").needs(["b", "c"])
    with flow:
        told = results(flow.post("/", docs("x"), return_responses=True))
    assert told["b/rep-0"]["seen"] == told["c/rep-0"]["seen"] == ["a/rep-0"]


def test_conditions():
    flow = mark(Flow(quiet=True), "odd", when={"tags__n": {"$in": [1, 3]}})
    flow = mark(flow, "even", when={"tags__n": {"$eq": 2}}, needs="gateway")
    sent = DocumentArray([Document(text=str(n), tags={"n": n}) for n in range(4)])
    with flow.needs(["odd", "even"]) as joined:
        # What no branch was given comes back by none.
        assert joined.post("/", sent).texts == ["1odd", "2even", "3odd"]
    with flow.needs(["odd", "even", "gateway"], name="whole") as whole:
        assert whole.post("/", sent).texts == ["0", "1odd", "2even", "3odd"]
    with mark(Flow(quiet=True), "none", when={"text": {"$eq": "z"}}) as none:
        assert len(none.post("/", sent)) == 0


def test_a_condition_that_is_none():
    with pytest.raises(ConfigError, match=r"`when` of `a`"):
        Flow().add(name="a", when={"text": {"$eqq": 1}}).build()
    with pytest.raises(OptionTypeError, match="when"):
        Flow().add(when="text == 1")


def test_a_failure_ends_its_branch_alone():
    flow = Flow(quiet=True).add(name="fail", uses=Raise, inline=True)
    flow = mark(flow, "other", needs="gateway").needs(["fail", "other"])
    flow = flow.add(name="after", uses=Report, inline=True)
    failed = []
    with flow:
        flow.post("/", docs("x"), on_error=failed.append)
    assert failed[0].status.exception.name == "ValueError"
    assert "after" not in [route.executor for route in failed[0].routes]
    assert "other" in [route.executor for route in failed[0].routes]


def test_what_floats_is_done_before_the_flow_is_closed(tmp_path):
    class Note(Executor):
        @requests
        async def note(self, docs, **kwargs):
            await asyncio.sleep(0.3)
            (tmp_path / docs[0].text).touch()

    flow = mark(Flow(quiet=True), "a").add(name="note", uses=Note, floating=True, inline=True)
    with flow:
        began = time.monotonic()
        assert flow.post("/", docs("x")).texts == ["xa"]
        assert time.monotonic() - began < 0.25
    assert (tmp_path / "xa").exists()


def test_a_loose_end_is_told_of(capfd):
    flow = mark(mark(mark(Flow(), "a"), "b", needs="a"), "c", needs="a")
    with flow:
        assert flow.post("/", docs("x")).texts == ["xac"]
    assert "'b'" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("how", "routes"),
    [
        ("COLLECT", {"a", "look", "z"}),
        ("HANG", {"a", "z"}),
        ("REMOVE", {"a", "z"}),
    ],
)
def test_inspection(how, routes, tmp_path):
    class Look(Executor):
        @requests
        def look(self, docs, **kwargs):
            (tmp_path / docs[0].text).touch()

    flow = mark(Flow(quiet=True, inspect=how), "a")
    flow = flow.inspect(name="look", uses=Look, inline=True)
    flow = mark(flow, "z")
    with flow:
        answer = flow.post("/", docs("x"), return_responses=True)[0]
    assert answer.docs.texts == ["xaz"]
    assert {route.executor for route in answer.routes} - {"gateway"} == routes
    assert (tmp_path / "xa").exists() == (how != "REMOVE")


def test_gather_inspect():
    flow = mark(mark(Flow(quiet=True), "a").inspect(name="look", uses=Report, inline=True), "b")
    gathered = flow.gather_inspect()
    assert needs(gathered)["gather_inspect"] == ("b", "look")
    assert needs(gathered)["b"] == ("_aux_look",)
    assert Flow().gather_inspect() == Flow()


class TestShards:
    def test_all_of_them_answer(self):
        with Deployment(uses=Report, name="s", shards=2, polling="ALL", quiet=True) as served:
            told = results(served.post("/x", docs("x"), return_responses=True))
        assert {pod: told[pod]["shard"] for pod in told} == {
            "s/shard-0/rep-0": 0,
            "s/shard-1/rep-0": 1,
        }

    def test_any_of_them_in_turn_and_by_endpoint(self):
        polling = {"*": "ANY", "/all": "ALL"}
        with Deployment(uses=Report, name="s", shards=2, polling=polling, quiet=True) as served:
            counts = {
                endpoint: [
                    sorted(results(served.post(endpoint, docs("x"), return_responses=True)))
                    for _ in range(2)
                ]
                for endpoint in ("/x", "/all", "/search", "/index")
            }
        both = ["s/shard-0/rep-0", "s/shard-1/rep-0"]
        assert sorted(counts["/x"]) == [[both[0]], [both[1]]]
        assert counts["/all"] == counts["/search"] == [both, both]
        assert [len(pods) for pods in counts["/index"]] == [1, 1]

    def test_who_stands_around_them(self):
        with Deployment(
            uses=Report,
            name="s",
            shards=2,
            polling="ALL",
            uses_before=Report,
            uses_after=Report,
            quiet=True,
        ) as served:
            assert served.num_pods == 5
            told = results(served.post("/x", docs("x"), return_responses=True))
        assert list(told) == [
            "s/uses_before-0",
            "s/shard-0/rep-0",
            "s/shard-1/rep-0",
            "s/uses_after-0",
        ]
        assert told["s/uses_after-0"]["matrix"] == [1, 1]
        assert told["s/uses_after-0"]["map"] == ["s/shard-0", "s/shard-1"]

    def test_without_reduce_answers_come_one_after_another(self):
        with Deployment(
            uses=Append,
            uses_with={"mark": "!"},
            shards=2,
            polling="ALL",
            no_reduce=True,
            quiet=True,
        ) as served:
            assert served.post("/x", docs("x")).texts == ["x!", "x!"]

    def test_one_that_fails_is_left_out(self):
        class Half(Executor):
            @requests
            def half(self, docs, **kwargs):
                if self.runtime_args.shard_id:
                    raise ValueError("lost half")
                docs[0].text = "found"

        with Deployment(uses=Half, name="h", shards=2, polling="ALL", quiet=True) as served:
            answer = served.post("/x", docs("x"), return_responses=True)[0]
        assert answer.docs.texts == ["found"]
        route = next(route for route in answer.routes if route.executor == "h")
        assert "1 of 2 shards failed: shard-1: ValueError('lost half')" in route.status.description

    @pytest.mark.parametrize("polling", ["SOME", '{"/x": "SOME"}', "{", 3])
    def test_polling_that_is_none(self, polling):
        with pytest.raises(ConfigError, match="polling"):
            Deployment(shards=2, polling=polling)

    def test_polling_as_json(self):
        from tidegate import _sharding

        spec = Deployment(shards=2, polling=json.dumps({"/x": "ALL", "*": "ANY"}))._spec
        assert _sharding.polling(spec) == ("any", {"/x": "all"})


class TestExternal:
    def test_a_flow_in_a_flow(self):
        with Flow(quiet=True).add(name="in", uses=Report, inline=True) as inner:
            outer = Flow(quiet=True).add(
                name="out", external=True, host="127.0.0.1", port=inner.port
            )
            assert outer.num_pods == 2
            with outer:
                answer = outer.post("/", docs("x"), return_responses=True)
        assert results(answer)["in/rep-0"]["texts"] == ["x"]

    def test_several_places(self):
        class Where(Executor):
            @requests
            def where(self, **kwargs):
                return {"name": self.runtime_args.name}

        with (
            Deployment(name="one", uses=Where, quiet=True) as one,
            Deployment(name="two", uses=Where, quiet=True) as two,
        ):
            hosts = [f"grpc://127.0.0.1:{one.port}", f"127.0.0.1:{two.port}"]
            with Flow(quiet=True).add(external=True, host=hosts) as flow:
                pods = {
                    pod for _ in range(4) for pod in results(flow.post("/", return_responses=True))
                }
        assert pods == {"one/rep-0", "two/rep-0"}

    def test_one_that_is_not_there(self):
        said = r"external Executor 'gone'.*127.0.0.1:9"
        with (
            Flow(quiet=True).add(name="gone", external=True, port=9) as flow,
            pytest.raises(ConnectionError, match=said),
        ):
            flow.post("/", docs("x"))

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({}, "port"),
            ({"port": 0}, "port"),
            ({"port": "x"}, "port"),
            ({"host": "http://x:1"}, "grpc://"),
            ({"host": "grpc://x:1", "port": 2}, "contradict"),
            ({"host": ["a", "b"], "port": [1, 2, 3]}, "2 hosts and 3 ports"),
        ],
    )
    def test_addresses_that_are_none(self, given, said):
        with pytest.raises(Exception, match=said):
            Flow().add(external=True, **given)

    def test_a_place_needs_external(self):
        with pytest.raises(ConfigError, match="external=True"):
            Flow().add(host="example.org")
        with pytest.warns(OptionWarning, match="listens on no port") as caught:
            Flow().add(port=5)
        assert caught[0].filename == __file__


class TestDeployment:
    def test_by_itself(self):
        with Deployment(uses=Append, uses_with={"mark": "!"}, replicas=2, quiet=True) as served:
            assert served.post("/", docs("x")).texts == ["x!"]
            assert (served.host, served.protocol, served.num_pods) == ("127.0.0.1", "GRPC", 2)
            assert served.port > 0
            assert served.is_flow_ready()
            with pytest.raises(FlowBuildLevelError, match="started already"):
                served.start()
        with pytest.raises(FlowBuildLevelError, match="not started"):
            served.post("/")

    def test_on_an_event_loop(self):
        async def main():
            async with Deployment(uses=Append, asyncio=True, quiet=True, inline=True) as served:
                return [answer.texts async for answer in served.post("/", docs("x"))]

        assert asyncio.run(main()) == [["x"]]

    def test_in_a_flow(self):
        deployment = Deployment(name="d", uses=Append, uses_with={"mark": "!"}, inline=True)
        flow = Flow(quiet=True).add(deployment).add(deployment, name="e", uses_with={"mark": "?"})
        assert flow["d"].uses_with == deployment.uses_with
        with flow:
            assert flow.post("/", docs("x")).texts == ["x!?"]

    def test_settings_can_be_read(self):
        deployment = Deployment(uses=Append, replicas=3, port=5)
        assert (deployment.uses, deployment.replicas, deployment.port) == (Append, 3, 5)
        assert "not started" in repr(deployment)
        with pytest.raises(OptionTypeError, match="did you mean `replicas`"):
            Deployment(replcas=3)


class TestDevices:
    @pytest.mark.parametrize(
        ("asked", "devices"),
        [
            ("RR", "0 1 2 3"),
            ("RR1:3", "1 2"),
            ("RR2:", "2 3"),
            ("RR-2:", "2 3"),
            ("RR0:4:2", "0 2"),
            ("RR1,3", "1 3"),
            ("RR2", "2"),
            ("0,1", ""),
        ],
    )
    def test_who_gets_which(self, asked, devices, monkeypatch):
        from tidegate import _devices

        monkeypatch.setenv("CUDA_TOTAL_DEVICES", "4")
        env, given = _devices.spread({"CUDA_VISIBLE_DEVICES": asked, "A": 1}, "x")
        assert given == devices.split()
        assert env == ({"A": 1} if given else {"A": 1, "CUDA_VISIBLE_DEVICES": asked})

    def test_what_cannot_be_dealt_out(self, monkeypatch):
        from tidegate import _devices

        monkeypatch.setenv("CUDA_TOTAL_DEVICES", "0")
        for asked in ("RRx", "RR1:2:3:4", "RR", "RR1;2"):
            with pytest.raises(ConfigError, match="CUDA_VISIBLE_DEVICES"):
                _devices.spread({"CUDA_VISIBLE_DEVICES": asked}, "x")

    def test_replicas_of_shards_go_on_where_the_one_before_ended(self, monkeypatch):
        class Device(Executor):
            @requests
            def device(self, **kwargs):
                import os

                return {"device": os.environ["CUDA_VISIBLE_DEVICES"]}

        monkeypatch.setenv("CUDA_TOTAL_DEVICES", "3")
        env = {"CUDA_VISIBLE_DEVICES": "RR"}
        with Deployment(
            name="d", uses=Device, shards=2, replicas=2, polling="ALL", env=env, quiet=True
        ) as served:
            told = {}
            for _ in range(4):
                told |= results(served.post("/x", return_responses=True))
        assert {pod: told[pod]["device"] for pod in sorted(told)} == {
            "d/shard-0/rep-0": "0",
            "d/shard-0/rep-1": "1",
            "d/shard-1/rep-0": "2",
            "d/shard-1/rep-1": "0",
        }


@pytest.mark.parametrize("inline", [True, False], ids=["inline", "process"])
def test_arrays_are_sent_as_what_was_asked_for(inline):
    numpy = pytest.importorskip("numpy")

    class Embed(Executor):
        @requests
        def embed(self, docs, **kwargs):
            import numpy

            for doc in docs:
                doc.embedding = numpy.ones(3, dtype="float32")

        @requests(on="/as-it-is")
        def leave(self, **kwargs):
            pass

    sent = DocumentArray([Document(tensor=numpy.zeros(2))])
    for asked, kind in (("list", list), ("numpy", numpy.ndarray), (None, numpy.ndarray)):
        with Flow(quiet=True).add(uses=Embed, output_array_type=asked, inline=inline) as flow:
            answer = flow.post("/", sent)[0]
            assert (type(answer.embedding), type(answer.tensor)) == (kind, kind)
            assert type(flow.post("/as-it-is", sent)[0].tensor) is kind
    with pytest.raises(ConfigError, match="output_array_type"):
        Flow().add(output_array_type="torch")
