import time

import pytest
from client_executor import Probe
from tidegate import Client, Flow


@pytest.fixture(scope="module", params=["inline", "worker"])
def flow(request):
    """A Flow that serves; its Executor is in this process or in one of its own."""
    with Flow(quiet=True).add(uses=Probe, name="probe", inline=request.param == "inline") as served:
        yield served


@pytest.fixture
def client(flow):
    return Client(port=flow.port)


@pytest.fixture
def async_client(flow):
    return Client(port=flow.port, asyncio=True)


@pytest.fixture
def counts(client):
    """What became of the coroutines of `/wait` since the test began."""

    def look():
        responses = client.post("/counts", return_responses=True)
        return next(iter(responses[0].parameters["__results__"].values()))

    before = look()

    def since():
        return {key: value - before[key] for key, value in look().items()}

    return since


@pytest.fixture
def eventually():
    def wait(condition, limit=10.0):
        deadline = time.monotonic() + limit
        while not condition():
            assert time.monotonic() < deadline, "it did not come about in time"
            time.sleep(0.01)

    return wait
