"""`@requests`, inheritance, and the signatures that are taken and refused."""

import functools

import pytest
from tidegate import Executor, requests
from tidegate.endpoints import ARGUMENTS
from tidegate.errors import (
    ConfigError,
    HandlerNotSupportedError,
    HandlerSignatureError,
    NotSupportedError,
)


def handlers(executor):
    return executor._handlers


def test_forms_of_the_decorator():
    class Forms(Executor):
        @requests
        def bare(self, docs): ...

        @requests(on="/one")
        async def one(self, docs, **kwargs): ...

        @requests(on=["/two", "/three"])
        def several(self, parameters): ...

        @requests(on="unslashed")
        def unslashed(self): ...

    found = handlers(Forms())
    assert list(found) == ["/default", "/one", "/two", "/three", "unslashed"]
    assert [h.is_async for h in found.values()] == [False, True, False, False, False]
    assert found["/default"].arguments == ("docs",)
    assert found["/one"].arguments == ARGUMENTS
    assert found["/two"].arguments == found["/three"].arguments == ("parameters",)
    assert found["unslashed"].arguments == ()


def test_called_without_arguments_it_is_the_default():
    class Called(Executor):
        @requests()
        def everything(self, **kwargs): ...

    assert list(handlers(Called())) == ["/default"]


def test_what_a_signature_can_take():
    class Signatures(Executor):
        @requests(on="/page")
        async def page(self, docs, *kwargs): ...

        @requests(on="/optional")
        def optional(self, docs, parameters=None, more=3, *, docs_map, docs_matrix=None): ...

        @requests(on="/tracing")
        def tracing(self, tracing_context, docs): ...

        @requests(on="/position")
        def position(self, docs, parameters, /, docs_map=None):
            return docs, parameters, docs_map

        @requests(on="/static")
        @staticmethod
        def static(docs): ...

        @requests(on="/class")
        @classmethod
        def of_class(cls, docs): ...

    found = handlers(Signatures())
    assert found["/page"].arguments == ("docs",)
    assert found["/optional"].arguments == ("docs", "parameters", "docs_matrix", "docs_map")
    assert found["/tracing"].arguments == ("docs", "tracing_context")
    assert found["/static"].arguments == found["/class"].arguments == ("docs",)
    call = found["/position"].call
    assert call(docs=1, parameters=2, docs_map=3) == (1, 2, 3)


def test_inheritance():
    class Parent(Executor):
        @requests(on="/index")
        def index(self):
            return "parent"

        @requests(on="/kept")
        def kept(self):
            return "kept"

        @requests
        def rest(self):
            return "rest"

    class Child(Parent):
        def index(self):
            return "overridden"

        @requests
        def own_rest(self):
            return "own"

    bound = Child().requests
    assert {endpoint: method() for endpoint, method in bound.items()} == {
        "/index": "overridden",
        "/kept": "kept",
        "/default": "own",
    }
    assert Parent().requests["/index"]() == "parent"


def test_mixins_bring_their_endpoints():
    class Mixin:
        @requests(on="/mixed")
        def mixed(self): ...

    class Mixed(Mixin, Executor): ...

    assert list(handlers(Mixed())) == ["/mixed"]


def test_other_decorators():
    def timed(method):
        @functools.wraps(method)
        async def inner(*args, **kwargs):
            return await method(*args, **kwargs)

        return inner

    class Decorated(Executor):
        @requests(on="/below")
        @timed
        async def below(self, docs): ...

        @timed
        @requests(on="/above")
        async def above(self, docs): ...

    found = handlers(Decorated())
    assert {h.is_async for h in found.values()} == {True}
    assert [h.arguments for h in found.values()] == [("docs",), ("docs",)]


def test_a_signature_no_request_fills_names_the_method_and_the_fix():
    with pytest.raises(HandlerSignatureError) as caught:

        class Bad(Executor):
            @requests
            def embed(self, texts): ...

    said = str(caught.value)
    assert isinstance(caught.value, TypeError)
    for word in ("Bad.embed", "`texts`", "`docs`", "**kwargs"):
        assert word in said


def test_a_method_without_self_is_refused():
    with pytest.raises(HandlerSignatureError, match=r"embed` takes no `self`"):

        class Bad(Executor):
            @requests
            def embed(): ...


def test_doc_is_to_come():
    with pytest.raises(HandlerNotSupportedError, match="to come") as caught:

        class Singleton(Executor):
            @requests
            def embed(self, doc, **kwargs): ...

    assert isinstance(caught.value, NotSupportedError)
    assert isinstance(caught.value, TypeError)
    assert "Singleton.embed" in str(caught.value)


def test_generators_are_to_come():
    with pytest.raises(NotSupportedError, match="to come"):

        class Async(Executor):
            @requests
            async def stream(self, docs):
                yield docs

    with pytest.raises(NotSupportedError, match="to come"):

        class Sync(Executor):
            @requests
            def stream(self, docs):
                yield docs


@pytest.mark.parametrize("on", [3, "", [], ["/x", None]])
def test_what_is_no_endpoint(on):
    with pytest.raises((ConfigError, TypeError)):
        requests(on=on)


def test_the_parentheses_forgotten():
    with pytest.raises(HandlerSignatureError, match="on='/x'"):
        requests("/x")


def test_uses_requests_rebinds_only_what_it_names():
    class Rebound(Executor):
        @requests(on="/a")
        def a(self):
            return "a"

        @requests(on="/b")
        def b(self):
            return "b"

        def undecorated(self):
            return "undecorated"

    executor = Rebound(requests={"/a": "undecorated", "/c": "b"})
    assert {endpoint: method() for endpoint, method in executor.requests.items()} == {
        "/a": "undecorated",
        "/b": "b",
        "/c": "b",
    }
    with pytest.raises(ConfigError, match="nothing"):
        _ = Rebound(requests={"/a": "nothing"}).requests


def test_the_table_for_the_data_path():
    class Table(Executor):
        @requests(on="/x")
        async def x(self, docs, parameters): ...

    (endpoint,) = Table()._endpoint_table()
    assert (endpoint.name, endpoint.is_async) == ("/x", True)
    assert list(endpoint.arguments) == ["docs", "parameters"]
