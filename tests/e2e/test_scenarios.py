"""The scenarios of tests/scenarios, over inline Executors and over processes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

SCENARIOS = Path(__file__).parents[1] / "scenarios"
sys.path.insert(0, str(SCENARIOS))

import judging  # noqa: E402
import player  # noqa: E402

ALL = player.scenarios()


def ways(scenario: dict[str, Any]) -> list[str]:
    """How a scenario can be played."""
    if "refused" in scenario:
        return ["built"]
    inline = any(map(player.can_be_inline, scenario["flow"]["executors"]))
    return ["inline", "processes"] if inline else ["processes"]


@pytest.mark.parametrize(
    ("key", "way"), [(key, way) for key, scenario in ALL.items() for way in ways(scenario)]
)
@pytest.mark.filterwarnings("ignore::tidegate.options.OptionWarning")
def test_scenario(key: str, way: str) -> None:
    gave = player.play(ALL[key], inline=way == "inline")
    assert judging.differences(ALL[key], gave) == []
