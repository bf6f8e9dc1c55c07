"""Every kind of input, and how it is cut into requests."""

import asyncio
import threading
import time

import pytest
from tidegate import Client, Document, DocumentArray
from tidegate.errors import BadClientInput


def texts(docs):
    return [doc.text for doc in docs]


def numbered(count):
    return [Document(text=str(number)) for number in range(count)]


def generate(count):
    for number in range(count):
        yield Document(text=str(number))


async def agenerate(count):
    for number in range(count):
        await asyncio.sleep(0)
        yield Document(text=str(number))


INPUTS = {
    "list": lambda: numbered(5),
    "tuple": lambda: tuple(numbered(5)),
    "array": lambda: DocumentArray(numbered(5)),
    "generator": lambda: generate(5),
    "async generator": lambda: agenerate(5),
    "function of a list": lambda: lambda: numbered(5),
    "generator function": lambda: lambda: generate(5),
    "async generator function": lambda: lambda: agenerate(5),
    "iterable": lambda: map(str, range(5)),
}


@pytest.mark.parametrize("kind", INPUTS)
@pytest.mark.parametrize("request_size", [1, 2, 5, 100, 0])
def test_every_kind_arrives_whole(client, kind, request_size):
    inputs = INPUTS[kind]()
    docs = client.post("/noop", inputs, request_size=request_size)
    assert texts(docs) == list("01234")


@pytest.mark.parametrize("kind", INPUTS)
def test_every_kind_arrives_whole_on_a_loop(async_client, kind):
    async def run():
        return [r async for r in async_client.post("/noop", INPUTS[kind](), request_size=2)]

    answers = asyncio.run(run())
    assert sorted(len(docs) for docs in answers) == [1, 2, 2]


@pytest.mark.parametrize("nothing", [None, [], (), DocumentArray(), lambda: None])
def test_nothing_is_one_request_without_documents(client, nothing):
    responses = client.post("/size", nothing, return_responses=True)
    (result,) = responses[0].parameters["__results__"].values()
    assert len(responses) == 1
    assert result["docs"] == 0
    assert len(responses[0].docs) == 0


@pytest.mark.parametrize("nothing", [iter([]), lambda: generate(0), lambda: agenerate(0)])
def test_an_iterator_that_yields_nothing_is_no_request(client, nothing):
    assert client.post("/noop", nothing, return_responses=True) == []


def test_one_document(client):
    assert texts(client.post("/", Document(text="hello"))) == ["HELLO"]


def test_items_that_are_no_documents(client):
    docs = client.post("/noop", ["plain", {"text": "of a dict"}, Document(text="itself")])
    assert texts(docs) == ["plain", "of a dict", "itself"]


def test_a_bad_item_is_named(client):
    with pytest.raises(BadClientInput, match=r"request 1.*docs\[1\]"):
        client.post("/noop", ["fine", "fine", "fine", object()], request_size=2)


def test_a_field_of_a_wrong_type(client):
    with pytest.raises(BadClientInput, match="weight"):
        client.post("/noop", ["fine", {"weight": "heavy"}])


def test_a_bad_item_of_a_generator(client, async_client):
    def broken():
        yield "fine"
        yield object()

    async def run():
        return [docs async for docs in async_client.post("/noop", broken, request_size=1)]

    with pytest.raises(BadClientInput, match="request 1"):
        client.post("/noop", broken, request_size=1)
    with pytest.raises(BadClientInput, match="request 1"):
        asyncio.run(run())


def test_the_generator_s_own_exception(client):
    def broken():
        yield Document(text="0")
        raise ZeroDivisionError("mine")

    seen = []
    with pytest.raises(ZeroDivisionError, match="mine"):
        client.post("/noop", broken, request_size=1, on_done=seen.append)
    assert len(seen) == 1


def test_the_async_generator_s_own_exception(client, async_client):
    async def broken():
        yield Document(text="0")
        raise ZeroDivisionError("mine")

    async def run():
        return [docs async for docs in async_client.post("/noop", broken, request_size=1)]

    with pytest.raises(ZeroDivisionError, match="mine"):
        client.post("/noop", broken, request_size=1)
    with pytest.raises(ZeroDivisionError, match="mine"):
        asyncio.run(run())


def test_a_slow_generator_holds_no_answer_back(client):
    answered = threading.Event()

    def slow():
        yield Document(text="first")
        assert answered.wait(10), "the first answer came too late"
        yield Document(text="second")

    client.post("/noop", slow, request_size=1, on_done=lambda _: answered.set())


def test_a_slow_generator_does_not_hold_the_loop(async_client):
    answered = threading.Event()

    def slow():
        yield Document(text="first")
        assert answered.wait(10), "the first answer came too late"
        yield Document(text="second")

    async def run():
        async for _ in async_client.post("/noop", slow, request_size=1):
            answered.set()

    asyncio.run(run())


def test_prefetch_bounds_what_is_pulled(flow, client):
    pulled = []

    def endless():
        for number in range(1000):
            pulled.append(number)
            yield Document(text=str(number))

    with pytest.raises(TimeoutError):
        client.post("/wait", endless, request_size=1, prefetch=5, timeout=0.5)
    assert len(pulled) <= 7


def test_the_timeout_bounds_a_generator(client):
    release = threading.Event()

    def stuck():
        yield Document()
        release.wait(20)

    began = time.monotonic()
    try:
        with pytest.raises(TimeoutError):
            client.post("/noop", stuck, request_size=1, timeout=0.3)
        assert time.monotonic() - began < 5
    finally:
        release.set()


def test_no_more_is_pulled_after_a_failure(client):
    pulled = []

    def endless():
        number = 0
        while True:
            pulled.append(number)
            yield Document(text=str(number))
            number += 1
            time.sleep(0.001)

    with pytest.raises(Exception, match="odd"):
        client.post("/odd", endless, request_size=1)
    count = len(pulled)
    time.sleep(0.05)
    assert len(pulled) <= count + 1


def test_many_documents(client):
    docs = DocumentArray(Document(text=str(number)) for number in range(20_000))
    back = client.post("/noop", docs)
    assert len(back) == 20_000
    assert back[0].text == "0"
    assert back[-1].text == "19999"


def test_check_input():
    Client.check_input(None)
    Client.check_input(numbered(3))
    Client.check_input(lambda: generate(2))
    with pytest.raises(BadClientInput):
        Client.check_input([object()])
    with pytest.raises(BadClientInput):
        Client.check_input(agenerate(2))
