"""Large, many, malformed and slow."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from tidegate import Document, DocumentArray, Executor, Flow, requests
from tidegate.errors import MessageTooLargeError


class Length(Executor):
    @requests
    async def length(self, docs: DocumentArray) -> dict:
        return {"docs": len(docs), "bytes": sum(len(doc.blob) for doc in docs)}

    @requests(on="/text")
    async def text(self, docs: DocumentArray) -> None:
        for doc in docs:
            doc.text = doc.text.upper()


def results(response) -> dict:
    return next(iter(response.parameters["__results__"].values()))


def test_a_document_of_50_mb(serve) -> None:
    blob = os.urandom(1_000_000) * 50
    with serve(Length) as flow:
        response = flow.post("/", Document(blob=blob), return_responses=True)[0]
        assert results(response) == {"docs": 1, "bytes": 50_000_000}
        assert response.docs[0].blob == blob


def test_a_request_over_the_limit_is_refused_with_its_size_and_the_setting(serve) -> None:
    with serve(Length, max_message_bytes=1_000_000) as flow:
        with pytest.raises(MessageTooLargeError) as caught:
            flow.post("/", Document(blob=bytes(3_000_000)))
        assert "max_message_bytes" in str(caught.value) and "300" in str(caught.value)
        assert results(flow.post("/", Document(blob=b"x"), return_responses=True)[0])["bytes"] == 1


@pytest.mark.parametrize("request_size", [100, 0])
def test_100_000_documents(serve, request_size: int) -> None:
    inputs = DocumentArray([Document(text="t") for _ in range(100_000)])
    with serve(Length) as flow:
        docs = flow.post("/text", inputs, request_size=request_size)
    assert len(docs) == 100_000 and docs[99_999].text == "T"
    assert [docs[n].id for n in (0, 54_321)] == [inputs[n].id for n in (0, 54_321)]


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(range(256)) * 40,
        os.urandom(10_000),
        b"\xff" * 100_000,
    ],
)
def test_noise_on_the_port_harms_nobody(noise: bytes) -> None:
    with Flow(quiet=True).add(uses=Length) as flow:
        with socket.create_connection(("127.0.0.1", flow.port), timeout=20) as peer:
            try:
                peer.sendall(noise)
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass
            except OSError:
                pass
        assert flow.post("/text", Document(text="a"))[0].text == "A"


def test_clients_that_connect_and_say_nothing() -> None:
    with Flow(quiet=True).add(uses=Length) as flow:
        peers = [socket.create_connection(("127.0.0.1", flow.port)) for _ in range(50)]
        try:
            assert flow.post("/text", Document(text="a"))[0].text == "A"
        finally:
            for peer in peers:
                peer.close()


def test_many_clients_in_threads(serve) -> None:
    with serve(Length) as flow:
        seen: list[int] = []

        def work() -> None:
            docs = flow.post("/text", [Document(text="x") for _ in range(500)], request_size=5)
            seen.append(sum(text == "X" for text in docs.texts))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert seen == [500] * 8
