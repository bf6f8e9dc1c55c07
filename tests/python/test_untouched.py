"""What no handler touches is neither scanned nor copied, from a request to its answer."""

import numpy as np
import pytest
from bridge_kit import WAYS, Plain, Served, Serving
from tidegate import Document, DocumentArray, Executor, Flow, requests
from tidegate._tidegate import BridgeProbe


class Endpoints(Plain):
    """Looks at its Documents, or does not."""

    async def passes(self, docs: DocumentArray, parameters: dict[str, object]) -> None:
        """Does not."""

    async def returns(self, docs: DocumentArray) -> DocumentArray:
        """Gives them back without a look."""
        return docs

    async def counts(self, docs: DocumentArray) -> None:
        """Has to scan."""
        len(docs)

    async def scans(self) -> dict[str, int]:
        """Tells how many payloads were scanned."""
        return {"scans": BridgeProbe.scans()}


def scans(served: Served) -> bytes:
    results = served.call("/scans")["results"]
    assert isinstance(results, bytes)
    return results


@pytest.mark.parametrize("way", WAYS)
def test_an_untouched_payload_is_not_scanned(way: str) -> None:
    serving = Serving(way)
    served = serving(Endpoints)
    payload = DocumentArray([Document(embedding=np.ones(768)) for _ in range(50)]).to_bytes()
    try:
        before = scans(served)
        for endpoint in ("/passes", "/returns"):
            for sent in (payload, b"\xff these are no Documents"):
                answer = served.call(endpoint, sent)
                assert (answer["kind"], answer["payload"]) == (None, None), endpoint
        assert scans(served) == before
        assert served.call("/counts", payload)["kind"] is None
        assert scans(served) != before
        assert served.call("/counts", b"\xff")["kind"] == "invalid-input"
    finally:
        serving.close()


class Passes(Executor):
    """Does not look at its Documents."""

    @requests
    async def take(self, docs: DocumentArray, **kwargs: object) -> None:
        """Takes them."""


@pytest.mark.parametrize("inline", [False, True])
def test_a_flow_gives_back_what_nobody_touched(inline: bool) -> None:
    docs = DocumentArray([Document(text="a", embedding=np.ones(768)) for _ in range(50)])
    received = DocumentArray.from_bytes(docs.to_bytes())
    before = BridgeProbe.scans()
    with Flow().add(uses=Passes, inline=inline) as flow:
        (response,) = flow.post("/", received, request_size=100, return_responses=True)
        assert BridgeProbe.scans() == before
    assert response.docs.to_bytes() == docs.to_bytes()
