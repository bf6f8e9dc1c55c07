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
    let mut rows = executors();
    rows.extend(servers());
    rows.extend(topology());
    rows.extend(without_effect());
    rows.extend(calls::clients());
    rows.extend(calls::posts());
    rows
}

fn executors() -> Vec<OptionSpec> {
    let millis = |row| in_unit(row, "ms");
    vec![
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
            ALL,
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
        millis(preset(
            built(
                FAD,
                "timeout_ready",
                NUMBER,
                "milliseconds until a worker has to be ready, -1 for no limit",
            ),
            Literal::Int(600_000),
        )),
        millis(built(
            ALL,
            "timeout_send",
            NUMBER,
            "milliseconds that one request may take in the Executor, -1 for no limit",
        )),
        built(
            ALL,
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
    ]
}

fn servers() -> Vec<OptionSpec> {
    vec![
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
            unbuilt(A, "host", TEXTS, "run it in this Flow"),
            &[
                Literal::Null,
                Literal::Bool(false),
                Literal::Text("0.0.0.0"),
                Literal::Text("127.0.0.1"),
                Literal::Text("localhost"),
            ],
        ),
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
    ]
}

fn topology() -> Vec<OptionSpec> {
    let one: &[Literal] = &[Literal::Null, Literal::Bool(false), Literal::Int(1)];
    let any: &[Literal] = &[
        Literal::Null,
        Literal::Bool(false),
        Literal::Text("ANY"),
        Literal::Text("any"),
    ];
    let none: &[Literal] = &[Literal::Null, Literal::Bool(false), Literal::Text("NONE")];
    let beside = "put the Executor in a chain with `.add`";
    let encrypted = "the Flow serves without encryption";
    vec![
        idle(unbuilt(FAD, "shards", COUNT, "use `replicas`"), one),
        idle(
            unbuilt(FAD, "polling", Kind::TextOrMap, "there are no shards yet"),
            any,
        ),
        unbuilt(FAD, "uses_before", Kind::TextOrMap, beside),
        unbuilt(FAD, "uses_after", Kind::TextOrMap, beside),
        unbuilt(FAD, "uses_before_address", TEXT, beside),
        unbuilt(FAD, "uses_after_address", TEXT, beside),
        unbuilt(FAD, "connection_list", PLAIN, beside),
        unbuilt(
            A,
            "needs",
            TEXTS,
            "Executors form a chain, in the order of `.add`",
        ),
        unbuilt(FAD, "when", MAP, "filter the Documents in the Executor"),
        unbuilt(FAD, "no_reduce", BOOL, "Executors form a chain"),
        unbuilt(FAD, "floating", BOOL, "Executors form a chain"),
        unbuilt(FAD, "external", BOOL, "run the Executor in this Flow"),
        unbuilt(ALL, "tls", BOOL, encrypted),
        unbuilt(ALL, "ssl_certfile", TEXT, encrypted),
        unbuilt(ALL, "ssl_keyfile", TEXT, encrypted),
        unbuilt(
            FAD,
            "uses_dynamic_batching",
            MAP,
            "gather the Documents on the client: `request_size`",
        ),
        unbuilt(
            FAD,
            "output_array_type",
            TEXT,
            "convert the tensors in the Executor",
        ),
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
            none,
        ),
        idle(
            unbuilt(
                FAD,
                "provider_endpoint",
                TEXT,
                "Executors run on this machine",
            ),
            none,
        ),
    ]
}

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
        "sync methods of a replica run one at a time",
        &[("allow_concurrent", BOOL)],
    ));
    rows.extend(inert(
        FAD,
        "a change of a file restarts nothing yet",
        &[("reload", BOOL)],
    ));
    rows.extend(inert(
        FAD,
        "there is nothing to inspect with",
        &[("inspect", TEXT)],
    ));
    rows.extend(inert(
        A,
        "a worker listens on no port",
        &[
            ("port", Kind::Ports),
            ("prefetch", NATURAL),
            ("return_responses", BOOL),
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
    ("grpc_metadata", MAP),
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
