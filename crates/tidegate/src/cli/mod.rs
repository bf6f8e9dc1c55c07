//! The command `tidegate`: its grammar, and all of it that needs no Python.
//!
//! | exit code | it means |
//! |---|---|
//! | 0 | it went well; a Flow ended because it was asked to |
//! | 1 | it failed: nobody answers, a Flow did not start, a project is there already |
//! | 2 | the command line is wrong |
//! | 3 | a description in YAML is wrong |
//! | 4 | it is not built yet |

mod check;
mod grammar;
mod help;
mod ping;
mod project;
mod reference;

use std::io::Write;

use clap::ArgMatches;
use tidegate_core::spec::yaml::Node;
use tidegate_core::spec::{OptionSpec, Places, options_of, read_flag, schema};

pub use reference::reference;

/// It failed.
pub const FAILED: u8 = 1;
/// The command line is wrong.
pub const MISUSED: u8 = 2;
/// A description is wrong.
pub const WRONG_FILE: u8 = 3;
/// It is not built yet.
pub const NOT_BUILT: u8 = 4;

/// What is left to do after the words were read.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Nothing: the program ends with this code.
    Exit(u8),
    /// What needs Python.
    Act(Action),
}

/// What needs Python to be done.
#[derive(Debug, PartialEq, Default)]
pub struct Action {
    /// `flow`, `deployment`, `executor`, `gateway`, `run`, `flowchart`.
    pub verb: &'static str,
    /// Words that are the verb's own: the program and its arguments, files.
    pub words: Vec<String>,
    /// The file that describes what is to run.
    pub file: Option<String>,
    /// Options by name.
    pub options: Vec<(String, Node)>,
}

/// Where a command says what it has to say.
pub struct Terminal<'a> {
    /// What was asked for.
    pub out: &'a mut dyn Write,
    /// What went wrong.
    pub err: &'a mut dyn Write,
}

impl Terminal<'_> {
    fn say(&mut self, text: &str) {
        // A reader that has gone wants to hear nothing.
        let _ = self.out.write_all(text.as_bytes());
        let _ = self.out.flush();
    }

    fn complain(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes());
        let _ = self.err.flush();
    }

    fn refuse(&mut self, said: &str, code: u8) -> Outcome {
        self.complain(&format!("tidegate: {said}\n"));
        Outcome::Exit(code)
    }
}

/// Does what the words after `tidegate` ask for, as far as it needs no Python; `python` is the
/// interpreter's version.
pub fn run(words: &[String], python: &str, terminal: &mut Terminal<'_>) -> Outcome {
    let words = match words.split_first() {
        // `tidegate jina flow` is `tidegate flow`.
        Some((first, rest)) if first == "jina" => rest,
        _ => words,
    };
    match words.first().map(String::as_str) {
        Some("run") => {
            let words = words.iter().skip(1).cloned().collect();
            return Outcome::Act(Action {
                verb: "run",
                words,
                ..Action::default()
            });
        }
        Some("-vf" | "--version-full") => {
            terminal.say(&help::versions(python));
            return Outcome::Exit(0);
        }
        Some(
            elsewhere @ ("hub" | "auth" | "cloud" | "hello" | "client" | "pod" | "export-api"),
        ) => {
            let said = format!("`{elsewhere}` is Jina's, and no part of Tidegate");
            return terminal.refuse(&said, NOT_BUILT);
        }
        _ => {}
    }
    let words = std::iter::once("tidegate".to_owned()).chain(ping::apart(words));
    let matches = match grammar::command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) if error.use_stderr() => {
            terminal.complain(&error.render().to_string());
            return Outcome::Exit(MISUSED);
        }
        Err(error) => {
            terminal.say(&error.render().to_string());
            return Outcome::Exit(0);
        }
    };
    match matches.subcommand() {
        Some((verb, matches)) => obey(verb, matches, terminal),
        None => terminal.refuse(
            "there is nothing to do; `tidegate --help` says what could be",
            MISUSED,
        ),
    }
}

