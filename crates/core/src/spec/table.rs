//! The table of options: each stands here once for every place where it means the same.

mod calls;

use super::options::{Fate, Kind, Literal, OptionSpec, Places};

const F: Places = Places::FLOW;
const A: Places = Places::EXECUTOR;
const D: Places = Places::DEPLOYMENT;
const G: Places = Places::GATEWAY;
const C: Places = Places::CLIENT;
const P: Places = Places::POST;
/// What describes an Executor.
const AD: Places = A.and(D);
/// What a Flow gives its Executors as a default.
const FAD: Places = F.and(AD);
/// What serves.
const FDG: Places = F.and(D).and(G);
const ALL: Places = FAD.and(G);

const BOOL: Kind = Kind::Bool;
const TEXT: Kind = Kind::Text;
const TEXTS: Kind = Kind::Texts;
const MAP: Kind = Kind::Map;
const COUNT: Kind = Kind::Int(1, i64::MAX);
const NATURAL: Kind = Kind::Int(0, i64::MAX);
const PORT: Kind = Kind::Int(0, 65535);
const NUMBER: Kind = Kind::Number;
const PLAIN: Kind = Kind::Plain;
const PROTOCOLS: Kind = Kind::Words(&["GRPC", "HTTP", "WEBSOCKET"]);

/// What asks for nothing unless a row says more.
const QUIET: &[Literal] = &[Literal::Null, Literal::Bool(false)];

const fn built(places: Places, name: &'static str, kind: Kind, doc: &'static str) -> OptionSpec {
    let default = Literal::Null;
    OptionSpec {
        name,
        places,
        fate: Fate::Built,
        kind,
        default,
        unit: "",
        doc,
        idle: QUIET,
    }
}

const fn unbuilt(places: Places, name: &'static str, kind: Kind, doc: &'static str) -> OptionSpec {
    let mut row = built(places, name, kind, doc);
    row.fate = Fate::Unbuilt;
    row
}

const fn idle(mut row: OptionSpec, idle: &'static [Literal]) -> OptionSpec {
    row.idle = idle;
    row
}

const fn preset(mut row: OptionSpec, default: Literal) -> OptionSpec {
    row.default = default;
    row
}

const fn in_unit(mut row: OptionSpec, unit: &'static str) -> OptionSpec {
    row.unit = unit;
    row
}

/// Options that have no effect here for the same reason.
fn inert(places: Places, why: &'static str, names: &[(&'static str, Kind)]) -> Vec<OptionSpec> {
    let row = |(name, kind): &(&'static str, Kind)| {
        let mut row = built(places, name, *kind, why);
        row.fate = Fate::Inert;
        row
    };
    names.iter().map(row).collect()
}

/// Every row.
pub(super) fn rows() -> Vec<OptionSpec> {
    let mut rows = [EXECUTORS, SERVERS, CONCURRENCY, TOPOLOGY, TO_COME].concat();
    rows.extend(without_effect());
    rows.extend(calls::clients());
    rows.extend(calls::posts());
    rows
}

