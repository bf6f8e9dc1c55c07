"""What Documents cost beside docarray 0.21, in one process: CPU per Document, medians, ratios.

Run by the Python of the interop venv, with nothing but our package put on its path:

    PYTHONPATH=folder-with-tidegate .interop/bin/python benches/documents.py [--rounds 5]

Both sides take turns, round by round; a figure is the median of the rounds, each the best of a few
runs. The bounds are a dataclass with a random id, or numpy.
"""

from __future__ import annotations

import argparse
import dataclasses
import gc
import importlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

# One thread, so that CPU time is what the work takes.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402 - the threads are set before

TEXT = "the quick brown fox jumps over it"
SIZE = 768
RUNS = 3
#: The requests of one run of a row that is about a single one.
REQUESTS = 2000
MARKS = ("<!-- Documents -->", "<!-- end of Documents -->")
Work = Callable[[], Any]


@dataclasses.dataclass(frozen=True)
class Operation:
    """A row of the table: what each side does, what the bar and the bound are."""

    name: str
    bar: str
    make: Callable[[Any, int], Work]
    bound: Callable[[int], Work] | None = None
    #: Told for all Documents at once, in milliseconds.
    whole: bool = False
    #: How often one run of ours does it; threads beside this one take part, and are counted.
    repeated: int = 1


@dataclasses.dataclass(slots=True)
class Plain:
    """A record with what a Document must have."""

    text: str
    id: str = dataclasses.field(default_factory=lambda: os.urandom(16).hex())


def texts(side: Any, count: int) -> Any:
    """An array of Documents with a text."""
    return side.DocumentArray([side.Document(text=TEXT) for _ in range(count)])


def vectors(side: Any, count: int) -> Any:
    """An array of Documents with a text and an embedding each of its own."""
    matrix = np.random.default_rng(7).random((count, SIZE), dtype="float32")
    rows = [side.Document(text=TEXT, embedding=row.copy()) for row in matrix]
    return side.DocumentArray(rows)


def constructed(side: Any, count: int) -> Work:
    """Makes Documents."""
    document = side.Document

    def work() -> None:
        for _ in range(count):
            document(text=TEXT)

    return work


def plain_constructed(count: int) -> Work:
    """Makes records."""

    def work() -> None:
        for _ in range(count):
            Plain(text=TEXT)

    return work


def read(side: Any, count: int) -> Work:
    """Reads a text."""
    document = side.Document(text=TEXT)

    def work() -> None:
        for _ in range(count):
            document.text  # noqa: B018 - reading it is the work

    return work


def written(side: Any, count: int) -> Work:
    """Sets a text."""
    document = side.Document(text=TEXT)

    def work() -> None:
        for _ in range(count):
            document.text = TEXT

    return work


def looped(side: Any, count: int) -> Work:
    """Sets the text of every Document of an array."""
    docs = texts(side, count)

    def work() -> None:
        for document in docs:
            document.text = TEXT

    return work


def encoded(make: Callable[[Any, int], Any]) -> Callable[[Any, int], Work]:
    """Serialises Documents that Python made."""

    def prepare(side: Any, count: int) -> Work:
        docs = make(side, count)
        return lambda: docs.to_bytes(protocol="protobuf-array")

    return prepare


def decoded(make: Callable[[Any, int], Any]) -> Callable[[Any, int], Work]:
    """Deserialises, and touches every Document and its text."""

    def prepare(side: Any, count: int) -> Work:
        wire = make(side, count).to_bytes(protocol="protobuf-array")

        def work() -> None:
            for document in side.DocumentArray.from_bytes(wire, protocol="protobuf-array"):
                document.text  # noqa: B018 - reading it is the work

        return work

    return prepare


def echoed(side: Any, count: int) -> Work:
    """Does what an Executor does that changes the text."""
    wire = texts(side, count).to_bytes(protocol="protobuf-array")

    def work() -> None:
        docs = side.DocumentArray.from_bytes(wire, protocol="protobuf-array")
        for document in docs:
            document.text = document.text.upper()
        docs.to_bytes(protocol="protobuf-array")

    return work


def forwarded(make: Callable[[Any, int], Any]) -> Callable[[Any, int], Work]:
    """Decodes and encodes with nothing in between."""

    def prepare(side: Any, count: int) -> Work:
        wire = make(side, count).to_bytes(protocol="protobuf-array")

        def work() -> None:
            docs = side.DocumentArray.from_bytes(wire, protocol="protobuf-array")
            docs.to_bytes(protocol="protobuf-array")

        return work

    return prepare


