"""Failed requests, callbacks that raise, servers that are not there."""

import asyncio
import contextlib
import logging
import pickle
import socket
import threading

import pytest
from tidegate import Client, Document
from tidegate.errors import BadClientCallback, BadServer, DeadlineExceededError, UnavailableError


def numbered(count):
    return [Document(text=str(number)) for number in range(count)]


def test_without_on_error_it_is_raised(client):
    with pytest.raises(BadServer) as raised:
        client.post("/fail", Document(text="a"))
    said = str(raised.value)
    for word in ("LookupError", "nothing here", "Probe", "/fail"):
        assert word in said
    header = raised.value.args[0]
    exception = header.status.exception
    assert header.status.code == 1
    assert header.status.description == "LookupError('nothing here', 3)"
    assert (exception.name, exception.args, exception.executor) == (
        "LookupError",
        ["nothing here", "3"],
        "Probe",
    )
    assert "client_executor.py" in "".join(exception.stacks)
    assert header.exec_endpoint == "/fail"


def test_the_first_in_input_order_is_raised_once_all_is_done(client):
    seen = []
    with pytest.raises(BadServer, match="'odd', 1"):
        client.post("/odd", numbered(8), request_size=1, on_done=lambda r: seen.append(r))
    assert len(seen) == 4


def test_on_error_gets_one_argument(client):
    seen = []
    docs = client.post("/odd", numbered(4), request_size=1, on_error=lambda r: seen.append(r))
    assert [r.status.exception.name for r in seen] == ["ValueError"] * 2
    assert [doc.text for doc in docs] == list("0123")


def test_on_error_gets_two_arguments(client):
    seen = []
    client.post("/odd", numbered(4), request_size=1, on_error=lambda r, e: seen.append((r, e)))
    assert [type(e) for _, e in seen] == [BadServer] * 2
    assert seen[0][1].args[0].request_id == seen[0][0].header.request_id


def test_on_always_follows_either(client):
    seen = []
    client.post(
        "/odd",
        numbered(2),
        request_size=1,
        results_in_order=True,
        on_done=lambda _: seen.append("done"),
        on_error=lambda _: seen.append("error"),
        on_always=lambda _: seen.append("always"),
    )
    assert seen == ["done", "always", "error", "always"]


def test_continue_on_error_returns_the_failed_ones_in_place(client, caplog):
    with caplog.at_level(logging.ERROR, logger="tidegate.client"):
        docs = client.post("/odd", numbered(4), request_size=1, continue_on_error=True)
    assert [doc.text for doc in docs] == list("0123")
    assert len(caplog.records) == 2
    assert "ValueError" in caplog.text


def test_the_generator_raises_at_its_end(async_client):
    seen = []

    async def run():
        async for docs in async_client.post("/odd", numbered(6), request_size=1):
            seen.append(docs[0].text)

    with pytest.raises(BadServer, match="'odd', 1"):
        asyncio.run(run())
    assert sorted(seen) == ["0", "2", "4"]


def test_a_callback_that_raises(client):
    def clumsy(response):
        raise ZeroDivisionError("in the callback")

    with pytest.raises(BadClientCallback, match="clumsy") as raised:
        client.post("/noop", numbered(3), request_size=1, on_done=clumsy)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    with pytest.raises(BadClientCallback):
        client.post("/fail", on_error=clumsy)
    with pytest.raises(BadClientCallback):
        client.post("/noop", on_always=clumsy)


def test_a_callback_that_raises_is_logged_where_asked(client, caplog):
    def clumsy(response):
        raise ZeroDivisionError("in the callback")

    with caplog.at_level(logging.ERROR, logger="tidegate.client"):
        client.post("/noop", numbered(3), request_size=1, on_done=clumsy, continue_on_error=True)
    assert len(caplog.records) == 3


def test_a_callback_may_leave_the_program(client):
    def leave(response):
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        client.post("/noop", on_done=leave)


def test_async_callbacks(client, async_client):
    seen = []

    async def later(response):
        await asyncio.sleep(0)
        seen.append(response)

    async def run():
        async for _ in async_client.post("/noop", on_done=later):
            pass

    asyncio.run(run())
    assert len(seen) == 1
    with pytest.raises(BadClientCallback, match="asyncio=True"):
        client.post("/noop", on_done=later)


def test_nobody_listens():
    with pytest.raises(ConnectionError) as raised:
        Client(port=1).post("/")
    assert isinstance(raised.value, UnavailableError)
    assert "127.0.0.1:1" in str(raised.value)


def test_somebody_else_listens():
    """A server that is not gRPC's ends in an error, not in a hang."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            peer, _ = server.accept()
            with peer:
                peer.recv(1000)
                peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Exception) as raised:  # noqa: PT011
            Client(port=server.getsockname()[1]).post("/", timeout=10)
        thread.join()
    assert not isinstance(raised.value, DeadlineExceededError)


def test_a_server_that_says_nothing():
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(DeadlineExceededError):
        Client(port=server.getsockname()[1]).post("/", timeout=0.2)


def test_attempts_are_counted():
    with pytest.raises(UnavailableError):
        Client(port=1).post("/", max_attempts=3, initial_backoff=0.01, max_backoff=0.02)


def test_a_later_attempt_sends_what_has_no_answer(flow):
    """The first connection is cut; the second one reaches the Flow."""
    cut = []
    with socket.create_server(("127.0.0.1", 0)) as relay:

        def run():
            peer, _ = relay.accept()
            cut.append(peer.recv(10))
            peer.close()
            peer, _ = relay.accept()
            with peer, socket.create_connection(("127.0.0.1", flow.port)) as served:
                ways = [
                    threading.Thread(target=pipe, args=pair)
                    for pair in ((peer, served), (served, peer))
                ]
                for way in ways:
                    way.start()
                for way in ways:
                    way.join()

        thread = threading.Thread(target=run)
        thread.start()
        client = Client(port=relay.getsockname()[1])
        docs = client.post("/", numbered(5), request_size=2, max_attempts=2, initial_backoff=0.01)
        client.close()
        thread.join(10)
    assert cut
    assert [doc.text for doc in docs] == list("01234")


def pipe(source, sink):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_a_refusal_of_the_gateway_is_of_its_own_class():
    from tidegate import errors
    from tidegate._outcome import _refused

    for name in ("OverloadedError", "DeadlineExceededError", "UnavailableError", "BadClientInput"):
        cls = getattr(errors, name)
        raised = _refused(cls)("header", "the message")
        assert isinstance(raised, cls)
        assert isinstance(raised, BadServer)
        assert raised.args == ("header",)
        assert str(raised) == "the message"


def test_bad_server_can_be_copied(client):
    with pytest.raises(BadServer) as raised:
        client.post("/fail")
    assert pickle.loads(pickle.dumps(str(raised.value))) == str(raised.value)


def test_a_stream_that_ends_before_all_is_sent_is_no_success():
    """The connection is refused before, while or after the input is sent: each time it is said."""

    def inputs():
        yield Document()
        yield Document()

    for _ in range(200):
        with pytest.raises(UnavailableError):
            Client(port=1).post("/", inputs, request_size=1)
        with pytest.raises(UnavailableError):
            Client(port=1).post("/")
