"""Filters, nearest Documents, merging and grouping."""

from __future__ import annotations

import operator
import random

import pytest
from tidegate import Document, DocumentArray, NamedScore

numpy = pytest.importorskip("numpy")


@pytest.fixture
def docs() -> DocumentArray:
    return DocumentArray(
        Document(
            id=f"d{i}",
            text=f"text {i}",
            weight=i / 2,
            tags={"n": i, "deep": {"list": [i, i + 1]}},
            embedding=numpy.eye(6)[i] + 0.1 * i,
        )
        for i in range(6)
    )


def ids(found: DocumentArray) -> list[str]:
    return [document.id for document in found]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"text": {"$eq": "text 1"}}, [1]),
        ({"text": {"$ne": "text 1"}}, [0, 2, 3, 4, 5]),
        ({"tags__n": {"$gt": 1, "$lte": 3}}, [2, 3]),
        ({"tags__deep__list__1": {"$in": [1, 6]}}, [0, 5]),
        ({"tags__n": {"$nin": [0, 1, 2]}}, [3, 4, 5]),
        ({"text": {"$regex": "[45]$"}}, [4, 5]),
        ({"tags__deep__list": {"$size": 2}, "weight": {"$lt": 1}}, [0, 1]),
        ({"tags__no": {"$exists": True}}, []),
        ({"uri": {"$exists": False}}, [0, 1, 2, 3, 4, 5]),
        ({"$or": [{"tags__n": {"$eq": 0}}, {"tags__n": {"$eq": 5}}]}, [0, 5]),
        ({"$not": [{"tags__n": {"$gte": 2}}]}, [0, 1]),
        ({"$or": {"tags__n": {"$eq": 1}, "text": {"$eq": "text 2"}}, "weight": {"$lt": 1}}, [1]),
        ({"tags__n": {"$eq": "{weight}"}}, [0]),
    ],
)
def test_filters(docs: DocumentArray, query: dict[str, object], expected: list[int]) -> None:
    received = DocumentArray.from_bytes(docs.to_bytes())
    for array in (docs, received):
        assert ids(array.find(query)) == [f"d{i}" for i in expected]
    assert docs.find(query)[:1] == docs[expected[:1]]


def test_filters_give_the_very_documents(docs: DocumentArray) -> None:
    assert docs.find({"tags__n": {"$eq": 1}})[0] is docs[1]
    assert docs.find({}) is docs
    assert ids(docs.find(filter={"tags__n": {"$eq": 1}})) == ["d1"]


