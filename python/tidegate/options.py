"""The keywords of `Flow`, `.add`, `Client` and `post`: one table says what becomes of each.

A keyword is built, or Jina's and without effect here (a warning says so), or Jina's and not built
yet (refused where it would change results), or nobody's (refused with the nearest name).
"""

from __future__ import annotations

import enum
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from tidegate.errors import NotSupportedError, OptionTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class OptionWarning(UserWarning):
    """A keyword that has no effect here."""


class Fate(enum.Enum):
    """What becomes of a keyword."""

    BUILT = "built"
    INERT = "has no effect here"
    UNBUILT = "is not built yet"


class Place(enum.Flag):
    """Where a keyword may stand."""

    FLOW = enum.auto()
    ADD = enum.auto()
    CLIENT = enum.auto()
    POST = enum.auto()
    BOTH = FLOW | ADD


class Option(NamedTuple):
    """One keyword."""

    name: str
    place: Place
    fate: Fate
    #: What it sets; for one without effect why; for one to come what to do instead.
    doc: str
    #: Values that ask for nothing: taken in silence, whatever the fate.
    idle: tuple[Any, ...] = (None, False)


def _built(place: Place, **docs: str) -> list[Option]:
    return [Option(name, place, Fate.BUILT, doc) for name, doc in docs.items()]


def _inert(place: Place, why: str, names: str) -> list[Option]:
    return [Option(name, place, Fate.INERT, why) for name in names.split()]


def _unbuilt(place: Place, instead: str, names: str, *idle: Any) -> list[Option]:
    quiet = (None, False, *idle)
    return [Option(name, place, Fate.UNBUILT, instead, quiet) for name in names.split()]


_F, _A, _B, _C, _P = Place.FLOW, Place.ADD, Place.BOTH, Place.CLIENT, Place.POST

_WHERE = {_F: "Flow(...)", _A: ".add(...)", _C: "Client(...)", _P: "post(...)"}

TABLE: tuple[Option, ...] = (
    *_built(
        _A,
        uses="the Executor: its class or `module.Class`",
        uses_with="keyword arguments of the Executor's constructor",
    ),
    *_built(
        _B,
        name="the Flow's or the Executor's name, a Python identifier",
        uses_metas="`name`, `description`, `workspace` of the Executor",
        uses_requests="endpoint → method name, over what `@requests` says",
        uses_dynamic_batching="endpoint or method name → `preferred_batch_size`, `timeout` in "
        "milliseconds and the others of `@dynamic_batching`",
        max_concurrency="requests, or batches, that a replica handles at once; unless given, one "
        "in sync methods and 10,000 in async ones",
        max_queue="requests that wait in front of those, 10,000 unless given; more are refused",
        allow_concurrent="runs sync methods in up to min(32, cores + 4) threads",
        replicas="worker processes that share the Executor's requests",
        env="environment variables of the worker processes",
        workspace="the folder under which each Executor has its own",
        timeout_ready="milliseconds until a worker has to be ready, -1 for no limit",
        timeout_send="milliseconds that one request may take in the Executor, -1 for no limit",
        py_modules="Python files that are imported before the Executor is loaded",
        inline="runs the Executor in this process, on a loop in a thread of its own",
        quiet="says nothing on the terminal",
        shards="partitions of the Executor's data, each in workers of its own",
        polling="which shards a request is for: `ANY`, `ALL`, or a dict from endpoints to these",
        uses_before="an Executor before the shards: its class or `module.Class`",
        uses_after="an Executor that is given the answers of all shards",
        when="a filter: the Executor is given only Documents that match",
        no_reduce="Documents of several needs or shards are not merged by id",
        floating="no answer waits for the Executor",
        output_array_type="what the Documents' arrays are sent as: `list` or `numpy`",
    ),
    *_built(
        _A,
        external="the Executor is run by somebody else, at `host` and `port`",
        host="where an external Executor is reached, or a list of places",
        port="the port of an external Executor, or a list of ports",
        tls="the connection to an external Executor is encrypted",
        grpc_metadata="goes with every call of an external Executor",
    ),
    *_built(
        _F,
        inspect="`.inspect` adds what `COLLECT` joins, `HANG` lets be, `REMOVE` takes out",
    ),
    *_built(
        _F,
        host="the address to listen on",
        port="the port to listen on, a free one unless given",
        protocol="`GRPC`",
        asyncio="makes `post` an async generator",
        prefetch="requests of one stream that are in progress at once",
        max_message_bytes="how large a request may be",
        return_responses="`post` gives Responses instead of Documents",
    ),
    *_inert(_B, "it only describes", "description title workspace_id log_config quiet_error"),
    *_inert(
        _B, "there are no metrics and traces yet", "monitoring port_monitoring tracing metrics"
    ),
    *_inert(
        _B,
        "there are no metrics and traces yet",
        "traces_exporter_host traces_exporter_port metrics_exporter_host metrics_exporter_port",
    ),
    *_inert(
        _B,
        "no HTTP is served yet",
        "cors uvicorn_kwargs no_debug_endpoints no_crud_endpoints expose_endpoints "
        "expose_graphql_endpoint default_swagger_ui",
    ),
    *_inert(
        _B,
        "Executors run in local processes",
        "entrypoint docker_kwargs volumes gpus disable_auto_volume force_network_mode native "
        "env_from_secret image_pull_secrets k8s_namespace install_requirements force_update "
        "prefer_platform extra_search_paths upload_files pull_latest port_jinad",
    ),
    *_inert(
        _B,
        "the gateway speaks to its workers over a socket pair",
        "compression grpc_server_options grpc_channel_options proxy compress "
        "compress_min_bytes compress_min_ratio expose_public network retries timeout_ctrl "
        "suppress_root_logging reuse_session",
    ),
    *_inert(
        _B,
        "Tidegate lays out its own processes",
        "pod_role shard_id replica_id runtime_cls deployment_role noblock_on_start daemon "
        "runtime_backend quiet_remote_logs graph_description deployments_addresses",
    ),
    *_inert(_B, "a change of a file restarts nothing yet", "reload"),
    *_unbuilt(
        _B,
        "put the Executor in a chain with `.add`",
        "uses_before_address uses_after_address connection_list",
    ),
    *_unbuilt(_F, "the Flow serves without encryption", "tls"),
    *_unbuilt(_B, "the Flow serves without encryption", "ssl_certfile ssl_keyfile"),
    *_unbuilt(_B, "a worker ends by `os._exit`", "exit_on_exceptions", []),
    *_unbuilt(_B, "keep the state in one replica", "stateful peer_ports raft_configuration"),
    *_unbuilt(_B, "Executors run on this machine", "provider provider_endpoint", "NONE"),
    *_unbuilt(_F, "the gateway is Tidegate's own", "uses uses_with"),
    *_inert(_A, "a worker listens on no port", "prefetch return_responses"),
    *_unbuilt(_A, "a worker speaks GRPC's messages over a socket pair", "protocol", "GRPC", "grpc"),
    *_unbuilt(_A, "set it for the whole Flow", "max_message_bytes asyncio"),
    *_built(
        _C,
        host="the Flow's address, or a URL such as `grpc://host:port`",
        port="the Flow's port",
        protocol="`GRPC`",
        asyncio="makes `post` an async generator",
        prefetch="requests of one `post` that are under way at once",
        return_responses="`post` gives Responses instead of Documents",
    ),
    *_inert(_C, "no proxy stands between a client and its Flow", "proxy"),
    *_inert(_C, "it only describes", "name description log_config quiet quiet_error"),
    *_inert(_C, "a connection is kept and tuned as it is", "reuse_session grpc_channel_options"),
    *_inert(_C, "nothing is logged to the root", "suppress_root_logging"),
    *_inert(
        _C,
        "there are no metrics and traces yet",
        "tracing metrics traces_exporter_host traces_exporter_port metrics_exporter_host "
        "metrics_exporter_port",
    ),
    *_unbuilt(_C, "the connection is not encrypted", "tls"),
    *_built(
        _P,
        timeout="seconds for the whole call",
        metadata="pairs of names and values that travel beside the requests",
        compression="`gzip`, `deflate` or None",
        on="the endpoint",
        inputs="Documents, or what gives them",
        on_done="called with each response that went well",
        on_error="called with each response that failed",
        on_always="called with each response",
        parameters="for the Executors",
        target_executor="an expression for the names of the Executors to run",
        request_size="Documents in one request",
        show_progress="draws a progress bar on a terminal",
        continue_on_error="logs what failed instead of raising it",
        return_responses="gives Responses instead of Documents",
        max_attempts="how often a request is sent while nobody answers it",
        initial_backoff="seconds before the second attempt",
        max_backoff="the most seconds between two attempts",
        backoff_multiplier="what the pause grows by",
        results_in_order="has callbacks get the answers in input order",
        stream="sends all requests over one stream",
        prefetch="requests under way at once",
        return_type="`DocumentArray`",
    ),
    *_inert(_P, "only HTTP has them", "headers cookies auth ssl"),
    *_unbuilt(_P, "the connection is not encrypted", "credentials"),
)

