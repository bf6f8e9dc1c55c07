//! The words that the command takes: verbs, and flags made from the table of options.

use clap::{Arg, ArgAction, Command};
use tidegate_core::spec::{Fate, Kind, Literal, OptionSpec, Places, RENAMED, options_of};

/// What Jina tells a gateway about its graph; no options of ours.
pub(super) const GRAPH: &[&str] = &[
    "graph_description",
    "graph_conditions",
    "deployments_addresses",
    "deployments_metadata",
    "deployments_no_reduce",
];

const EXAMPLES: &str = "\
  tidegate new shop && cd shop && tidegate flow flow.yml
  tidegate run app.py           a Jina program, unchanged
  tidegate check flow.yml
  tidegate ping flow localhost:51000";

/// The whole grammar.
pub(super) fn command() -> Command {
    Command::new("tidegate")
        .about("Serves Executors as a Flow; the drop-in successor to Jina")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("version")
                .short('v')
                .visible_short_alias('V')
                .long("version")
                .action(ArgAction::Version)
                .help("Prints the version; `-vf` prints those of all parts"),
        )
        .arg_required_else_help(true)
        .subcommand_required(true)
        .after_help(format!("examples:\n{EXAMPLES}"))
        .subcommands([
            flow(),
            served(
                "deployment",
                "Serves an Executor that YAML or flags describe",
            ),
            served(
                "executor",
                "Serves an Executor by itself; the same as `deployment`",
            ),
            gateway(),
            run(),
            ping(),
            new(),
            check(),
            export(),
            help(),
            completions(),
            Command::new("commands").about("Lists the commands, a line each"),
        ])
}

/// Whether an option is a flag of a verb; some are arguments of another kind.
pub(super) fn is_flag(option: &OptionSpec, verb: &str) -> bool {
    let elsewhere = verb == "flow" && matches!(option.name, "uses");
    let of_graph = GRAPH.contains(&option.name);
    option.kind != Kind::Code && !elsewhere && !of_graph
}

fn flow() -> Command {
    let file = Arg::new("file")
        .value_name("FILE")
        .help("The Flow's description in YAML");
    let uses = Arg::new("uses_file")
        .long("uses")
        .value_name("FILE")
        .help("The same as FILE");
    Command::new("flow")
        .about("Serves the Flow that a YAML file describes, until Ctrl-C or SIGTERM")
        .arg(file)
        .arg(uses.conflicts_with("file"))
        .args(flags(Places::FLOW, "flow"))
}

fn served(verb: &'static str, about: &'static str) -> Command {
    let file = Arg::new("file")
        .value_name("FILE")
        .help("The Deployment's description in YAML");
    Command::new(verb)
        .about(about)
        .arg(file)
        .args(flags(Places::DEPLOYMENT, verb))
}

fn gateway() -> Command {
    let graph = GRAPH.iter().map(|name| {
        Arg::new(*name)
            .long(name.replace('_', "-"))
            .value_name("JSON")
            .help("As Jina's gateway takes it, in JSON")
    });
    Command::new("gateway")
        .about("Serves a gateway in front of Executors that run elsewhere")
        .args(flags(Places::GATEWAY, "gateway"))
        .args(graph)
}

fn run() -> Command {
    Command::new("run")
        .about("Runs a Python program in which `jina` and `docarray` are Tidegate")
        .override_usage(
            "tidegate run PROGRAM.py [ARGUMENT ...]\n       tidegate run -m MODULE [ARGUMENT ...]",
        )
        .arg(
            Arg::new("module")
                .short('m')
                .value_name("MODULE")
                .help("A module instead of a file"),
        )
        .arg(
            Arg::new("program")
                .value_name("PROGRAM")
                .num_args(0..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .help("The program and its own arguments"),
        )
}

fn ping() -> Command {
    let number = |name: &'static str, default: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name.replace('_', "-"))
            .value_name("N")
            .default_value(default)
            .value_parser(clap::value_parser!(u32).range(1..))
            .help(help)
    };
    Command::new("ping")
        .about("Asks a Flow, a gateway or an Executor whether it is ready: exit code 0 or 1")
        .arg(
            Arg::new("target")
                .required(true)
                .value_parser(["flow", "executor", "gateway"])
                .help("What is asked; a Flow is ready when all its Executors are"),
        )
        .arg(
            Arg::new("host")
                .required(true)
                .value_name("HOST")
                .help("`host:port` or `grpc://host:port`"),
        )
        .arg(number(
            "timeout",
            "3000",
            "Milliseconds that an answer may take",
        ))
        .arg(number("attempts", "1", "How often it is asked"))
        .arg(number(
            "min_successful_attempts",
            "1",
            "How many answers are enough",
        ))
        .arg(json())
}

fn new() -> Command {
    Command::new("new")
        .about("Makes a project that runs and tests at once")
        .arg(
            Arg::new("name")
                .required(true)
                .value_name("NAME")
                .help("The folder that is made"),
        )
        .arg(
            Arg::new("type")
                .long("type")
                .value_parser(["flow", "deployment"])
                .default_value("flow")
                .help("What the project serves"),
        )
}

