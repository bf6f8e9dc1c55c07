"""Executor: the class that users write, its context and its life."""

from __future__ import annotations

import contextvars
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from tidegate import batching, endpoints
from tidegate.endpoints import Handler, requests
from tidegate.errors import ConfigError, to_come

if TYPE_CHECKING:
    from tidegate._tidegate import Endpoint
    from tidegate.batching import Batching
    from tidegate.logger import Logger

#: What the Executor that is being constructed is to know before its `__init__` runs.
_arriving: contextvars.ContextVar[tuple[type, dict[str, Any]] | None] = contextvars.ContextVar(
    "tidegate_arriving", default=None
)


class Executor:
    """User code behind named endpoints: methods that are marked by `@requests`.

    A method, plain or `async`, takes any of `docs, parameters, docs_matrix, docs_map,
    tracing_context`. It returns None (the Documents travel on as it left them), a DocumentArray
    (which replaces them) or a dict (which the caller finds in `resp.parameters['__results__']`).

    >>> class Upper(Executor):
    ...     @requests
    ...     async def upper(self, docs, **kwargs):
    ...         for doc in docs:
    ...             doc.text = doc.text.upper()
    """

    #: Endpoint → method name, of the class and its parents.
    _endpoint_names: ClassVar[dict[str, str]] = {}
    #: What the Flow, or the caller of the constructor, handed over.
    _given: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Collects the endpoints and checks their signatures."""
        super().__init_subclass__(**kwargs)
        cls._endpoint_names = endpoints.check(cls)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Makes the context known before any `__init__` runs, be it one that never calls ours."""
        self = super().__new__(cls)
        arriving = _arriving.get()
        given: dict[str, Any] = {}
        if arriving is not None and arriving[0] is cls:
            given = arriving[1]
            _arriving.set(None)
        self.__dict__["_given"] = given
        return self

    def __init__(
        self,
        metas: Mapping[str, Any] | None = None,
        requests: Mapping[str, str] | None = None,
        runtime_args: Mapping[str, Any] | None = None,
        workspace: str | None = None,
        dynamic_batching: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Takes what the Flow hands over; a subclass passes its `**kwargs` on.

        Args:
            metas: `name`, `description`, `workspace`.
            requests: endpoint → method name, over what the decorators say.
            runtime_args: where it runs: `name`, `replicas`, `shards`, `shard_id`, `workspace`.
            workspace: the folder under which `self.workspace` is made.
            dynamic_batching: endpoint or method name → `{'preferred_batch_size': 32, ...}`, over
                what `@dynamic_batching` says.
            kwargs: ignored.
        """
        given: dict[str, Any] = {"metas": metas, "requests": requests, "runtime_args": runtime_args}
        given |= {"workspace": workspace, "dynamic_batching": dynamic_batching}
        for name, value in given.items():
            if value is not None and value is not self._given.get(name):
                self._given[name] = value
                self.__dict__.pop("_handlers" if name == "requests" else name, None)

    @classmethod
    def _construct(cls, uses_with: Mapping[str, Any], context: Mapping[str, Any]) -> Self:
        """Makes an instance; its `__init__` is given of `context` what it can take."""
        known = {name: value for name, value in context.items() if value is not None}
        parameters = inspect.signature(cls).parameters
        takes_all = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
        handed = {name: value for name, value in known.items() if takes_all or name in parameters}
        token = _arriving.set((cls, known))
        try:
            executor = cls(**{**handed, **uses_with})
        finally:
            _arriving.reset(token)
        executor._given.setdefault("with", dict(uses_with))
        return executor

    @cached_property
    def metas(self) -> SimpleNamespace:
        """Its `name` (the class's unless given), `description`, `py_modules` and `workspace`."""
        known = {"name": type(self).__name__, "description": "", "py_modules": [], "workspace": ""}
        return self._namespace("metas", known)

    @cached_property
    def runtime_args(self) -> SimpleNamespace:
        """Where it runs: `name` of the Pod, `replicas`, `shards`, `shard_id`, `workspace`.

        Empty outside a Flow.
        """
        return self._namespace("runtime_args", {})

    @cached_property
    def requests(self) -> dict[str, Callable[..., Any]]:
        """Endpoint → method, `/default` included."""
        return {endpoint: handler.call for endpoint, handler in self._handlers.items()}

    @property
    def write_endpoints(self) -> list[str]:
        """The endpoints that change a replicated state: none, that is not built yet."""
        return []

    @cached_property
    def logger(self) -> Logger:
        """Writes lines to the terminal, its name in front."""
        from tidegate.logger import Logger

        pod = getattr(self.runtime_args, "name", None)
        alone = getattr(self.runtime_args, "replicas", 1) == 1
        name = pod and (str(pod).partition("/")[0] if alone else str(pod))
        return Logger(name or self.metas.name)

    @property
    def workspace(self) -> str:
        """Its own folder, made when it is read: `<workspace>/<name>[/<shard_id>]`."""
        from tidegate._alias import is_active

        root = (
            getattr(self.runtime_args, "workspace", None)
            or self.metas.workspace
            or self._given.get("workspace")
            or Path.home() / ".cache" / ("jina" if is_active() else "tidegate")
        )
        folder = Path(os.path.expandvars(root)).expanduser() / self.metas.name
        shard = getattr(self.runtime_args, "shard_id", None)
        if shard is not None and shard != -1:
            folder /= str(shard)
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder.absolute())

    @cached_property
    def tracer(self) -> Any:
        """Makes spans; they go nowhere yet."""
        from tidegate.telemetry import Tracer

        return Tracer()

    @cached_property
    def meter(self) -> Any:
        """Makes instruments; what they are told goes nowhere yet."""
        from tidegate.telemetry import Silent

        return Silent()

    @property
    def tracer_provider(self) -> None:
        """There is none yet."""

    @property
    def meter_provider(self) -> None:
        """There is none yet."""

    def monitor(self, name: str | None = None, documentation: str | None = None) -> Any:
        """Gives a context that is to be timed; there are no metrics yet."""
        from tidegate.telemetry import Silent

        return Silent()

    @classmethod
    def load_config(
        cls,
        source: Any,
        *,
        substitute: bool = True,
        context: Mapping[str, Any] | None = None,
        uses_with: Mapping[str, Any] | None = None,
        uses_metas: Mapping[str, Any] | None = None,
        uses_requests: Mapping[str, str] | None = None,
        uses_dynamic_batching: Mapping[str, Any] | None = None,
        extra_search_paths: Sequence[str] | None = None,
        py_modules: str | Sequence[str] | None = None,
        runtime_args: Mapping[str, Any] | None = None,
        allow_py_modules: bool = True,
    ) -> Any:
        """Constructs the Executor that YAML describes, in this process.

        Args:
            source: A path, a YAML or JSON text, an open file, or a dict.
            substitute: Otherwise `${{ }}` stays as it is.
            context: What `${{ CONTEXT.X }}` and `${{ X }}` stand for.
            uses_with: Goes before what the file says under `with`.
            uses_metas: Goes before `metas`.
            uses_requests: Goes before `requests`.
            uses_dynamic_batching: Goes before `dynamic_batching`.
            extra_search_paths: More folders in which the files that it names are looked for.
            py_modules: Python files, beside those that it names.
            runtime_args: Where it runs: `workspace` and the like.
            allow_py_modules: Otherwise the files that it names are not imported.

        Raises:
            ConfigError: What is wrong in it, with the line and what was probably meant.
        """
        from tidegate import _loading, _yaml

        found = _yaml.load(
            "executor", source, context=context, substitute=substitute, search=extra_search_paths
        )
        over = {
            "uses_with": uses_with,
            "uses_metas": uses_metas,
            "uses_requests": uses_requests,
            "uses_dynamic_batching": uses_dynamic_batching,
            "py_modules": py_modules,
        }
        parts = _yaml.parts(found, over)
        if not allow_py_modules:
            parts["py_modules"] = []
        return _loading.construct_described(parts, found["jtype"], runtime_args)

    def save_config(self, filename: str | None = None) -> None:
        """Writes the Executor as YAML: its class and what it was given besides `with`.

        Args:
            filename: The file; `<name>.yml` unless given.
        """
        from tidegate import _yaml

        text = _yaml.written_executor(type(self), self._given)
        with open(filename or f"{self.metas.name}.yml", "w", encoding="utf-8") as file:
            file.write(text)

    from_hub = to_come("Executor.from_hub", "import its class")
    serve = to_come("Executor.serve", "serve it in a Flow")
    to_kubernetes_yaml = to_come("Executor.to_kubernetes_yaml")
    to_docker_compose_yaml = to_come("Executor.to_docker_compose_yaml")

    def close(self) -> Any:
        """Runs when the Executor ends; a subclass lets go of what it holds here. May be `async`."""

    def __enter__(self) -> Self:
        """Gives itself; it is closed on the way out."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        closing = self.close()
        if inspect.isawaitable(closing):
            import asyncio

            async def finish() -> None:
                await closing

            asyncio.run(finish())

    async def __aenter__(self) -> Self:
        """Gives itself; it is closed on the way out."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        closing = self.close()
        if inspect.isawaitable(closing):
            await closing

    def _namespace(self, name: str, known: dict[str, Any]) -> SimpleNamespace:
        given = self._given.get(name) or {}
        if isinstance(given, SimpleNamespace):
            return given
        if not isinstance(given, Mapping):
            raise ConfigError(f"`{name}` of `{type(self).__name__}` is a dict, not {given!r}")
        told = {k: v for k, v in given.items() if v is not None or k not in known}
        return SimpleNamespace(**{**known, **told})

    @cached_property
    def _handlers(self) -> dict[str, Handler]:
        return endpoints.bind(self, self._endpoint_names, self._given.get("requests"))

    def batch_counts(self) -> dict[str, dict[str, int]]:
        """Tells why the batches of each endpoint closed so far, in this replica.

        Endpoint → how many closed by `size`, `time`, `deadline`, `parameters` (too many sets of
        them waited at once), as the `rest` of a request that was split, and by `close`; and
        `documents`, how many they held. Empty outside a Flow.
        """
        source = self.__dict__.get("_batch_source")
        counts: dict[str, dict[str, int]] = source() if source is not None else {}
        return counts

    @property
    def _batching(self) -> dict[str, Batching]:
        """Endpoint → how its requests are batched, of those that are."""
        bound = {**self._endpoint_names, **(self._given.get("requests") or {})}
        return batching.resolve(type(self), bound, self._given.get("dynamic_batching"))

    def _check_handlers(self) -> None:
        """Refuses a `uses_requests` or `uses_dynamic_batching` that names no method."""
        _ = self._handlers
        _ = self._batching

    def _endpoint_table(self) -> list[Endpoint]:
        """The endpoints as the data path calls them."""
        from tidegate._tidegate import Endpoint

        batched = self._batching
        return [
            Endpoint(*handler, batched.get(endpoint))
            for endpoint, handler in self._handlers.items()
        ]


class BaseExecutor(Executor):
    """What `uses` is unless it is given: passes every request on."""

    @requests
    async def pass_on(self, **kwargs: Any) -> None:
        """Leaves the Documents as they are."""
