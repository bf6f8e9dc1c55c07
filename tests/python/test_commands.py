"""The commands of `tidegate` beside `run`: what they do, say and end with."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tidegate import Client, Document, Flow


def tidegate_(*words, cwd=None, **kwargs):
    command = [sys.executable, "-m", "tidegate", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False, **kwargs
    )


def wait_for(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def is_ready(port):
    done = tidegate_("ping", "flow", f"localhost:{port}", "--timeout", 2000)
    return done.returncode == 0


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid):
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children") as file:
            found.extend(int(word) for word in file.read().split())
    return found


@pytest.fixture
def port():
    with Flow(quiet=True) as flow:
        return flow.port


@pytest.fixture
def serving(tmp_path):
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-m", "tidegate", *map(str, words)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


EXECUTOR = """
from jina import Executor, requests

class Shout(Executor):
    @requests
    def shout(self, docs, **kwargs):
        for doc in docs:
            doc.text = doc.text.upper()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
@pytest.mark.parametrize("lead", [(), ("jina",)])
def test_a_flow_is_served_until_it_is_told_to_end(tmp_path, serving, port, lead):
    (tmp_path / "shout.py").write_text(EXECUTOR)
    (tmp_path / "flow.yml").write_text(
        "jtype: Flow\nexecutors:\n- uses: {jtype: Shout, py_modules: shout.py}\n  replicas: 2\n"
    )
    process = serving(*lead, "flow", "--uses", "flow.yml", "--port", port)
    wait_for(lambda: is_ready(port))
    assert Client(port=port).post("/", Document(text="a"))[0].text == "A"
    workers = children(process.pid)
    assert len(workers) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    wait_for(lambda: not any(map(alive, workers)))


@pytest.mark.parametrize("verb", ["executor", "deployment"])
def test_an_executor_is_served_by_flags(tmp_path, serving, port, verb):
    (tmp_path / "shout.py").write_text(EXECUTOR)
    process = serving(
        verb, "--uses", "Shout", "--py-modules", "shout.py", "--port", port, "--replicas=2",
        "--timeout-ready", "-1", "--env", "A=1", "--quiet",
    )  # fmt: skip
    wait_for(lambda: is_ready(port))
    assert Client(port=port).post("/", Document(text="a"))[0].text == "A"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def test_a_gateway_in_front_of_others(tmp_path, serving, port):
    (tmp_path / "shout.py").write_text(EXECUTOR)
    with Flow(quiet=True).add(
        uses={"jtype": "Shout", "py_modules": [str(tmp_path / "shout.py")]}
    ) as flow:
        process = serving(
            "gateway",
            "--graph-description",
            json.dumps({"start-gateway": ["a"], "a": ["end-gateway"]}),
            "--deployments-addresses",
            json.dumps({"a": [f"grpc://localhost:{flow.port}"]}),
            "--port",
            port,
        )
        wait_for(lambda: is_ready(port))
        assert Client(port=port).post("/", Document(text="a"))[0].text == "A"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_ping(port):
    with Flow(quiet=True, port=port):
        for target in ("flow", "gateway", "executor"):
            done = tidegate_("ping", target, f"grpc://localhost:{port}")
            assert done.returncode == 0, done.stdout
        done = tidegate_("ping", "flow", f"localhost:{port}", "--timeout 9500", "--json")
        assert done.returncode == 0
        answer = json.loads(done.stdout)
        assert answer["ready"] is True
        assert len(answer["attempts"]) == 1
    gone = ("ping", "flow", f"localhost:{port}", "--timeout", 500, "--attempts", 2)
    assert tidegate_(*gone).returncode == 1
    assert tidegate_(*gone, "--json").returncode == 1
    assert tidegate_("ping", "flow", "nowhere").returncode == 2


