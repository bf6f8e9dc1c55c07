"""The names `jina` and `docarray`, which Tidegate stands in for."""

import subprocess
import sys
import textwrap

import pytest
from tidegate._alias.tree import TO_COME, TREE


def run(body, tmp_path, **kwargs):
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(body))
    command = [sys.executable, "-m", "tidegate", "run", str(program)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=tmp_path, **kwargs
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def real_ones(tmp_path):
    """Stands for real packages that are installed, and would be found first."""
    for name in ("jina", "docarray"):
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text("raise RuntimeError('the real one')")
        (package / "other.py").write_text("")
    return tmp_path


def test_all_names_of_the_tree_are_there(tmp_path):
    names = [
        (module, name)
        for module, homes in TREE.items()
        for name in homes
        if name != "*" and name not in TO_COME
    ]
    body = f"""
        import importlib
        for module, name in {names!r}:
            try:
                assert getattr(importlib.import_module(module), name) is not None, (module, name)
            except ImportError as error:
                assert "install the extra" in str(error)
        for module in {list(TREE)!r}:
            try:
                assert dir(importlib.import_module(module))
            except ImportError as error:
                assert "install the extra" in str(error)
        print("all there")
    """
    assert run(body, tmp_path) == "all there\n"


def test_imports_as_programs_write_them(tmp_path):
    body = """
        import docarray, jina, jina.excepts, jina.helper, tidegate
        from docarray import Document, DocumentArray
        from docarray.score import NamedScore
        from jina import (AsyncFlow, Client, Document as D, DocumentArray as DA, Executor, Flow,
                          requests)
        from jina.clients.helper import pprint_routes
        from jina.enums import GatewayProtocolType
        from jina.excepts import BadServer, RuntimeFailToStart
        from jina.importer import ImportExtensions
        from jina.logging.logger import JinaLogger
        from jina.logging.profile import TimeContext
        from jina.serve.executors import BaseExecutor
        from jina.serve.executors.decorators import requests as r
        from jina.types.request.data import DataRequest, Response

        assert Flow is tidegate.Flow and Executor is tidegate.Executor is BaseExecutor
        assert D is Document and DA is DocumentArray and r is requests and DataRequest is Response
        assert BadServer is tidegate.errors.BadServer and jina.excepts.BadServer is BadServer
        assert (jina.__version__, docarray.__version__) == ("3.34.0", "0.21.0")
        assert str(GatewayProtocolType.from_string("http")) == "HTTP"
        ports = {jina.helper.random_port() for _ in range(3)}
        assert all(1024 < port < 65536 for port in ports)
        assert len(jina.helper.random_identity()) == 32
        JinaLogger("mine").info("said")
        with TimeContext("waiting") as timer:
            pass
        assert timer.duration >= 0
        with ImportExtensions(required=False, verbose=False):
            import not_there_at_all
        print("fine")
    """
    assert run(body, tmp_path) == "fine\n"


def test_all_names_at_once(tmp_path):
    body = """
        from jina import *
        from docarray import *
        from jina.excepts import *
        from jina.enums import *
        assert issubclass(Flow, object) and BadServer and ProtocolType.GRPC == 0
        assert DocumentArray([Document(text="x")]).texts == ["x"]
        print("fine")
    """
    assert run(body, tmp_path) == "fine\n"


def test_the_aliases_win_over_the_real_packages_in_workers_too(real_ones):
    body = """
        import jina
        from jina import Executor, Flow, requests
        from docarray import Document

        class Where(Executor):
            @requests
            async def where(self, docs, **kwargs):
                import docarray, jina.excepts
                docs[0].text = f"{jina.Executor.__module__} {docarray.Document.__module__}"

        with Flow(quiet=True).add(uses=Where) as flow:
            print(flow.post("/", Document())[0].text)
    """
    told = run(body, real_ones).split()
    assert all(module.partition(".")[0] == "tidegate" for module in told)
    assert told


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_the_aliases_hold_in_the_programs_own_processes(real_ones, method):
    body = f"""
        import multiprocessing
        from jina import Client, Document, Executor, Flow, requests

        class Upper(Executor):
            @requests
            async def upper(self, docs, **kwargs):
                docs[0].text = docs[0].text.upper()

        def ask(port, answers):
            answers.put(Client(port=port).post("/", Document(text="asked")).texts)

        if __name__ == "__main__":
            processes = multiprocessing.get_context("{method}")
            with Flow(quiet=True).add(uses=Upper) as flow:
                answers = processes.Queue()
                process = processes.Process(target=ask, args=(flow.port, answers))
                process.start()
                print(answers.get(timeout=30))
                process.join(30)
                print(process.exitcode)
    """
    assert run(body, real_ones) == "['ASKED']\n0\n"


def test_what_is_not_there_says_so(real_ones):
    body = """
        import jina
        for module in ("jina.other", "jina.no.such", "docarray.other"):
            try:
                __import__(module)
            except ModuleNotFoundError as error:
                print(error.name, "Tidegate" in str(error))
        try:
            from jina import no_such_name
        except ImportError as error:
            print("no_such_name" in str(error))
        for name in ("Gateway",):
            try:
                getattr(jina, name)
            except jina.excepts.NotSupportedError as error:
                print(error)
    """
    assert run("import jina.excepts\n" + textwrap.dedent(body), real_ones).splitlines() == [
        "jina.other True",
        "jina.no True",
        "docarray.other True",
        "True",
        "`Gateway` is not built yet",
    ]


def test_protobuf_modules_have_real_messages(tmp_path):
    pytest.importorskip("google.protobuf")
    body = """
        from docarray.proto import docarray_pb2
        from jina.proto import jina_pb2
        request = jina_pb2.DataRequestProto()
        request.header.request_id = "x"
        document = docarray_pb2.DocumentProto(id="y", text="z")
        print(jina_pb2.DataRequestProto.FromString(request.SerializeToString()).header.request_id)
        print(document.text)
    """
    assert run(body, tmp_path) == "x\nz\n"


def test_the_host_under_the_alias(tmp_path):
    body = """
        import os
        os.environ["JINA_DEFAULT_HOST"] = "127.0.0.2"
        from jina import Flow
        print(Flow().host, Flow(host="localhost").host)
        os.environ["TIDEGATE_HOST"] = "127.0.0.3"
        print(Flow().host)
    """
    assert run(body, tmp_path).splitlines() == ["127.0.0.2 localhost", "127.0.0.3"]


def test_without_the_command_the_names_are_free():
    code = "import tidegate, sys, importlib.util\n"
    code += "print(importlib.util.find_spec('jina'), tidegate._alias.is_active())"
    code = code.replace("import tidegate,", "import tidegate._alias,")
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "None False"


def test_pprint_routes(capsys):
    from types import SimpleNamespace as Thing

    from tidegate._alias.routes import pprint_routes

    def route(name, seconds, exception):
        start, end = Thing(seconds=1, nanos=0), Thing(seconds=1 + seconds, nanos=5_000_000)
        status = Thing(exception=exception)
        return Thing(executor=name, start_time=start, end_time=end, status=status)

    none = Thing(name="", args=[], stacks=[])
    boom = Thing(name="ValueError", args=["boom"], stacks=["one\n", "two\n"])
    pprint_routes(Thing(routes=[route("gateway", 1, none), route("executor0", 0, boom)]))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [
        ["Pod", "Time"],
        ["gateway", "1005ms"],
        ["executor0", "5ms"],
    ]
    assert "ValueError: boom" in lines[2]
