"""Flows and Executors described in YAML: loaded, run, saved, and what is said about mistakes."""

import io
import json
import textwrap

import pytest
from tidegate import Deployment, Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import (
    BadConfigSource,
    ConfigError,
    FlowMissingDeploymentError,
    NotSupportedError,
)
from tidegate.options import OptionWarning

MODULE = """
    from tidegate import Executor, requests

    class Suffix(Executor):
        def __init__(self, suffix="!", **kwargs):
            super().__init__(**kwargs)
            self.suffix = suffix

        @requests
        def add(self, docs, **kwargs):
            for doc in docs:
                doc.text += self.suffix

        def twice(self, docs, **kwargs):
            for doc in docs:
                doc.text += self.suffix * 2
"""


class Shout(Executor):
    @requests
    def shout(self, docs, **kwargs):
        for doc in docs:
            doc.text = doc.text.upper()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return str(path)

    monkeypatch.chdir(tmp_path)
    write("suffix.py", MODULE)
    write.path = tmp_path
    return write


def answer(flow, on="/"):
    with flow:
        return flow.post(on, DocumentArray([Document(text="a")]))[0].text


def test_a_chain_of_two_runs(folder):
    path = folder(
        "flow.yml",
        """
        executors:
          - name: shout
            uses: Shout
          - name: suffix
            uses: suffix.yml
            replicas: 2
        with:
          quiet: true
        version: '1'
        jtype: Flow
        """,
    )
    folder(
        "suffix.yml",
        """
        with: {suffix: '?'}
        py_modules: [suffix.py]
        jtype: Suffix
        """,
    )
    flow = Flow.load_config(path)
    assert [(name, each.replicas) for name, each in flow] == [("shout", 1), ("suffix", 2)]
    assert answer(flow) == "A?"


def test_every_form_of_a_source(folder):
    text = "jtype: Flow\nexecutors: [{uses: Shout, name: one}]\n"
    described = {"jtype": "Flow", "executors": [{"uses": Shout, "name": "one"}]}
    path = folder("flow.yml", text)
    as_json = json.dumps({"jtype": "Flow", "executors": [{"uses": "Shout", "name": "one"}]})
    for source in (text, described, path, "flow.yml", io.StringIO(text), as_json):
        assert [name for name, _ in Flow.load_config(source)] == ["one"]
    with open(path) as file:
        assert Flow.load_config(file)["one"].uses is Shout


@pytest.mark.parametrize("inline", [True, False])
def test_uses_may_be_a_description(folder, inline):
    described = {
        "jtype": "Suffix",
        "with": {"suffix": "#"},
        "requests": {"/twice": "twice"},
        "py_modules": "suffix.py",
    }
    text = "!Suffix\nwith: {suffix: '#'}\nrequests: {/twice: twice}\npy_modules: suffix.py\n"
    for uses in (described, text):
        flow = Flow(quiet=True).add(uses=uses, uses_with={}, inline=inline)
        assert answer(flow, "/twice") == "a##"
    flow = Flow(quiet=True).add(uses=text, uses_with={"suffix": "$"}, inline=inline)
    assert answer(flow) == "a$"


