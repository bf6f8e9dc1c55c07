"""What a worker does with its spec."""

import os
import pickle
import sys

import pytest
from tidegate import Executor, _loading, requests
from tidegate.errors import BadConfigSource, ConfigError


class Sized(Executor):
    def __init__(self, size=1, **kwargs):
        super().__init__(**kwargs)
        if size < 0:
            raise ValueError("too small")
        self.size = size

    @requests
    def f(self, docs): ...


def load(settings=None, **content):
    return _loading.load(
        {"name": "first", **(settings or {})}, pickle.dumps({"cls": Sized, **content})
    )


@pytest.fixture(autouse=True)
def _stay(monkeypatch):
    """Loading changes the path and the directory for good."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(".")


def test_the_constructor_is_told_what_the_flow_says(tmp_path):
    settings = {"pod": "first/rep-1", "replica": 1, "replicas": 2, "workspace": str(tmp_path)}
    executor = load(
        settings, uses_with={"size": 3}, uses_metas={"name": "n"}, uses_requests={"/x": "f"}
    )
    assert executor.size == 3
    assert executor.metas.name == "n"
    assert list(executor.requests) == ["/default", "/x"]
    told = executor.runtime_args
    assert (told.name, told.replicas, told.shards, told.shard_id) == ("first/rep-1", 2, 1, 0)
    assert executor.workspace == str(tmp_path / "n" / "0")


def test_the_worker_stands_where_its_parent_does(tmp_path):
    (tmp_path / "sibling_of_the_script.py").write_text(
        "from tidegate import Executor\nclass Sibling(Executor): ..."
    )
    settings = {"sys_path": [str(tmp_path), *sys.path], "cwd": str(tmp_path)}
    settings["uses_ref"] = "sibling_of_the_script.Sibling"
    assert type(load(settings)).__name__ == "Sibling"
    assert os.getcwd() == str(tmp_path)
    assert sys.path[0] == str(tmp_path)


def test_py_modules_are_imported_first(tmp_path):
    file = tmp_path / "extra_module.py"
    file.write_text("from tidegate import Executor\nclass Extra(Executor): ...")
    settings = {"py_modules": [str(file)], "uses_ref": "Extra"}
    try:
        assert type(load(settings)).__name__ == "Extra"
    finally:
        sys.modules.pop("extra_module", None)
    with pytest.raises(BadConfigSource, match=r"nowhere\.py"):
        load({"py_modules": [str(tmp_path / "nowhere.py")]})


def test_what_raises_leaves_as_it_is_with_the_step_that_failed():
    with pytest.raises(ValueError, match="too small") as caught:
        load(uses_with={"size": -1})
    assert caught.value.__notes__ == ["(first: while `Sized` was constructed)"]
    with pytest.raises(ModuleNotFoundError) as caught:
        load({"uses_ref": "no_such_module.Class"})
    assert caught.value.__notes__ == ["(first: while its class was loaded)"]


def test_what_is_no_executor_is_refused():
    with pytest.raises(BadConfigSource, match="NoSuchClass"):
        load({"uses_ref": "json.NoSuchClass"})
    with pytest.raises(ConfigError, match="JSONDecoder"):
        load({"uses_ref": "json.JSONDecoder"})
    with pytest.raises(ConfigError, match="nothing"):
        load(uses_requests={"/x": "nothing"})
