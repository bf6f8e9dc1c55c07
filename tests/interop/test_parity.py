"""One client program, one Flow program, each run by a real Jina and by ours, in all four pairs.

The pair of two real Jinas shows that what is expected here is what Jina does.
"""

from __future__ import annotations

import pytest
from peer import Flows, answers

PAIRS = [
    ("jina", "jina"),
    ("jina", "tidegate"),
    ("tidegate", "jina"),
    ("tidegate", "tidegate"),
]

BOOM = {
    "code": 1,
    "description": "ValueError('boom', 3)",
    "name": "ValueError",
    "args": ["boom", "3"],
    "stacked": True,
    "executor": "First",
}
PARAMETERS = {"all": 1, "text": "x", "nested": {"a": [1, 2]}}

EXPECTED: dict[str, object] = {
    "many": {"seen": [50, 100, 100], "got": True, "texts": True, "second": True},
    "generated": {"texts": [f"TEXT {n}" for n in range(7)]},
    "nothing": [[0, 0]],
    "unknown_endpoint": {"texts": ["text 0", "text 1"]},
    "callbacks": sorted(
        [kind, str(n)] for n in range(4) for kind in ("always", "error" if n % 2 else "done")
    ),
    "error_told": {**BOOM, "docs": 1, "routes": [["gateway", 0], ["first", 1]]},
    "error_raised": BOOM,
    "error_continued": {"texts": ["text 0 seen", "text 1", "text 2 seen", "text 3"]},
    "wrong_return": {"name": "TypeError"},
    "results": {
        "first/rep-0": {"count": 3, "parameters": {**PARAMETERS, "k": 5}},
        "second/rep-0": {"second": True, "parameters": {**PARAMETERS, "k": 6}},
    },
    "target": {
        "second": ["text 0", True],
        "first": ["TEXT 0", False],
        "nobody": ["text 0", False],
    },
    "compressed": {"texts": ["TEXT 0", "TEXT 1", "TEXT 2"]},
    "ready": {"ready": True},
    "responses": {
        "sizes": [1, 2, 2],
        "routes": True,
        "timed": True,
        "ids": 3,
        "endpoint": True,
    },
    "replaced": {"texts": ["new text 2", "new text 1", "new text 0"]},
    "asked_async": {"texts": [f"TEXT {n}" for n in range(5)], "sizes": [1, 2]},
    "unary": {"texts": [f"TEXT {n}" for n in range(5)]},
    "in_order": {"last": "0", "ordered": ["0", "1", "2", "3"]},
    "one_at_a_time": {"alone": True, "together": True},
    "out_of_time": {"quick": True},
    "roundtrip": {"wrong": [], "count": 13},
    "computed": {
        "tensor": [[0, 2], [4, 6]],
        "dtype": "int32",
        "embedding": [0.0, 2.0, 4.0, 6.0],
        "chunk": ["a chunk", 0.5],
        "match": ["a match", 0.25],
        "tags": {"list": [1, "two", None, True]},
        "kept": "me",
    },
    "batched": {
        "kept": [[f"text {n}", True, "x"] for n in range(5)],
        "sizes": [2, 2, 2, 2, 1],
        "texts": [f"text {n}" for n in range(6)],
    },
    "batched_apart": [[str(n), 1] for n in range(4)],
    "batched_errors": {"raised": "ValueError", "fewer": "ValueError", "dict": "TypeError"},
    "batched_by_keyword": [3, 3, 3, 3, 3, 3, 1],
    "large": {"size": 20_000_000},
}
# A real Jina lets the coroutine of a client that has gone run on; ours cancels it.
OURS_ALONE: dict[str, object] = {"left": {"cancelled": True}}


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: f"{pair[0]}-drives-{pair[1]}")
def gave(
    request: pytest.FixtureRequest,
    flows: Flows,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, dict[str, object]]:
    """What each case gave in one pair, and who served."""
    client, server = request.param
    log = tmp_path_factory.mktemp("client") / f"{client}-{server}.log"
    cases = [*EXPECTED, *(OURS_ALONE if server == "tidegate" else ())]
    port = str(flows.port(server))
    return server, answers(client, "client.py", environment, log, port, *cases)


@pytest.mark.parametrize("case", [*EXPECTED, *OURS_ALONE])
def test_every_pair_gives_the_same(gave: tuple[str, dict[str, object]], case: str) -> None:
    server, given = gave
    if case in OURS_ALONE and server == "jina":
        pytest.skip("a real Jina does otherwise")
    assert given[case] == {**EXPECTED, **OURS_ALONE}[case]
