"""The progress bar of `post(show_progress=True)`: one line on a terminal, nothing elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import Any, TextIO

REDRAW_SECONDS = 0.1


class Progress:
    """Draws nothing: what a call without a bar, or without a terminal, gets."""

    @staticmethod
    def of(wanted: bool, total: int | None) -> Progress:
        """A bar where one is wanted and standard error is a terminal. `total` counts requests."""
        stream = sys.stderr
        if wanted and stream is not None and stream.isatty():
            return Bar(stream, total)
        return Progress()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Ends the line."""

    def advance(self, answer: Any) -> None:
        """Counts an answer."""


class Bar(Progress):
    """Draws the share of what has come back, how much that is, how fast, and for how long."""

    def __init__(self, stream: TextIO, total: int | None) -> None:
        self._stream = stream
        self._total = total
        self._requests = 0
        self._docs = 0
        self._began = self._drawn = time.monotonic()

    def __enter__(self) -> Progress:
        self._draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._draw()
        self._stream.write("\n")
        self._stream.flush()

    def advance(self, answer: Any) -> None:
        self._requests += 1
        if not isinstance(answer, BaseException):
            self._docs += len(answer.docs)
        now = time.monotonic()
        if now - self._drawn >= REDRAW_SECONDS:
            self._drawn = now
            self._draw()

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns
        self._stream.write("\r\x1b[K" + self.line(width, time.monotonic() - self._began))
        self._stream.flush()

    def line(self, width: int, seconds: float) -> str:
        """The line for a terminal of `width` columns after `seconds`."""
        rate = self._docs / seconds if seconds > 0 else 0.0
        facts = f"{self._requests} requests  {self._docs} docs  {rate:.0f} docs/s  {seconds:.1f} s"
        if not self._total:
            return facts[: width - 1]
        share = min(1.0, self._requests / self._total)
        facts = f"{share:4.0%}  {facts}"
        room = min(40, width - len(facts) - 3)
        if room < 5:
            return facts[: width - 1]
        filled = round(share * room)
        return f"{'━' * filled}{'─' * (room - filled)}  {facts}"