def test_substitution(folder, monkeypatch):
    monkeypatch.setenv("SUFFIX_OF_TEST", "e")
    text = """
        jtype: Flow
        with:
          name: ${{ CONTEXT.name }}
          port: ${{ port }}
        executors:
          - name: a
            uses: suffix.yml
            uses_with: {suffix: "${{ ENV.SUFFIX_OF_TEST }}${{ root.with.name }}"}
            workspace: ${{ this.name }}
            env: {INNER: 'x'}
        """
    folder("suffix.yml", "jtype: Suffix\nwith: {suffix: '${{ ENV.INNER }}'}\npy_modules: suffix.py")
    flow = Flow.load_config(textwrap.dedent(text), context={"name": "named", "port": "4711"})
    assert (flow.name, flow.port) == ("named", 4711)
    assert (flow["a"].uses_with, flow["a"].workspace) == ({"suffix": "enamed"}, "a")
    flow = Flow().add(uses="suffix.yml", env={"INNER": "x"})
    assert flow["executor0"].uses_with == {"suffix": "x"}
    left = "jtype: Flow\nwith: {name: '${{ x }}'}"
    with pytest.raises(ConfigError, match="identifier"):
        Flow.load_config(left, substitute=False)


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        (
            "jtype: Flow\nexecutors:\n- uses: Shout\n  replcias: 2\n",
            ConfigError,
            "4:3: .*`replicas`",
        ),
        ("jtype: Flow\nexecutors:\n- replicas: two\n", ConfigError, "3:13: .*whole number"),
        ("jtype: Flow\nwhith: {}\n", ConfigError, "2:1: .*`with`"),
        ("jtype: Flow\nwith: {prot: 1}\n", ConfigError, "2:8: .*`port`"),
        ("jtype: Flow\nexecutors: [{name: a}, {name: a}]\n", ConfigError, "2:31: two Executors"),
        ("jtype: Flow\nexecutors: [{name: a, needs: b}]\n", ConfigError, "2:30: .*needs `b`"),
        ("jtype: Flow\nwith: {port: 1}\nwith: {}\n", ConfigError, "3:1: .*already, in line 2"),
        ("jtype: Flow\nexecutors:\n- uses: no.yml\n", ConfigError, "3:9: there is no file"),
        ("jtype: Flow\nexecutors:\n- uses: s3://x.yml\n", ConfigError, "3:9: .*no file of this"),
        ("jtype: Flow\nexecutors:\n- py_modules: no.py\n", ConfigError, "3:15: there is no file"),
        ("jtype: Flow\nexecutors:\n- name: a b\n", ConfigError, "3:3: .*identifier"),
        ("jtype: Flow\nexecutors:\n- stateful: true\n", NotSupportedError, "3:3: .*stateful"),
        ("jtype: Shout\n", ConfigError, "1:8: this describes `Shout`, not a Flow"),
        ("jtype: Flow\nversion: '7'\n", ConfigError, "2:10: "),
        ("jtype: Flow\nwith: [\n", ConfigError, "no YAML"),
        ("jtype: Flow\nwith: !!python/name:os.system x\n", ConfigError, "2:7: "),
    ],
)
def test_a_mistake_names_its_place(text, error, said):
    with pytest.raises(error, match=said):
        Flow.load_config(text)


