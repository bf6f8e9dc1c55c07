"""The command `tidegate`: `tidegate run` runs a Jina program, unchanged, on Tidegate."""

from __future__ import annotations

import sys
from typing import NoReturn

USAGE = """\
usage: tidegate run PROGRAM.py [ARGUMENT ...]
       tidegate run -m MODULE [ARGUMENT ...]
       tidegate --version | --help

`run` runs a Python program in which `import jina` and `import docarray` give Tidegate, in its
worker processes too, also where the real packages are installed. Everything after the program's
or the module's name is the program's own.
"""


def main(argv: list[str] | None = None) -> int:
    """Runs the command; gives its exit code unless the program that it runs has one of its own."""
    words = sys.argv[1:] if argv is None else argv
    if not words:
        sys.stderr.write(USAGE)
        return 2
    verb, *rest = words
    if verb in ("-h", "--help", "help"):
        sys.stdout.write(USAGE)
        return 0
    if verb in ("-V", "--version"):
        from tidegate import __version__

        sys.stdout.write(f"tidegate {__version__}\n")
        return 0
    if verb != "run":
        return _misused(f"there is no command `{verb}`; there is `run`")
    return _run(rest)


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
