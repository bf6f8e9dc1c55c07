"""Tests of {name}: `python -m pytest`."""

from pathlib import Path

from tidegate import Deployment, Document


def test_it_greets():
    path = Path(__file__).with_name("deployment.yml")
    with Deployment.load_config(path, port=0) as deployment:
        docs = deployment.post("/", [Document(text="world"), Document(text="you")])
    assert [doc.text for doc in docs] == ["Hello, world!", "Hello, you!"]
