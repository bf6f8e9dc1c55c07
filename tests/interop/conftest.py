"""What every interop test needs: the environment of peers, and the Flow served by both sides."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from peer import INTEROP, Flows


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What peers run with: Jina writes to its home, and reports its use where it may."""
    if not INTEROP.exists():
        pytest.fail(f"{INTEROP} is missing; run `make interop`")
    home = tmp_path_factory.mktemp("home")
    return {**os.environ, "HOME": str(home), "JINA_OPTOUT_TELEMETRY": "1", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def flows(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flows]:
    """Both sides' Flows, ended in order."""
    flows = Flows(environment, tmp_path_factory.mktemp("flows"))
    yield flows
    assert flows.close().get("tidegate", 0) == 0
