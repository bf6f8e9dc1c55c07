"""The examples in docstrings, run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import tidegate
from tidegate import Document, DocumentArray, Executor, Flow, requests


class Upper(Executor):
    @requests
    async def upper(self, docs: DocumentArray, **kwargs: object) -> None:
        for doc in docs:
            doc.text = doc.text.upper()


#: The module that they import.
MY_PACKAGE = """
from tidegate import Executor, requests


class Reversed(Executor):
    @requests
    async def turn(self, docs, **kwargs):
        for doc in docs:
            doc.text = doc.text[::-1]
"""
#: What the examples speak of without saying where it is from.
KNOWN = {
    "Document": Document,
    "DocumentArray": DocumentArray,
    "Executor": Executor,
    "Flow": Flow,
    "Upper": Upper,
    "load": lambda: None,
    "requests": requests,
}


def examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    for module in pkgutil.walk_packages(tidegate.__path__, "tidegate."):
        if module.name.endswith(("_pb2", "__main__")):
            continue
        try:
            imported = importlib.import_module(module.name)
        except ImportError as error:  # it needs an extra that is not here, and says which
            if "pip install" not in str(error):
                raise
            continue
        found = finder.find(imported, extraglobs=KNOWN)
        yield from (test for test in found if test.examples)


@pytest.mark.filterwarnings("ignore:pip install fancy")
@pytest.mark.parametrize("example", list(examples()), ids=lambda example: example.name)
def test_an_example_gives_what_it_says(
    example: doctest.DocTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_package.py").write_text(MY_PACKAGE)
    monkeypatch.syspath_prepend(tmp_path)
    said: list[str] = []
    result = doctest.DocTestRunner().run(example, out=said.append)
    assert result.failed == 0, "".join(said)
