"""The client of a Flow: `Client`, and the calls that a Flow shares with it."""

from __future__ import annotations

import dataclasses
import time
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from tidegate._exchange import Backoff, Callback, PostSpec
from tidegate._inputs import AsyncSource, PulledSource, open_source
from tidegate._post import run_async, run_blocking
from tidegate._tidegate import ClientChannel, DocumentArray
from tidegate.errors import BadClientInput, NotSupportedError, OptionTypeError, to_come
from tidegate.options import Place, resolve

if TYPE_CHECKING:
    from types import TracebackType

    from tidegate._tidegate import Response

SCHEMES = {
    "grpc": ("GRPC", False),
    "grpcs": ("GRPC", True),
    "http": ("HTTP", False),
    "https": ("HTTP", True),
    "ws": ("WEBSOCKET", False),
    "wss": ("WEBSOCKET", True),
}
COMPRESSIONS = {"none": None, "nocompression": None, "gzip": "gzip", "deflate": "deflate"}
ANY_HOST = ("0.0.0.0", "::", "")
DEFAULT_WINDOW = 1000


class PostMixin:
    """The calls that a Client and a Flow have in common; they go through `self.client`."""

    @property
    def client(self) -> Client:
        """The client that the calls go through."""
        raise NotImplementedError

    def post(
        self,
        on: str,
        inputs: Any = None,
        on_done: Callback | None = None,
        on_error: Callback | None = None,
        on_always: Callback | None = None,
        parameters: Mapping[str, Any] | None = None,
        target_executor: str | None = None,
        request_size: int = 100,
        show_progress: bool = False,
        continue_on_error: bool = False,
        return_responses: bool = False,
        max_attempts: int = 1,
        initial_backoff: float = 0.5,
        max_backoff: float = 2.0,
        backoff_multiplier: float = 1.5,
        results_in_order: bool = False,
        stream: bool = True,
        prefetch: int | None = None,
        return_type: type[DocumentArray] = DocumentArray,
        **kwargs: Any,
    ) -> Any:
        """Sends `inputs` to the endpoint `on` and takes what comes back.

        Args:
            on: The endpoint, such as `/index`.
            inputs: Documents: none, one, an array or a list of them, a generator or an async
                generator, or a function that returns one of these. A dict becomes a Document with
                its fields, anything else a Document with it as its content.
            on_done: Called with each response that went well, as it arrives, on the calling thread.
            on_error: Called with each response that failed; with the exception too if it takes two.
            on_always: Called with each response, after the other two.
            parameters: For the Executors; `{"name__key": value}` goes to the Executor `name` alone.
            target_executor: A regular expression for the whole name of the Executors to run.
            request_size: Documents in one request; 0 for all in one.
            show_progress: Draws a progress bar on a terminal.
            continue_on_error: Logs failed responses and callbacks instead of raising.
            return_responses: Returns Responses instead of Documents.
            max_attempts: How often a request is sent while nobody answers it; for inputs that are
                in memory, not for generators.
            initial_backoff: Seconds before the second attempt.
            max_backoff: The most seconds between two attempts.
            backoff_multiplier: What the pause grows by from attempt to attempt.
            results_in_order: Has callbacks and the async generator get answers in input order.
            stream: Sends all requests over one stream; else each is a call of its own.
            prefetch: Requests under way at a time; the client's own where it is not given.
            return_type: `DocumentArray`.
            **kwargs: `timeout`, seconds for the whole call; `metadata`; `compression`.

        Returns:
            The Documents that came back, in the order of the input, or the Responses; `None` where
            `on_done` or `on_always` takes them. With `asyncio=True` an async generator of the
            Documents or the Response of each answer as it arrives.

        Raises:
            BadServer: A response failed, and there is no `on_error`.
            BadClientInput: The inputs cannot be sent.
            BadClientCallback: A callback raised; that exception is the cause.
            ConnectionError: The Flow cannot be reached, or was lost.
            TimeoutError: `timeout` has passed.
        """
        spec = PostSpec(
            on=on,
            inputs=inputs,
            on_done=on_done,
            on_error=on_error,
            on_always=on_always,
            parameters=with_results(parameters),
            target_executor=target_executor,
            request_size=request_size,
            show_progress=show_progress,
            continue_on_error=continue_on_error,
            return_responses=return_responses,
            results_in_order=results_in_order,
            prefetch=prefetch,
            stream=stream,
            retry=Backoff(max_attempts, initial_backoff, max_backoff, backoff_multiplier),
            **post_options(return_type, kwargs),
        )
        return self.client._run(spec)

    def index(self, *args: Any, **kwargs: Any) -> Any:
        """Calls `post` with the endpoint `/index`."""
        return self.post("/index", *args, **kwargs)

    def search(self, *args: Any, **kwargs: Any) -> Any:
        """Calls `post` with the endpoint `/search`."""
        return self.post("/search", *args, **kwargs)

    def update(self, *args: Any, **kwargs: Any) -> Any:
        """Calls `post` with the endpoint `/update`."""
        return self.post("/update", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Calls `post` with the endpoint `/delete`."""
        return self.post("/delete", *args, **kwargs)

    def profiling(self, show_table: bool = True) -> Any:
        """Sends one request and tells where its milliseconds went; to be awaited with `asyncio`.

        Args:
            show_table: Writes them to standard error, too.
        """
        if self.client.asyncio:
            return self._profiling_async(show_table)
        began = time.perf_counter()
        responses = self.post("/", return_responses=True)
        return self._profile(responses[0], began, show_table)

    async def _profiling_async(self, show_table: bool) -> dict[str, float]:
        began = time.perf_counter()
        responses = [response async for response in self.post("/", return_responses=True)]
        return self._profile(responses[0], began, show_table)

    stream_doc = to_come("stream_doc", "`post` gives each answer as it arrives")
    mutate = to_come("mutate", "no HTTP is served yet")

    @staticmethod
    def _profile(response: Response, began: float, show_table: bool) -> dict[str, float]:
        from tidegate import _profiling

        parts = _profiling.times(response, (time.perf_counter() - began) * 1000)
        if show_table:
            _profiling.show(parts)
        return parts


class Client(PostMixin):
    """A client of a Flow, blocking or, with `asyncio=True`, for an event loop.

    It connects when it is first used, keeps the connection, and may be used from several threads.

    Args:
        host: Where the Flow listens; a URL such as `grpc://example.org:12345` says it all at once.
        port: Its port; 80 where none is given.
        protocol: `GRPC`; HTTP and WebSocket are to come.
        asyncio: Makes `post` an async generator.
        tls: To come.
        **kwargs: `prefetch`, requests under way at a time (1000); the others of Jina's keywords are
            taken with a warning, or refused where results would differ.

    Raises:
        ValueError: The URL contradicts `port`, `protocol` or `tls`.
        NotSupportedError: A protocol or a keyword that is to come.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int | None = None,
        protocol: Any = None,
        asyncio: bool = False,
        tls: bool | None = None,
        **kwargs: Any,
    ) -> None:
        address = Address.of(host, port, protocol, tls)
        built = resolve(Place.CLIENT, kwargs)
        self.host = address.host
        self.port = address.port
        self.protocol = address.protocol
        self.asyncio = asyncio
        self.return_responses = bool(built.get("return_responses"))
        self.prefetch: int | None = built.get("prefetch")
        self._channel: ClientChannel | None = None

    @property
    def client(self) -> Client:
        """The client itself: a Flow has an attribute of this name, too."""
        return self

    def _open(self) -> ClientChannel:
        channel = self._channel
        if channel is None:
            host = "127.0.0.1" if self.host in ANY_HOST else self.host
            channel = self._channel = ClientChannel(host, self.port)
        return channel

    def _run(self, spec: PostSpec) -> Any:
        spec = dataclasses.replace(
            spec,
            prefetch=spec.prefetch or self.prefetch,
            window=spec.prefetch or self.prefetch or DEFAULT_WINDOW,
            return_responses=spec.return_responses or self.return_responses,
        )
        run = run_async if self.asyncio else run_blocking
        return run(self._open(), spec)

    def is_flow_ready(self, **kwargs: Any) -> Any:
        """Says whether the Flow is there and every Executor of it answers."""
        timeout = resolve(Place.POST, kwargs).get("timeout")
        if self.asyncio:
            return self._is_flow_ready_async(timeout)
        return self._open().dry_run(timeout)

    async def _is_flow_ready_async(self, timeout: float | None) -> bool:
        import asyncio

        return await asyncio.to_thread(self._open().dry_run, timeout)

    def dry_run(self, **kwargs: Any) -> Any:
        """Tells whether every Executor answers: the older name of `is_flow_ready`."""
        return self.is_flow_ready(**kwargs)

    @staticmethod
    def check_input(inputs: Any = None, **kwargs: Any) -> None:
        """Takes the first request's Documents from `inputs`, to see whether they can be sent.

        Raises:
            BadClientInput: They cannot; the reason is the cause.
        """
        if inputs is None:
            return
        source = open_source(inputs, int(kwargs.get("request_size", 100)))
        if isinstance(source, AsyncSource):
            raise BadClientInput("an async generator cannot be checked without being used up")
        try:
            batches = source.batches(bool) if isinstance(source, PulledSource) else source.batches()
            batch = next(batches, None)
            if batch is not None:
                ClientChannel.encoded_len(batch)
        except BadClientInput:
            raise
        except Exception as error:
            raise BadClientInput(f"the inputs cannot be sent: {error!r}") from error

    def close(self) -> None:
        """Closes the connection; a later call opens a new one."""
        self._channel = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Client grpc://{self.host}:{self.port}>"


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Where a Flow listens, and what it speaks there."""

    host: str
    port: int
    protocol: str

    @classmethod
    def of(cls, host: str | None, port: int | None, protocol: Any, tls: bool | None) -> Address:
        """Reads `host`, which may be a URL, and checks that nothing contradicts it."""
        wanted = protocol_name(protocol)
        host = host or "0.0.0.0"
        if "://" in host:
            url = urlsplit(host)
            if url.scheme.lower() not in SCHEMES:
                known = ", ".join(SCHEMES)
                raise ValueError(
                    f"unknown scheme {url.scheme!r} in host {host!r}; use one of {known}"
                )
            spoken, encrypted = SCHEMES[url.scheme.lower()]
            for name, value, told in (
                ("port", port, url.port),
                ("protocol", wanted, spoken),
                ("tls", tls, encrypted),
            ):
                if value is not None and told is not None and value != told:
                    raise ValueError(
                        f"host {host!r} contradicts {name}={value!r}; leave one of them out"
                    )
            host, port, wanted, tls = url.hostname or "0.0.0.0", url.port or port, spoken, encrypted
        if (wanted or "GRPC") != "GRPC":
            raise NotSupportedError(f"the protocol {wanted} is to come; use GRPC")
        if tls:
            raise NotSupportedError("connections with TLS are to come; leave `tls` out")
        return cls(host, port or 80, "GRPC")


def protocol_name(protocol: Any) -> str | None:
    """The name of a protocol that is given as text or as an enum's member."""
    if protocol is None:
        return None
    name = str(getattr(protocol, "name", protocol)).upper()
    if name not in ("GRPC", "HTTP", "WEBSOCKET"):
        raise ValueError(f"unknown protocol {protocol!r}; use 'GRPC', 'HTTP' or 'WEBSOCKET'")
    return name