def test_a_mistake_shows_the_line_and_what_is_allowed(folder):
    path = folder(
        "flow.yml", "jtype: Flow\nexecutors:\n- uses: Shout\n  replcias: 2\n  shrads: 1\n"
    )
    with pytest.raises(ConfigError) as caught:
        Flow.load_config(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:4:3: ")
    assert "\n  4 |   replcias: 2\n    |   ^^^^^^^^\n" in said
    assert "allowed: " in said
    assert f"\n{path}:5:3: " in said
    assert "`shards`" in said


def test_warnings_name_the_place():
    with pytest.warns(OptionWarning, match=r"\(text\):3:3: .*monitoring"):
        Flow.load_config("jtype: Flow\nexecutors:\n- monitoring: true\n")


def test_what_is_no_description():
    with pytest.raises(BadConfigSource, match=r"no.yml"):
        Flow.load_config("no.yml")
    with pytest.raises(NotSupportedError, match="files of this machine"):
        Flow.load_config("https://example.com/flow.yml")
    with pytest.raises(BadConfigSource):
        Flow().add(uses="nowhere.yml")


def test_what_is_saved_loads_again_and_is_equal(folder, monkeypatch):
    flow = (
        Flow(name="saved", timeout_ready=5000)
        .add(uses=Shout, name="first", uses_metas={"name": "x"}, env={"A": 1})
        .add(uses="Shout", replicas=2, uses_with={"a": [1, {"b": None}], "on": "no", "t": "1"})
        .add(uses={"jtype": "Suffix", "with": {"suffix": "\n: #"}, "py_modules": ["suffix.py"]})
    )
    flow.save_config("saved.yml")
    text = (folder.path / "saved.yml").read_text()
    assert "port" not in text
    again = Flow.load_config("saved.yml")
    assert again == flow
    again.save_config()
    assert Flow.load_config("saved.yml") == flow


def test_a_graph_is_saved_as_it_was_said():
    flow = (
        Flow(inspect="COLLECT")
        .add(uses=Shout, name="a", when={"tags__x": {"$eq": 1}})
        .inspect(name="look", uses=Shout)
        .add(name="b", needs="gateway", shards=2, polling={"/x": "ALL"})
        .add(name="c", needs=["a", "b"], no_reduce=True)
        .add(name="side", needs="gateway", floating=True)
        .needs(["a", "c"], name="both")
        .needs_all(name="end")
    )
    text = saved(flow)
    assert "method: inspect" in text
    again = Flow.load_config(text)
    assert again == flow
    assert saved(again) == text


def saved(flow, name="graph.yml"):
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        flow.save_config(path)
        with open(path) as file:
            return file.read()


def test_a_deployment(folder):
    text = "jtype: Deployment\nwith: {uses: Shout, port: 4712, replicas: 2, name: one}\n"
    deployment = Deployment.load_config(text)
    assert (deployment.name, deployment.port, deployment.replicas) == ("one", 4712, 2)
    assert Deployment.load_config(saved(deployment)) == deployment
    with pytest.raises(ConfigError, match=r"2:8: .*`replicas`"):
        Deployment.load_config("jtype: Deployment\nwith: {replcas: 2}")
    inline = Deployment.load_config("jtype: Deployment\nwith: {uses: Shout, inline: true}")
    assert answer(inline) == "A"


def test_a_flow_that_ran_saves_no_port(folder):
    flow = Flow(quiet=True).add(uses=Shout, inline=True)
    with flow:
        flow.save_config("ran.yml")
    assert "port" not in (folder.path / "ran.yml").read_text()


def test_what_cannot_be_written_is_named():
    with pytest.raises(ConfigError, match="object at"):
        Flow().add(uses=Shout, uses_with={"x": object()}).save_config("never.yml")


def test_an_unknown_need_is_told_before_anything_starts():
    with pytest.raises((ConfigError, FlowMissingDeploymentError), match="did you mean `encoder`"):
        Flow.load_config("jtype: Flow\nexecutors:\n- name: encoder\n- needs: [encodr]\n  name: b\n")


def test_an_executor_in_this_process(folder):
    folder(
        "e.yml", "with: {suffix: '?'}\nmetas: {name: it}\npy_modules: suffix.py\njtype: Suffix\n"
    )
    executor = Executor.load_config("e.yml")
    assert (executor.suffix, executor.metas.name) == ("?", "it")
    over = {"uses_with": {"suffix": "!"}, "uses_requests": {"/twice": "twice"}}
    executor = Executor.load_config("e.yml", **over)
    assert executor.suffix == "!"
    assert "/twice" in executor.requests
    executor.save_config("saved.yml")
    again = Executor.load_config("saved.yml", py_modules="suffix.py")
    assert (again.suffix, again.metas.name) == ("!", "it")
    assert "/twice" in again.requests
    with pytest.raises(BadConfigSource, match="Nobody"):
        Executor.load_config("jtype: Nobody")
    with pytest.raises(ConfigError, match=r"1:16: .*`with`"):
        Executor.load_config("{jtype: Shout, whith: {}}")


def test_modules_of_a_file_see_the_aliases(folder):
    folder("theirs.py", MODULE.replace("from tidegate", "from jina"))
    text = "jtype: Flow\nexecutors: [{uses: {jtype: Suffix, py_modules: theirs.py}}]\n"
    assert answer(Flow.load_config(text, quiet=True)) == "a!"


def test_a_gateway_block(folder):
    text = "jtype: Flow\nwith: {port: 1}\ngateway: {port: [4713], protocol: [grpc], prefetch: 5}\n"
    flow = Flow.load_config(text, allow_py_modules=True)
    assert flow.port == 4713
    assert flow == Flow().config_gateway(port=4713, protocol="grpc", prefetch=5)
    assert Flow.load_config(saved(flow)) == flow
    with pytest.raises(NotSupportedError, match=r"2:10: .*`uses="):
        Flow.load_config("jtype: Flow\ngateway: {uses: Mine}")


def test_who_stands_around_shards_may_be_described(folder):
    folder("s.yml", "jtype: Suffix\nwith: {suffix: '<'}\npy_modules: suffix.py\n")
    text = "jtype: Flow\nexecutors:\n- {uses: Shout, shards: 2, uses_before: s.yml, "
    text += "uses_after: Shout}\n"
    assert answer(Flow.load_config(text, quiet=True)) == "A<"
    with pytest.raises(ConfigError, match=r"`uses_after`: .*`jtype`"):
        Flow().add(uses=Shout, shards=2, uses_after={"jtpe": "Suffix"})
