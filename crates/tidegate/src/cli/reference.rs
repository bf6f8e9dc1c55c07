//! The reference page of the command line.

use std::fmt::Write as _;

use clap::{Arg, Command};

use super::grammar::command;

const HEAD: &str = "<!-- Made by `cargo run -p xtask -- gen` from crates/tidegate/src/cli. Do not edit. -->

# The command line

`tidegate jina ...` is the same as `tidegate ...`: Jina's commands and flags have their names here. In what a command
starts, `import jina` and `import docarray` give Tidegate.

## Exit codes

| code | it means |
|---|---|
| 0 | it went well; a Flow ended because Ctrl-C or SIGTERM asked it to |
| 1 | it failed: nobody answers, a Flow did not start, a project is there already |
| 2 | the command line is wrong |
| 3 | a description in YAML is wrong |
| 4 | it is not built yet |

`tidegate run` ends with the code of the program that it runs. `--json` has `ping` and `check` answer with one JSON
object on a line of standard output: `ping` with `target`, `host`, `ready` and `attempts` (`ready`, `milliseconds`,
`error`), `check` with `ok`, `summary`, `errors` and `notes`.

Flags that stand for an option of [the table](options.md) take what that takes. A mapping is written `NAME=VALUE`,
`NAME: VALUE` or as JSON, in as many words as one likes; a list in as many words as it has items; true or false by the
flag alone, or with `=true` and `=false`. A flag goes before what a file says. `tidegate -vf` prints the versions of all
parts.
";

/// The page, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    let mut command = command();
    command.build();
    let mut verbs: Vec<&Command> = command.get_subcommands().collect();
    verbs.sort_by_key(|verb| verb.get_name());
    for verb in verbs {
        section(&mut page, verb, "tidegate", 2);
    }
    page
}

fn section(page: &mut String, verb: &Command, above: &str, level: usize) {
    let name = format!("{above} {}", verb.get_name());
    let about = verb
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let _ = write!(page, "\n{} `{name}`\n\n{about}.\n", "#".repeat(level));
    let mut arguments: Vec<&Arg> = verb.get_arguments().filter(|arg| shown(arg)).collect();
    arguments.sort_by_key(|arg| (!arg.is_positional(), arg.get_long()));
    if !arguments.is_empty() {
        page.push_str("\n| argument | what it does |\n|---|---|\n");
    }
    for arg in arguments {
        let values = arg.get_value_names().unwrap_or_default();
        let value: Vec<&str> = values.iter().map(|value| value.as_str()).collect();
        let written = match (arg.get_long(), arg.get_short()) {
            _ if arg.is_positional() => value.join(" "),
            (Some(long), _) if !arg.get_action().takes_values() => format!("--{long}"),
            (Some(long), _) => format!("--{long} {}", value.join(" ")),
            (None, Some(short)) => format!("-{short} {}", value.join(" ")),
            (None, None) => continue,
        };
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        let default = defaults(arg);
        let _ = writeln!(
            page,
            "| `{}` | {}{default} |",
            escaped(&written),
            escaped(&help)
        );
    }
    let hidden: Vec<String> = verb
        .get_arguments()
        .filter(|arg| arg.is_hide_set())
        .filter_map(|arg| arg.get_long().map(|long| format!("`--{long}`")))
        .collect();
    if !hidden.is_empty() {
        let _ = write!(
            page,
            "\nJina's, and without effect here or not built yet ([why](options.md)): {}.\n",
            hidden.join(", ")
        );
    }
    for inner in verb.get_subcommands() {
        section(page, inner, &name, level + 1);
    }
}

fn shown(arg: &Arg) -> bool {
    !arg.is_hide_set() && arg.get_id() != "help"
}

fn defaults(arg: &Arg) -> String {
    let defaults = arg.get_default_values();
    let words: Vec<String> = defaults
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    let flag = !arg.get_action().takes_values();
    if words.is_empty() || flag {
        String::new()
    } else {
        format!(" [default: {}]", words.join(" "))
    }
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}
