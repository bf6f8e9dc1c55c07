"""The command `tidegate`: its words are read in Rust; what needs Python is done from here."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

USAGE = """\
usage: tidegate run PROGRAM.py [ARGUMENT ...]
       tidegate run -m MODULE [ARGUMENT ...]

`run` runs a Python program in which `import jina` and `import docarray` give Tidegate, in its
worker processes too, also where the real packages are installed. Everything after the program's
or the module's name is the program's own.
"""


def main(argv: list[str] | None = None) -> int:
    """Runs the command; gives its exit code unless the program that it runs has one of its own."""
    import platform

    from tidegate._tidegate import _cli

    outcome: Any = _cli(sys.argv[1:] if argv is None else list(argv), platform.python_version())
    if isinstance(outcome, int):
        return outcome
    verb, words, file, options = outcome
    if verb == "run":
        return _run(words)
    from tidegate import _serve

    if verb == "flowchart":
        return _serve.draw(words)
    return _serve.serve(verb, file, options)


def _run(words: list[str]) -> int:
    if words and words[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0
    if not words:
        return _misused("`tidegate run` needs a program: a file, or `-m` and a module")
    from tidegate import _program
    from tidegate._alias import spawned

    if words[0] == "-m":
        if len(words) < 2:
            return _misused("`tidegate run -m` needs a module's name")
        spawned.follow()
        return _program.run_module(words[1], words[2:])
    if words[0].startswith("-m") and words[0][2:].replace(".", "").isidentifier():
        spawned.follow()
        return _program.run_module(words[0][2:], words[1:])
    if words[0].startswith("-"):
        return _misused(f"`tidegate run` has no option `{words[0]}`")
    spawned.follow()
    return _program.run_file(words[0], words[1:])


def _misused(said: str) -> int:
    sys.stderr.write(f"tidegate: {said}\n\n{USAGE}")
    return 2


def entry() -> NoReturn:
    """Is the console script."""
    sys.exit(main())