#: Older spellings, and what they are called now.
RENAMED = {
    "override_with": "uses_with",
    "override_metas": "uses_metas",
    "override_requests": "uses_requests",
    "port_in": "port",
    "port_expose": "port",
    "host_in": "host",
    "https": "tls",
    "disable_reduce": "no_reduce",
}


def options_of(place: Place) -> dict[str, Option]:
    """Gives the table's part for one place."""
    return {option.name: option for option in TABLE if option.place & place}


def resolve(place: Place, given: Mapping[str, Any], *, stacklevel: int = 3) -> dict[str, Any]:
    """Gives the built ones of the keywords; warns of the others, once, or refuses them."""
    table = options_of(place)
    where = _WHERE[place]
    built: dict[str, Any] = {}
    idle: list[Option] = []
    for spelt, value in given.items():
        name = RENAMED.get(spelt, spelt)
        option = table.get(name)
        if option is None:
            raise OptionTypeError(_unknown(spelt, where, table))
        if name != spelt and name in given:
            raise OptionTypeError(f"`{spelt}` is an older name of `{name}`: give one of them")
        if option.fate is Fate.BUILT:
            built[name] = value
        elif _asks_for_nothing(option, value):
            continue
        elif option.fate is Fate.UNBUILT:
            raise NotSupportedError(
                f"`{spelt}={value!r}` of `{where}` {Fate.UNBUILT.value}: {option.doc}"
            )
        else:
            idle.append(option)
    if idle:
        said = "; ".join(f"`{option.name}` has no effect here ({option.doc})" for option in idle)
        warnings.warn(f"{where}: {said}", OptionWarning, stacklevel=stacklevel)
    return built


def _asks_for_nothing(option: Option, value: Any) -> bool:
    return any(
        value is known or (type(value) is type(known) and value == known) for known in option.idle
    )


def _unknown(spelt: str, where: str, known: Iterable[str]) -> str:
    if spelt == "parallel":
        return (
            f"`parallel` of `{where}` is gone: choose `replicas`, or `shards` once there are some"
        )
    import difflib

    near = difflib.get_close_matches(spelt, [*known, *RENAMED], n=1, cutoff=0.6)
    hint = (
        f"did you mean `{near[0]}`?" if near else "see `help(tidegate.options)` for those there are"
    )
    return f"`{where}` has no keyword `{spelt}`; {hint}"
