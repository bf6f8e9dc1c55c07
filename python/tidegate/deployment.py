"""One Executor of a Flow and how to run it."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate.errors import ConfigError, NotSupportedError, OptionTypeError
from tidegate.executor import BaseExecutor, Executor

#: Jina's: ten minutes.
TIMEOUT_READY = 600_000
_REMOTE = ("docker://", "jinaai", "jinahub", "http://", "https://")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Deployment:
    """What `.add(...)` was told, checked."""

    name: str
    uses: type[Executor] | str | None = None
    uses_with: Mapping[str, Any] | None = None
    uses_metas: Mapping[str, Any] | None = None
    uses_requests: Mapping[str, str] | None = None
    replicas: int = 1
    env: Mapping[str, Any] | None = None
    workspace: str | None = None
    #: Milliseconds, as in Jina; below zero stands for no limit.
    timeout_ready: float | None = TIMEOUT_READY
    timeout_send: float | None = None
    py_modules: str | Sequence[str] | None = None
    inline: bool = False
    quiet: bool = False

    def __post_init__(self) -> None:
        """Refuses what cannot work."""
        check_name(self.name, "an Executor")
        _check_uses(self.uses)
        for option in ("uses_with", "uses_metas", "uses_requests", "env"):
            value = getattr(self, option)
            if value is not None and not isinstance(value, Mapping):
                raise OptionTypeError(f"`{option}` of `{self.name}` is a dict, not {value!r}")
        if not isinstance(self.replicas, int) or self.replicas < 1:
            raise ConfigError(f"`replicas` of `{self.name}` is 1 or more, not {self.replicas!r}")
        if self.inline and self.replicas != 1:
            raise ConfigError(
                f"`{self.name}` has `inline=True` and `replicas={self.replicas}`: "
                "an inline Executor is one"
            )
        if self.inline and self.env:
            raise ConfigError(
                f"`{self.name}` has `inline=True` and `env`: it has this process's environment"
            )
        for option in ("timeout_ready", "timeout_send"):
            value = getattr(self, option)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, (int, float))
            ):
                raise OptionTypeError(
                    f"`{option}` of `{self.name}` is in milliseconds, not {value!r}"
                )

    @property
    def executor_class(self) -> type[Executor] | None:
        """The class, where it is known in this process."""
        return (
            BaseExecutor
            if self.uses is None
            else self.uses
            if isinstance(self.uses, type)
            else None
        )

    @property
    def send_limit(self) -> float | None:
        """Gives the seconds that one request may take, or None for no limit."""
        return _seconds(self.timeout_send)

    @property
    def reference(self) -> str | None:
        """`module.Class`, where the worker is to import it."""
        return self.uses if isinstance(self.uses, str) else None

    def settings(self, *, quiet: bool) -> dict[str, Any]:
        """Gives what a worker is told beside its class."""
        from tidegate import _alias

        modules = [self.py_modules] if isinstance(self.py_modules, str) else self.py_modules or ()
        return {
            "name": self.name,
            "replicas": self.replicas,
            "sys_path": [_absolute(entry) for entry in sys.path if isinstance(entry, str)],
            "cwd": os.getcwd(),
            "alias": _alias.is_active(),
            "uses_ref": self.reference,
            "py_modules": [os.path.abspath(module) for module in modules],
            "workspace": self.workspace,
            "quiet": self.quiet or quiet,
        }

    def content(self) -> dict[str, Any]:
        """Gives what the constructor is told."""
        return {
            "uses_with": dict(self.uses_with or {}),
            "uses_metas": dict(self.uses_metas or {}),
            "uses_requests": dict(self.uses_requests or {}),
        }

    def blob(self) -> bytes:
        """Pickles the class and what its constructor is told."""
        from tidegate import _pickling

        return _pickling.dumps(self.name, self.executor_class, self.content())

    def spec(self, *, quiet: bool) -> dict[str, Any]:
        """Gives the keywords of `FlowRuntime.add_worker`."""
        import json

        settings = self.settings(quiet=quiet)
        try:
            written = json.dumps(settings).encode()
        except (TypeError, ValueError) as error:
            raise OptionTypeError(
                f"the settings of `{self.name}` are not plain: {error}"
            ) from error
        return {
            "replicas": self.replicas,
            "argv": worker_command(),
            "env": [(str(name), str(value)) for name, value in (self.env or {}).items()],
            "settings": written,
            "blob": self.blob(),
            "timeout_ready": _seconds(self.timeout_ready),
            "timeout_send": self.send_limit,
        }


def check_name(name: object, whose: str) -> None:
    """Refuses a name that is no Python identifier."""
    if not isinstance(name, str) or not name.isidentifier():
        raise ConfigError(f"`name={name!r}`: the name of {whose} is a Python identifier")
    if name == "gateway":
        raise ConfigError("`gateway` is the name of the Flow's own gateway: choose another")


def find_subclass(name: str) -> type[Executor] | str:
    """Gives the Executor's class that goes by `name` alone in this process, if there is one."""
    found: dict[str, type[Executor]] = {}
    left = [Executor]
    while left:
        for cls in left.pop().__subclasses__():
            left.append(cls)
            found[cls.__name__] = cls
    return found.get(name, name)


def worker_command() -> list[str]:
    """The command of a worker: this interpreter, its flags, and nothing of the spec."""
    import subprocess

    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    # Without `-P` the working directory comes before the standard library until the spec is read.
    return [
        sys.executable,
        *(flag for flag in flags if flag != "-P"),
        "-P",
        "-m",
        "tidegate._worker",
    ]


def _check_uses(uses: object) -> None:
    if uses is None or (isinstance(uses, type) and issubclass(uses, Executor)):
        return
    if isinstance(uses, Executor):
        raise OptionTypeError(
            f"`uses` takes the class `{type(uses).__name__}`, not an instance: "
            "its arguments go into `uses_with`"
        )
    if isinstance(uses, type):
        raise OptionTypeError(
            f"`uses={uses.__qualname__}`: the class does not inherit from Executor"
        )
    if not isinstance(uses, str):
        raise OptionTypeError(f"`uses` takes an Executor's class or `module.Class`, not {uses!r}")
    if uses.startswith(_REMOTE):
        raise NotSupportedError(f"`uses={uses!r}`: containers and hubs are to come; give a class")
    if (
        uses.endswith((".yml", ".yaml"))
        or "\n" in uses
        or uses.lstrip().startswith(("{", "!", "jtype"))
    ):
        raise NotSupportedError(f"`uses={uses!r}`: YAML is to come; give a class")
    if not all(part.isidentifier() for part in uses.replace(":", ".").split(".")):
        raise ConfigError(f"`uses={uses!r}` is no class's name: write `module.Class`")


def _absolute(entry: str) -> str:
    """An entry of `sys.path` for another directory; what is no path (a hook's mark) stays."""
    return os.path.abspath(entry) if not entry or os.path.exists(entry) else entry


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000
