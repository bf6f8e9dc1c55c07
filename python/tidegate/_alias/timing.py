"""`TimeContext`, and the logger that programs take from `jina.logging.predefined`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from tidegate.logger import Logger

if TYPE_CHECKING:
    from types import TracebackType

default_logger = Logger("JINA")


class TimeContext:
    """Measures the time that a `with` block takes, and says it.

    >>> with TimeContext('loading the model') as timer:
    ...     load()
    >>> timer.duration < 60
    True
    """

    def __init__(self, task_name: str, logger: Any = None, **kwargs: Any) -> None:
        self.task_name = task_name
        self.start = 0.0
        self.duration = 0.0
        self._logger = logger or default_logger
        self._details = "".join(f" {key}={value}" for key, value in kwargs.items())

    def __enter__(self) -> Self:
        self.start = time.perf_counter()
        self._logger.info(f"{self.task_name}...{self._details}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.duration = self.now()
        self._logger.info(f"{self.task_name} takes {self.readable_duration}")

    def now(self) -> float:
        """Gives the seconds since the block was entered."""
        return time.perf_counter() - self.start

    @property
    def readable_duration(self) -> str:
        """The time that the block took, for people."""
        minutes, seconds = divmod(self.duration, 60)
        return (
            f"{int(minutes)} minutes {seconds:.2f} seconds" if minutes else f"{seconds:.2f} seconds"
        )
