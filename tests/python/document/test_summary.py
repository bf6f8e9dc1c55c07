"""What a person sees of Documents: on a terminal, in a notebook, in a file."""

from __future__ import annotations

import os
import pathlib
import pty
import re
import subprocess
import sys
import textwrap

import pytest
from tidegate import Document, DocumentArray

SHELF = """
    📄 Document: book
    │   ╭───────────┬──────────────────────────────╮
    │   │ Attribute │ Value                        │
    │   ├───────────┼──────────────────────────────┤
    │   │ text      │ Tides 潮                     │
    │   │ tags      │ {'price': 3}                 │
    │   │ embedding │ ▁▃▆█                         │
    │   │ scores    │ cos: {'value': 0.5}          │
    │   ╰───────────┴──────────────────────────────╯
    ├── 🔶 Matches
    │   └── 📄 Document: found
    └── 💠 Chunks
        ├── 📄 Document: one
        │   ╭─────────────┬────────────────────────────────────────────────────────╮
        └── 📄 Document: two
"""


def shelf() -> Document:
    document = Document(
        id="book",
        text="Tides 潮",
        tags={"price": 3},
        embedding=[0.0, 1.0, 2.0, 3.0],
        matches=[Document(id="found")],
        chunks=[Document(id="one", blob=b"\x00" * 200), Document(id="two")],
    )
    document.scores["cos"].value = 0.5
    return document


def plain(text: str) -> list[str]:
    return [re.sub(r"\s+│$|\s*[╮╯]$|─+[┬┼┴]?─*[┤╮╯]$", "", line) for line in text.splitlines()]


def test_a_document_is_a_tree_of_boxes(capsys: pytest.CaptureFixture[str]) -> None:
    shelf().summary()
    shown = plain(capsys.readouterr().out)
    for line in plain(textwrap.dedent(SHELF).strip()):
        assert line in shown
    assert any("(length: 200)" in line for line in shown)


def test_an_array_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    numpy = pytest.importorskip("numpy")
    docs = DocumentArray([shelf(), Document(text="a"), Document(text="a")])
    docs[1].embedding = numpy.zeros((2, 3), dtype="f4")
    docs.summary()
    shown = re.sub(r" +", " ", capsys.readouterr().out)
    for words in (
        "│ Length │ 3 │",
        "│ Homogenous Documents │ False │",
        "│ Has nested Documents in │ chunks, matches │",
        "│ 1 Document has attributes │ id, text │",
        "│ Attribute │ Data type │ #Unique values │ Has empty value │",
        "│ text │ str │ 2 │ False │",
        "│ embedding │ NoneType, list, ndarray │ 3 │ True │",
    ):
        assert words in shown
    docs[1].summary()
    assert "ndarray in shape (2, 3), dtype: float32" in capsys.readouterr().out
    DocumentArray().summary()
    assert "│ Length" in capsys.readouterr().out


@pytest.mark.parametrize("width", [30, 45, 200])
def test_no_line_is_wider_than_the_terminal(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    Document(text="word " * 30, tags={"long": "x" * 300}, embedding=list(range(300))).summary()
    lines = capsys.readouterr().out.splitlines()[1:]
    assert max(map(len, lines)) == min(width, 80)


def test_what_a_document_holds_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    Document(text="a\x1b[2J\r\ttab", tags={"k": "\x07"}, id="i\x1b[31m").summary()
    shown = capsys.readouterr().out
    assert "\x1b" not in shown and "\r" not in shown and "\x07" not in shown
    assert r"a\x1b[2J\r\ttab" in shown


def test_deep_trees_and_cycles_end(capsys: pytest.CaptureFixture[str]) -> None:
    document = Document(id="loop", text="a")
    document.matches.append(document)
    document.summary()
    assert "deeper ones are not shown" in capsys.readouterr().out


def test_odd_vectors(capsys: pytest.CaptureFixture[str]) -> None:
    for value in ([float("nan"), 1.0], [], [1], [True, False], ["a"], [[1], [2]]):
        Document(tensor=value).summary()
    assert capsys.readouterr().out.count("📄") == 6


def on_a_terminal(**environment: str) -> str:
    """What a program writes that runs on a terminal of its own."""
    ours, theirs = pty.openpty()
    program = "from tidegate import Document; Document(text='a', embedding=[1, 2]).summary()"
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "60", **environment}
    env = {k: v for k, v in env.items() if v}
    with subprocess.Popen([sys.executable, "-c", program], stdout=theirs, env=env) as process:
        os.close(theirs)
        said = b""
        while True:
            try:
                piece = os.read(ours, 4096)
            except OSError:  # Linux says so when the other end is closed
                break
            if not piece:
                break
            said += piece
    os.close(ours)
    assert process.returncode == 0
    return said.decode()


def test_colours_are_for_terminals() -> None:
    shown = on_a_terminal(NO_COLOR="")
    assert "\x1b[1mDocument: \x1b[0m" in shown
    assert re.search(r"\x1b\[38;2;\d+;\d+;\d+m▁\x1b\[0m", shown)
    assert "\x1b" not in on_a_terminal(NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(NO_COLOR="", TERM="dumb")


def test_notebooks_get_html(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))  # the kernel keeps its history there
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    cells = [
        "from tidegate import Document, DocumentArray\nDocument(text='<b>bold</b>', id='x')",
        "DocumentArray([Document(text='a')])",
        "Document(id='y', embedding=[1, 2]).summary()",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    nbclient.NotebookClient(book, timeout=60).execute()
    shown = [cell.outputs[0].data for cell in book.cells]
    assert "<pre" in shown[0]["text/html"]
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown[0]["text/html"]
    assert "<b>bold" not in shown[0]["text/html"]
    assert "<b>bold</b>" in shown[0]["text/plain"]
    assert "Length" in shown[1]["text/html"]
    assert "color:#" in shown[2]["text/html"]