const EXECUTORS: &[OptionSpec] = &[
    built(
        AD,
        "uses",
        Kind::TextOrMap,
        "the Executor: its class, `module.Class`, or a YAML file",
    ),
    built(
        AD,
        "uses_with",
        MAP,
        "keyword arguments of the Executor's constructor",
    ),
    built(
        ALL,
        "name",
        TEXT,
        "the Flow's or the Executor's name, a Python identifier",
    ),
    built(
        FAD,
        "uses_metas",
        MAP,
        "`name`, `description`, `workspace` of the Executor",
    ),
    built(
        FAD,
        "uses_requests",
        MAP,
        "endpoint → method name, over what `@requests` says",
    ),
    preset(
        built(
            FAD,
            "replicas",
            COUNT,
            "worker processes that share the Executor's requests",
        ),
        Literal::Int(1),
    ),
    built(
        FAD,
        "env",
        MAP,
        "environment variables of the worker processes",
    ),
    built(
        FAD,
        "workspace",
        TEXT,
        "the folder under which each Executor has its own",
    ),
    in_unit(
        preset(
            built(
                FAD,
                "timeout_ready",
                NUMBER,
                "milliseconds until a worker has to be ready, -1 for no limit",
            ),
            Literal::Int(600_000),
        ),
        "ms",
    ),
    in_unit(
        built(
            FAD,
            "timeout_send",
            NUMBER,
            "milliseconds that one request may take in the Executor, -1 for no limit",
        ),
        "ms",
    ),
    built(
        FAD,
        "py_modules",
        TEXTS,
        "Python files that are imported before the Executor is loaded",
    ),
    built(
        FAD,
        "inline",
        BOOL,
        "runs the Executor in this process, on a loop in a thread of its own",
    ),
    built(ALL, "quiet", BOOL, "says nothing on the terminal"),
    built(
        FAD,
        "extra_search_paths",
        TEXTS,
        "more folders in which the files that a YAML file names are looked for",
    ),
];

const SERVERS: &[OptionSpec] = &[
    built(FDG, "host", TEXT, "the address to listen on"),
    built(
        FDG,
        "port",
        Kind::Ports,
        "the port to listen on, a free one unless given",
    ),
    preset(
        built(FDG, "protocol", PROTOCOLS, "`GRPC`"),
        Literal::Text("GRPC"),
    ),
    built(F.and(D), "asyncio", BOOL, "makes `post` an async generator"),
    preset(
        built(
            FDG,
            "prefetch",
            NATURAL,
            "requests of one stream that are in progress at once",
        ),
        Literal::Int(1000),
    ),
    in_unit(
        preset(
            built(
                FDG,
                "max_message_bytes",
                COUNT,
                "how large a request may be",
            ),
            Literal::Int(256 << 20),
        ),
        "bytes",
    ),
    built(
        F.and(D),
        "return_responses",
        BOOL,
        "`post` gives Responses instead of Documents",
    ),
    unbuilt(F.and(G), "uses", TEXT, "the gateway is Tidegate's own"),
    unbuilt(F.and(G), "uses_with", MAP, "the gateway is Tidegate's own"),
    idle(
        unbuilt(
            A,
            "protocol",
            PROTOCOLS,
            "a worker speaks GRPC's messages over a socket pair",
        ),
        &[
            Literal::Null,
            Literal::Bool(false),
            Literal::Text("GRPC"),
            Literal::Text("grpc"),
        ],
    ),
    unbuilt(A, "max_message_bytes", COUNT, "set it for the whole Flow"),
    unbuilt(A, "asyncio", BOOL, "set it for the whole Flow"),
];

const PARTS: &str = "partitions of the Executor's data, each in workers of its own";
const POLLING: &str =
    "which shards a request is for: `ANY`, `ALL`, or a dict from endpoints to these";
const BEFORE: &str = "an Executor before the shards: its class or `module.Class`";
const AFTER: &str = "an Executor that is given the answers of all shards";
const WHEN: &str = "a filter: the Executor is given only Documents that match";
const NO_REDUCE: &str = "Documents of several needs or shards are not merged by id";
const EXTERNAL: &str = "the Executor is run by somebody else, at `host` and `port`";
const INSPECT: &str = "`.inspect` adds what `COLLECT` joins, `HANG` lets be, `REMOVE` takes out";
const NEEDS: &str = "the Executors whose Documents it is given: the one before, unless said; `gateway` \
                 stands for the request itself";
const CONCURRENCY: &[OptionSpec] = &[
    built(FAD, "uses_dynamic_batching", MAP, BATCHING),
    built(FAD, "max_concurrency", COUNT, AT_ONCE),
    built(FAD, "max_queue", NATURAL, WAITING),
    built(
        FAD,
        "allow_concurrent",
        BOOL,
        "runs sync methods in up to min(32, cores + 4) threads",
    ),
    built(
        FAD,
        "output_array_type",
        Kind::Word(&["list", "numpy"]),
        "what the Documents' arrays are sent as: `list` or `numpy`",
    ),
];

