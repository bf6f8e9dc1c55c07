"""How a class leaves the parent."""

import pickle
import subprocess
import sys
import textwrap
import threading
import types

import pytest
from tidegate import Executor, _pickling, requests
from tidegate.errors import RuntimeFailToStart
from tidegate.executor import BaseExecutor

LOCK = threading.Lock()


class Importable(Executor):
    @requests
    def f(self, docs): ...


def test_an_importable_class_goes_by_reference_and_without_cloudpickle(tmp_path):
    blob = _pickling.dumps("e", Importable, {"uses_with": {"a": [1, (2.0, None)]}})
    content = pickle.loads(blob)
    assert content == {"cls": Importable, "uses_with": {"a": [1, (2.0, None)]}}
    code = (
        "import sys; from tidegate import _pickling; from tidegate.executor import BaseExecutor\n"
    )
    code += (
        "_pickling.dumps('e', BaseExecutor, {'uses_with': {}}); print('cloudpickle' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
    assert pickle.loads(_pickling.dumps("e", BaseExecutor, {}))["cls"] is BaseExecutor


def test_a_closures_class_goes_by_value_and_keeps_its_file():
    word = "closed over"

    class Local(Executor):
        @requests
        def f(self, docs):
            return word

    assert not _pickling.is_importable(Local)
    blob = _pickling.dumps("e", Local, {})
    code = (
        "import pickle, sys; cls = pickle.load(sys.stdin.buffer)['cls']\n"
        "print(cls().f(docs=None), cls.f.__code__.co_filename, sep='|')"
    )
    told = subprocess.run([sys.executable, "-c", code], input=blob, capture_output=True, check=True)
    assert told.stdout.decode().strip() == f"closed over|{__file__}"


def test_a_module_that_no_path_leads_to_goes_by_value():
    module = types.ModuleType("made_up_for_this_test")
    exec("from tidegate import Executor\nclass Made(Executor): WORD = 'made'", module.__dict__)
    module.Made.__module__ = module.__name__
    sys.modules[module.__name__] = module
    try:
        assert not _pickling.is_importable(module.Made)
        blob = _pickling.dumps("e", module.Made, {})
    finally:
        del sys.modules[module.__name__]
    assert pickle.loads(blob)["cls"].WORD == "made"


def explain(cls, **settings):
    with pytest.raises(RuntimeFailToStart) as caught:
        _pickling.dumps("first", cls, settings)
    said = str(caught.value)
    assert said.startswith("first did not start: ")
    return said


def test_what_cannot_travel_is_named():
    lock = threading.Lock()

    class Closure(Executor):
        @requests
        def f(self, docs):
            lock.acquire()

    class Attribute(Executor):
        shared = threading.Lock()

    class Nested(Executor):
        @requests
        def f(self, docs):
            return [other.locked() for other in (lock,)]

    said = explain(Closure)
    assert "`Closure`" in said.replace("test_what_cannot_travel_is_named.<locals>.", "")
    assert "variable `lock`" in said
    assert "method `f`" in said
    assert "__init__" in said
    assert "attribute `shared`" in explain(Attribute)
    assert "variable `lock`" in explain(Nested)
    assert "`uses_with['key']`" in explain(Importable, uses_with={"key": lock})


def test_a_global_of_the_script_is_named(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
        import threading
        from tidegate import Executor, _pickling, requests

        guard = threading.Lock()

        class Guarded(Executor):
            @requests
            def f(self, docs):
                with guard:
                    pass

        try:
            _pickling.dumps("first", Guarded, {})
        except Exception as error:
            print(error)
        """)
    )
    told = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert "`Guarded`" in told.stdout
    assert "variable `guard`" in told.stdout
