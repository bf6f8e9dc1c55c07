"""SIGTERM while a Flow is open: an exception in the main thread, so that all is left in order."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType

#: 128 and the signal's number, as a shell reports it.
EXIT_CODE = 143

_lock = threading.Lock()
_takers = 0


def _leave(_signum: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(EXIT_CODE)


def take() -> bool:
    """Takes SIGTERM, where nobody has it and this is the main thread; says whether it did.

    Whoever took it calls `give_back`. Several may hold it at once: it is given back by the last.
    """
    global _takers
    if threading.current_thread() is not threading.main_thread():
        return False
    with _lock:
        current = signal.getsignal(signal.SIGTERM)
        if current is not _leave:
            if current is not signal.SIG_DFL:
                return False
            signal.signal(signal.SIGTERM, _leave)
            _takers = 0
        _takers += 1
    return True


def give_back() -> None:
    """Puts the default back, once nobody holds it, unless somebody else has taken it meanwhile."""
    global _takers
    with _lock:
        _takers = max(0, _takers - 1)
        held = _takers == 0 and signal.getsignal(signal.SIGTERM) is _leave
        if held and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