fn obey(verb: &str, matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    match verb {
        "flow" => start("flow", Places::FLOW, matches, terminal),
        "deployment" => start("deployment", Places::DEPLOYMENT, matches, terminal),
        "executor" => start("executor", Places::DEPLOYMENT, matches, terminal),
        "gateway" => start("gateway", Places::GATEWAY, matches, terminal),
        "ping" => ping::ping(matches, terminal),
        "new" => project::create(matches, terminal),
        "check" => check::check(matches, terminal),
        "export" => export(matches, terminal),
        "completions" => completions(matches, terminal),
        "commands" => {
            terminal.say(&help::commands());
            Outcome::Exit(0)
        }
        "help" => help::search(matches, terminal),
        _ => terminal.refuse(&format!("there is no command `{verb}`"), MISUSED),
    }
}

/// A command that runs until it is told to end: its flags, as options.
fn start(
    verb: &'static str,
    place: Places,
    matches: &ArgMatches,
    terminal: &mut Terminal<'_>,
) -> Outcome {
    let mut action = Action {
        verb,
        ..Action::default()
    };
    for option in options_of(place).filter(|option| grammar::is_flag(option, verb)) {
        match flag(option, matches) {
            Ok(Some(value)) => action.options.push((option.name.to_owned(), value)),
            Ok(None) => {}
            Err(said) => return terminal.refuse(&said, MISUSED),
        }
    }
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    action.file = text("file").or_else(|| text("uses_file"));
    if verb == "flow" && action.file.is_none() {
        let said = "`tidegate flow` needs a file: `tidegate flow flow.yml`, or `--uses flow.yml`";
        return terminal.refuse(said, MISUSED);
    }
    for name in grammar::GRAPH {
        if let Some(value) = text(name) {
            action.options.push(((*name).to_owned(), Node::text(value)));
        }
    }
    Outcome::Act(action)
}

fn flag(option: &OptionSpec, matches: &ArgMatches) -> Result<Option<Node>, String> {
    let Some(words) = matches.try_get_many::<String>(option.name).ok().flatten() else {
        return Ok(None);
    };
    let words: Vec<String> = words.cloned().collect();
    read_flag(option, &words).map(Some)
}

fn export(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    match matches.subcommand() {
        Some(("schema", matches)) => write_schema(matches, terminal),
        Some(("flowchart", matches)) => {
            let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
            let words = vec![
                text("input"),
                text("output"),
                matches.get_flag("vertical_layout").to_string(),
            ];
            Outcome::Act(Action {
                verb: "flowchart",
                words,
                ..Action::default()
            })
        }
        Some((what, _)) => terminal.refuse(
            &format!("`tidegate export {what}` is not built yet"),
            NOT_BUILT,
        ),
        None => terminal.refuse("`tidegate export` needs to know what", MISUSED),
    }
}

fn write_schema(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    let text = format!("{:#}\n", schema());
    let mut written = false;
    for name in ["json_path", "yaml_path", "schema_path"] {
        let Some(path) = matches.get_one::<String>(name) else {
            continue;
        };
        // JSON is YAML, too.
        if let Err(error) = std::fs::write(path, &text) {
            return terminal.refuse(&format!("cannot write `{path}`: {error}"), FAILED);
        }
        terminal.say(&format!("wrote {path}\n"));
        written = true;
    }
    if !written {
        terminal.say(&text);
    }
    Outcome::Exit(0)
}

fn completions(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    let shell = matches
        .get_one::<String>("shell")
        .map(String::as_str)
        .unwrap_or_default();
    match shell.parse::<clap_complete::Shell>() {
        Ok(shell) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut grammar::command(), "tidegate", &mut script);
            terminal.say(&String::from_utf8_lossy(&script));
            Outcome::Exit(0)
        }
        Err(_) => {
            let said = format!("`{shell}`: bash, elvish, fish, powershell or zsh");
            terminal.refuse(&said, MISUSED)
        }
    }
}
