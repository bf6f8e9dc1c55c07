"""The services beside `Call`, asked through Jina's own messages and grpcio's clients."""

from __future__ import annotations

import pytest
from peer import Flows, answers

BOTH: dict[str, object] = {
    "health": {"status": "SERVING"},
    "dry_run": {"code": 0},
    "info": {"versions": True},
    "trailers": {"code": "OK", "status": 1, "id": "r", "text": "x"},
    "late": {"code": "DEADLINE_EXCEEDED"},
    "unknown_method": {"code": "UNIMPLEMENTED"},
}
# Jina's gateway fails at discovery with docarray 0.21, leaves health out of reflection, and calls
# nonsense UNKNOWN.
OURS_ALONE: dict[str, object] = {
    "endpoints": {"some": True},
    "reflection": {"missing": [], "input": "jina.DataRequestProto"},
    "nonsense": {"refused": "INVALID_ARGUMENT"},
}


@pytest.fixture(scope="module", params=["jina", "tidegate"])
def gave(
    request: pytest.FixtureRequest,
    flows: Flows,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, dict[str, object]]:
    """Who was asked, and what each question was answered with."""
    server = str(request.param)
    log = tmp_path_factory.mktemp("services") / f"{server}.log"
    port = str(flows.port(server))
    return server, answers("jina", "services.py", environment, log, port)


@pytest.mark.parametrize("question", [*BOTH, *OURS_ALONE])
def test_a_service_answers(gave: tuple[str, dict[str, object]], question: str) -> None:
    server, given = gave
    if question in OURS_ALONE and server == "jina":
        pytest.skip("a real Jina does otherwise")
    assert given[question] == {**BOTH, **OURS_ALONE}[question]
