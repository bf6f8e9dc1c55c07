"""The client's keywords and addresses."""

import enum
import io

import pytest
from tidegate import Client
from tidegate._progress import Bar, Progress
from tidegate.errors import BadClientInput, NotSupportedError
from tidegate.options import OptionWarning


class Protocol(enum.Enum):
    GRPC = 0
    HTTP = 1


def test_addresses():
    assert (Client().host, Client().port) == ("0.0.0.0", 80)
    assert (Client(host="example.org", port=5).host, Client(port=5).port) == ("example.org", 5)
    client = Client(host="grpc://example.org:12", port=12, protocol="grpc", tls=False)
    assert (client.host, client.port, client.protocol) == ("example.org", 12, "GRPC")
    assert Client(host="grpc://[::1]:12").host == "::1"
    assert Client(protocol=Protocol.GRPC).protocol == "GRPC"


@pytest.mark.parametrize(
    ("host", "more", "name"),
    [
        ("grpc://a:1", {"port": 2}, "port"),
        ("grpc://a:1", {"protocol": "HTTP"}, "protocol"),
        ("grpcs://a:1", {"tls": False}, "tls"),
        ("http://a", {"tls": True}, "tls"),
        ("ftp://a", {}, "scheme"),
    ],
)
def test_contradictions(host, more, name):
    with pytest.raises(ValueError, match=name):
        Client(host=host, **more)


@pytest.mark.parametrize(
    "keywords",
    [
        {"protocol": "HTTP"},
        {"protocol": Protocol.HTTP},
        {"protocol": "websocket"},
        {"host": "https://a"},
        {"host": "ws://a"},
        {"tls": True},
    ],
)
def test_what_is_to_come(keywords):
    with pytest.raises(NotSupportedError):
        Client(**keywords)


def test_keywords():
    with pytest.raises(TypeError, match="did you mean `protocol`"):
        Client(protcol="GRPC")
    with pytest.warns(OptionWarning, match="proxy"):
        Client(proxy=True)
    with pytest.raises(TypeError, match="did you mean `on_done`"):
        Client().post("/", on_doen=print)
    with pytest.raises(NotSupportedError, match="return_type"):
        Client().post("/", return_type=list)
    with pytest.raises(ValueError, match="compression"):
        Client().post("/", compression="zip")
    with pytest.raises(ValueError, match="timeout"):
        Client().post("/", timeout=-1)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    "given",
    [
        {"on": 5},
        {"on_done": 3},
        {"on_error": "f"},
        {"request_size": "a"},
        {"prefetch": -1},
        {"timeout": "1"},
        {"parameters": [1]},
    ],
)
def test_a_value_of_a_wrong_type_is_named(client, given):
    (name,) = given
    with pytest.raises(TypeError, match=f"`{name}` is"):
        client.post(**{"on": "/", **given})


@pytest.mark.parametrize("parameters", [{"key": object()}, {1: 2}, {"key": {1, 2}}])
def test_parameters_that_cannot_be_sent(client, parameters):
    with pytest.raises(BadClientInput, match="the parameters cannot be sent"):
        client.post("/", parameters=parameters)


def test_no_bar_where_there_is_no_terminal(client, capsys):
    client.post("/noop", show_progress=True)
    assert capsys.readouterr().err == ""


def test_a_bar_on_a_terminal(client, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    client.post("/noop", ["a", "b", "c"], request_size=1, show_progress=True)
    said = terminal.getvalue()
    assert said.endswith("\n")
    assert "100%" in said
    assert "3 requests" in said
    assert "3 docs" in said


def test_the_bar_fits_its_terminal():
    bar = Bar(Terminal(), 10)
    for width in (5, 20, 40, 80, 200):
        assert len(bar.line(width, 1.0)) < width
    assert "%" not in Bar(Terminal(), None).line(80, 1.0)
    assert type(Progress.of(False, 1)) is Progress
