"""One Executor of a Flow and how to run it, as it was said and checked."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tidegate import _devices, _external, _sharding
from tidegate.errors import ConfigError, NotSupportedError, OptionTypeError
from tidegate.executor import BaseExecutor, Executor

#: Jina's: ten minutes.
TIMEOUT_READY = 600_000
_REMOTE = ("docker://", "jinaai", "jinahub", "http://", "https://")


#: What a node of a Flow is for.
EXECUTOR, JOINER, INSPECT, INSPECT_PASS, INSPECT_JOINER = (
    "EXECUTOR",
    "JOIN",
    "INSPECT",
    "INSPECT_AUX_PASS",
    "JOIN_INSPECT",
)
_MAPPINGS = (
    "uses_with",
    "uses_metas",
    "uses_requests",
    "uses_dynamic_batching",
    "env",
    "when",
    "grpc_metadata",
)
#: Options that count something, and the least of each.
_COUNTS = {"replicas": 1, "shards": 1, "max_concurrency": 1, "max_queue": 0}
_FLAGS = ("inline", "quiet", "floating", "no_reduce", "external", "tls", "allow_concurrent")


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeploymentSpec:
    """What `.add(...)` was told, checked."""

    name: str
    uses: type[Executor] | str | None = None
    uses_with: Mapping[str, Any] | None = None
    uses_metas: Mapping[str, Any] | None = None
    uses_requests: Mapping[str, str] | None = None
    uses_dynamic_batching: Mapping[str, Mapping[str, Any]] | None = None
    replicas: int = 1
    max_concurrency: int | None = None
    max_queue: int | None = None
    allow_concurrent: bool = False
    shards: int = 1
    polling: Any = "ANY"
    #: A dict is what a description says: `jtype`, `with` and the like.
    uses_before: type[Executor] | str | Mapping[str, Any] | None = None
    uses_after: type[Executor] | str | Mapping[str, Any] | None = None
    #: The names that it needs; none stands for the gateway.
    needs: tuple[str, ...] = ()
    when: Mapping[str, Any] | None = None
    no_reduce: bool = False
    floating: bool = False
    external: bool = False
    host: Any = None
    port: Any = None
    tls: bool = False
    grpc_metadata: Mapping[str, str] | None = None
    env: Mapping[str, Any] | None = None
    workspace: str | None = None
    #: Milliseconds, as in Jina; below zero stands for no limit.
    timeout_ready: float | None = TIMEOUT_READY
    timeout_send: float | None = None
    py_modules: str | Sequence[str] | None = None
    #: `list` or `numpy`; arrays are sent as they are where it is None.
    output_array_type: str | None = None
    inline: bool = False
    quiet: bool = False
    role: str = EXECUTOR
    #: The keywords as they were given, and how: for `save_config`.
    written: Mapping[str, Any] = dataclasses.field(default_factory=dict, compare=False, repr=False)
    #: Whether a file describes it: the modules that it names see `jina`, as they would there.
    described: bool = dataclasses.field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuses what cannot work."""
        check_name(self.name, "an Executor")
        for option in ("uses", "uses_before", "uses_after"):
            _check_uses(option, getattr(self, option))
        for option in _MAPPINGS:
            value = getattr(self, option)
            if value is not None and not isinstance(value, Mapping):
                raise OptionTypeError(f"`{option}` of `{self.name}` is a dict, not {value!r}")
        for option in _FLAGS:
            value = getattr(self, option)
            if not isinstance(value, bool):
                raise OptionTypeError(f"`{option}` of `{self.name}` is a bool, not {value!r}")
        for option, least in _COUNTS.items():
            value = getattr(self, option)
            if value is None and option.startswith("max_"):
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigError(f"`{option}` of `{self.name}` is {least} or more, not {value!r}")
        self._check_inline()
        for option in ("timeout_ready", "timeout_send"):
            value = getattr(self, option)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, (int, float))
            ):
                raise OptionTypeError(
                    f"`{option}` of `{self.name}` is in milliseconds, not {value!r}"
                )
        if self.output_array_type not in (None, "list", "numpy"):
            raise ConfigError(
                f"`output_array_type={self.output_array_type!r}` of `{self.name}`: "
                "`list`, `numpy`, or None for arrays as they are"
            )
        _sharding.polling(self)
        if self.external:
            _external.addresses(self)

    def _check_inline(self) -> None:
        if not self.inline:
            return
        for option in ("replicas", "shards"):
            count = getattr(self, option)
            if count != 1:
                raise ConfigError(
                    f"`{self.name}` has `inline=True` and `{option}={count}`: "
                    "an inline Executor is one"
                )
        if self.env:
            raise ConfigError(
                f"`{self.name}` has `inline=True` and `env`: it has this process's environment"
            )
        if self.external:
            raise ConfigError(f"`{self.name}` has `inline=True` and `external=True`: it is one")

    @property
    def passes(self) -> bool:
        """Whether it only joins: Documents go past, and nothing runs."""
        return self.role in (JOINER, INSPECT_PASS, INSPECT_JOINER) and self.uses is None

    @property
    def inspects(self) -> bool:
        """Whether it is there for `inspect` alone."""
        return self.role in (INSPECT, INSPECT_PASS, INSPECT_JOINER)

    @property
    def num_pods(self) -> int:
        """How many Pods it has: replicas of its shards, their head, and who stands around them."""
        if self.external:
            return len(_external.addresses(self))
        workers = self.replicas * self.shards
        if self.shards == 1:
            return workers
        around = (self.uses_before is not None) + (self.uses_after is not None)
        return workers + 1 + around

    def node(self) -> dict[str, Any]:
        """Gives its place in the graph, as `plan_topology` takes it."""
        return {
            "name": self.name,
            "needs": list(self.needs),
            "floating": self.floating,
            "reduce": not self.no_reduce,
            "when": None if self.when is None else dict(self.when),
        }

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
            "shards": self.shards,
            "sys_path": [_absolute(entry) for entry in sys.path if isinstance(entry, str)],
            "cwd": os.getcwd(),
            "alias": self.described or _alias.is_active(),
            "output_array_type": self.output_array_type,
            "uses_ref": self.reference,
            "py_modules": [
                os.path.abspath(module) if os.path.exists(module) else module for module in modules
            ],
            "workspace": self.workspace,
            "quiet": self.quiet or quiet,
            "max_concurrency": self.max_concurrency,
            "max_queue": self.max_queue,
            "allow_concurrent": self.allow_concurrent,
        }

    def content(self) -> dict[str, Any]:
        """Gives what the constructor is told."""
        return {
            "uses_with": dict(self.uses_with or {}),
            "uses_metas": dict(self.uses_metas or {}),
            "uses_requests": dict(self.uses_requests or {}),
            "uses_dynamic_batching": dict(self.uses_dynamic_batching or {}),
        }

    def blob(self) -> bytes:
        """Pickles the class and what its constructor is told."""
        from tidegate import _pickling

        return _pickling.dumps(self.name, self.executor_class, self.content())

    def worker(self, *, quiet: bool, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Gives the keywords of `FlowRuntime.add_worker`; `more` goes into the settings."""
        import json

        settings = self.settings(quiet=quiet) | dict(more or {})
        try:
            written = json.dumps(settings).encode()
        except (TypeError, ValueError) as error:
            raise OptionTypeError(
                f"the settings of `{self.name}` are not plain: {error}"
            ) from error
        env, devices = _devices.spread(self.env, self.name)
        return {
            "replicas": self.replicas,
            "devices": devices,
            "argv": worker_command(),
            "env": [(str(name), str(value)) for name, value in env.items()],
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
    """Gives the Executor's class of this process that goes by `name`, if there is one.

    The name stands alone or after its module's.
    """
    found: dict[str, type[Executor]] = {}
    left = [Executor]
    while left:
        for cls in left.pop().__subclasses__():
            left.append(cls)
            found[cls.__name__] = cls
            found[f"{cls.__module__}.{cls.__qualname__}"] = cls
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


def _check_uses(option: str, uses: object) -> None:
    if uses is None or (isinstance(uses, type) and issubclass(uses, Executor)):
        return
    if option != "uses" and isinstance(uses, Mapping):
        return
    if isinstance(uses, Executor):
        raise OptionTypeError(
            f"`{option}` takes the class `{type(uses).__name__}`, not an instance: "
            "its arguments go into `uses_with`"
        )
    if isinstance(uses, type):
        raise OptionTypeError(
            f"`{option}={uses.__qualname__}`: the class does not inherit from Executor"
        )
    if not isinstance(uses, str):
        raise OptionTypeError(
            f"`{option}` takes an Executor's class or `module.Class`, not {uses!r}"
        )
    if uses.startswith(_REMOTE):
        raise NotSupportedError(
            f"`{option}={uses!r}`: containers and hubs are to come; give a class"
        )
    if not all(part.isidentifier() for part in uses.replace(":", ".").split(".")):
        raise ConfigError(f"`{option}={uses!r}` is no class's name: write `module.Class`")


def _absolute(entry: str) -> str:
    """An entry of `sys.path` for another directory; what is no path (a hook's mark) stays."""
    return os.path.abspath(entry) if not entry or os.path.exists(entry) else entry


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000
