"""Documents of ours and of the real docarray 0.21 do the same and read each other's bytes."""

from __future__ import annotations

import pathlib
import subprocess

import tidegate
from peer import INTEROP

PROGRAM = pathlib.Path(__file__).parent / "peers" / "documents.py"


def test_documents_are_docarrays(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    # Our package alone is put on the path: the packages beside it are of other versions.
    (tmp_path / "tidegate").symlink_to(pathlib.Path(tidegate.__file__).parent)
    command = [str(INTEROP), str(PROGRAM)]
    run = subprocess.run(
        command,
        env={**environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
