"""What `post` returns, in which order, and what its callbacks see."""

import asyncio
import contextvars
import signal
import threading
import time
from pathlib import Path

import pytest
from tidegate import Client, Document, DocumentArray
from tidegate.response import Response


def numbered(count):
    return [Document(text=str(number), tags={"total": count}) for number in range(count)]


def texts(docs):
    return [doc.text for doc in docs]


def test_returns_are_in_input_order(client):
    assert texts(client.post("/reverse", numbered(10), request_size=1)) == list("0123456789")


def test_callbacks_come_as_answers_do(client):
    seen = []
    given = client.post(
        "/reverse", numbered(10), request_size=1, on_done=lambda r: seen.append(r.docs[0].text)
    )
    assert given is None
    assert seen == list("9876543210")


def test_callbacks_in_order_where_asked(client):
    seen = []
    client.post(
        "/reverse",
        numbered(10),
        request_size=1,
        results_in_order=True,
        on_always=lambda r: seen.append(r.docs[0].text),
    )
    assert seen == list("0123456789")


def test_the_async_generator_yields_as_answers_come(async_client):
    async def run(**options):
        stream = async_client.post("/reverse", numbered(5), request_size=1, **options)
        return [docs[0].text async for docs in stream]

    assert asyncio.run(run()) == list("43210")
    assert asyncio.run(run(results_in_order=True)) == list("01234")


def test_callbacks_run_on_the_calling_thread(client):
    threads = []
    client.post(
        "/noop",
        numbered(3),
        request_size=1,
        on_done=lambda _: threads.append(threading.current_thread()),
    )
    assert set(threads) == {threading.current_thread()}


def test_responses(client, async_client):
    responses = client.post("/", numbered(3), request_size=1, return_responses=True)
    assert [type(r) for r in responses] == [Response] * 3

    async def run():
        stream = async_client.post("/", numbered(3), return_responses=True)
        return [response async for response in stream]

    assert [type(r) for r in asyncio.run(run())] == [Response]


def test_responses_asked_for_in_the_constructor(flow):
    client = Client(port=flow.port, return_responses=True)
    assert isinstance(client.post("/noop")[0], Response)


def test_documents_are_joined(client):
    docs = client.post("/replace", numbered(4), request_size=2)
    assert isinstance(docs, DocumentArray)
    assert texts(docs) == ["0", "2"]


def test_parameters_keep_whole_numbers(client):
    parameters = {"a": 1, "b": 1.5, "c": [1, None, True], "d": {"e": "f"}}
    response = client.post("/size", parameters=parameters, return_responses=True)[0]
    (result,) = response.parameters["__results__"].values()
    assert result["parameters"] == parameters
    assert type(result["parameters"]["a"]) is int
    assert {key: response.parameters[key] for key in parameters} == parameters


def test_parameters_for_one_executor(client):
    response = client.post(
        "/size", parameters={"probe__x": 1, "other__x": 2}, return_responses=True
    )[0]
    (result,) = response.parameters["__results__"].values()
    assert result["parameters"] == {"x": 1}


def test_results_in_parameters_are_dropped(client):
    with pytest.warns(UserWarning, match="__results__"):
        response = client.post("/noop", parameters={"__results__": 3}, return_responses=True)[0]
    assert response.parameters == {"__results__": {}}


@pytest.mark.parametrize("target", ["probe", "pro.*", None])
def test_target(client, target):
    assert texts(client.post("/", Document(text="a"), target_executor=target)) == ["A"]


def test_the_four_verbs(client):
    for verb in (client.index, client.search, client.update, client.delete):
        assert verb(Document(text="a"), return_responses=True)[0].header.exec_endpoint == (
            f"/{verb.__name__}"
        )


def test_unary_calls(client):
    docs = client.post("/reverse", numbered(5), request_size=1, stream=False)
    assert texts(docs) == list("01234")


@pytest.mark.parametrize("compression", ["gzip", "Deflate", None, "NoCompression"])
def test_compression(client, compression):
    docs = client.post("/", Document(text="a" * 10_000), compression=compression)
    assert docs[0].text == "A" * 10_000


def test_metadata_and_its_limits(client):
    client.post("/noop", metadata=(("x-name", "value"),))
    with pytest.raises(ValueError, match="X NAME"):
        client.post("/noop", metadata={"X NAME": "value"})


def test_posts_from_threads_run_side_by_side(client, counts, eventually):
    threads = [
        threading.Thread(target=client.post, args=("/wait",), kwargs={"parameters": {"seconds": 1}})
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: counts()["started"] == 4)
    assert counts()["finished"] == 0
    for thread in threads:
        thread.join()


def test_the_blocking_client_works_inside_a_loop(client):
    async def cell():
        return client.post("/", Document(text="a"))

    assert texts(asyncio.run(cell())) == ["A"]


