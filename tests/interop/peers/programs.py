"""Random programs over Documents and arrays, the same for docarray 0.21 and for ours.

Each step draws what it does and with what, does it on one side and the other, and compares what
came of it and all that can be seen of the array. `programs.py FIRST SEEDS` runs so many; the seed
of one that differs is in its error, and `programs.py SEED 1` runs it again.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import docarray
import numpy
import tidegate
from documents import COMPRESSIONS, FIELDS, PATHS, build, show, unmarked, value_of

STEPS = 30
FIELD_NAMES = [*FIELDS, "tensor", "embedding", "content", "content_type", "non_empty_fields"]
COLUMNS = [
    "text",
    "weight",
    "tags",
    "id",
    "granularity",
    "tags__a",
    "tags__b__c",
    "uri",
    "location",
]
#: What is wrong on both sides, told by errors of other kinds; docarray's, and those of ours.
ERRORS = {
    "AttributeError": {"AttributeError", "TypeError", "IndexError"},
    "TypeError": {"TypeError", "ValueError", "IndexError"},
    "ValueError": {"ValueError", "TypeError"},
    "IndexError": {"IndexError", "KeyError", "ValueError"},
    "KeyError": {"KeyError", "IndexError"},
    "UnboundLocalError": {"ValueError", "TypeError", "IndexError"},
    "NotImplementedError": {"NotImplementedError", "TypeError", "IndexError", "ValueError"},
}


class Side:
    """One library, its array, and the numbers that decide what is done to it."""

    def __init__(self, library: Any, seed: int) -> None:
        self.library = library
        self.rng = random.Random(seed)
        self.fresh = iter(range(10**6))
        self.docs = library.DocumentArray([self.new() for _ in range(self.rng.randrange(5))])

    def new(self) -> Any:
        document = build(self.library, self.rng, depth=self.rng.randrange(3))
        document.id = f"n{next(self.fresh)}"
        return document

    def array(self, count: int) -> Any:
        return self.library.DocumentArray([self.new() for _ in range(count)])

    def some(self) -> Any:
        """A Document somewhere in the array; a new one where it is empty."""
        everything = list(self.docs.traverse_flat("r,c,m,cc,cm,mc,mm"))
        return self.rng.choice(everything) if everything else self.new()

    def index(self) -> tuple[Any, int | None]:
        """An index of any kind, and how many Documents it selects where that is known."""
        rng, n = self.rng, len(self.docs)
        ids = [d.id for d in self.docs]
        match rng.randrange(13):
            case 0:
                return rng.randrange(-n - 1, n + 1), None
            case 1:
                return rng.choice([*ids, "nobody"]), None
            case 2 | 3:
                bounds = [None, *range(-n - 1, n + 2)]
                cut = slice(rng.choice(bounds), rng.choice(bounds), rng.choice([None, 1, 2, -1]))
                return cut, len(range(n)[cut])
            case 4 if n:
                picked = rng.sample(range(n), rng.randrange(1, min(n, 3) + 1))
                picked[0] -= n * rng.randrange(2)
                return rng.choice([list, tuple])(picked), len(picked)
            case 5 if n > 1:
                return numpy.array(rng.sample(range(n), 2)), 2
            case 6 if n:
                return rng.sample(ids, rng.randrange(1, n + 1)), None
            case 7 if n:
                mask = [rng.random() < 0.5 for _ in range(rng.randrange(1, n + 1))]
                return mask, sum(mask)
            case 8 if n > 1:  # docarray takes an array of one for a number
                mask = [rng.random() < 0.5 for _ in range(n)]
                return numpy.array(mask), sum(mask)
            case 9:
                return "@" + rng.choice(PATHS), None
            case 10:
                return ..., None
            case 11:
                return numpy.int64(rng.randrange(n + 1)), None
            case _:
                return slice(None), n


def seen(value: Any) -> Any:
    """Any result as plain values."""
    if hasattr(value, "non_empty_fields") and hasattr(value, "granularity"):
        return show(value)
    if hasattr(value, "traverse_flat"):
        return [type(value).__name__.replace("InMemory", ""), *[show(d) for d in value]]
    if isinstance(value, dict):
        if "op_name" in value:  # docarray's scores have a default from when it was first read
            value = {"value": 0, **{k: "" for k in value if k != "value"}, **_given(value)}
        return {key: seen(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [seen(one) for one in value]
    if hasattr(value, "tolist"):
        return "array", str(value.dtype), value.tolist()
    return value


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def get_field(side: Side) -> Any:
    return getattr(side.some(), side.rng.choice(FIELD_NAMES))


def set_field(side: Side) -> Any:
    field = side.rng.choice([*FIELDS, "tensor", "embedding", "content"])
    setattr(side.some(), field, value_of(side.rng, field))


def forget_field(side: Side) -> Any:
    document = side.some()
    names = side.rng.sample([f for f in FIELDS if f != "tags"], 2)
    if side.rng.random() < 0.1:
        document.clear()
        document.id = f"n{next(side.fresh)}"
    else:
        document.pop(*names)
    side.docs.append(side.new())  # docarray's index is stale after an id was set
    return side.docs.pop().id


def set_nested(side: Side) -> Any:
    document, field = side.some(), side.rng.choice(["chunks", "matches"])
    given = [side.new() for _ in range(side.rng.randrange(3))]
    nested = getattr(document, field)
    match side.rng.randrange(7):
        case 0:
            setattr(document, field, given)
        case 1:
            setattr(document, field, side.library.DocumentArray(given))
        case 2:
            setattr(document, field, (d for d in given))
        case 3:
            nested.extend(given)
        case 4:
            nested.insert(0, side.new())
        case 5 if len(nested):
            return nested.pop(side.rng.randrange(len(nested))).id
        case _:
            nested.append(side.new())
    return len(getattr(document, field))


def set_score(side: Side) -> Any:
    scores = getattr(side.some(), side.rng.choice(["scores", "evaluations"]))
    name = side.rng.choice(["cos", "other"])
    scores[name].value = side.rng.choice([0.5, 2, 0])
    scores[name].op_name = side.rng.choice(["", "op"])
    return scores[name].value, scores[name].op_name


def change_tags(side: Side) -> Any:
    tags = side.some().tags
    tags["a"] = side.rng.randrange(3)
    tags.setdefault("b", {"c": []})
    return dict(tags)


def copies(side: Side) -> Any:
    document = side.some()
    match side.rng.randrange(6):
        case 0:
            made = side.library.Document(document, copy=True)
        case 1:
            made = copy.deepcopy(document)
        case 2:
            made = side.library.Document(document, text="changed")
        case 3:
            made = side.library.Document(document.to_dict())
        case 4:
            made = side.library.Document(document)
        case _:
            made = side.library.Document({"text": "a", "other": 1}, weight=2.0)
            made.id = f"n{next(side.fresh)}"
    return made, made.content, repr(made).partition(" ")[2]


def get_index(side: Side) -> Any:
    return side.docs[side.index()[0]]


def set_index(side: Side) -> Any:
    index, count = side.index()
    if isinstance(index, str) and index.startswith("@"):
        found = side.docs[index]
        given = copy.deepcopy(side.library.DocumentArray(list(found)))
        for document in given:
            document.modality = "set"
        side.docs[index] = given
    elif index is ...:
        return None
    elif isinstance(index, list) and isinstance(index[0], str):
        # docarray sets several at once only while it finds their ids
        side.docs[index[0]] = side.new()
    elif count is None:
        side.docs[index] = side.new()
    else:
        plain = isinstance(index, slice) and index.step in (None, 1)
        wrong = plain and side.rng.random() < 0.2
        side.docs[index] = [side.new() for _ in range(count + wrong)]
    return None


def delete_index(side: Side) -> Any:
    index, _ = side.index()
    if isinstance(index, str) and index.startswith("@"):
        return None
    if isinstance(index, tuple | numpy.ndarray | numpy.integer):
        index = [int(i) for i in numpy.unique(index)] if not numpy.isscalar(index) else int(index)
    if isinstance(index, list) and index and type(index[0]) is int:
        index = sorted({i % len(side.docs) for i in index})
    del side.docs[index]
    return len(side.docs)


def get_column(side: Side) -> Any:
    index, _ = side.index()
    if isinstance(index, numpy.ndarray | numpy.integer):
        index = index.tolist()  # docarray takes none of numpy's beside an attribute
    if index is ... or (isinstance(index, tuple)):
        index = slice(None)
    names = side.rng.choice([side.rng.choice(COLUMNS), side.rng.sample(COLUMNS, 2)])
    single = isinstance(index, int | numpy.integer) or (isinstance(index, str) and index[0] != "@")
    if single:  # docarray takes neither several nor nested names here
        names = "text"
    return side.docs[index, names]


def set_column(side: Side) -> Any:
    index, count = side.index()
    if isinstance(index, numpy.ndarray | numpy.integer):
        index = index.tolist()
    if index is ... or isinstance(index, tuple):
        index, count = slice(None), len(side.docs)
    field = side.rng.choice(["text", "weight", "tags", "modality", "uri"])
    if count is not None and side.rng.random() < 0.5:
        side.docs[index, field] = [value_of(side.rng, field) for _ in range(count)]
    else:
        side.docs[index, field] = value_of(side.rng, field)
    return None


def delete_column(side: Side) -> Any:
    del side.docs[:, side.rng.choice(["text", "weight", "tags", "uri"])]


def sequence(side: Side) -> Any:
    docs, rng, n = side.docs, side.rng, len(side.docs)
    match rng.randrange(15):
        case 0:
            docs.append(side.new())
        case 1:
            docs.extend(side.array(2))
        case 2:
            docs.insert(rng.randrange(-n - 1, n + 2), side.new())
        case 3:
            return docs.pop(rng.randrange(-n - 1, n + 1))
        case 4 if n:
            docs.remove(docs[rng.randrange(n)])
        case 5:
            docs.reverse()
            docs.insert(0, side.new())  # docarray's index is stale until something is inserted
        case 6 if n:
            return docs.index(docs[rng.randrange(n)]), docs.count(docs[0])
        case 7:
            return docs + [side.new()], docs + side.array(1)  # noqa: RUF005
        case 8:
            side.docs += [side.new()]
        case 9:
            return [d.id for d in reversed(docs)], [d.id for d in sorted(docs, key=lambda d: d.id)]
        case 10 if n:
            return docs[0].id in docs, docs[-1] in docs, "nobody" in docs, side.new() in docs
        case 11:
            return bool(docs), docs == docs, docs == list(docs), docs == docs[:1], docs != docs[:]
        case 12 if n > 4:
            docs.clear()
        case 13:
            alias = side.library.DocumentArray(docs)
            alias.append(side.new())
            return len(docs), len(side.library.DocumentArray(docs, copy=True))
        case _:
            return [d.id for d in docs]
    return None


def bulk(side: Side) -> Any:
    name = side.rng.choice(["texts", "blobs", "embeddings", "tensors", "contents"])
    n = len(side.docs)
    if name == "contents":  # docarray goes by the first or the last, and fails where others differ
        kinds = {d.content_type for d in side.docs}
        return side.docs.contents if len(kinds) == 1 else None
    if not n:
        # docarray sets nothing of an empty array and fails at some kinds of it
        return getattr(side.docs, name)
    match side.rng.randrange(3):
        case 0:
            return getattr(side.docs, name)
        case 1:
            setattr(side.docs, name, None)
        case _:
            count = n + (side.rng.random() < 0.1)
            if name in ("embeddings", "tensors"):
                setattr(side.docs, name, numpy.arange(count * 2.0).reshape(count, 2))
            elif name == "blobs":
                setattr(side.docs, name, [b"b"] * count)
            else:
                setattr(side.docs, name, [f"t{i}" for i in range(count)])
    return getattr(side.docs, name)


def traverse(side: Side) -> Any:
    path = ",".join(side.rng.sample(PATHS, side.rng.randrange(1, 3)))
    keep = side.rng.choice([None, lambda d: bool(d.text)])
    docs = side.docs
    flat = docs.traverse_flat(path, filter_fn=keep)
    return (
        [d.id for d in flat],
        [[d.id for d in group] for group in docs.traverse(path, filter_fn=keep)],
        [[d.id for d in group] for group in docs.traverse_flat_per_path(path, filter_fn=keep)],
        [d.id for d in docs.flatten()],
        [d.id for d in docs[...]],
    )


def condition(rng: random.Random, depth: int = 2) -> Any:
    """A filter of any shape that means the same on both sides."""
    if depth and rng.random() < 0.3:
        name = rng.choice(["$and", "$or", "$not"])
        inner = [condition(rng, depth - 1) for _ in range(rng.randrange(1, 3))]
        return {name: inner[0] if name == "$not" else inner}
    field = rng.choice(["text", "weight", "uri", "tags__a", "tags__b__c", "id", "modality"])
    if field in ("weight", "tags__a"):
        operators = ["$lt", "$gt", "$lte", "$gte", "$eq", "$neq", "$in", "$nin", "$exists"]
    elif field == "tags__b__c":
        operators = ["$size", "$exists"]
    else:
        operators = ["$eq", "$neq", "$in", "$nin", "$regex", "$exists", "$size"]
    operator = rng.choice(operators)
    plain = [0, 1, 0.5, 2] if field in ("weight", "tags__a") else ["one", "", "a.png", "n3"]
    values: dict[str, Any] = {
        "$in": rng.sample(plain, 2),
        "$nin": rng.sample(plain, 2),
        "$size": rng.choice([0, 3, 5]),
        "$exists": rng.random() < 0.5,
        "$regex": rng.choice(["^o", "e$", "ü", "[0-9]"]),
    }
    return {field: {operator: values.get(operator, rng.choice(plain))}}


def filters(side: Side) -> Any:
    query = condition(side.rng)
    return query, [d.id for d in side.docs.find(query)]


METRICS = ["cosine", "euclidean", "sqeuclidean"]


def searches(side: Side) -> Any:
    rng = side.rng
    docs = side.array(rng.randrange(1, 8))
    docs.embeddings = numpy.array([[rng.randrange(9), rng.random()] for _ in docs])
    options: dict[str, Any] = {"metric": rng.choice(METRICS), "limit": rng.choice([1, 3, None])}
    for name, value in (
        ("exclude_self", True),
        ("only_id", True),
        ("normalization", (0, 1)),
    ):
        if rng.random() < 0.25:
            options[name] = value

    def brief(found: Any) -> Any:
        return [(d.id, {k: round(float(s.value), 6) for k, s in d.scores.items()}) for d in found]

    queries = side.library.DocumentArray(docs[:2], copy=True)
    # docarray's euclidean distance of equals may be no number
    queries.embeddings = numpy.array([[rng.random() + 9, rng.random()] for _ in queries])
    if rng.random() < 0.5:
        return [brief(one) for one in docs.find(queries, **options)]
    queries.match(docs, **options)
    return [(brief(q.matches), [m.adjacency for m in q.matches]) for q in queries]


def reduces(side: Side) -> Any:
    other = side.library.DocumentArray(side.docs, copy=True)
    for document in other:
        document.pop(*side.rng.sample(["text", "weight", "modality"], 1))
        if side.rng.random() < 0.5:
            document.offset = 2.0
    other.append(side.new())
    for document in side.docs:
        document.pop(*side.rng.sample(["offset", "modality"], 1))
    side.docs.reduce(other)
    return [d.id for d in side.docs]


def groups(side: Side) -> Any:
    docs, rng = side.docs, side.rng
    size = rng.randrange(1, 4)
    match rng.randrange(6):
        case 0:
            return list(docs.batch(size))
        case 1:
            return list(docs.batch_ids(size))
        case 2:
            return docs.sample(min(size, len(docs)), seed=size), docs.shuffle(seed=size)
        case 3:
            tagged = [d for d in docs if not isinstance(d.tags.get("a"), dict | list)]
            return side.library.DocumentArray(tagged).split_by_tag("a")
        case 4:
            return list(docs.map(lambda d: (d.id, d.text), num_worker=2))
        case _:
            return list(docs.map_batch(len, size, num_worker=2))


def values(side: Side) -> Any:
    docs, rng = side.docs, side.rng
    protocol = rng.choice(["jsonschema", "protobuf"])
    return docs.to_list(protocol=protocol), json.loads(docs.to_json(protocol=protocol))


def kinds(side: Side) -> Any:
    """Everything that is asked of a Document without changing it."""
    document = side.some()
    twin = copy.deepcopy(document)
    twin.pop("tensor", "embedding")
    plain = copy.deepcopy(twin)
    return repr(document), twin == plain, bool(document.tags), document.content_type


DOES: list[Callable[[Side], Any]] = [
    *(get_field, set_field, forget_field, set_nested, set_score, change_tags, copies, kinds),
    *(get_index, set_index, delete_index, get_column, set_column, delete_column),
    *(sequence, sequence, bulk, traverse, filters, searches, reduces, groups, values),
]


def done(side: Side, does: Callable[[Side], Any]) -> Any:
    """What came of a step, or the kind of error."""
    try:
        return seen(does(side))
    except Exception as error:
        return error


def agree(ours: Any, theirs: Any) -> bool:
    """Whether both gave the same, or both refused."""
    if isinstance(ours, Exception) or isinstance(theirs, Exception):
        name = type(theirs).__name__
        return type(ours).__name__ in ERRORS.get(name, {name})
    return bool(ours == theirs)


def cross(ours: Side, theirs: Side, rng: random.Random) -> None:
    """Each reads what the other wrote, in every way."""
    protocol = rng.choice(["protobuf-array", "protobuf"])
    compress = rng.choice(COMPRESSIONS)
    if protocol == "protobuf-array" and compress == "zlib":
        compress = None  # docarray says that it compresses and does not
    written = [side.docs.to_bytes(protocol, compress) for side in (ours, theirs)]
    read = [
        [unmarked(show(d)) for d in library.DocumentArray.from_bytes(data, protocol, compress)]
        for library in (tidegate, docarray)
        for data in written
    ]
    assert read[0] == read[1] == read[2] == read[3], (protocol, compress)
    for dialect in ("jsonschema", "protobuf"):
        texts = [side.docs.to_json(protocol=dialect) for side in (ours, theirs)]
        read = [
            [unmarked(show(d)) for d in library.DocumentArray.from_json(text, protocol=dialect)]
            for library in (tidegate, docarray)
            for text in texts
        ]
        assert read[0] == read[1] == read[2] == read[3], dialect
    messages = [side.docs.to_protobuf() for side in (ours, theirs)]
    back = tidegate.DocumentArray.from_protobuf(messages[1])
    assert [unmarked(show(d)) for d in back] == [
        unmarked(show(d)) for d in docarray.DocumentArray.from_protobuf(messages[1])
    ]


def freshen(docs: Any) -> None:
    """Makes docarray's indices of ids anew, for they may be stale, and ours never are."""
    docs._rebuild_id2offset()
    for document in docs:
        for nested in (document.chunks, document.matches):
            if nested:
                freshen(nested)


def run(seed: int) -> None:
    """Runs one program on both sides."""
    ours, theirs = Side(tidegate, seed), Side(docarray, seed)
    rng = random.Random(f"steps {seed}")
    for step in range(STEPS):
        does = rng.choice(DOES)
        freshen(theirs.docs)
        results = done(ours, does), done(theirs, does)
        where = f"seed {seed}, step {step}: {does.__name__}"
        assert agree(*results), f"{where}: ours gave {results[0]!r}, docarray {results[1]!r}"
        states = [[show(d) for d in side.docs] for side in (ours, theirs)]
        assert states[0] == states[1], f"{where}: ours has {states[0]}, docarray {states[1]}"
        assert ours.rng.random() == theirs.rng.random(), f"{where}: the programs part"
    try:
        cross(ours, theirs, rng)
    except AssertionError as error:
        raise AssertionError(f"seed {seed}, crossing: {error}") from error


if __name__ == "__main__":
    first, count = (int(arg) for arg in sys.argv[1:3])
    until = time.monotonic() + float(sys.argv[3] if len(sys.argv) > 3 else 1e9)
    ran = 0
    while ran < count and time.monotonic() < until:
        run(first + ran)
        ran += 1
    sys.stdout.write(f"{ran}\n")
