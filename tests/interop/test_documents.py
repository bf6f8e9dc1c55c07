"""Documents of ours and of the real docarray 0.21 do the same and read each other's bytes."""

from __future__ import annotations

import os
import pathlib
import subprocess

import tidegate
from peer import INTEROP

PEERS = pathlib.Path(__file__).parent / "peers"
#: How many random programs, and for how many seconds at most.
PROGRAMS, SECONDS = 300, 40


def both(environment: dict[str, str], path: pathlib.Path, program: str, *args: str) -> str:
    """Runs a program in which both libraries are; what it says at its end."""
    # Our package alone is put on the path: the packages beside it are of other versions.
    (path / "tidegate").symlink_to(pathlib.Path(tidegate.__file__).parent)
    run = subprocess.run(
        [str(INTEROP), str(PEERS / program), *args],
        # docarray does some things in the order of a set.
        env={**environment, "PYTHONPATH": str(path), "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout


def test_documents_are_docarrays(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    both(environment, tmp_path, "documents.py")


def test_random_programs_do_the_same(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    """The seed of one that does not is in its error; TIDEGATE_SEED names the first."""
    first = os.environ.get("TIDEGATE_SEED", "0")
    said = both(environment, tmp_path, "programs.py", first, str(PROGRAMS), str(SECONDS))
    assert int(said.splitlines()[-1]) >= PROGRAMS // 10
