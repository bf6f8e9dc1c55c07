//! The rows of `Client(...)` and `post(...)`.

use super::{BOOL, C, COUNT, MAP, NATURAL, NUMBER, P, PORT, PROTOCOLS, TEXT};
use super::{built, in_unit, inert, preset, unbuilt};
use crate::spec::options::{Kind, Literal, OptionSpec};

pub(super) fn clients() -> Vec<OptionSpec> {
    let mut rows = vec![
        built(
            C,
            "host",
            TEXT,
            "the Flow's address, or a URL such as `grpc://host:port`",
        ),
        built(C, "port", PORT, "the Flow's port"),
        preset(
            built(C, "protocol", PROTOCOLS, "`GRPC`"),
            Literal::Text("GRPC"),
        ),
        built(C, "asyncio", BOOL, "makes `post` an async generator"),
        built(
            C,
            "prefetch",
            NATURAL,
            "requests of one `post` that are under way at once",
        ),
        built(
            C,
            "return_responses",
            BOOL,
            "`post` gives Responses instead of Documents",
        ),
    ];
    rows.extend(inert(
        C,
        "no proxy stands between a client and its Flow",
        &[("proxy", BOOL)],
    ));
    rows.extend(inert(
        C,
        "it only describes",
        &[
            ("name", TEXT),
            ("description", TEXT),
            ("log_config", Kind::TextOrMap),
            ("quiet", BOOL),
            ("quiet_error", BOOL),
        ],
    ));
    rows.extend(inert(
        C,
        "a connection is kept and tuned as it is",
        &[("reuse_session", BOOL), ("grpc_channel_options", MAP)],
    ));
    rows.extend(inert(
        C,
        "nothing is logged to the root",
        &[("suppress_root_logging", BOOL)],
    ));
    rows.extend(inert(
        C,
        "there are no metrics and traces yet",
        &[
            ("tracing", BOOL),
            ("metrics", BOOL),
            ("traces_exporter_host", TEXT),
            ("traces_exporter_port", PORT),
            ("metrics_exporter_host", TEXT),
            ("metrics_exporter_port", PORT),
        ],
    ));
    rows.push(unbuilt(C, "tls", BOOL, "the connection is not encrypted"));
    rows
}

pub(super) fn posts() -> Vec<OptionSpec> {
    let mut rows = POSTS.to_vec();
    let http = [
        ("headers", MAP),
        ("cookies", MAP),
        ("auth", CODE),
        ("ssl", CODE),
    ];
    rows.extend(inert(P, "only HTTP has them", &http));
    rows.push(unbuilt(
        P,
        "credentials",
        CODE,
        "the connection is not encrypted",
    ));
    rows
}

const CODE: Kind = Kind::Code;

const POSTS: &[OptionSpec] = &[
    in_unit(
        built(P, "timeout", NUMBER, "seconds for the whole call"),
        "s",
    ),
    built(
        P,
        "metadata",
        MAP,
        "pairs of names and values that travel beside the requests",
    ),
    built(P, "compression", TEXT, "`gzip`, `deflate` or None"),
    built(P, "on", TEXT, "the endpoint"),
    built(P, "inputs", CODE, "Documents, or what gives them"),
    built(
        P,
        "on_done",
        CODE,
        "called with each response that went well",
    ),
    built(P, "on_error", CODE, "called with each response that failed"),
    built(P, "on_always", CODE, "called with each response"),
    built(P, "parameters", MAP, "for the Executors"),
    built(
        P,
        "target_executor",
        TEXT,
        "an expression for the names of the Executors to run",
    ),
    preset(
        built(P, "request_size", COUNT, "Documents in one request"),
        Literal::Int(100),
    ),
    built(
        P,
        "show_progress",
        BOOL,
        "draws a progress bar on a terminal",
    ),
    built(
        P,
        "continue_on_error",
        BOOL,
        "logs what failed instead of raising it",
    ),
    built(
        P,
        "return_responses",
        BOOL,
        "gives Responses instead of Documents",
    ),
    preset(
        built(
            P,
            "max_attempts",
            COUNT,
            "how often a request is sent while nobody answers it",
        ),
        Literal::Int(1),
    ),
    in_unit(
        built(
            P,
            "initial_backoff",
            NUMBER,
            "seconds before the second attempt",
        ),
        "s",
    ),
    in_unit(
        built(
            P,
            "max_backoff",
            NUMBER,
            "the most seconds between two attempts",
        ),
        "s",
    ),
    built(P, "backoff_multiplier", NUMBER, "what the pause grows by"),
    built(
        P,
        "results_in_order",
        BOOL,
        "has callbacks get the answers in input order",
    ),
    preset(
        built(P, "stream", BOOL, "sends all requests over one stream"),
        Literal::Bool(true),
    ),
    built(P, "prefetch", NATURAL, "requests under way at once"),
    built(P, "return_type", CODE, "`DocumentArray`"),
];
