"""Our Documents beside docarray 0.21's, in one process: the same random programs over both.

Each also reads the other's bytes and JSON. Runs in the environment of peers; ends with an
AssertionError where they differ.
"""

from __future__ import annotations

import importlib.util
import json
import random
from typing import Any

import docarray
import numpy
import tidegate

COMPRESSIONS = [None, "gzip", "bz2", "lzma", "zlib"]
if importlib.util.find_spec("lz4"):
    COMPRESSIONS.append("lz4")
PATHS = ["r", "c", "m", "cc", "cm", "r,c", "r[:1]c[1:]", "c0", "r 1:c", "c[::2]", "mc,cm", "r[-1:]"]
FIELDS = [
    "parent_id",
    "granularity",
    "adjacency",
    "blob",
    "mime_type",
    "text",
    "weight",
    "uri",
    "tags",
    "offset",
    "location",
    "modality",
]


def value_of(rng: random.Random, field: str) -> Any:
    match field:
        case "granularity" | "adjacency":
            return rng.randrange(5)
        case "weight" | "offset":
            return rng.choice([0.0, 0.5, 2.0])
        case "blob":
            return rng.choice([b"", b"abc"])
        case "tags":
            return rng.choice([{}, {"a": 1}, {"b": {"c": [1, 2.5, None, "x", True]}}])
        case "location":
            return rng.choice([[], [1.0, 2.0]])
        case "uri":
            return rng.choice(["", "a.png", "b.txt", "http://x/y.html", "plain"])
        case "mime_type":
            return rng.choice(["", "png", "text/plain", "whatever"])
        case "tensor" | "embedding":
            return rng.choice([[1, 2], numpy.arange(4.0), numpy.arange(3, dtype="int32"), None])
        case _:
            return rng.choice(["", "one", "zwei ü"])


def build(library: Any, rng: random.Random, depth: int = 2) -> Any:
    kwargs: dict[str, Any] = {"id": f"id{rng.randrange(10**9)}"}
    for field in [*FIELDS, "tensor", "embedding"]:
        if rng.random() < 0.4:
            kwargs[field] = value_of(rng, field)
    if rng.random() < 0.2:
        kwargs["unknown"] = 3
    document = library.Document(**kwargs)
    for name in ("chunks", "matches"):
        if depth and rng.random() < 0.5:
            children = [build(library, rng, depth - 1) for _ in range(rng.randrange(3))]
            how = rng.randrange(3)
            if how == 0:
                setattr(document, name, children)
            elif how == 1:
                for child in children:
                    getattr(document, name).append(child)
            else:
                getattr(document, name).extend(children)
    if rng.random() < 0.3:
        document.scores["cos"].value = 0.5
        document.scores["cos"].op_name = "op"
    for _ in range(rng.randrange(4)):
        field = rng.choice([*FIELDS, "tensor", "content"])
        setattr(document, field, value_of(rng, field))
    if rng.random() < 0.2:
        document.pop(rng.choice(FIELDS))
    return document


def show(document: Any) -> Any:
    """Everything that can be seen of a Document, as plain values."""
    out: dict[str, Any] = {"set": document.non_empty_fields, "content": document.content_type}
    for field in ["id", *FIELDS]:
        out[field] = getattr(document, field)
    out["location"] = list(out["location"])
    for field in ("tensor", "embedding", "content"):
        value = getattr(document, field)
        if hasattr(value, "tolist"):
            value = ("array", str(value.dtype), value.tolist())
        out[field] = value
    for field in ("scores", "evaluations"):
        out[field] = {
            k: (v.value, v.op_name, v.description, v.ref_id)
            for k, v in getattr(document, field).items()
        }
    for field in ("chunks", "matches"):
        out[field] = [show(child) for child in getattr(document, field)]
    return out


MARKS = {"parent_id", "granularity", "adjacency"}