def with_results(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters with the place where Executors' dicts come back, `__results__`."""
    if parameters is not None and not isinstance(parameters, Mapping):
        raise OptionTypeError(f"`parameters` is a dict, not {parameters!r}")
    sent = dict(parameters or {})
    if not isinstance(sent.setdefault("__results__", {}), dict):
        warnings.warn(
            "parameters['__results__'] is where results come back; what was given there is dropped",
            stacklevel=3,
        )
        sent["__results__"] = {}
    return sent


def post_options(return_type: Any, extra: Mapping[str, Any]) -> dict[str, Any]:
    """Checks the keywords that `post` takes beyond its signature."""
    if not (isinstance(return_type, type) and issubclass(return_type, DocumentArray)):
        raise NotSupportedError(f"return_type={return_type!r} is to come; use DocumentArray")
    if not extra:
        return {}
    built = resolve(Place.POST, extra, stacklevel=4)
    options = {"timeout": built.get("timeout"), "metadata": pairs(built.get("metadata"))}
    compression = built.get("compression")
    name = "none" if compression is None else str(getattr(compression, "name", compression)).lower()
    if name not in COMPRESSIONS:
        raise ValueError(f"unknown compression {compression!r}; use 'gzip', 'deflate' or None")
    return options | {"compression": COMPRESSIONS[name]}


def pairs(metadata: Any) -> tuple[tuple[str, str], ...]:
    """Gives metadata, a mapping or pairs, as pairs."""
    items = metadata.items() if isinstance(metadata, Mapping) else metadata or ()
    return tuple((str(name), str(value)) for name, value in items)
