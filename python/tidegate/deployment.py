"""Deployment: one Executor and how to run it, served by itself or as a part of a Flow."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Self

from tidegate import _yaml
from tidegate._spec import DeploymentSpec, find_subclass
from tidegate.client import Client, PostMixin
from tidegate.errors import FlowBuildLevelError, to_come
from tidegate.options import Place, options_of, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from tidegate.flow import Flow

#: What a Deployment tells the gateway in front of it.
_SERVING = frozenset(
    {"port", "host", "protocol", "prefetch", "asyncio", "return_responses", "max_message_bytes"}
)


class Deployment(PostMixin):
    """One Executor and how to run it: `with Deployment(uses=...) as d: d.post(...)`.

    >>> with Deployment(uses=Upper, replicas=2) as d:
    ...     d.post('/', Document(text='hello'))[0].text
    'HELLO'

    Args:
        obj: Of no use here.
        include_gateway: A gateway is always in front: it costs no process of its own.
        **kwargs: Those of `Flow.add`, and `port`, `host`, `protocol`, `prefetch`, `asyncio`,
            `return_responses` and `max_message_bytes`, which are the gateway's unless the Executor
            is `external`. See `tidegate.options`.

    Raises:
        ConfigError: Settings that cannot work.
    """

    _spec: DeploymentSpec
    _serving: dict[str, Any]
    _flow: Flow | None

    def __init__(self, *, include_gateway: bool = True, **kwargs: Any) -> None:
        _ = include_gateway
        external = bool(kwargs.get("external"))
        apart = {"prefetch", "asyncio", "return_responses"} if external else _SERVING
        own = {name: value for name, value in kwargs.items() if name not in apart}
        serving = {name: value for name, value in kwargs.items() if name in apart}
        self._serving = resolve(Place.FLOW, serving, stacklevel=4)
        built = {k: v for k, v in resolve(Place.ADD, own).items() if v is not None}
        built = _yaml.expand(built)
        built.pop("extra_search_paths", None)
        if isinstance(built.get("uses"), str) and not built.get("py_modules"):
            built["uses"] = find_subclass(built["uses"])
        self._spec = DeploymentSpec(**{"name": "executor0", **built}, written=kwargs)
        self._flow = None

    @classmethod
    def _of(cls, spec: DeploymentSpec) -> Self:
        self = cls.__new__(cls)
        self._spec, self._serving, self._flow = spec, {}, None
        return self

    def _given(self) -> dict[str, Any]:
        """What was said of the Executor, as keywords of `Flow.add`."""
        keywords = options_of(Place.ADD)
        given = {}
        for field in dataclasses.fields(self._spec):
            value = getattr(self._spec, field.name)
            if field.name in keywords and value != field.default:
                given[field.name] = value
        return given

    def start(self) -> Self:
        """Starts the Executor and serves once it is ready.

        Raises:
            RuntimeFailToStart: It did not start.
        """
        if self._flow is not None:
            raise FlowBuildLevelError(
                "the Deployment is started already: close it before it starts again"
            )
        self._flow = self._as_flow().start()
        return self

    def _as_flow(self) -> Flow:
        from tidegate.flow import Flow

        flow = Flow(name=self.name, quiet=self._spec.quiet, **self._serving)
        return flow.add(self)

    def close(self, grace: float | None = None) -> None:
        """Lets what is under way finish within `grace` seconds (30), then stops everything."""
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close(grace)

    def block(self, stop_event: Any = None) -> None:
        """Waits until Ctrl-C, or until `stop_event`, an Event of threads or processes, is set."""
        self._started().block(stop_event)

    def __enter__(self) -> Self:
        """Starts it."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.__exit__(kind, error, trace)

    async def __aenter__(self) -> Self:
        """Starts it, the event loop going on meanwhile."""
        if self._flow is not None:
            raise FlowBuildLevelError(
                "the Deployment is started already: close it before it starts again"
            )
        self._flow = await self._as_flow().__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it, the event loop going on meanwhile."""
        flow, self._flow = self._flow, None
        if flow is not None:
            await flow.__aexit__(kind, error, trace)

    def _started(self) -> Flow:
        if self._flow is None:
            raise FlowBuildLevelError("the Deployment is not started: use `with`, or `start`")
        return self._flow

    @property
    def client(self) -> Client:
        """The client that `post` and its like go through."""
        return self._started().client

    @property
    def port(self) -> int | None:
        """The port it listens on; before it starts the one it is to listen on, if that is said."""
        return self._flow.port if self._flow else self._serving.get("port")

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._flow.host if self._flow else self._as_flow().host

    @property
    def protocol(self) -> str:
        """What it speaks."""
        return "GRPC"

    @property
    def name(self) -> str:
        """The Executor's name."""
        return self._spec.name

    @property
    def num_pods(self) -> int:
        """How many Pods it has: replicas, shards, heads."""
        return self._spec.num_pods

    def is_flow_ready(self, **kwargs: Any) -> Any:
        """Tells whether the Executor answers; with `asyncio=True` to be awaited."""
        return (self._flow or self._as_flow()).is_flow_ready(**kwargs)

    @classmethod
    def load_config(
        cls,
        source: Any,
        *,
        substitute: bool = True,
        context: Mapping[str, Any] | None = None,
        uses_with: Mapping[str, Any] | None = None,
        extra_search_paths: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Makes the Deployment that YAML describes.

        Args:
            source: A path, a YAML or JSON text, an open file, or a dict.
            substitute: Otherwise `${{ }}` stays as it is.
            context: What `${{ CONTEXT.X }}` and `${{ X }}` stand for.
            uses_with: Goes before the file's `uses_with`.
            extra_search_paths: More folders in which the files that it names are looked for.
            **kwargs: Options of the Deployment, before those of the file.

        Raises:
            ConfigError: What is wrong in it, with the line and what was probably meant.
        """
        found = _yaml.load(
            "deployment", source, context=context, substitute=substitute, search=extra_search_paths
        )
        given = {**found["with"], **_yaml.without_jinas(kwargs)}
        if uses_with:
            given["uses_with"] = {**(given.get("uses_with") or {}), **uses_with}
        with _yaml.placed(found["at"]), _yaml.described():
            return cls(**given)

    def save_config(self, filename: str | None = None) -> None:
        """Writes the Deployment as YAML: what was set, and no more.

        Args:
            filename: The file; `<name>.yml` unless given.

        Raises:
            ConfigError: Something was set that YAML cannot say, such as an object.
        """
        text = _yaml.written("Deployment", self._spec.written, ())
        with open(filename or f"{self.name}.yml", "w", encoding="utf-8") as file:
            file.write(text)

    to_kubernetes_yaml = to_come("Deployment.to_kubernetes_yaml")
    to_docker_compose_yaml = to_come("Deployment.to_docker_compose_yaml")

    def _repr_svg_(self) -> str | None:
        """The picture that a notebook shows."""
        return self._as_flow()._repr_svg_()

    def __getattr__(self, name: str) -> Any:
        """Gives a setting, such as `replicas`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._spec, name)

    def __eq__(self, other: object) -> bool:
        """Tells whether both describe the same Executor, run the same way."""
        if not isinstance(other, Deployment):
            return NotImplemented
        return self._spec == other._spec and self._serving == other._serving

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        """The Executor's name, and where it listens."""
        where = f"serving on {self.host}:{self.port}" if self._flow else "not started"
        return f"<Deployment {self.name}, {where}>"
