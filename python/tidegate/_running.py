"""A Flow that runs: its gateway, its workers, its client, and what it says on the terminal."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from tidegate import _alias, _signals
from tidegate._terminal import Terminal
from tidegate.client import Client
from tidegate.errors import RuntimeFailToStart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tidegate._spec import DeploymentSpec
    from tidegate.executor import Executor

#: 256 MiB.
MAX_MESSAGE_BYTES = 256 * 1024 * 1024
#: Requests of one stream that are in progress at once.
PREFETCH = 1000


class Running:
    """One start of a Flow, up to its close."""

    def __init__(self, options: Mapping[str, Any], specs: Sequence[DeploymentSpec]) -> None:
        """Takes SIGTERM, where that is free, and lays out what is to run."""
        self._took_signal = _signals.take()
        self._specs = specs
        self._quiet = bool(options.get("quiet"))
        self._terminal = Terminal(str(options.get("name") or "Flow"), quiet=self._quiet)
        self._inline: list[Any] = []
        #: Set when it closes, for those who wait in `block`.
        self.closed = threading.Event()
        self.host = listen_host(options.get("host"))
        self._options = options
        prefetch = options.get("prefetch")
        from tidegate._tidegate import FlowRuntime

        self.runtime = FlowRuntime(
            host=self.host,
            port=options.get("port") or None,
            max_message_bytes=options.get("max_message_bytes") or MAX_MESSAGE_BYTES,
            prefetch=PREFETCH if prefetch is None else prefetch,
            name=str(options.get("name") or "Flow"),
        )
        self.client = Client()

    def start(self) -> None:
        """Starts everything; after a failure nothing is left."""
        try:
            self.runtime.set_event_handler(self._terminal.event)
            self._terminal.waiting([spec.name for spec in self._specs if not spec.passes])
            for spec in self._specs:
                self._add(spec)
            self.runtime.set_topology([spec.node() for spec in self._specs])
            self.runtime.start(self._terminal.waiting)
        except RuntimeFailToStart as error:
            self._close_inline(0.0)
            self._terminal.failed(error)
            raise
        except BaseException:
            self._close_inline(0.0)
            raise
        finally:
            self._terminal.clear()
        options = self._options
        self.client = Client(
            host=self.host,
            port=self.runtime.port,
            asyncio=bool(options.get("asyncio")),
            prefetch=options.get("prefetch"),
            return_responses=bool(options.get("return_responses")),
        )
        self._terminal.ready(self.host, self.runtime.port)

    def _add(self, spec: DeploymentSpec) -> None:
        if spec.passes:
            return
        if spec.external:
            from tidegate import _external

            self.runtime.add_external(
                spec.name,
                _external.addresses(spec),
                metadata=[(str(k), str(v)) for k, v in (spec.grpc_metadata or {}).items()],
                timeout_send=spec.send_limit,
            )
        elif spec.inline:
            self._add_inline(spec)
        elif spec.shards > 1:
            from tidegate import _sharding

            _sharding.add(self.runtime, spec, quiet=self._quiet)
        else:
            self.runtime.add_worker(spec.name, **spec.worker(quiet=self._quiet))

    def _add_inline(self, spec: DeploymentSpec) -> None:
        from tidegate import _loading
        from tidegate._inline import InlineExecutor

        settings = spec.settings(quiet=self._quiet)
        settings |= {"pod": f"{spec.name}/rep-0", "replica": 0}

        def make() -> Executor:
            modules = _loading.import_modules(settings)
            cls = spec.executor_class or _loading.find_class(spec.reference or "", modules)
            return _loading.construct(cls, settings, spec.content())

        try:
            inline = InlineExecutor(make, settings)
        except Exception as error:
            said = f"`{settings['pod']}` did not start: {error!r}"
            raise RuntimeFailToStart(f"{said}\n\n{_formatted(error)}") from None
        self._inline.append(inline)
        self.runtime.add_inline(spec.name, inline.inbox, timeout_send=spec.send_limit)

    def close(self, grace: float) -> None:
        """Lets what is under way finish within `grace` seconds, then stops everything."""
        self.closed.set()
        try:
            self.client.close()
            self.runtime.close(grace)
        finally:
            self._close_inline(grace)

    def _close_inline(self, grace: float) -> None:
        while self._inline:
            self._inline.pop().close(grace)

    def give_back(self) -> None:
        """Gives SIGTERM back, if it was taken; to be called on the thread that started."""
        if self._took_signal:
            self._took_signal = False
            _signals.give_back()


def _formatted(error: BaseException) -> str:
    """The traceback as its author sees it, our own frames left out."""
    import traceback

    from tidegate._serving import trim

    trim(error)
    return "".join(traceback.format_exception(error)).rstrip()


def listen_host(asked: object) -> str:
    """Gives the address to listen on: what was asked for, else the environment's, else loopback."""
    if asked is not None:
        return str(asked)
    told = os.environ.get("TIDEGATE_HOST")
    if not told and _alias.is_active():
        told = os.environ.get("JINA_DEFAULT_HOST")
    return told or "127.0.0.1"
