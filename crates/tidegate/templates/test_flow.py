"""Tests of {name}: `python -m pytest`."""

from pathlib import Path

from tidegate import Document, Flow


def test_it_greets():
    with Flow.load_config(Path(__file__).with_name("flow.yml"), port=0) as flow:
        docs = flow.post("/", [Document(text="world"), Document(text="you")])
    assert [doc.text for doc in docs] == ["Hello, world!", "Hello, you!"]
