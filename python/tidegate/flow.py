"""Flow: Executors behind a gateway, in a chain or in any other graph without circles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from tidegate._drawing import PlotMixin
from tidegate._graph import GATEWAY, GraphMixin, laid_out
from tidegate._running import Running, listen_host
from tidegate._spec import check_name
from tidegate.client import Client, PostMixin
from tidegate.errors import (
    ConfigError,
    FlowBuildLevelError,
    FlowMissingDeploymentError,
    NotSupportedError,
    to_come,
)
from tidegate.options import Fate, Place, options_of, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import TracebackType

    from tidegate._spec import DeploymentSpec
    from tidegate.deployment import Deployment

#: Seconds that requests under way are given when a Flow is left, and when an error or Ctrl-C does.
GRACE = 30.0
HASTY_GRACE = 3.0


class Flow(GraphMixin, PlotMixin, PostMixin):
    """Executors behind a gateway, each in processes of its own: a chain unless `needs` says more.

    >>> with Flow().add(uses=Upper, replicas=2).add(uses='my_package.Reversed') as f:
    ...     f.post('/', Document(text='hello'))[0].text
    'OLLEH'

    Args:
        name: The Flow's name.
        host: The address to listen on: loopback, unless `TIDEGATE_HOST` says otherwise.
        port: The port to listen on: a free one, unless given.
        asyncio: Makes `post` an async generator.
        **kwargs: See `tidegate.options`. What `.add` takes too is the default of all Executors.
    """

    #: The options of the Flow itself; the others are defaults of its Executors.
    _options: dict[str, Any]
    _defaults: dict[str, Any]
    #: The keywords as they were given.
    _written: dict[str, Any]
    _running: Running | None
    #: Whether `block` was ended by Ctrl-C: what follows is to be over soon.
    _interrupted: bool

    def __init__(self, *, asyncio: bool = False, **kwargs: Any) -> None:
        built = _singled(resolve(Place.FLOW, kwargs))
        self._written = {**kwargs, **({"asyncio": True} if asyncio else {})}
        shared = {o.name for o in options_of(Place.ADD).values() if o.fate is Fate.BUILT}
        shared -= {"name", "quiet", "host", "port", "tls"}
        self._defaults = {name: value for name, value in built.items() if name in shared}
        self._options = {name: value for name, value in built.items() if name not in shared}
        self._options["asyncio"] = asyncio
        self._specs = ()
        self._last = GATEWAY
        self._inspected = {}
        self._running = None
        self._interrupted = False
        self._check_options()

    def _check_options(self) -> None:
        if self._options.get("name") is not None:
            check_name(self._options["name"], "a Flow")
        protocol = self._options.get("protocol")
        if protocol is not None and str(getattr(protocol, "name", protocol)).upper() != "GRPC":
            raise NotSupportedError(f"`protocol={protocol!r}` is not built yet: GRPC is")
        _check_number("port", self._options.get("port"), 0, 65535)
        _check_number("prefetch", self._options.get("prefetch"), 0, None)
        _check_number("max_message_bytes", self._options.get("max_message_bytes"), 1, None)

    def _copy(self) -> Self:
        flow = type(self).__new__(type(self))
        flow.__dict__.update(self.__dict__)
        flow._options, flow._defaults = dict(self._options), dict(self._defaults)
        flow._running = None
        flow._interrupted = False
        return flow

    def start(self) -> Self:
        """Starts the Executors and serves once all are ready.

        Raises:
            RuntimeFailToStart: An Executor or the gateway did not start; all others are stopped.
        """
        self._check_startable()
        self._interrupted = False
        running = Running(self._options, self._laid_out())
        try:
            running.start()
        except BaseException:
            running.give_back()
            raise
        self._running = running
        return self

    def _laid_out(self) -> tuple[DeploymentSpec, ...]:
        return laid_out(self._specs, str(self._options.get("inspect") or "COLLECT"), self._last)

    def _check_startable(self) -> None:
        if self._running is not None:
            raise FlowBuildLevelError(
                "the Flow is started already: close it before it starts again"
            )

    def close(self, grace: float | None = None) -> None:
        """Lets what is under way finish within `grace` seconds, then stops everything.

        Args:
            grace: 30 seconds where it is not said, 3 after a `block` that Ctrl-C has ended.
        """
        if grace is None:
            grace = self._grace(None)
        running, self._running = self._running, None
        if running is not None:
            try:
                running.close(grace)
            finally:
                running.give_back()

    def block(self, stop_event: Any = None) -> None:
        """Waits until Ctrl-C, or until `stop_event`, an Event of threads or processes, is set.

        Without `stop_event` it also ends when another thread closes the Flow.
        """
        if self._running is None:
            raise FlowBuildLevelError("the Flow is not started: use `with`, or `start`")
        try:
            (stop_event or self._running.closed).wait()
        except KeyboardInterrupt:
            self._interrupted = True

    def _grace(self, error: BaseException | None) -> float:
        return HASTY_GRACE if error is not None or self._interrupted else GRACE

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
        self.close(self._grace(error))

    async def __aenter__(self) -> Self:
        """Starts it, the event loop going on meanwhile."""
        import asyncio

        self._check_startable()
        running = Running(self._options, self._laid_out())
        starting = asyncio.ensure_future(asyncio.to_thread(running.start))
        try:
            await asyncio.shield(starting)
        except BaseException:
            if not starting.done():
                await asyncio.to_thread(running.close, 0.0)
            starting.add_done_callback(lambda task: task.cancelled() or task.exception())
            running.give_back()
            raise
        self._running = running
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it, the event loop going on meanwhile."""
        import asyncio

        running, self._running = self._running, None
        if running is not None:
            try:
                await asyncio.to_thread(running.close, self._grace(error))
            finally:
                running.give_back()

    @property
    def client(self) -> Client:
        """The client that `post` and its like go through."""
        if self._running is None:
            raise FlowBuildLevelError("the Flow is not started: use `with`, or `start`")
        return self._running.client

    @property
    def port(self) -> int | None:
        """The port it listens on; before it starts the one it is to listen on, if that is said."""
        return self._running.runtime.port if self._running else self._options.get("port") or None

    @property
    def host(self) -> str:
        """The address it listens on."""
        return self._running.host if self._running else listen_host(self._options.get("host"))

    @property
    def protocol(self) -> str:
        """What it speaks."""
        return "GRPC"

    @property
    def name(self) -> str:
        """The Flow's name."""
        return str(self._options.get("name") or "Flow")

    @property
    def address_private(self) -> str | None:
        """The address under which other machines reach it, if they do."""
        from tidegate._terminal import private_address

        return private_address(self.host)

    @property
    def num_deployments(self) -> int:
        """How many Executors and joints it has, and its gateway."""
        return len(self._laid_out()) + 1

    @property
    def num_pods(self) -> int:
        """How many Pods its Executors have, and its gateway: replicas, shards, heads, joints."""
        return sum(spec.num_pods for spec in self._laid_out()) + 1

    def __getitem__(self, name: str) -> Deployment:
        """Gives the Executor of that name, as a Deployment."""
        from tidegate.deployment import Deployment

        if not isinstance(name, str):
            raise TypeError(f"a Flow's Executors go by name, not by {name!r}")
        for spec in self._specs:
            if spec.name == name:
                return Deployment._of(spec)
        raise FlowMissingDeploymentError(
            f"the Flow has no Executor `{name}`; it has {self._names()}"
        )

    def __iter__(self) -> Iterator[tuple[str, Deployment]]:
        """Goes through its Executors: names and Deployments, as a dict's items."""
        from tidegate.deployment import Deployment

        return iter([(spec.name, Deployment._of(spec)) for spec in self._specs])

    def __eq__(self, other: object) -> bool:
        """Tells whether both describe the same Flow, started or not."""
        if not isinstance(other, Flow):
            return NotImplemented
        return self._options == other._options and self._specs == other._specs

    __hash__ = object.__hash__

    def is_flow_ready(self, **kwargs: Any) -> Any:
        """Tells whether every Executor answers; with `asyncio=True` to be awaited."""
        ready = self._running is not None and self._running.runtime.is_ready()
        if self._options["asyncio"]:
            return self.client.is_flow_ready(**kwargs) if ready else _resolved(False)
        return bool(ready and self.client.is_flow_ready(**kwargs))

    def dry_run(self, **kwargs: Any) -> Any:
        """Tells whether every Executor answers: the older name of `is_flow_ready`."""
        return self.is_flow_ready(**kwargs)

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
    ) -> Any:
        """Makes the Flow that YAML describes.

        Args:
            source: A path, a YAML or JSON text, an open file, or a dict.
            substitute: Otherwise `${{ }}` stays as it is.
            context: What `${{ CONTEXT.X }}` and `${{ X }}` stand for.
            uses_with: Goes before what the file says under `with`.
            extra_search_paths: More folders in which the files that it names are looked for.
            **kwargs: Options of the Flow, before those of the file.

        Raises:
            ConfigError: What is wrong in it, with the line and what was probably meant.
        """
        from tidegate import _yaml

        found = _yaml.load(
            "flow", source, context=context, substitute=substitute, search=extra_search_paths
        )
        given = {**found["with"], **(uses_with or {}), **_yaml.without_jinas(kwargs)}
        return _yaml.make_flow(AsyncFlow if found["jtype"] == "AsyncFlow" else cls, found, given)

    def save_config(self, filename: str | None = None) -> None:
        """Writes the Flow as YAML: what was set, and no more.

        Args:
            filename: The file; `<name>.yml` unless given.

        Raises:
            ConfigError: Something was set that YAML cannot say, such as an object.
        """
        from tidegate import _yaml

        each = [spec.written for spec in self._specs if spec.written]
        text = _yaml.written("Flow", self._written, each)
        with open(filename or f"{self.name}.yml", "w", encoding="utf-8") as file:
            file.write(text)

    def config_gateway(self, *, copy_flow: bool = True, **kwargs: Any) -> Self:
        """Gives a copy of the Flow whose gateway is set up like this.

        Args:
            copy_flow: Otherwise the Flow itself is changed.
            **kwargs: `host`, `port`, `protocol`, `prefetch` and the others of `tidegate.options`.
        """
        flow = self._copy() if copy_flow else self
        flow._check_startable()
        built = _singled(resolve(Place.GATEWAY, kwargs))
        built.pop("name", None)
        flow._options |= built
        flow._written = {**flow._written, **built}
        flow._check_options()
        return flow

    expose_endpoint = to_come("Flow.expose_endpoint", "no HTTP is served yet")
    to_kubernetes_yaml = to_come("Flow.to_kubernetes_yaml")
    to_k8s_yaml = to_come("Flow.to_k8s_yaml")
    to_docker_compose_yaml = to_come("Flow.to_docker_compose_yaml")

    def __repr__(self) -> str:
        """Its Executors, and where it listens."""
        state = f"serving on {self.host}:{self.port}" if self._running else "not started"
        return f"<Flow {' -> '.join(spec.name for spec in self._specs) or '(empty)'}, {state}>"


class AsyncFlow(Flow):
    """A Flow whose `post` is an async generator: `Flow(asyncio=True)`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "asyncio": True})


def _singled(built: dict[str, Any]) -> dict[str, Any]:
    return built | {name: _only(built[name]) for name in ("port", "protocol") if name in built}


def _only(value: Any) -> Any:
    """What a list of one holds: Jina's gateways take lists of protocols and ports."""
    return value[0] if isinstance(value, (list, tuple)) and len(value) == 1 else value


async def _resolved(value: bool) -> bool:
    return value


def _check_number(name: str, value: Any, low: int, high: int | None) -> None:
    if value is None:
        return
    fits = isinstance(value, int) and not isinstance(value, bool)
    if not fits or value < low or (high is not None and value > high):
        span = f"{low} or more" if high is None else f"between {low} and {high}"
        raise ConfigError(f"`{name}` is a whole number, {span}, not {value!r}")