def test_the_input_sees_the_caller_s_context(client):
    name = contextvars.ContextVar("name", default="nobody")
    name.set("somebody")

    def inputs():
        yield Document(text=name.get())

    assert texts(client.post("/noop", inputs)) == ["somebody"]


def test_a_timeout_cancels_what_runs(client, counts, eventually):
    began = time.monotonic()
    with pytest.raises(TimeoutError) as raised:
        client.post("/wait", timeout=0.2)
    assert isinstance(raised.value, ConnectionError)
    assert time.monotonic() - began < 5
    eventually(lambda: counts()["cancelled"] == 1)


def test_ctrl_c_cancels_what_runs(client, counts, eventually):
    main = threading.main_thread().ident

    def interrupt():
        eventually(lambda: counts()["started"] == 3)
        signal.pthread_kill(main, signal.SIGINT)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        client.post("/wait", numbered(3), request_size=1)
    helper.join()
    eventually(lambda: counts()["cancelled"] == 3)


def test_a_cancelled_task_cancels_what_runs(async_client, counts, eventually):
    async def consume():
        async for _ in async_client.post("/wait", numbered(3), request_size=1):
            pass

    async def run():
        task = asyncio.create_task(consume())
        await asyncio.to_thread(eventually, lambda: counts()["started"] == 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    eventually(lambda: counts()["cancelled"] == 3)


def test_closing_the_generator_cancels_what_runs(async_client, counts, eventually):
    async def run():
        inputs = [*numbered(1)]
        stream = async_client.post("/wait", inputs, request_size=1)
        first = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(eventually, lambda: counts()["started"] == 1)
        first.cancel()
        await asyncio.wait([first])
        await stream.aclose()

    asyncio.run(run())
    eventually(lambda: counts()["cancelled"] == 1)


def test_an_async_input_is_closed_when_its_post_is(async_client):
    closed = []

    async def inputs():
        try:
            while True:
                yield Document()
                await asyncio.sleep(0)
        finally:
            closed.append(True)

    async def run():
        stream = async_client.post("/noop", inputs, request_size=1)
        await anext(stream)
        await stream.aclose()

    asyncio.run(run())
    assert closed == [True]


def test_a_busy_loop_is_not_woken_again_and_again(async_client):
    """While the caller is elsewhere, an answer that waits costs nothing."""

    async def run():
        stream = async_client.post("/noop", numbered(50), request_size=1)
        await anext(stream)
        before = time.process_time()
        await asyncio.sleep(0.5)
        spent = time.process_time() - before
        async for _ in stream:
            pass
        return spent

    assert asyncio.run(run()) < 0.3


def test_ready(client, async_client):
    assert client.is_flow_ready() is True
    assert client.dry_run(timeout=5) is True
    assert asyncio.run(async_client.is_flow_ready()) is True
    assert Client(port=1).is_flow_ready() is False


def test_profiling(client, capsys):
    parts = client.profiling()
    assert set(parts) == {
        "Roundtrip",
        "Client-server network",
        "Server",
        "Gateway-executors network",
        "probe",
    }
    assert parts["Roundtrip"] > 0
    assert "probe" in capsys.readouterr().err


def test_close_and_again(flow):
    with Client(port=flow.port) as client:
        client.post("/noop")
    client.post("/noop")


def test_on_uvloop(async_client, counts, eventually):
    uvloop = pytest.importorskip("uvloop")

    async def inputs():
        for doc in numbered(20):
            yield doc

    async def run():
        answers = [docs async for docs in async_client.post("/noop", inputs, request_size=1)]
        stream = async_client.post("/wait", numbered(1))
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(eventually, lambda: counts()["started"] == 1)
        waiting.cancel()
        await asyncio.wait([waiting])
        return len(answers)

    assert uvloop.run(run()) == 20
    eventually(lambda: counts()["cancelled"] == 1)


def test_a_cancelled_post_leaves_no_descriptor(async_client, counts, eventually):
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("needs /proc")

    async def consume():
        async for _ in async_client.post("/wait"):
            pass

    async def run():
        before = len(list(folder.iterdir()))
        tasks = [asyncio.create_task(consume()) for _ in range(100)]
        await asyncio.to_thread(eventually, lambda: counts()["started"] == 100)
        for task in tasks:
            task.cancel()
        # The exceptions hold the frames of their calls.
        raised = await asyncio.gather(*tasks, return_exceptions=True)
        return len(list(folder.iterdir())) - before, raised

    more, raised = asyncio.run(run())
    assert more < 10
    assert len(raised) == 100
    eventually(lambda: counts()["cancelled"] == 100)


def test_joined_documents_have_what_on_error_changed(client):
    def mend(response):
        response.docs[0].text = "mended"

    docs = client.post("/odd", numbered(3), request_size=1, on_error=mend)
    assert texts(docs) == ["0", "mended", "2"]
