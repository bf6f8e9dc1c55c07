"""The table of keywords: built, without effect, to come, unknown."""

import warnings

import pytest
from tidegate import Flow
from tidegate.errors import ConfigError, NotSupportedError
from tidegate.options import TABLE, Fate, OptionWarning, Place, options_of, resolve


def test_every_keyword_has_one_entry_for_each_place():
    for place in (Place.FLOW, Place.ADD):
        names = [option.name for option in TABLE if option.place & place]
        assert len(names) == len(set(names))
    assert all(option.doc for option in TABLE)


@pytest.mark.parametrize("place", [Place.FLOW, Place.ADD])
def test_built_ones_come_through(place):
    assert resolve(place, {"name": "x", "replicas": 2}) == {"name": "x", "replicas": 2}


def test_those_without_effect_share_one_warning():
    with pytest.warns(OptionWarning) as caught:
        assert resolve(Place.ADD, {"monitoring": True, "prefetch": 5, "replicas": 2}) == {
            "replicas": 2
        }
    assert len(caught) == 1
    said = str(caught[0].message)
    assert "monitoring" in said
    assert "prefetch" in said
    assert "\n" not in said


def test_the_warning_points_at_the_user():
    with pytest.warns(OptionWarning) as caught:
        Flow(monitoring=True).add(tracing=True)
    assert [warning.filename for warning in caught] == [__file__, __file__]


@pytest.mark.parametrize(
    "name", sorted(n for n, o in options_of(Place.ADD).items() if o.fate is Fate.UNBUILT)
)
def test_those_to_come_are_refused_by_name(name):
    with pytest.raises(NotSupportedError, match=f"`{name}="):
        resolve(Place.ADD, {name: object()})


@pytest.mark.parametrize(
    "given",
    [
        {"provider": "NONE"},
        {"exit_on_exceptions": []},
        {"stateful": False},
        {"monitoring": False},
    ],
)
def test_values_that_ask_for_nothing_pass(given):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert resolve(Place.ADD, given) == {}


def test_true_is_not_one():
    with pytest.raises(NotSupportedError):
        resolve(Place.ADD, {"stateful": 1})


def test_misspelt_ones_get_the_nearest_name():
    with pytest.raises(TypeError, match="did you mean `replicas`"):
        Flow().add(replicsa=2)
    with pytest.raises(TypeError, match="did you mean `timeout_ready`"):
        Flow(timeout_redy=2)
    with pytest.raises(TypeError, match="xyzzy"):
        Flow().add(xyzzy=2)
    with pytest.raises(TypeError, match="replicas"):
        Flow().add(parallel=2)


def test_older_names():
    assert resolve(Place.ADD, {"override_with": {"a": 1}}) == {"uses_with": {"a": 1}}
    assert resolve(Place.FLOW, {"port_expose": 5}) == {"port": 5}
    with pytest.raises(NotSupportedError, match="https"):
        resolve(Place.FLOW, {"https": True})
    with pytest.raises(TypeError, match="port_in"):
        resolve(Place.FLOW, {"port_in": 5, "port": 6})


@pytest.mark.parametrize(
    "given",
    [{"port": -1}, {"port": 70000}, {"port": "80"}, {"prefetch": -1}, {"max_message_bytes": 0}],
)
def test_numbers_of_a_flow(given):
    with pytest.raises(ConfigError, match=next(iter(given))):
        Flow(**given)


def test_the_protocol():
    assert Flow(protocol="grpc").protocol == "GRPC"
    assert Flow(protocol=["GRPC"], port=[4711]).port == 4711
    for several in ("HTTP", ["HTTP"], ["GRPC", "HTTP"]):
        with pytest.raises(NotSupportedError, match="HTTP"):
            Flow(protocol=several)