def handled(make: Callable[[Any, int], Any]) -> Callable[[Any, int], Work]:
    """Does what a worker does with a request whose Documents no handler touches, `REQUESTS` times.

    For docarray that is to decode and encode them, once.
    """

    def prepare(side: Any, count: int) -> Work:
        if side.__name__ != "tidegate":
            return forwarded(make)(side, count)
        from tidegate import Executor, requests
        from tidegate._inline import InlineExecutor
        from tidegate._tidegate import BridgeProbe

        class Untouching(Executor):
            """Takes Documents and does not look at them."""

            @requests
            async def take(self, docs: Any, **kwargs: Any) -> None:
                """Takes them."""

        settings = {"name": "executor0", "pod": "executor0/rep-0"}
        inline = InlineExecutor(Untouching, settings)
        probe = BridgeProbe.inline(inline.inbox)
        wire = make(side, count).to_bytes(protocol="protobuf-array")

        def work() -> None:
            _, latencies = probe.rate("/default", wire, REQUESTS, 1)
            assert len(latencies) == REQUESTS
            assert inline is not None

        return work

    return prepare


def received(side: Any, count: int) -> Any:
    """Documents with embeddings, as they arrive."""
    wire = vectors(side, count).to_bytes(protocol="protobuf-array")
    return side.DocumentArray.from_bytes(wire, protocol="protobuf-array")


def stacked(side: Any, count: int) -> Work:
    """Reads all embeddings as a matrix."""
    docs = received(side, count)
    return lambda: docs.embeddings


def plain_stacked(count: int) -> Work:
    """Stacks rows."""
    rows = list(np.random.default_rng(7).random((count, SIZE), dtype="float32"))
    return lambda: np.stack(rows)


def found(side: Any, count: int) -> Work:
    """Finds the nearest ten."""
    docs = received(side, count)
    query = np.random.default_rng(8).random(SIZE, dtype="float32")
    return lambda: docs.find(query, limit=10)


def plain_found(count: int) -> Work:
    """Finds the nearest ten with numpy."""
    matrix = np.random.default_rng(7).random((count, SIZE), dtype="float32")
    query = np.random.default_rng(8).random(SIZE, dtype="float32")

    def work() -> None:
        lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(query)
        distances = 1 - matrix @ query / lengths
        nearest = np.argpartition(distances, 10)[:10]
        nearest[np.argsort(distances[nearest])]

    return work


def to_json(side: Any, count: int) -> Work:
    """Writes JSON."""
    docs = texts(side, count)
    return docs.to_json  # type: ignore[no-any-return]


def from_json(side: Any, count: int) -> Work:
    """Reads JSON."""
    text = texts(side, count).to_json()
    return lambda: side.DocumentArray.from_json(text)


OPERATIONS = (
    Operation("construct with text", "25x", constructed, plain_constructed),
    Operation("get text", "2x", read),
    Operation("set text", "10x", written),
    Operation("for d in docs: d.text = ...", "10x", looped),
    Operation("serialise text", "40x", encoded(texts)),
    Operation("deserialise text, all objects made", "30x", decoded(texts)),
    Operation(f"serialise text and {SIZE} floats", "15x", encoded(vectors)),
    Operation(f"deserialise text and {SIZE} floats", "15x", decoded(vectors)),
    Operation("decode, change the text, encode", "40x", echoed),
    Operation("decode and forward untouched, text", "no work", forwarded(texts)),
    Operation("decode and forward untouched, floats", "no work", forwarded(vectors)),
    Operation("a request untouched, text", "no work", handled(texts), repeated=REQUESTS),
    Operation("a request untouched, floats", "no work", handled(vectors), repeated=REQUESTS),
    Operation(f".embeddings of all by {SIZE}", "the bound", stacked, plain_stacked, whole=True),
    Operation(f"find top-10 of all by {SIZE}", "3 ms", found, plain_found, whole=True),
    Operation("to_json", "15x", to_json),
    Operation("from_json", "15x", from_json),
)


