"""`ImportExtensions`: an import that may fail, with advice if it does."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from types import TracebackType


class ImportExtensions:
    """Guards imports of optional packages.

    >>> with ImportExtensions(required=False, help_text='pip install fancy'):
    ...     import fancy
    """

    def __init__(
        self,
        required: bool,
        logger: Any = None,
        help_text: str | None = None,
        pkg_name: str | None = None,
        verbose: bool = True,
    ) -> None:
        self._required = required
        self._logger = logger
        self._help_text = help_text
        self._package = pkg_name
        self._verbose = verbose

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        if not isinstance(error, ImportError):
            return None
        missing = self._package or error.name or "a package"
        said = self._help_text or f"Python package `{missing}` is not installed: {error}"
        if self._required:
            error.add_note(said)
            return None
        if self._verbose:
            if self._logger is not None:
                self._logger.warning(said)
            else:
                warnings.warn(said, RuntimeWarning, stacklevel=2)
        return True
