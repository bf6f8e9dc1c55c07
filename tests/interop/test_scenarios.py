"""The scenarios of tests/scenarios, played by a real Jina.

Those that give other answers there say why, and are played to see that they still do.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from peer import INTEROP, Peer

SCENARIOS = Path(__file__).parents[1] / "scenarios"
sys.path.insert(0, str(SCENARIOS))

import judging  # noqa: E402
import player  # noqa: E402

FILES = sorted(SCENARIOS.glob("*.yaml"))
ALL = player.scenarios(*FILES)
PLAYED = [key for key, given in ALL.items() if given.get("jina", {}).get("runs", True)]
#: A Flow of a real Jina takes about a second to start.
ANSWERS_WITHIN = 120.0


@pytest.fixture(scope="module")
def gave(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, Any]]:
    """What each scenario gave."""
    log = tmp_path_factory.mktemp("scenarios") / "jina.log"
    argv = [str(INTEROP), str(SCENARIOS / "player.py"), *map(str, FILES)]
    peer = Peer(argv, environment, log)
    answers: dict[str, dict[str, Any]] = {}
    try:
        while (said := peer.hear(ANSWERS_WITHIN)) is not None:
            assert isinstance(said, dict)
            answers[said["case"]] = said["gave"]
    finally:
        peer.close()
    return answers


@pytest.mark.parametrize("key", PLAYED)
def test_a_real_jina_gives_the_same(gave: dict[str, dict[str, Any]], key: str) -> None:
    found = judging.differences(ALL[key], gave[key])
    if "jina" in ALL[key]:
        assert found, f"it is the same there, though said to differ: {ALL[key]['jina']['why']}"
    else:
        assert found == []