@pytest.mark.parametrize(
    "query",
    [{"text": {"$like": 1}}, {"$nor": []}, {"text": 3}, {"text": {}}, {"text": {"$eq": "{a b}"}}],
)
def test_malformed_filters_are_refused(docs: DocumentArray, query: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\$|\{"):
        docs.find(query)


def test_nearest(docs: DocumentArray) -> None:
    found = docs.find(docs[2].embedding, limit=3)
    assert found[0].id == "d2"
    assert found[0] is not docs[2]
    distances = [d.scores["cosine"].value for d in found]
    assert distances == sorted(distances)
    assert len(docs.find(docs[0])) == 1
    assert (len(docs.find(docs[:3])), len(docs.find(numpy.eye(6)))) == (3, 6)
    assert "d2" not in docs.find(docs[2], exclude_self=True)[0]
    assert len(docs.find(docs[0].embedding, limit=None)) == 6
    assert docs.find(docs[0].embedding, only_id=True)[0].text == ""
    assert docs.find(docs[0].embedding, metric="euclidean")[0].scores["euclidean"].value == 0
    lists = DocumentArray(Document(embedding=[float(i), 1.0]) for i in range(3))
    assert lists.find([2.0, 1.0], limit=1)[0].embedding == [2.0, 1.0]


def test_match(docs: DocumentArray) -> None:
    asking = docs[:2]
    assert asking.match(docs, limit=2, exclude_self=True) is None
    assert [len(d.matches) for d in asking] == [2, 2]
    assert asking[0].matches[0].adjacency == 1
    document = Document(embedding=docs[3].embedding)
    assert document.match(docs, limit=1) is document
    assert document.matches[0].id == "d3"
    normalized = Document(embedding=docs[3].embedding).match(docs, normalization=(1, 0))
    assert normalized.matches[0].scores["cosine"].value == pytest.approx(1)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"limit": 0}, ValueError),
        ({"metric": "no such"}, NotImplementedError),
        ({"metric": 3}, TypeError),
        ({"filter": {"text": {"$eq": ""}}}, ValueError),
        ({"on": "@c"}, ValueError),
        ({"batch_size": -1}, ValueError),
    ],
)
def test_searches_that_cannot_be(
    docs: DocumentArray, options: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        docs.find(numpy.ones(6), **options)
    with pytest.raises(NotImplementedError, match="filter"):
        docs.find("text")


def test_sparse_embeddings_are_searched() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(numpy.eye(4))
    docs = DocumentArray.empty(4)
    docs.embeddings = matrix
    assert docs.find(docs[1], metric="euclidean", limit=1)[0][0].id == docs[1].id


@pytest.mark.parametrize("kind", ["dok_matrix", "csr_matrix", "coo_matrix", "lil_matrix"])
def test_a_sparse_matrix_is_a_query(docs: DocumentArray, kind: str) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = numpy.stack([docs[2].embedding, docs[4].embedding])
    found = docs.find(getattr(sparse, kind)(dense), limit=2)
    expected = [ids(each) for each in docs.find(dense, limit=2)]
    assert [ids(each) for each in found] == expected
    for document in docs:
        document.embedding = sparse.csr_matrix(document.embedding.reshape(1, -1))
    assert [ids(each) for each in docs.find(dense, limit=2)] == expected


@pytest.mark.parametrize("batch_size", [None, 2])
@pytest.mark.parametrize("missing", [{0}, {3}, {1, 5}, set(range(6))])
def test_a_search_names_the_document_without_an_embedding(
    docs: DocumentArray, missing: set[int], batch_size: int | None
) -> None:
    for at in missing:
        docs[at].embedding = None
    first = min(missing)
    told = rf"Document 'd{first}' \(at .* of the array searched\) has no embedding"
    with pytest.raises(ValueError, match=told):
        docs.find(numpy.ones(6), batch_size=batch_size)
    with pytest.raises(ValueError, match=rf"Document 'd{first}' .* that is the query"):
        docs.find(docs)
    with pytest.raises(ValueError, match=r"'query' .* has no embedding; set its field 'embedding'"):
        docs.find(Document(id="query"))
    left = docs.find({"embedding": {"$exists": True}})
    assert len(left) == 6 - len(missing)
    if left:
        assert len(left.find(numpy.ones(6))) == len(left)


def test_an_empty_array_cannot_be_searched() -> None:
    with pytest.raises(ValueError, match="the array searched is empty"):
        DocumentArray().find(numpy.ones(6))


def test_reduce() -> None:
    left = DocumentArray([Document(id="a", text="left", chunks=[Document(id="c")])])
    right = DocumentArray(
        [
            Document(
                id="a", text="right", uri="u", chunks=[Document(id="c", text="t"), Document()]
            ),
            Document(id="b"),
        ]
    )
    merged = left.reduce_all([right])
    assert merged is left
    assert ids(left) == ["a", "b"]
    assert (left[0].text, left[0].uri) == ("left", "u")
    assert [c.text for c in left[0].chunks] == ["t", ""]


def test_groups(docs: DocumentArray) -> None:
    assert [len(batch) for batch in docs.batch(4)] == [4, 2]
    assert next(iter(docs.batch(4)))[0] is docs[0]
    assert sorted(i for batch in docs.batch_ids(4, shuffle=True) for i in batch) == ids(docs)
    for document in docs:
        document.tags["odd"] = int(document.tags["n"]) % 2
    assert {k: ids(v) for k, v in docs.split_by_tag("odd").items()} == {
        0: ["d0", "d2", "d4"],
        1: ["d1", "d3", "d5"],
    }
    random.seed(5)
    assert ids(docs.sample(3, seed=1)) == ids(docs.sample(3, seed=1))
    assert sorted(ids(docs.shuffle())) == ids(docs)
    for bad in (0, -1, 1.5):
        with pytest.raises(ValueError, match="batch_size"):
            next(docs.batch(bad))


def shout(document: Document) -> Document:
    document.text = document.text.upper()
    return document


def shout_all(docs: DocumentArray) -> DocumentArray:
    docs.texts = [text.upper() for text in docs.texts]
    return docs


@pytest.mark.parametrize("backend", ["thread", "process"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_apply(docs: DocumentArray, backend: str) -> None:
    assert docs.apply(shout, backend=backend, num_worker=2) is docs
    assert docs[0].text == "TEXT 0"
    assert list(docs.map(operator.attrgetter("text"), backend=backend, num_worker=2)) == docs.texts
    assert list(docs.map(lambda d: d.id, backend=backend, num_worker=2)) == ids(docs)
    docs.texts = list("abcdef")
    docs.apply_batch(shout_all, batch_size=4, backend=backend, num_worker=2)
    assert docs.texts == list("ABCDEF")
    assert list(docs.map_batch(len, 4, backend=backend, num_worker=2)) == [4, 2]
    with pytest.raises(ValueError, match="backend"):
        list(docs.map(len, backend="other"))


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize("asked", ["float32", "float64"])
@pytest.mark.parametrize("metric", ["cosine", "sqeuclidean", "euclidean"])
def test_native_searches_find_what_numpy_finds(kind: str, asked: str, metric: str) -> None:
    from tidegate._documents import distance

    draw = numpy.random.default_rng(5)
    matrix = draw.random((50, 19)).astype(kind)
    live = DocumentArray(Document(id=str(i), embedding=row) for i, row in enumerate(matrix))
    received = DocumentArray.from_bytes(live.to_bytes())
    touched = DocumentArray.from_bytes(live.to_bytes())
    assert touched[3].embedding.shape == touched[4].embedding.shape
    mixed = received[:20] + DocumentArray(live[20:])
    for count in (1, 3, 9):
        queries = draw.random((count, 19)).astype(asked)
        expected = distance.METRICS[metric](queries, matrix)
        for docs in (live, received, touched, mixed):
            assert docs._nearest(queries, metric, 5) is not None
            for found, row in zip(docs.find(queries, metric, limit=5), expected, strict=True):
                places = numpy.argsort(row)[:5]
                assert ids(found) == [str(i) for i in places]
                values = [document.scores[metric].value for document in found]
                assert {value.dtype for value in values} == {expected.dtype}
                assert numpy.allclose(values, row[places], atol=1e-5)
            scaled = docs.find(queries, metric, limit=5, normalization=(1, 0))[0]
            wanted = distance.normalized(
                numpy.sort(expected[:1])[:, :5], distance.extremes(expected[:1]), (1, 0)
            )
            assert numpy.allclose([d.scores[metric].value for d in scaled], wanted[0], atol=1e-5)


def test_arrays_that_are_not_searched_natively_are_searched_by_numpy() -> None:
    docs = DocumentArray(Document(embedding=numpy.arange(3) + i) for i in range(4))
    received = DocumentArray.from_bytes(docs.to_bytes())
    lists = DocumentArray(Document(embedding=[float(i), 0.0, 1.0]) for i in range(4))
    turned = DocumentArray(Document(embedding=row) for row in numpy.ones((3, 4)).T)
    for array in (docs, received, lists):
        assert array._nearest(numpy.ones((1, 3)), "cosine", 2) is None
        assert len(array.find(numpy.ones(3), limit=2)) == 2
    assert turned._nearest(numpy.ones((1, 3)), "cosine", 2) is None
    assert len(turned.find(numpy.ones(3), limit=2)) == 2
    empty = DocumentArray.from_bytes(DocumentArray([Document(), Document()]).to_bytes())
    assert empty._nearest(numpy.ones((1, 3)), "cosine", 2) is None


VALUES = [None, True, 0, 1, 2.5, -1, "", "a", "é", "abc", [], [1, "a"], {"k": 1}, {}, [1.0, "a"]]
OPERATORS = [
    "$eq",
    "$ne",
    "$lt",
    "$lte",
    "$gt",
    "$gte",
    "$in",
    "$nin",
    "$size",
    "$exists",
    "$regex",
]
PLACES = [
    *("id", "text", "uri", "weight", "granularity", "location", "tags", "tags__a", "tags__a__0"),
    *("tags__a__k", "tags__b__c__-1", "chunks", "chunks__0__text", "chunks__1__tags__a"),
    *("scores__s__value", "scores__s", "scores", "embedding", "blob", "content", "content_type"),
    *("mime_type", "_metadata", "tags__no__more", "text__0", "location__0", "matches__0__id"),
]


def random_document(draw: random.Random) -> Document:
    document = Document(id=f"{draw.randrange(9)}")
    if draw.random() < 0.5:
        document.text = draw.choice(["", "a", "abc", "éa", "0"])
    elif draw.random() < 0.5:
        document.blob = draw.choice([b"", b"ab"])
    for name in draw.sample(["a", "b", "k"], draw.randrange(4)):
        document.tags[name] = draw.choice([*VALUES, {"c": [1, 2]}, {"k": "a"}, ["a", [1]]])
    if draw.random() < 0.5:
        document.weight = draw.choice([0.0, 1.0, 2.5])
    if draw.random() < 0.4:
        document.location = draw.choice([[], [1.0], [0.0, 1.0]])
    if draw.random() < 0.4:
        document.scores["s"] = NamedScore(value=draw.choice([0.0, 1.0]))
    if draw.random() < 0.3:
        document.embedding = numpy.arange(2.0)
    return document


def random_filter(draw: random.Random, depth: int = 0) -> dict[str, object]:
    if depth < 3 and draw.random() < 0.35:
        name = draw.choice(["$and", "$or", "$not"])
        parts = [random_filter(draw, depth + 1) for _ in range(draw.randrange(1, 3))]
        return {name: draw.choice([parts, parts[0]])}
    query: dict[str, object] = {}
    for _ in range(draw.choice([1, 1, 2])):
        name = draw.choice(OPERATORS)
        value: object = draw.choice(VALUES)
        if name in ("$in", "$nin"):
            values = draw.sample(VALUES, 3)
            value = draw.choice([values, tuple(values), "abc", {"a": 1}])
        elif name == "$exists":
            value = draw.random() < 0.5
        elif name == "$regex":
            value = draw.choice(["^a", "b.$", "[ab]{2,}", "c?$", r"\d", r"\w", "(a|é)"])
        elif draw.random() < 0.2:
            value = draw.choice(["{text}", "{tags__a}", "{ weight }", "{location}"])
        query[draw.choice(PLACES)] = {name: value}
    return query


@pytest.mark.parametrize("seed", range(60))
def test_received_documents_are_filtered_as_live_ones(seed: int) -> None:
    draw = random.Random(seed)
    made = DocumentArray(random_document(draw) for _ in range(8))
    for document in made:
        document.chunks = [random_document(draw) for _ in range(draw.randrange(3))]
    wire = made.to_bytes()
    live = DocumentArray.from_bytes(wire)
    for document in live:
        document.modality = ""  # from now on its bytes do not speak for it

    def found(docs: DocumentArray, query: dict[str, object]) -> object:
        try:
            kept = docs.find(query)
        except Exception as error:
            return type(error), str(error)
        places = {id(document): place for place, document in enumerate(docs)}
        return [places[id(document)] for document in kept]

    for _ in range(60):
        query = random_filter(draw)
        assert found(DocumentArray.from_bytes(wire), query) == found(live, query), query


@pytest.mark.parametrize("kind", ["float32", "float64", "int32"])
def test_live_arrays_are_stacked_as_numpy_stacks_them(kind: str) -> None:
    matrix = (numpy.random.default_rng(1).random((6, 2, 3)) * 9).astype(kind)
    docs = DocumentArray(Document(embedding=row) for row in matrix)
    stacked = docs.embeddings
    assert (stacked.dtype, stacked.shape) == (matrix.dtype, matrix.shape)
    assert (stacked == matrix).all()
    stacked[0] = 0
    assert (docs[0].embedding == matrix[0]).all()
    docs[2].embedding = docs[2].embedding.astype("float16")
    assert docs.embeddings.shape == matrix.shape
    turned = DocumentArray(Document(embedding=row.T) for row in matrix)
    assert (turned.embeddings == matrix.transpose(0, 2, 1)).all()