const BATCHING: &str = "endpoint or method name → `preferred_batch_size`, `timeout` in \
                        milliseconds and the others of `@dynamic_batching`";
const AT_ONCE: &str = "requests, or batches, that a replica handles at once; unless given, one \
                       in sync methods and 10,000 in async ones";
const WAITING: &str = "requests that wait in front of those, 10,000 unless given; more are refused";

const TOPOLOGY: &[OptionSpec] = &[
    preset(built(FAD, "shards", COUNT, PARTS), Literal::Int(1)),
    preset(
        built(FAD, "polling", Kind::TextOrMap, POLLING),
        Literal::Text("ANY"),
    ),
    built(FAD, "uses_before", Kind::TextOrMap, BEFORE),
    built(FAD, "uses_after", Kind::TextOrMap, AFTER),
    built(A, "needs", TEXTS, NEEDS),
    built(FAD, "when", MAP, WHEN),
    built(FAD, "no_reduce", BOOL, NO_REDUCE),
    built(FAD, "floating", BOOL, "no answer waits for the Executor"),
    built(AD, "external", BOOL, EXTERNAL),
    built(
        A,
        "host",
        TEXTS,
        "where an EXTERNAL Executor is reached, or a list of places",
    ),
    built(
        A,
        "port",
        Kind::Ports,
        "the port of an EXTERNAL Executor, or a list of ports",
    ),
    built(
        AD,
        "tls",
        BOOL,
        "the connection to an EXTERNAL Executor is encrypted",
    ),
    built(
        AD,
        "grpc_metadata",
        MAP,
        "goes with every call of an EXTERNAL Executor",
    ),
    preset(
        built(
            F,
            "inspect",
            Kind::Word(&["COLLECT", "HANG", "REMOVE"]),
            INSPECT,
        ),
        Literal::Text("COLLECT"),
    ),
];

const NONE: &[Literal] = &[Literal::Null, Literal::Bool(false), Literal::Text("NONE")];
const BESIDE: &str = "put the Executor in a chain with `.add`";
const ENCRYPTED: &str = "the Flow serves without encryption";
const TO_COME: &[OptionSpec] = &[
    unbuilt(FAD, "uses_before_address", TEXT, BESIDE),
    unbuilt(FAD, "uses_after_address", TEXT, BESIDE),
    unbuilt(FAD, "connection_list", PLAIN, BESIDE),
    unbuilt(F.and(G), "tls", BOOL, ENCRYPTED),
    unbuilt(ALL, "ssl_certfile", TEXT, ENCRYPTED),
    unbuilt(ALL, "ssl_keyfile", TEXT, ENCRYPTED),
    idle(
        unbuilt(
            FAD,
            "exit_on_exceptions",
            TEXTS,
            "a worker ends by `os._exit`",
        ),
        &[Literal::Null, Literal::Bool(false), Literal::Empty],
    ),
    unbuilt(FAD, "stateful", BOOL, "keep the state in one replica"),
    unbuilt(FAD, "peer_ports", PLAIN, "keep the state in one replica"),
    unbuilt(
        FAD,
        "raft_configuration",
        MAP,
        "keep the state in one replica",
    ),
    idle(
        unbuilt(FAD, "provider", TEXT, "Executors run on this machine"),
        NONE,
    ),
    idle(
        unbuilt(
            FAD,
            "provider_endpoint",
            TEXT,
            "Executors run on this machine",
        ),
        NONE,
    ),
];

