"""The package as a whole: what it exports, and what importing it does not do."""

import subprocess
import sys

import pytest
import tidegate

NAMES = {
    "AsyncFlow",
    "Client",
    "Deployment",
    "Document",
    "DocumentArray",
    "Executor",
    "Flow",
    "dynamic_batching",
    "monitor",
    "requests",
}


def test_exports():
    assert set(tidegate.__all__) == NAMES | {"__version__"}
    assert set(dir(tidegate)) >= NAMES
    for name in NAMES:
        assert getattr(tidegate, name).__name__ == name
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = tidegate.no_such_name
    with pytest.raises(tidegate.errors.NotSupportedError, match="Gateway"):
        _ = tidegate.Gateway


def test_a_native_class_is_found_where_it_says_that_it_is():
    native = [value for value in vars(tidegate._tidegate).values() if isinstance(value, type)]
    assert len(native) > 10
    for cls in native:
        assert getattr(sys.modules[cls.__module__], cls.__name__) is cls


PROBE = """
import os, signal, sys, threading
reads = []

class Watched(dict):
    def __getitem__(self, name):
        reads.append(name)
        return super().__getitem__(name)
    def get(self, name, default=None):
        reads.append(name)
        return super().get(name, default)

before = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
os.environ._data = Watched(os.environ._data)
from tidegate import AsyncFlow, Client, Document, DocumentArray, Executor, Flow, requests
print([name for name in reads if b"TIDEGATE" in name or b"JINA" in name])
print(threading.active_count())
print(before == {s: signal.getsignal(s) for s in before})
print((len(os.listdir("/proc/self/task")) if tasks else 0) == tasks)
print(sorted({"numpy", "google", "uvloop", "cloudpickle", "asyncio"} & set(sys.modules)))
"""


def test_importing_it_starts_nothing_and_reads_nothing():
    told = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    reads, threads, same_signals, same_tasks, heavy = told.stdout.splitlines()
    assert (reads, threads, same_signals, same_tasks) == ("[]", "1", "True", "True")
    assert heavy == "[]"


def test_importing_it_warns_of_nothing():
    code = "from tidegate import *; import tidegate._worker, tidegate._inline, tidegate._cli"
    subprocess.run([sys.executable, "-X", "dev", "-W", "error", "-c", code], check=True)


def test_importing_it_takes_under_80_ms():
    code = "import time; began = time.process_time(); import tidegate; "
    code += "print(time.process_time() - began)"
    command = [sys.executable, "-c", code]
    taken = [
        float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        for _ in range(5)
    ]
    assert min(taken) < 0.08