def unmarked(shown: dict[str, Any], nested: bool = False) -> dict[str, Any]:
    """Without what docarray sets while it decodes: marks of children, guesses from uri."""
    out = dict(shown)
    gone = (MARKS if nested else set()) | ({"mime_type"} if out["uri"] else set())
    out["set"] = tuple(name for name in out["set"] if name not in gone)
    for name in gone:
        del out[name]
    for field in ("chunks", "matches"):
        out[field] = [unmarked(child, True) for child in out[field]]
    return out


def check_documents_show_the_same(seed: int) -> None:
    ours = build(tidegate, random.Random(seed))
    theirs = build(docarray, random.Random(seed))
    assert show(ours) == show(theirs)
    assert repr(ours) == repr(theirs)


def check_each_reads_what_the_other_writes(seed: int) -> None:
    rng = random.Random(seed)
    count = rng.randrange(4)
    ours = tidegate.DocumentArray(
        [build(tidegate, random.Random(f"{seed} {i}")) for i in range(count)]
    )
    theirs = docarray.DocumentArray(
        [build(docarray, random.Random(f"{seed} {i}")) for i in range(count)]
    )
    for protocol in ("protobuf-array", "protobuf"):
        for compress in COMPRESSIONS:
            if compress == "zlib" and protocol == "protobuf-array":
                continue  # docarray says that it compresses and does not
            there = docarray.DocumentArray.from_bytes(
                ours.to_bytes(protocol, compress), protocol, compress
            )
            back = tidegate.DocumentArray.from_bytes(
                theirs.to_bytes(protocol, compress), protocol, compress
            )
            expected = [
                unmarked(show(d))
                for d in docarray.DocumentArray.from_bytes(
                    theirs.to_bytes("protobuf-array"), "protobuf-array"
                )
            ]
            assert [unmarked(show(d)) for d in there] == expected
            assert [unmarked(show(d)) for d in back] == expected


def run(library: Any, seed: int) -> list[Any]:
    """A random program over an array; what it shows at each step."""
    rng = random.Random(seed)
    docs = library.DocumentArray(
        library.Document(id=f"d{i}", text=str(i)) for i in range(rng.randrange(1, 7))
    )
    fresh = iter(range(100, 1000))
    log: list[Any] = []

    def new() -> Any:
        n = next(fresh)
        return library.Document(id=f"d{n}", text=str(n))

    for _ in range(25):
        n = len(docs)
        step = rng.randrange(20)
        at = rng.randrange(-n - 1, n + 1)
        cut = slice(
            rng.choice([None, at]),
            rng.choice([None, rng.randrange(-n - 1, n + 2)]),
            rng.choice([None, 1, 2, -1]),
        )
        pick = [rng.randrange(n) for _ in range(rng.randrange(1, 3))] if n else None
        mask = [rng.random() < 0.5 for _ in range(rng.randrange(1, n + 1))] if n else None
        some_id = f"d{rng.randrange(8)}"
        try:
            match step:
                case 0:
                    docs.append(new())
                    result = None
                case 1:
                    docs.insert(at, new())
                    result = None
                case 2:
                    docs.extend([new(), new()])
                    result = None
                case 3:
                    result = docs[at].id
                case 4:
                    result = docs[cut].texts
                case 5 if pick:
                    result = docs[pick].texts
                case 6 if mask:
                    result = docs[mask].texts
                case 7:
                    result = docs[some_id].text
                case 8:
                    docs[at] = new()
                    result = None
                case 9:
                    docs[some_id] = new()
                    result = None
                case 10:
                    docs[slice(cut.start, cut.stop)] = [new()]
                    result = None
                case 11:
                    del docs[at]
                    result = None
                case 12:
                    del docs[some_id]
                    result = None
                case 13:
                    del docs[slice(cut.start, cut.stop)]
                    result = None
                case 14 if mask:
                    del docs[mask]
                    result = None
                case 15:
                    docs[:] = list(docs)[::-1]
                    result = None
                case 16:
                    result = docs.pop(at).id
                case 17:
                    docs[cut, "tags"] = {"a": rng.randrange(3)}
                    result = docs[:, "tags__a"]
                case 18:
                    docs[:, "weight"] = [1.0, 2.0]
                    result = docs[cut, ["id", "weight"]]
                case 19:
                    result = (some_id in docs, docs[0, "text"], docs["d1", "text"])
                case _:
                    result = None
        except Exception as error:
            result = type(error).__name__
        log.append((step, result, [d.id for d in docs], docs.texts))
    return log