fn without_effect() -> Vec<OptionSpec> {
    let mut rows = inert(
        ALL,
        "it only describes",
        &[
            ("description", TEXT),
            ("title", TEXT),
            ("workspace_id", TEXT),
            ("log_config", Kind::TextOrMap),
            ("quiet_error", BOOL),
        ],
    );
    rows.extend(inert(
        ALL,
        "there are no metrics and traces yet",
        &[
            ("monitoring", BOOL),
            ("port_monitoring", Kind::Ports),
            ("tracing", BOOL),
            ("metrics", BOOL),
            ("traces_exporter_host", TEXT),
            ("traces_exporter_port", PORT),
            ("metrics_exporter_host", TEXT),
            ("metrics_exporter_port", PORT),
        ],
    ));
    rows.extend(inert(
        ALL,
        "no HTTP is served yet",
        &[
            ("cors", BOOL),
            ("uvicorn_kwargs", MAP),
            ("no_debug_endpoints", BOOL),
            ("no_crud_endpoints", BOOL),
            ("expose_endpoints", PLAIN_OR_MAP),
            ("expose_graphql_endpoint", BOOL),
            ("default_swagger_ui", BOOL),
        ],
    ));
    rows.extend(inert(
        FAD.and(G),
        "Executors run in local processes",
        CONTAINERS,
    ));
    rows.extend(inert(
        ALL,
        "the gateway speaks to its workers over a socket pair",
        WIRES,
    ));
    rows.extend(inert(ALL, "Tidegate lays out its own processes", PROCESSES));
    rows.extend(inert(
        FAD,
        "a change of a file restarts nothing yet",
        &[("reload", BOOL)],
    ));
    rows.extend(inert(
        A,
        "a worker listens on no port",
        &[("prefetch", NATURAL), ("return_responses", BOOL)],
    ));
    rows.extend(inert(
        G,
        "the gateway is Tidegate's own and runs in this process",
        &[
            ("env", MAP),
            ("py_modules", TEXTS),
            ("timeout_send", NUMBER),
            ("replicas", COUNT),
            ("workspace", TEXT),
            ("timeout_ready", NUMBER),
        ],
    ));
    rows.extend(inert(
        D,
        "a Deployment is served as it is",
        &[("include_gateway", BOOL)],
    ));
    rows
}

const PLAIN_OR_MAP: Kind = Kind::TextOrMap;

const CONTAINERS: &[(&str, Kind)] = &[
    ("entrypoint", TEXT),
    ("docker_kwargs", MAP),
    ("volumes", TEXTS),
    ("gpus", TEXT),
    ("disable_auto_volume", BOOL),
    ("force_network_mode", TEXT),
    ("native", BOOL),
    ("env_from_secret", MAP),
    ("image_pull_secrets", TEXTS),
    ("k8s_namespace", TEXT),
    ("install_requirements", BOOL),
    ("force_update", BOOL),
    ("prefer_platform", TEXT),
    ("upload_files", TEXTS),
    ("pull_latest", BOOL),
    ("port_jinad", PORT),
];

const WIRES: &[(&str, Kind)] = &[
    ("compression", TEXT),
    ("grpc_server_options", MAP),
    ("grpc_channel_options", MAP),
    ("proxy", BOOL),
    ("compress", TEXT),
    ("compress_min_bytes", NATURAL),
    ("compress_min_ratio", NUMBER),
    ("expose_public", BOOL),
    ("network", TEXT),
    ("retries", NUMBER),
    ("timeout_ctrl", NUMBER),
    ("suppress_root_logging", BOOL),
    ("reuse_session", BOOL),
];

const PROCESSES: &[(&str, Kind)] = &[
    ("pod_role", PLAIN),
    ("shard_id", PLAIN),
    ("replica_id", PLAIN),
    ("runtime_cls", TEXT),
    ("deployment_role", PLAIN),
    ("noblock_on_start", BOOL),
    ("daemon", BOOL),
    ("runtime_backend", PLAIN),
    ("quiet_remote_logs", BOOL),
    ("graph_description", TEXT),
    ("deployments_addresses", TEXT),
];
