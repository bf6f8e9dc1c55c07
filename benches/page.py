"""Writes what was measured into benches/README.md, below the line that marks it."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from run import Loaded
    from served import Programs

PAGE = Path(__file__).parent / "README.md"
MARK = "<!-- Below this line `make bench` writes. -->\n"


@dataclass(frozen=True)
class Found:
    """All that one run measured; the keys are the servers' names."""

    starts: dict[str, tuple[float, float]]
    posts: dict[str, dict[str, float]]
    batched: dict[str, Loaded]
    two: dict[str, Loaded]
    diamonds: dict[str, float]
    alone: dict[str, Loaded]
    full: dict[str, Loaded]


def write(found: Found, programs: Programs, runs: int, seconds: float) -> None:
    """Replaces the measured part of the page."""
    above, mark, _ = PAGE.read_text("utf-8").partition(MARK)
    text = (
        above + mark + "\n".join([*_about(programs, runs, seconds), *_bars(found), *_tables(found)])
    )
    PAGE.write_text(text + "\n", "utf-8")


def _about(programs: Programs, runs: int, seconds: float) -> list[str]:
    model = "unknown processor"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [x for x in cpuinfo.read_text().splitlines() if x.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    versions = [
        f"Python {platform.python_version()}",
        _said("rustc", "--version").rsplit(" (", 1)[0],
        _version(programs.ours, "tidegate"),
        _version(programs.jina, "jina"),
        *([_version(programs.mosec, "mosec")] if programs.mosec else []),
    ]
    return [
        "",
        f"Measured on {datetime.date.today()}: {os.cpu_count()} cores ({model}), "
        f"{platform.system()} {platform.release()}; {', '.join(versions)}.",
        f"Medians of {runs} alternating runs, {seconds:g} s of load each; "
        f"load average when it ended {os.getloadavg()[1]:.1f}.",
        "",
    ]


def _bars(found: Found) -> list[str]:
    posts = found.posts
    full, alone, batched = found.full, found.alone, found.batched
    ready, weight = found.starts["tidegate"]
    cpu = full["jina"].cpu_ms / full["tidegate"].cpu_ms
    changed = {name: full[f"{name}, 100 texts changed"].cpu_ms for name in ("tidegate", "jina")}
    less = changed["jina"] / changed["tidegate"]
    p50 = alone["tidegate"].p50_ms / alone["tonic echo"].p50_ms
    gather = posts["many"]["tidegate"] / posts["many"]["asyncio.gather"]
    post = posts["one"]["jina"] / posts["one"]["tidegate"]
    pair = found.two["jina"].cpu_ms / found.two["tidegate"].cpu_ms
    rows = [
        (
            "the page: 50 Documents awaiting 1 s in one request",
            f"{posts['page']['tidegate']:.4f} s",
            f"jina {posts['page']['jina']:.4f} s",
            "at most 1.008 s",
            posts["page"]["tidegate"] <= 1.008,
        ),
        (
            "10,000 Documents awaiting 1 s, default request size",
            f"{posts['many']['tidegate']:.3f} s ({gather:.2f} times the gather)",
            f"jina {posts['many']['jina']:.3f} s; "
            f"bare asyncio.gather {posts['many']['asyncio.gather']:.3f} s",
            "at most 1.1 times the gather",
            gather <= 1.1,
        ),
        (
            "no-op async handler, 1 small Document, 64 in flight: CPU a request",
            f"{full['tidegate'].cpu_ms:.4f} ms (1/{cpu:.0f} of jina's)",
            "; ".join(f"{n} {v.cpu_ms:.4f} ms" for n, v in full.items() if n in _OTHERS),
            "at most 1/20 of jina's",
            cpu >= 20,
        ),
        (
            "async handler that changes the texts of 100 Documents, 64 in flight: CPU a request",
            f"{changed['tidegate']:.4f} ms (1/{less:.0f} of jina's)",
            f"jina {changed['jina']:.4f} ms",
            "at most 1/20 of jina's",
            less >= 20,
        ),
        (
            "no-op, one at a time: p50",
            f"{alone['tidegate'].p50_ms:.3f} ms ({p50:.2f} times tonic's)",
            "; ".join(f"{n} {v.p50_ms:.3f} ms" for n, v in alone.items() if n in _OTHERS),
            "at most 2.3 times tonic's",
            p50 <= 2.3,
        ),
        (
            "batches of 32, 5 ms wait, sync handler of 10 ms a call, 64 single Documents in "
            "flight (ideal 3,200/s)",
            f"{batched['tidegate'].per_second:.0f}/s",
            "; ".join(f"{n} {v.per_second:.0f}/s" for n, v in batched.items() if n != "tidegate"),
            "at least mosec's",
            batched["tidegate"].per_second >= batched.get("mosec", batched["jina"]).per_second,
        ),
        (
            "two no-op async Executors in a row, 64 in flight: CPU a request",
            f"{found.two['tidegate'].cpu_ms:.4f} ms (1/{pair:.0f} of jina's)",
            f"jina {found.two['jina'].cpu_ms:.4f} ms",
            "at most 1/20 of jina's",
            pair >= 20,
        ),
        (
            "a diamond of four async Executors that each await 100 ms",
            f"{found.diamonds['tidegate'] * 1000:.1f} ms",
            f"jina {found.diamonds['jina'] * 1000:.1f} ms",
            "at most 305 ms",
            found.diamonds["tidegate"] <= 0.305,
        ),
        (
            "one `client.post` of a no-op",
            f"{posts['one']['tidegate'] * 1000:.3f} ms (1/{post:.0f} of jina's)",
            f"jina {posts['one']['jina'] * 1000:.3f} ms",
            "at most 1/10 of jina's",
            post >= 10,
        ),
        (
            "ready from process start; memory of all processes (PSS)",
            f"{ready:.2f} s; {weight:.0f} MB",
            "; ".join(f"{n} {r:.2f} s, {w:.0f} MB" for n, (r, w) in _rest(found.starts)),
            "at most 0.4 s; 60 MB",
            ready <= 0.4 and weight <= 60,
        ),
    ]
    lines = ["| workload | Tidegate | beside it | bar | met |", "|---|---|---|---|---|"]
    lines += [f"| {a} | {b} | {c} | {d} | {'yes' if e else 'no'} |" for a, b, c, d, e in rows]
    return lines


_OTHERS = ("jina", "mosec", "tonic echo")


def _rest(starts: dict[str, tuple[float, float]]) -> list[tuple[str, tuple[float, float]]]:
    return [(name, row) for name, row in starts.items() if name != "tidegate"]


def _tables(found: Found) -> list[str]:
    lines = []
    tables = (
        ("64 in flight", found.full),
        ("One at a time", found.alone),
        ("Batches of 32, 64 in flight", found.batched),
        ("Two Executors in a row, 64 in flight", found.two),
    )
    for title, rows in tables:
        lines += [
            "",
            f"## {title}",
            "",
            "| server | CPU a request | requests a second | p50 | p99 |",
            "|---|---:|---:|---:|---:|",
        ]
        lines += [
            f"| {name} | {row.cpu_ms:.4f} ms | {row.per_second:.0f} | {row.p50_ms:.3f} ms "
            f"| {row.p99_ms:.3f} ms |"
            for name, row in rows.items()
        ]
    return lines


def _version(python: Path | None, package: str) -> str:
    ask = f"import importlib.metadata as m; print(m.version({package!r}))"
    return f"{package} {_said(str(python), '-c', ask)}"


def _said(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
