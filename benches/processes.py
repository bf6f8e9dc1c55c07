"""What a tree of processes costs, read from /proc: processor time and memory."""

from __future__ import annotations

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def tree(root: int) -> list[int]:
    """Gives a process and all its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, new = [], [root]
    while new:
        pid = new.pop()
        found.append(pid)
        new += parents.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """Gives the processor time, user and system, that a tree has used so far."""
    ticks = 0
    for pid in tree(root):
        if fields := _stat(pid):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def pss_megabytes(root: int) -> float:
    """Gives a tree's memory, shared pages divided among those that share them."""
    kilobytes = 0
    for pid in tree(root):
        try:
            lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        kilobytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1024


def _stat(pid: int) -> list[str] | None:
    """Gives the fields after the program's name, which may itself hold spaces and brackets."""
    try:
        return (PROC / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
