"""The examples, run as their readers would."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
TIDEGATE = [sys.executable, "-m", "tidegate", "run"]
PYTHON = [sys.executable]


def run(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=EXAMPLES / "python",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Flow is ready to use!" in done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("how", "program"), [(PYTHON, "async_executor.py"), (TIDEGATE, "jina_async.py")]
)
def test_async_takes_one_second_for_fifty(how, program):
    (said,) = run(*how, program).splitlines()
    took = float(re.fullmatch(r"the call took ([\d.]+) second", said)[1])
    assert 1.0 <= took < 5  # one after another it would be fifty


@pytest.mark.parametrize(
    ("how", "program"), [(PYTHON, "sync_executor.py"), (TIDEGATE, "jina_sync.py")]
)
def test_sync_takes_as_many_seconds_as_documents(how, program):
    (said,) = run(*how, program, 2).splitlines()
    assert 2.0 <= float(said.split()[3]) < 5


def test_the_demo_prints_both_times_and_the_ratio():
    said = run(*PYTHON, "demo.py")
    number = r"\d+\.\d\d"
    assert re.search(rf"async: 50 Documents in {number} s\n", said)
    assert re.search(rf"sync: +3 Documents in {number} s\n", said)
    assert re.search(rf"50 would take {number} s", said)
    assert re.search(rf"async is {number} times as fast", said)


def test_the_notebook(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))  # the kernel keeps its history there
    nbclient.NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = [
        output.get("text") or output["data"]["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.get("name") != "stderr"
    ]
    assert shown == ["['HELLO 0', 'HELLO 1', 'HELLO 2']", "'HELLO'", "HELLO\n"]