def check_arrays_behave_the_same(seed: int) -> None:
    for ours, theirs in zip(run(tidegate, seed), run(docarray, seed), strict=True):
        assert ours == theirs


def check_paths_lead_to_the_same(path: str, seed: int) -> None:
    def ids(library: Any) -> Any:
        docs = library.DocumentArray(
            [build(library, random.Random(f"{seed} {i}")) for i in range(3)]
        )
        return (
            [d.id for d in docs.traverse_flat(path)],
            [[d.id for d in group] for group in docs.traverse(path)],
            [[d.id for d in group] for group in docs.traverse_flat_per_path(path)],
            [d.id for d in docs["@" + path]],
            [d.id for d in docs[...]],
        )

    assert ids(tidegate) == ids(docarray)


FILTERS: list[Any] = [
    {"text": {"$eq": "one"}},
    {"tags__a": {"$gte": 1}},
    {"tags__a": {"$lt": 1}},
    {"$or": [{"text": {"$eq": "one"}}, {"weight": {"$gt": 0.4}}]},
    {"$not": {"text": {"$exists": True}}},
    {"text": {"$regex": "^zw"}},
    {"uri": {"$in": ["a.png", "plain"]}},
    {"uri": {"$nin": ["a.png"]}},
    {"location": {"$size": 2}},
    {"text": {"$neq": "one"}, "weight": {"$lte": 0.5}},
    {"text": {"$eq": "{modality}"}},
    {"tags__b__c": {"$size": 5}},
    {"scores__cos__value": {"$gt": 0.1}},
    {"tags__b__c__1": {"$eq": 2.5}},
    {"$and": {"text": {"$exists": False}, "chunks": {"$exists": True}}},
    {"weight": {"$gt": 0.1, "$lt": 1}},
    {"chunks__0__text": {"$eq": "one"}},
    {},
    {"text": {"$foo": 1}},
    {"$foo": 1},
    {"text": 3},
    {"text": {"$exists": 1}},
    {"text": {"$eq": "{"}},
]


def check_filters_find_the_same(seed: int) -> None:
    """Every filter finds the same Documents, or is refused by the same kind of error."""

    def found(library: Any, query: Any) -> Any:
        docs = library.DocumentArray(
            [build(library, random.Random(f"{seed} {i}")) for i in range(8)]
        )
        try:
            return [d.id for d in docs.find(query)]
        except Exception as error:
            return type(error).__name__

    for query in FILTERS:
        assert found(tidegate, query) == found(docarray, query), query


def manhattan(left: Any, right: Any) -> Any:
    """A metric of the user's own."""
    return numpy.abs(left[:, None] - right[None]).sum(-1)


SEARCHES: list[dict[str, Any]] = [
    {},
    {"metric": "euclidean"},
    {"metric": "sqeuclidean", "limit": 5},
    {"limit": None},
    {"limit": 3, "exclude_self": True},
    {"normalization": (1, 0)},
    {"only_id": True},
    {"metric": "cityblock", "use_scipy": True},
    {"metric": manhattan, "metric_name": "other"},
    {"batch_size": 7, "limit": 4},
]


def check_searches_find_the_same(seed: int) -> None:
    """Every kind of search finds the same Documents with the same scores."""
    matrix = numpy.random.default_rng(seed).random((30, 8))
    queries = numpy.random.default_rng(seed + 100).random((3, 8))

    def seen(found: Any) -> Any:
        return [(d.id, {k: round(float(v.value), 9) for k, v in d.scores.items()}) for d in found]

    def search(library: Any, options: dict[str, Any]) -> Any:
        docs = library.DocumentArray(
            [library.Document(id=str(i), embedding=row) for i, row in enumerate(matrix)]
        )
        asking = library.DocumentArray(
            [library.Document(id=str(i), embedding=row) for i, row in enumerate(queries)]
        )
        found = [seen(one) for one in docs.find(asking, **options)]
        alone = seen(docs.find(queries[0], **options))
        asking.match(docs, **options)
        return found, alone, [seen(d.matches) for d in asking], [d.adjacency for d in asking["@m"]]

    for options in SEARCHES:
        assert search(tidegate, options) == search(docarray, options), options


