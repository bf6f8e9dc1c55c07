"""Tensors between our own processes: viewed where they were received, where they are large."""

import numpy as np
import pytest
from tidegate import Document, DocumentArray, Executor, Flow, requests

SIZE = 768


class Looks(Executor):
    """Tells how it sees its embeddings."""

    @requests(on="/look")
    def look(self, docs: DocumentArray, **kwargs: object) -> dict[str, object]:
        seen: list[dict[str, object]] = []
        for doc in docs:
            array = doc.embedding
            seen.append(
                {
                    "owns": bool(array.flags.owndata),
                    "view": type(array.base).__name__,
                    "writeable": bool(array.flags.writeable),
                    "aligned": bool(array.flags.aligned),
                    "remainder": array.ctypes.data % 64,
                    "sum": float(array.sum()),
                }
            )
        return {"seen": seen}

    @requests(on="/change")
    def change(self, docs: DocumentArray, **kwargs: object) -> None:
        for i, doc in enumerate(docs):
            doc.text = "x" * i

    @requests(on="/make")
    async def make(self, docs: DocumentArray, **kwargs: object) -> None:
        for doc in docs:
            doc.embedding = np.full((4, SIZE), 2.5)
            doc.tags["made"] = True


class LooksAgain(Looks):
    """The next in the chain: what it sees has been through the first."""


def documents(count: int, size: int = SIZE) -> DocumentArray:
    matrix = np.random.default_rng(1).random((count, size), dtype="float32")
    return DocumentArray(
        [Document(text="t" * (7 * i), embedding=row) for i, row in enumerate(matrix)]
    )


def is_a_view(array: np.ndarray) -> bool:
    return type(array.base).__name__ == "_ReceivedBytes"


@pytest.mark.parametrize("count", [1, 3, 60])
@pytest.mark.parametrize("tagged", [False, True])
def test_a_worker_views_the_embeddings_of_a_request(count: int, tagged: bool) -> None:
    docs = documents(count)
    if tagged:
        for doc in docs:
            doc.tags["a"] = "b"
    with Flow().add(uses=Looks) as flow:
        results = flow.post("/look", docs, return_responses=True)[0].parameters["__results__"]
    (told,) = results.values()
    for doc, seen in zip(docs, told["seen"], strict=True):
        assert seen["view"] == "_ReceivedBytes"
        assert not seen["owns"]
        assert not seen["writeable"]
        assert seen["aligned"]
        assert seen["remainder"] == 0
        assert seen["sum"] == pytest.approx(float(doc.embedding.sum()))


def test_what_a_worker_changed_is_viewed_by_the_next_and_by_the_client() -> None:
    docs = documents(60)
    with Flow().add(uses=Looks, name="first").add(uses=LooksAgain, name="second") as flow:
        back = flow.post("/change", docs, request_size=100)
        made = flow.post("/make", docs, request_size=100)
        response = flow.post("/look", back, request_size=100, return_responses=True)[0]
    for array in [doc.embedding for doc in (*back, *made)]:
        assert is_a_view(array)
        assert array.flags.aligned
        assert not array.flags.writeable
    assert (made[7].embedding == 2.5).all()
    assert (back.embeddings == docs.embeddings).all()
    for told in response.parameters["__results__"].values():
        assert {seen["view"] for seen in told["seen"]} == {"_ReceivedBytes"}
        assert {seen["remainder"] for seen in told["seen"]} == {0}


def test_what_is_small_or_a_small_part_is_copied_out() -> None:
    with Flow().add(uses=Looks) as flow:
        small = flow.post("/look", documents(4, 100), return_responses=True)[0]
        many = flow.post("/look", documents(500), request_size=500, return_responses=True)[0]
    for response in (small, many):
        (told,) = response.parameters["__results__"].values()
        assert {seen["view"] for seen in told["seen"]} == {"bytes"}
        assert {seen["aligned"] for seen in told["seen"]} == {True}


def test_what_is_written_to_bytes_has_no_room_in_it() -> None:
    docs = documents(3)
    plain = docs.to_bytes()
    with Flow().add(uses=Looks) as flow:
        back = flow.post("/change", docs)
    assert [doc.text for doc in back] == ["", "x", "xx"]
    for doc, again in zip(docs, back, strict=True):
        doc.text = again.text
    rebuilt = DocumentArray(list(back)).to_bytes()
    assert len(rebuilt) == len(docs.to_bytes()) < len(plain)