fn check() -> Command {
    Command::new("check")
        .about("Tells all that can be known of a description without starting it")
        .arg(
            Arg::new("file")
                .required(true)
                .value_name("FILE")
                .help("YAML of a Flow, a Deployment or an Executor"),
        )
        .arg(pairs("context", "What `${{ CONTEXT.X }}` stands for"))
        .arg(pairs(
            "env",
            "Environment variables, before those that are set",
        ))
        .arg(json())
}

fn pairs(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("NAME=VALUE")
        .num_args(1..)
        .action(ArgAction::Append)
        .help(help)
}

fn json() -> Arg {
    Arg::new("json")
        .long("json")
        .action(ArgAction::SetTrue)
        .help("Answers in JSON")
}

fn export() -> Command {
    let path = |name: &'static str| {
        Arg::new(name)
            .long(name.replace('_', "-"))
            .value_name("FILE")
            .help("Writes it there")
    };
    let files = |command: Command| {
        command
            .arg(
                Arg::new("input")
                    .required(true)
                    .value_name("IN")
                    .help("The Flow's YAML"),
            )
            .arg(
                Arg::new("output")
                    .required(true)
                    .value_name("OUT")
                    .help("What is written"),
            )
    };
    let flowchart = Command::new("flowchart").about("Draws a Flow's graph").arg(
        Arg::new("vertical_layout")
            .long("vertical-layout")
            .action(ArgAction::SetTrue)
            .help("Draws it from top to bottom"),
    );
    Command::new("export")
        .about("Writes what is made from a description, or the schema of descriptions")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .subcommand(files(flowchart))
        .subcommand(
            Command::new("schema")
                .about("Prints or writes the JSON schema of the YAML files, for editors")
                .args([path("yaml_path"), path("json_path"), path("schema_path")]),
        )
        .subcommand(files(
            Command::new("kubernetes").about("Not built yet").arg(
                Arg::new("k8s_namespace")
                    .long("k8s-namespace")
                    .value_name("NAME")
                    .help("The namespace"),
            ),
        ))
        .subcommand(files(
            Command::new("docker-compose").about("Not built yet").arg(
                Arg::new("network_name")
                    .long("network_name")
                    .value_name("NAME")
                    .help("The network"),
            ),
        ))
}

fn help() -> Command {
    Command::new("help")
        .about("Looks a word up among commands and options")
        .arg(
            Arg::new("query")
                .value_name("QUERY")
                .help("A command, an option or a part of one"),
        )
}

fn completions() -> Command {
    Command::new("completions")
        .about("Prints the completions for a shell")
        .arg(
            Arg::new("shell")
                .required(true)
                .value_name("SHELL")
                .help("bash, elvish, fish, powershell or zsh"),
        )
}

/// The flags of one place. Those without effect are taken, and shown only in the reference.
fn flags(place: Places, verb: &str) -> Vec<Arg> {
    let mut options: Vec<&OptionSpec> = options_of(place)
        .filter(|option| is_flag(option, verb))
        .collect();
    options.sort_by_key(|option| option.name);
    options.into_iter().map(flag).collect()
}

fn flag(option: &OptionSpec) -> Arg {
    let older = RENAMED.iter().filter(|(_, today)| *today == option.name);
    let underscored = option.name.contains('_').then(|| option.name.to_owned());
    let aliases = older
        .map(|(old, _)| old.replace('_', "-"))
        .chain(underscored);
    let arg = Arg::new(option.name)
        .long(option.name.replace('_', "-"))
        .aliases(aliases)
        .action(ArgAction::Append)
        .allow_negative_numbers(true)
        .value_name(value_name(option.kind))
        .help(help_of(option))
        .hide(option.fate != Fate::Built);
    match option.kind {
        Kind::Bool => arg
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        Kind::Map | Kind::Texts | Kind::Ports | Kind::Words(_) | Kind::Plain => arg.num_args(1..),
        _ => arg.num_args(1),
    }
}

fn value_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "BOOL",
        Kind::Int(..) | Kind::Number => "N",
        Kind::Ports => "PORT",
        Kind::Map => "NAME=VALUE",
        Kind::TextOrMap => "TEXT|JSON",
        _ => "TEXT",
    }
}

fn help_of(option: &OptionSpec) -> String {
    let mut help = match option.fate {
        Fate::Built => option.doc.to_owned(),
        Fate::Inert => format!("has no effect here: {}", option.doc),
        Fate::Unbuilt => format!("is not built yet: {}", option.doc),
    };
    if option.default != Literal::Null {
        help.push_str(&format!(" [default: {}]", option.default.shown()));
    }
    if let Kind::Word(words) = option.kind {
        help.push_str(&format!(" [{}]", words.join(", ")));
    }
    help
}