def cpu(work: Work, clock: Callable[[], float] = time.thread_time) -> float:
    """The CPU seconds of one run, the best of a few."""
    best = float("inf")
    for _ in range(RUNS):
        gc.collect()
        start = clock()
        kept = work()
        best = min(best, clock() - start)
        del kept
    return best


def measure(
    operation: Operation, sides: dict[str, Any], count: int, rounds: int
) -> dict[str, float]:
    """The median CPU seconds of each side, which take turns."""
    works = {name: operation.make(side, count) for name, side in sides.items()}
    if operation.bound is not None:
        works["bound"] = operation.bound(count)
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            if operation.repeated > 1 and name == "tidegate":
                taken[name].append(cpu(work, time.process_time) / operation.repeated)
            else:
                taken[name].append(cpu(work))
    return {name: statistics.median(values) for name, values in taken.items()}


def resident() -> int:
    """The bytes of memory that the process has."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def grown(side: Any, count: int, shared: bool) -> float:
    """Bytes of a Document by what a fresh process grows; its text is its own, or one for all."""
    side.DocumentArray([side.Document(text=TEXT) for _ in range(10)])
    gc.collect()
    before = resident()
    if shared:
        docs = side.DocumentArray([side.Document(text=TEXT) for _ in range(count)])
    else:
        docs = side.DocumentArray([side.Document(text=f"{TEXT} {i}") for i in range(count)])
    gc.collect()
    return (resident() - before) / len(docs)


def memory(name: str, count: int, shared: bool) -> float:
    """Has a process of its own tell what a Document takes."""
    command = [sys.executable, __file__, "--memory", name, "--count", str(count)]
    command += ["--shared"] if shared else []
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def shown(seconds: float | None, operation: Operation, count: int) -> str:
    """A figure of the table."""
    if seconds is None:
        return ""
    each = seconds / count * 1e9
    if operation.whole:
        return f"{seconds * 1e3:.2f} ms"
    return f"{each:,.0f} ns" if each >= 10 else f"{each:.1f} ns"


def table(results: dict[str, dict[str, float]], count: int) -> Iterator[str]:
    """The lines of the table."""
    yield "| operation | docarray 0.21 | Tidegate | ratio | bar | bound |"
    yield "|---|---|---|---|---|---|"
    for operation in OPERATIONS:
        taken = results.get(operation.name)
        if taken is None:
            continue
        real, ours = taken.get("docarray"), taken["tidegate"]
        ratio = f"{real / ours:.1f}x" if real else ""
        cells = (shown(value, operation, count) for value in (real, ours))
        bound = shown(taken.get("bound"), operation, count)
        yield f"| {operation.name} | {' | '.join(cells)} | {ratio} | {operation.bar} | {bound} |"


def write(page: str, lines: list[str]) -> None:
    """Puts the table between the marks of a page."""
    with open(page) as file:
        before, _, rest = file.read().partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    with open(page, "w") as file:
        file.write("\n".join([before + MARKS[0], *lines, MARKS[1] + after]))


def main() -> None:
    """Measures both sides and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="operations whose names hold this")
    parser.add_argument("--json", default="", help="a file for the figures")
    parser.add_argument("--page", default="", help="a page to write the table into")
    parser.add_argument("--memory", default="", help="tell the memory of one side's Documents")
    parser.add_argument("--shared", action="store_true", help="of one text for all")
    given = parser.parse_args()
    if given.memory:
        print(grown(importlib.import_module(given.memory), given.count, given.shared))
        return
    import tidegate

    sides: dict[str, Any] = {"tidegate": tidegate}
    try:
        import docarray  # type: ignore[import-not-found, unused-ignore]

        sides["docarray"] = docarray
    except ImportError:
        sys.stderr.write("docarray is not installed here: Tidegate alone is measured\n")
    results = {
        operation.name: measure(operation, sides, given.count, given.rounds)
        for operation in OPERATIONS
        if given.only in operation.name
    }
    lines = list(table(results, given.count))
    if not given.only:
        lines.append("")
        for shared, what in ((False, "with a text of its own"), (True, "whose text others share")):
            bytes_each = {name: memory(name, given.count * 10, shared) for name in sides}
            told = ", ".join(f"{name} {size:.0f} B" for name, size in bytes_each.items())
            lines.append(f"Memory of a Document {what} (bar: 200 B): {told}.  ")
    print("\n".join(lines))
    if given.page:
        write(given.page, lines)
    if given.json:
        with open(given.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
