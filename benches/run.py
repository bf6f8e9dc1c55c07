"""Measures a served Flow beside others, alternating in one run, and writes the page.

`make bench` builds what this needs and calls it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import page
import served
from processes import cpu_seconds, pss_megabytes
from served import PEERS, Programs, Served

IN_FLIGHT = 64
WAYS = {"stream": "one stream", "echo": "100 texts changed"}
Maker = Callable[[Programs], Served]


@dataclass(frozen=True)
class Loaded:
    """What one stretch of load told."""

    cpu_ms: float
    per_second: float
    p50_ms: float
    p99_ms: float


def load(programs: Programs, server: Served, way: str, in_flight: int, seconds: float) -> Loaded:
    """Drives a server and gives what each request cost it and its caller."""
    argv = [str(programs.load), "drive", way, str(server.port), str(in_flight)]
    subprocess.run([*argv, str(seconds / 4)], check=True, capture_output=True, timeout=120)
    before = cpu_seconds(server.process.pid)
    done = subprocess.run([*argv, str(seconds)], check=True, capture_output=True, timeout=120)
    used = cpu_seconds(server.process.pid) - before
    told = json.loads(done.stdout)
    return Loaded(
        cpu_ms=used / told["calls"] * 1000,
        per_second=told["per_second"],
        p50_ms=told["p50_us"] / 1000,
        p99_ms=told["p99_us"] / 1000,
    )


def post(programs: Programs, server: Served, row: str) -> float:
    """Times a row of `posts.py` with the client that belongs to the server."""
    own = [str(programs.ours), "-m", "tidegate", "run"]
    argv = [str(programs.jina)] if server.name == "jina" else own
    argv += [str(PEERS / "posts.py"), str(server.port), row]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=120)
    lines = [line for line in done.stdout.splitlines() if line.startswith("PEER ")]
    return float(json.loads(lines[-1].removeprefix("PEER "))["seconds"])


def middle(rows: list[Loaded]) -> Loaded:
    """Gives the median of each column."""
    return Loaded(
        *(
            statistics.median(getattr(row, column) for row in rows)
            for column in ("cpu_ms", "per_second", "p50_ms", "p99_ms")
        )
    )


def loads(
    programs: Programs, makers: list[tuple[Maker, str]], in_flight: int, args: argparse.Namespace
) -> dict[str, Loaded]:
    """Loads each server in turn, several times round."""
    taken: dict[str, list[Loaded]] = {}
    for turn in range(args.runs):
        for make, way in makers:
            with make(programs) as server:
                took = load(programs, server, way, in_flight, args.seconds)
            name = server.name if way not in WAYS else f"{server.name}, {WAYS[way]}"
            say(f"{turn + 1}/{args.runs} {name} {in_flight} in flight: {took}")
            taken.setdefault(name, []).append(took)
    return {name: middle(rows) for name, rows in taken.items()}


def posts(programs: Programs, args: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Times what users call, with each side's own client."""
    taken: dict[str, dict[str, list[float]]] = {"page": {}, "many": {}, "one": {}}
    for turn in range(args.runs):
        for make in (served.ours, served.jina):
            with make(programs) as server:
                for row, times in taken.items():
                    times.setdefault(server.name, []).append(post(programs, server, row))
                if server.name == "tidegate":
                    bare = post(programs, server, "gather")
                    taken["many"].setdefault("asyncio.gather", []).append(bare)
            say(f"{turn + 1}/{args.runs} posts of {server.name} done")
    return {
        row: {name: statistics.median(times) for name, times in by_name.items()}
        for row, by_name in taken.items()
    }


def starts(programs: Programs, args: argparse.Namespace) -> dict[str, tuple[float, float]]:
    """Times from process start to ready, and weighs all processes then."""
    makers: list[Maker] = [served.ours, served.jina]
    if programs.mosec:
        makers.append(served.mosec)
    taken: dict[str, list[tuple[float, float]]] = {}
    for _ in range(max(args.runs, 5)):
        for make in makers:
            with make(programs) as server:
                weight = pss_megabytes(server.process.pid)
                taken.setdefault(server.name, []).append((server.ready_after, weight))
    return {
        name: (statistics.median(r for r, _ in rows), statistics.median(w for _, w in rows))
        for name, rows in taken.items()
    }


def batching(programs: Programs, args: argparse.Namespace) -> dict[str, Loaded]:
    """Loads batched sync methods that take 10 ms a call: single Documents, batches of 32, 5 ms."""
    makers: list[tuple[Maker, str]] = [
        (served.batched_ours, "unary"),
        (served.batched_jina, "unary"),
    ]
    if programs.mosec:
        makers.append((served.batched_mosec, "http"))
    return loads(programs, makers, IN_FLIGHT, args)


def two(programs: Programs, args: argparse.Namespace) -> dict[str, Loaded]:
    """Loads two Executors in a row."""
    makers: list[tuple[Maker, str]] = [(served.two_ours, "unary"), (served.two_jina, "unary")]
    return loads(programs, makers, IN_FLIGHT, args)


def diamonds(programs: Programs, args: argparse.Namespace) -> dict[str, float]:
    """Times a diamond of Executors that wait."""
    taken: dict[str, list[float]] = {}
    for _ in range(args.runs):
        for make in (served.diamond_ours, served.diamond_jina):
            with make(programs) as server:
                taken.setdefault(server.name, []).append(post(programs, server, "diamond"))
    return {name: statistics.median(times) for name, times in taken.items()}


def say(line: str) -> None:
    """Tells how far it is."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Measures everything and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("ours", "jina", "mosec", "load"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only-batching", action="store_true", help="writes no page")
    parser.add_argument("--only-graphs", action="store_true", help="writes no page")
    args = parser.parse_args()
    mosec = args.mosec.absolute() if args.mosec.exists() else None
    programs = Programs(args.ours.absolute(), args.jina.absolute(), mosec, args.load.absolute())

    if args.only_batching:
        say(json.dumps({name: vars(row) for name, row in batching(programs, args).items()}))
        return
    if args.only_graphs:
        rows = {name: vars(row) for name, row in two(programs, args).items()}
        say(json.dumps({"two": rows, "diamond": diamonds(programs, args)}))
        return
    others = [(served.mosec, "http")] if mosec else []
    makers: list[tuple[Maker, str]] = [
        (served.ours, "unary"),
        (served.jina, "unary"),
        *others,
        (served.echo, "unary"),
        (served.echo_on_one_thread, "unary"),
    ]
    streams: list[tuple[Maker, str]] = [
        (served.ours, "stream"),
        (served.jina, "stream"),
        (served.echo, "stream"),
    ]
    echoes: list[tuple[Maker, str]] = [(served.ours, "echo"), (served.jina, "echo")]
    found = page.Found(
        starts=starts(programs, args),
        posts=posts(programs, args),
        batched=batching(programs, args),
        two=two(programs, args),
        diamonds=diamonds(programs, args),
        alone=loads(programs, makers, 1, args),
        full=loads(programs, [*makers, *streams, *echoes], IN_FLIGHT, args),
    )
    page.write(found, programs, args.runs, args.seconds)


if __name__ == "__main__":
    main()
