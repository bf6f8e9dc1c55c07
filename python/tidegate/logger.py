"""Logger: what an Executor says, on the terminal, with the Executor's name in front."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

#: Between INFO and WARNING: something that was waited for has come about.
SUCCESS = 25

_LETTERS = {
    logging.DEBUG: "D",
    logging.INFO: "I",
    SUCCESS: "S",
    logging.WARNING: "W",
    logging.ERROR: "E",
    logging.CRITICAL: "C",
}


class _Lines(logging.Formatter):
    """`executor0@4711[I]: what it says`, every line of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Puts the name, the process and the level in front of each line."""
        said = record.getMessage()
        if record.exc_info:
            said = f"{said}\n{self.formatException(record.exc_info)}"
        if record.stack_info:
            said = f"{said}\n{self.formatStack(record.stack_info)}"
        letter = _LETTERS.get(record.levelno, record.levelname)
        lead = f"{getattr(record, 'spoken_name', record.name)}@{record.process}[{letter}]: "
        return "\n".join(lead + line for line in said.splitlines() or [""])


class _Stderr(logging.Handler):
    """Writes to whatever `sys.stderr` is at the moment, a record at a time."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one record and flushes it."""
        try:
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            self.handleError(record)


class Logger(logging.LoggerAdapter[logging.Logger]):
    """The logging methods of the standard library and `success`; Jina's `JinaLogger`."""

    def __init__(self, context: str, name: str | None = None, **_ignored: Any) -> None:
        """Makes the logger of `context`, the name that stands in front of its lines."""
        underlying = logging.getLogger(f"tidegate.executors.{context}")
        root = logging.getLogger("tidegate.executors")
        if not root.handlers:
            handler = _Stderr()
            handler.setFormatter(_Lines())
            root.addHandler(handler)
            root.propagate = False
            root.setLevel(_level())
        super().__init__(underlying, {"spoken_name": name or context})

    def success(self, msg: object, *args: object, **kwargs: Any) -> None:
        """Logs at SUCCESS."""
        self.log(SUCCESS, msg, *args, **kwargs)

    @property
    def level(self) -> int:
        """The level that is in force."""
        return self.logger.getEffectiveLevel()

    def close(self) -> None:
        """Does nothing: there is nothing to let go of."""


def _level() -> int | str:
    """What `TIDEGATE_LOG_LEVEL` (or Jina's `JINA_LOG_LEVEL`) says, else INFO."""
    asked = os.environ.get("TIDEGATE_LOG_LEVEL") or os.environ.get("JINA_LOG_LEVEL") or "INFO"
    known = {**logging.getLevelNamesMapping(), "SUCCESS": SUCCESS}
    return known.get(asked.upper(), logging.INFO)
