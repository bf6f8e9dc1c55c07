"""Who has SIGTERM while a Flow is open."""

import signal
import threading

import pytest
from tidegate import _signals


@pytest.fixture(autouse=True)
def _default():
    former = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, former)


def handler():
    return signal.getsignal(signal.SIGTERM)


def test_taken_and_given_back():
    assert _signals.take()
    with pytest.raises(SystemExit) as caught:
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 143
    _signals.give_back()
    assert handler() is signal.SIG_DFL


def test_the_last_of_several_gives_it_back():
    assert _signals.take()
    assert _signals.take()
    _signals.give_back()
    assert handler() is not signal.SIG_DFL
    _signals.give_back()
    assert handler() is signal.SIG_DFL


def test_a_users_handler_wins():
    def mine(signum, frame): ...

    signal.signal(signal.SIGTERM, mine)
    assert not _signals.take()
    assert handler() is mine
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    assert _signals.take()
    signal.signal(signal.SIGTERM, mine)
    _signals.give_back()
    assert handler() is mine


def test_nothing_off_the_main_thread():
    took = []
    thread = threading.Thread(target=lambda: took.append(_signals.take()))
    thread.start()
    thread.join()
    assert took == [False]
    assert handler() is signal.SIG_DFL