@pytest.mark.parametrize(
    ("kind", "verb", "file"),
    [("flow", "flow", "flow.yml"), ("deployment", "deployment", "deployment.yml")],
)
def test_a_new_project_runs_and_tests_at_once(tmp_path, serving, port, kind, verb, file):
    done = tidegate_("new", "shop", "--type", kind, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "shop"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(project)]
    tested = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120)
    assert tested.returncode == 0, tested.stdout
    checked = tidegate_("check", file, cwd=project)
    assert (checked.returncode, checked.stderr) == (0, "")
    serving(verb, f"shop/{file}", "--port", port)
    wait_for(lambda: is_ready(port))
    assert Client(port=port).post("/", Document(text="you"))[0].text == "Hello, you!"
    again = tidegate_("new", "shop", cwd=tmp_path)
    assert again.returncode == 1
    assert "already" in again.stderr


def test_check(tmp_path):
    path = tmp_path / "flow.yml"
    (tmp_path / "e.py").write_text("class Other: pass\n")
    path.write_text(
        "jtype: Flow\nwith: {name: ${{ CONTEXT.x }}, monitoring: true}\n"
        "executors:\n- uses: {jtype: Mine, py_modules: e.py}\n  stateful: true\n".replace(
            "{name: ${{ CONTEXT.x }},", "{name: '${{ CONTEXT.x }}',"
        )
    )
    done = tidegate_("check", path, "--context", "x=named")
    assert done.returncode == 3
    assert "no `class Mine`" in done.stderr
    assert "`stateful` is not built yet" in done.stderr
    assert "note: " in done.stderr and "monitoring" in done.stderr
    done = tidegate_("check", path, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["ok"]) == (3, False)
    assert "flow.yml:2:15: `context=` gives no `x`" in answer["errors"][0]
    path.write_text("jtype: Flow\nexecutors: [{name: a}, {name: b, needs: [a, gateway]}]\n")
    done = tidegate_("check", path)
    assert (done.returncode, done.stdout) == (0, f"{path}: a Flow of 2 Executors: a, b\n")
    assert tidegate_("check", tmp_path / "no.yml").returncode == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("flow",), 2, "needs a file"),
        (("flow", "no.yml"), 3, "there is no file `no.yml`"),
        (("flow", "wrong.yml"), 3, "wrong.yml:1:15: a Flow has no key `whith`; did you mean `with"),
        (("flow", "flow.yml", "--replcias", "2"), 2, "--replicas"),
        (("executor", "--replicas", "two"), 2, "`--replicas` is a whole number"),
        (("flow", "flow.yml", "--tls"), 4, "not built yet"),
        (("gateway", "--graph-description", "{"), 3, "no JSON"),
        (("hub", "push"), 4, "no part of Tidegate"),
        (("export", "kubernetes", "a", "b"), 4, "not built yet"),
        (("export",), 2, "schema"),
        (("help", "no_such_thing_at_all"), 1, "nothing is called"),
        (("pong",), 2, "ping"),
        (("completions", "tcsh"), 2, "zsh"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, words, code, said):
    (tmp_path / "wrong.yml").write_text("{jtype: Flow, whith: {}}")
    (tmp_path / "flow.yml").write_text("jtype: Flow\n")
    done = tidegate_(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_asked_for_is_told(tmp_path):
    schema = json.loads(tidegate_("export", "schema").stdout)
    assert schema["$defs"]["executor_options"]["properties"]["replicas"]["minimum"] == 1
    done = tidegate_("export", "schema", "--json-path", "s.json", cwd=tmp_path)
    assert json.loads((tmp_path / "s.json").read_text()) == schema
    assert done.returncode == 0
    assert "complete" in tidegate_("completions", "bash").stdout
    assert "python" in tidegate_("-vf").stdout
    assert "--timeout-ready" in tidegate_("help", "timeout_ready").stdout
    assert "usage" in tidegate_("help", "flow").stdout.lower()
    assert "ping\n" in tidegate_("commands").stdout


def test_the_command_needs_no_event_loop_and_no_class(tmp_path):
    seen = "import sys; from tidegate._cli import main; main(['commands']); "
    seen += "assert not {'asyncio', 'tidegate.flow', 'tidegate.executor'} & set(sys.modules)"
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", seen], check=True, env=env, capture_output=True)
