"""What a Flow says on the terminal, all of it on stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from tidegate.errors import RuntimeFailToStart

_LOOPBACK = ("localhost", "::1")
_ANYWHERE = ("0.0.0.0", "::", "")


class Terminal:
    """The words of one Flow: what is awaited, the banner, and what goes wrong."""

    def __init__(self, name: str = "Flow", *, quiet: bool = False) -> None:
        """Makes the terminal of the Flow called `name`; a quiet one says nothing."""
        self._name = name
        self._quiet = quiet
        self._transient = False

    def waiting(self, pods: Sequence[str]) -> None:
        """Shows what is awaited, on a terminal only; the next words take its place."""
        stream = sys.stderr
        if self._quiet or not _is_terminal(stream):
            return
        if not pods:
            self.clear()
            return
        self._transient = True
        said = f"waiting for {', '.join(pods)} ..."
        width = _width(stream)
        said = said if len(said) < width else said[: max(0, width - 5)] + " ..."
        _write(stream, f"\r\x1b[2K{_paint(stream, said, '2')}")

    def clear(self) -> None:
        """Takes the transient line away."""
        if self._transient:
            self._transient = False
            _write(sys.stderr, "\r\x1b[2K")

    def ready(self, host: str, port: int, protocol: str = "GRPC") -> None:
        """Prints the banner."""
        self.clear()
        if self._quiet:
            return
        stream = sys.stderr
        lead = _paint(stream, f"{self._name}@{os.getpid()}[I]:", "2")
        rows = [
            ("🔗", "Protocol:", "\t\t", protocol),
            ("🏠", "Local access:", "\t", _at(host, port)),
        ]
        private = private_address(host)
        if private is not None:
            rows.append(("🔒", "Private network:", "\t", _at(private, port)))
        lines = [f"{lead}🎉 Flow is ready to use!"]
        lines += [
            f"\t{mark} {what}{gap}{_paint(stream, said, '1')}" for mark, what, gap, said in rows
        ]
        _write(stream, "\n".join(lines) + "\n")

    def event(self, kind: str, pod: str, message: str) -> None:
        """Says in one line what has become of a worker."""
        if self._quiet:
            return
        self.clear()
        stream = sys.stderr
        letter, colour = ("I", "2") if kind == "restarted" else ("W", "33")
        letter, colour = ("E", "31") if kind in ("crash-loop", "failed") else (letter, colour)
        lead = _paint(stream, f"{self._name}@{os.getpid()}[{letter}]:", colour)
        _write(stream, f"{lead} {message if not pod or pod in message else f'{pod}: {message}'}\n")

    def failed(self, error: RuntimeFailToStart) -> None:
        """Prints why the Flow did not start, the Executor's own traceback with it.

        If nobody catches the exception, Python prints it once more: without the words that stand
        here already.
        """
        self.clear()
        if self._quiet:
            return
        stream = sys.stderr
        lead = _paint(stream, f"{self._name}@{os.getpid()}[E]:", "31")
        _write(stream, f"{lead} {error}\n")
        _shorten_when_uncaught(error)


def private_address(host: str) -> str | None:
    """Gives the address under which other machines reach what listens on `host`, if they do.

    Asks the kernel which of its addresses it would send from; nothing is sent.
    """
    if host not in _ANYWHERE:
        return None if host in _LOOPBACK or host.startswith("127.") else host
    import socket

    family, target = (
        (socket.AF_INET6, "fd00::1") if host == "::" else (socket.AF_INET, "10.255.255.255")
    )
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 1))
            address = str(probe.getsockname()[0])
    except OSError:
        return None
    return None if address.startswith("127.") or address in ("::1", "0.0.0.0", "::") else address


def _at(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # closed
        return False


def _paint(stream: TextIO | None, text: str, code: str) -> str:
    if not _is_terminal(stream) or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{code}m{text}\x1b[0m"


def _width(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:
        return
    try:
        stream.write(text)
        stream.flush()
    except UnicodeEncodeError:
        stream.write(text.encode("ascii", "ignore").decode())
        stream.flush()
    except (OSError, ValueError):
        return  # nobody listens: no reason not to serve


_former_hook = sys.excepthook


def _shorten_when_uncaught(error: RuntimeFailToStart) -> None:
    global _former_hook
    error.was_shown = True
    if sys.excepthook is not _hook:
        _former_hook, sys.excepthook = sys.excepthook, _hook


def _hook(kind: type[BaseException], raised: BaseException, trace: TracebackType | None) -> None:
    if getattr(raised, "was_shown", False) and isinstance(raised, SystemError):
        cast("RuntimeFailToStart", raised).is_brief = True
    _former_hook(kind, raised, trace)
