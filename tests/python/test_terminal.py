"""The words on the terminal."""

import io
import os
import sys
from types import SimpleNamespace

import pytest
from tidegate import _terminal
from tidegate._terminal import Terminal, private_address
from tidegate.errors import RuntimeFailToStart


class Tty(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def tty(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    stream = Tty()
    # pytest puts its own stream back between a fixture and its test.
    monkeypatch.setattr(_terminal, "sys", SimpleNamespace(stderr=stream))
    return stream


def test_the_banner_is_the_pages(capsys):
    Terminal().ready("127.0.0.1", 63319)
    assert capsys.readouterr().err == (
        f"Flow@{os.getpid()}[I]:🎉 Flow is ready to use!\n"
        "\t🔗 Protocol:\t\tGRPC\n"
        "\t🏠 Local access:\t127.0.0.1:63319\n"
    )


def test_a_private_address_is_shown_where_one_is_reachable(capsys, monkeypatch):
    monkeypatch.setattr(_terminal, "private_address", lambda host: "192.168.3.50")
    Terminal().ready("0.0.0.0", 63319)
    said = capsys.readouterr().err
    assert "\t🏠 Local access:\t0.0.0.0:63319\n" in said
    assert said.endswith("\t🔒 Private network:\t192.168.3.50:63319\n")


def test_private_address():
    assert private_address("127.0.0.1") is None
    assert private_address("localhost") is None
    assert private_address("10.1.2.3") == "10.1.2.3"
    found = private_address("0.0.0.0")
    assert found is None or not found.startswith("127.")


def test_plain_without_a_terminal(capsys):
    terminal = Terminal()
    terminal.waiting(["executor0"])
    terminal.ready("127.0.0.1", 1)
    terminal.event("died", "executor0/rep-0", "`executor0/rep-0` exited with code 3")
    said = capsys.readouterr().err
    assert "\x1b" not in said
    assert "\r" not in said
    assert "waiting" not in said
    assert said.endswith(f"Flow@{os.getpid()}[W]: `executor0/rep-0` exited with code 3\n")


def test_a_transient_line_on_a_terminal(tty):
    terminal = Terminal()
    terminal.waiting(["executor0", "executor1"])
    assert "waiting for executor0, executor1 ..." in tty.getvalue()
    assert "\n" not in tty.getvalue()
    terminal.waiting([f"executor{n}" for n in range(100)])
    assert len(tty.getvalue().rpartition("\r")[2]) < 100
    terminal.ready("127.0.0.1", 1)
    assert "\r\x1b[2K" in tty.getvalue()
    assert "\x1b[1m" in tty.getvalue()


def test_no_color(tty, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    Terminal().ready("127.0.0.1", 1)
    assert "\x1b" not in tty.getvalue()


def test_quiet_says_nothing(tty):
    terminal = Terminal(quiet=True)
    terminal.waiting(["executor0"])
    terminal.ready("127.0.0.1", 1)
    terminal.event("died", "executor0/rep-0", "died")
    terminal.failed(RuntimeFailToStart("failed"))
    assert tty.getvalue() == ""


def test_a_failed_start_is_told_once(capsys, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    error = RuntimeFailToStart("`m/rep-0` did not start\n\nTraceback ...\nValueError: boom")
    Terminal().failed(error)
    sys.excepthook(type(error), error, None)
    said = capsys.readouterr().err
    assert said.count("ValueError: boom") == 1
    assert said.count("did not start") == 2
    other = RuntimeFailToStart("another\n\nwith its own traceback")
    sys.excepthook(type(other), other, None)
    assert "with its own traceback" in capsys.readouterr().err
    hook = sys.excepthook
    Terminal().failed(other)
    assert sys.excepthook is hook


def test_streams_that_cannot_take_it(monkeypatch):
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    for stream in (None, ascii_only, io.StringIO()):
        if isinstance(stream, io.StringIO):
            stream.close()
        monkeypatch.setattr(sys, "stderr", stream)
        Terminal().ready("127.0.0.1", 1)
    ascii_only.flush()
    assert b"Flow is ready to use!" in ascii_only.buffer.getvalue()
