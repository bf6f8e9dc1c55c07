"""`@dynamic_batching`, and how `uses_dynamic_batching` changes what it says."""

import pytest
from tidegate import Executor, dynamic_batching, requests
from tidegate.batching import Batching
from tidegate.errors import ConfigError


def length(doc):
    return len(doc.text)


class Batched(Executor):
    @requests(on=["/one", "/two"])
    @dynamic_batching(preferred_batch_size=8, timeout=5)
    def below(self, docs): ...

    @dynamic_batching(preferred_batch_size=4, custom_metric=length)
    @requests
    async def above(self, docs): ...

    @requests(on="/plain")
    def plain(self, docs): ...


def batching(config=None, cls=Batched, **given):
    return cls(dynamic_batching=config, **given)._batching


def test_either_order_of_decorators_and_the_defaults():
    assert batching() == {
        "/one": Batching(8, 5.0, False, None),
        "/two": Batching(8, 5.0, False, None),
        "/default": Batching(4, 10_000.0, False, None),
    }


def test_the_endpoint_wins_over_the_method_and_both_over_the_decorator():
    config = {
        "/one": {"timeout": 1},
        "below": {"preferred_batch_size": 3, "timeout": 2, "flush_all": True},
        "/plain": {"preferred_batch_size": 2},
        "above": {"use_dynamic_batching": False},
    }
    assert batching(config) == {
        "/one": Batching(3, 1.0, True, None),
        "/two": Batching(3, 2.0, True, None),
        "/plain": Batching(2, 10_000.0, False, None),
    }


def test_a_metric_is_used_where_that_is_said():
    assert batching({"above": {"use_custom_metric": True}})["/default"].metric is length
    with pytest.raises(ConfigError, match="custom_metric"):
        batching({"below": {"use_custom_metric": True}})


def test_a_subclass_inherits_and_overrides():
    class Other(Batched):
        def below(self, docs): ...

        @dynamic_batching(preferred_batch_size=2)
        async def above(self, docs): ...

    found = batching(cls=Other)
    assert found["/one"].preferred_batch_size == 8
    assert found["/default"].preferred_batch_size == 2


def test_what_uses_requests_binds_is_batched():
    found = batching({"/new": {"timeout": 1}}, requests={"/new": "below"})
    assert found["/new"] == Batching(8, 1.0, False, None)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"/onee": {}}, "did you mean `/one`"),
        ({"belo": {}}, "did you mean `below`"),
        ({"nothing like it": {}}, "there is `/default`"),
        ({"/one": {"prefered_batch_size": 2}}, "did you mean `preferred_batch_size`"),
        ({"/one": 32}, "is a dict such as"),
        ({"/plain": {"timeout": 5}}, "give `preferred_batch_size`"),
        ({"/one": {"preferred_batch_size": 0}}, "from 1 on, not 0"),
        ({"/one": {"preferred_batch_size": True}}, "not True"),
        ({"/one": {"timeout": -1}}, "milliseconds"),
        ({"/one": {"timeout": "5"}}, "milliseconds"),
    ],
)
def test_mistakes_are_told(config, said):
    with pytest.raises(ConfigError, match=said):
        batching(config)


def test_a_mistake_in_the_decorator_is_told_where_it_stands():
    with pytest.raises(ConfigError, match="preferred_batch_size"):

        class Wrong(Executor):
            @requests
            @dynamic_batching(preferred_batch_size=-1)
            def wrong(self, docs): ...


def test_nothing_is_batched_outside_a_flow():
    executor = Batched()
    assert executor.batch_counts() == {}
    assert executor.below([]) is None
