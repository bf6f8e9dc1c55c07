"""The command `tidegate`, and programs that it runs as their interpreter would."""

import subprocess
import sys
import textwrap
import zipfile

import pytest
import tidegate

SHOWS = """
    import sys
    print(sys.argv)
    print(__name__, __file__, __package__, __spec__ and __spec__.name, sys.path[0], sep="|")
"""


def tidegate_(*words, cwd=None):
    command = [sys.executable, "-m", "tidegate", *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


def python(*words, cwd=None):
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=60)


@pytest.fixture
def folder(tmp_path):
    def write(name, body):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(body))

    write("app.py", SHOWS)
    write("package/__init__.py", "")
    write("package/__main__.py", SHOWS)
    write("package/inner.py", SHOWS)
    write("leaves.py", "import sys\nsys.exit({'7': 7, 'text': 'why'}.get(sys.argv[1]))")
    write("raises.py", "def fail():\n    raise ValueError('boom')\nfail()\n")
    write("broken.py", "def :")
    write("sub/sibling_of_app.py", "WORD = 'found'")
    write("sub/app.py", "from sibling_of_app import WORD\nprint(WORD)")
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", textwrap.dedent(SHOWS))
    (tmp_path / "link.py").symlink_to(tmp_path / "sub" / "app.py")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("app.py",),
        ("app.py", "-m", "--help", "run", "x"),
        ("./sub/app.py",),
        ("link.py",),
        ("app.pyz", "1"),
        ("package", "1"),
        ("-m", "app", "-x", "-c", "y"),
        ("-m", "package", "--version"),
        ("-m", "package.inner"),
        ("leaves.py", "7"),
        ("leaves.py", "text"),
        ("leaves.py", "none"),
    ],
)
def test_a_program_sees_what_python_shows_it(folder, words):
    ours, theirs = tidegate_("run", *words, cwd=folder), python(*words, cwd=folder)
    assert (ours.stdout, ours.returncode) == (theirs.stdout, theirs.returncode)
    assert ours.stderr == theirs.stderr


def test_an_uncaught_exception_shows_the_programs_frames_only(folder):
    ours, theirs = tidegate_("run", "raises.py", cwd=folder), python("raises.py", cwd=folder)
    assert (ours.returncode, ours.stderr) == (theirs.returncode, theirs.stderr) == (1, ours.stderr)
    assert "SyntaxError" in tidegate_("run", "broken.py", cwd=folder).stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run", "nowhere.py"), 2, "nowhere.py"),
        (("run", "-m", "no_such_module"), 1, "No module named no_such_module"),
        (("run", "-m", "package.nothing"), 1, "No module named package.nothing"),
        (("run", "-m", "sub"), 1, "sub"),
        (("run", "sub"), 1, "__main__"),
        (("run",), 2, "needs a program"),
        (("run", "-m"), 2, "needs a module"),
        (("run", "--fast", "app.py"), 2, "--fast"),
        (("fly",), 2, "fly"),
        ((), 2, "Usage"),
    ],
)
def test_what_cannot_be_run_is_named(folder, words, code, said):
    done = tidegate_(*words, cwd=folder)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_version():
    for words in (("--help",), ("-h",), ("run", "--help")):
        done = tidegate_(*words)
        assert done.returncode == 0
        assert "tidegate run" in done.stdout
    assert tidegate_("--version").stdout == f"tidegate {tidegate.__version__}\n"


def test_the_console_script_is_the_same_command():
    from importlib.metadata import entry_points

    (script,) = entry_points(group="console_scripts", name="tidegate")
    assert script.load().__module__ == "tidegate._cli"


def test_a_flow_in_a_program_that_is_run(folder):
    (folder / "serves.py").write_text(
        textwrap.dedent("""
        import sys
        from sibling import WORD
        from jina import Executor, Flow, requests
        from docarray import Document

        print("imported", flush=True)

        class Speak(Executor):
            @requests
            async def speak(self, docs, *kwargs):
                import jina
                for doc in docs:
                    doc.text = f"{WORD} {jina.__version__}"

        with Flow().add(uses=Speak) as flow:
            print(flow.post("/", Document())[0].text)
        sys.exit(5)
        """)
    )
    (folder / "sibling.py").write_text("WORD = 'from the sibling'")
    done = tidegate_("run", "serves.py", cwd=folder)
    assert done.returncode == 5, done.stderr
    # The worker has not run the script again.
    assert done.stdout.splitlines() == ["imported", "from the sibling 3.34.0"]