def check_reduce_merges_the_same(seed: int) -> None:
    """Arrays with common Documents are merged alike, nested ones too."""

    def merged(library: Any) -> Any:
        parts = [
            library.DocumentArray(
                [build(library, random.Random(f"{seed} {n} {i}")) for i in range(2)]
            )
            for n in range(3)
        ]
        for ours, theirs in zip(parts[0], parts[1], strict=True):
            theirs.id = ours.id
            for one, other in zip(ours.chunks, theirs.chunks, strict=False):
                other.id = one.id
        parts[2][0].id = parts[0][0].id
        # docarray takes fields over in the order of a set, so that uri and mime_type race
        return [unmarked(show(d)) for d in parts[0].reduce_all(parts[1:])]

    assert merged(tidegate) == merged(docarray)


def check_json_is_the_same(seed: int) -> None:
    """Dicts and JSON of both dialects are written and read alike."""
    ours, theirs = (build(library, random.Random(seed)) for library in (tidegate, docarray))
    for options in ({}, {"exclude_none": True}, {"exclude": {"id", "text"}}):
        assert ours.to_dict(**options) == theirs.to_dict(**options)
    assert ours.to_json() == theirs.to_json()
    assert ours.to_dict(protocol="protobuf") == theirs.to_dict(protocol="protobuf")
    # protobuf does not keep the order of tags
    both = [json.loads(document.to_json(protocol="protobuf")) for document in (ours, theirs)]
    assert both[0] == both[1]
    arrays = [tidegate.DocumentArray([ours]), docarray.DocumentArray([theirs])]
    assert arrays[0].to_json() == arrays[1].to_json()
    assert arrays[0].to_list() == arrays[1].to_list()
    for protocol in ("jsonschema", "protobuf"):
        text, values = theirs.to_json(protocol=protocol), theirs.to_dict(protocol=protocol)
        read = [
            unmarked(show(document))
            for library in (tidegate, docarray)
            for document in (
                library.Document.from_json(text, protocol=protocol),
                library.Document.from_dict(values, protocol=protocol),
            )
        ]
        assert read[0] == read[1] == read[2] == read[3]


def check_groups_are_the_same() -> None:
    """Batches, samples, groups by tag and mapped functions give the same."""

    def groups(library: Any) -> Any:
        docs = library.DocumentArray(
            library.Document(
                id=str(i), text=str(i), tags={"a": i % 3, "b": {"c": i % 2}} if i % 4 else {}
            )
            for i in range(10)
        )
        docs.apply(lambda d: library.Document(id=d.id, text=d.text + "!", tags=d.tags))
        return (
            [[d.id for d in batch] for batch in docs.batch(3)],
            list(docs.batch_ids(4)),
            [d.id for d in docs.sample(4, seed=3)],
            [d.id for d in docs.shuffle(seed=1)],
            {value: [d.id for d in group] for value, group in docs.split_by_tag("a").items()},
            docs.texts,
            list(docs.map(lambda d: d.text)),
            list(docs.map_batch(len, 3)),
        )

    assert groups(tidegate) == groups(docarray)


if __name__ == "__main__":
    for seed in range(200):
        check_documents_show_the_same(seed)
        check_arrays_behave_the_same(seed)
    check_groups_are_the_same()
    for seed in range(60):
        check_json_is_the_same(seed)
        check_reduce_merges_the_same(seed)
        check_each_reads_what_the_other_writes(seed)
    for seed in range(10):
        check_filters_find_the_same(seed)
        check_searches_find_the_same(seed)
        for path in PATHS:
            check_paths_lead_to_the_same(path, seed)
