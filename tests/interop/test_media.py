"""Our Documents do with text, pictures, sound, video and meshes what the real docarray's do."""

from __future__ import annotations

import pathlib
import subprocess

import tidegate
from peer import INTEROP

PROGRAM = pathlib.Path(__file__).parent / "peers" / "media.py"


def test_media_are_docarrays(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    # Our package alone is put on the path: the packages beside it are of other versions.
    (tmp_path / "tidegate").symlink_to(pathlib.Path(tidegate.__file__).parent)
    run = subprocess.run(
        [str(INTEROP), str(PROGRAM)],
        env={**environment, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
