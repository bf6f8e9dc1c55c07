//! `tidegate check`: all that a description tells without being started.

use std::path::Path;

use clap::ArgMatches;
use serde_json::json;
use tidegate_core::spec::yaml::{Data, Node, Source, Substitutes};
use tidegate_core::spec::{Fate, FileKind, Literal, Places, Surroundings, find, load};

use super::{FAILED, Outcome, Terminal, WRONG_FILE};

/// What was found.
#[derive(Default)]
struct Findings {
    errors: Vec<String>,
    notes: Vec<String>,
    /// What it describes, in words.
    summary: String,
}

/// Checks a file, and the files that it names.
pub(super) fn check(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    let path = matches
        .get_one::<String>("file")
        .cloned()
        .unwrap_or_default();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return terminal.refuse(&format!("cannot read `{path}`: {error}"), FAILED),
    };
    let reader = Reader {
        context: given(matches, "context"),
        env: given(matches, "env"),
    };
    let mut findings = Findings::default();
    match reader.load(FileKind::Any, &path, &text) {
        Ok(described) => reader.judge(&path, &described, &mut findings),
        Err(said) => findings.errors.push(said),
    }
    let fine = findings.errors.is_empty();
    if matches.get_flag("json") {
        let answer = json!({
            "ok": fine,
            "summary": findings.summary,
            "errors": findings.errors,
            "notes": findings.notes,
        });
        terminal.say(&format!("{answer}\n"));
    } else {
        for error in &findings.errors {
            terminal.complain(&format!("{error}\n"));
        }
        for note in &findings.notes {
            terminal.complain(&format!("note: {note}\n"));
        }
        if fine {
            terminal.say(&format!("{path}: {}\n", findings.summary));
        }
    }
    Outcome::Exit(if fine { 0 } else { WRONG_FILE })
}

fn given(matches: &ArgMatches, name: &str) -> Vec<(String, Node)> {
    let words = matches.get_many::<String>(name).into_iter().flatten();
    let pair = |word: &String| {
        let (name, value) = word.split_once(['=', ':']).unwrap_or((word, ""));
        (name.trim().to_owned(), Node::text(value.trim()))
    };
    words.map(pair).collect()
}

struct Reader {
    context: Vec<(String, Node)>,
    env: Vec<(String, Node)>,
}

impl Reader {
    fn load(&self, kind: FileKind, path: &str, text: &str) -> Result<Node, String> {
        let env = |name: &str| {
            let own = self.env.iter().find(|(known, _)| known == name);
            let own = own.and_then(|(_, value)| value.as_text().map(str::to_owned));
            own.or_else(|| std::env::var(name).ok())
        };
        let beside = Path::new(path).parent().unwrap_or(Path::new(""));
        let find_file = |wanted: &str| {
            let places = [beside.join(wanted), Path::new(wanted).to_owned()];
            let found = places
                .into_iter()
                .find(|place| place.is_file() || place.join("__init__.py").is_file());
            found.map(|place| place.to_string_lossy().into_owned())
        };
        let around = Surroundings {
            substitutes: Some(Substitutes {
                env: &env,
                context: &self.context,
            }),
            find_file: &find_file,
            looked_in: "the file's folder and this one",
        };
        let source = Source { name: path, text };
        load(kind, source, None, &around).map_err(|error| error.to_string())
    }

    fn judge(&self, path: &str, described: &Node, findings: &mut Findings) {
        let jtype = described
            .get("jtype")
            .and_then(Node::as_text)
            .unwrap_or_default();
        if let Some(executors) = described.get("executors").and_then(Node::as_seq) {
            let names: Vec<String> = executors.iter().enumerate().map(name_of).collect();
            findings.summary = match names.len() {
                0 => "a Flow without Executors".to_owned(),
                1 => format!("a Flow of one Executor: {}", names.join(", ")),
                count => format!("a Flow of {count} Executors: {}", names.join(", ")),
            };
            self.options(path, Places::FLOW, described.get("with"), findings);
            for executor in executors {
                let at = executor.get("at").and_then(Node::as_text).unwrap_or(path);
                self.options(at, Places::EXECUTOR, executor.get("options"), findings);
            }
            if let Some(gateway) = described.get("gateway").filter(|node| !node.is_null()) {
                let at = gateway.get("at").and_then(Node::as_text).unwrap_or(path);
                self.options(at, Places::GATEWAY, gateway.get("options"), findings);
            }
        } else if jtype == "Deployment" {
            findings.summary = "a Deployment".to_owned();
            self.options(path, Places::DEPLOYMENT, described.get("with"), findings);
        } else {
            findings.summary = format!("an Executor, `{jtype}`");
            class_is_there(path, described, findings);
        }
    }

    /// What becomes of options, and what the files that they name say.
    fn options(&self, at: &str, place: Places, options: Option<&Node>, findings: &mut Findings) {
        for (key, value) in options.and_then(Node::as_map).unwrap_or_default() {
            let name = key.as_text().unwrap_or_default();
            let Some(option) = find(place, name) else {
                continue;
            };
            if option.idle.iter().any(|idle| is(value, *idle)) {
                continue;
            }
            match option.fate {
                Fate::Built => {}
                Fate::Inert => {
                    findings.notes.push(format!(
                        "{at}: `{name}` has no effect here ({})",
                        option.doc
                    ));
                }
                Fate::Unbuilt => {
                    findings
                        .errors
                        .push(format!("{at}: `{name}` is not built yet: {}", option.doc));
                }
            }
            if matches!(name, "uses" | "uses_before" | "uses_after") {
                self.used(at, value, findings);
            }
        }
    }

    fn used(&self, at: &str, uses: &Node, findings: &mut Findings) {
        if uses.as_map().is_some() {
            class_is_there(at, uses, findings);
            return;
        }
        let path = uses.as_text().unwrap_or_default();
        if !path.ends_with(".yml") && !path.ends_with(".yaml") {
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => match self.load(FileKind::Executor, path, &text) {
                Ok(described) => class_is_there(path, &described, findings),
                Err(said) => findings.errors.push(said),
            },
            Err(error) => findings
                .errors
                .push(format!("{at}: cannot read `{path}`: {error}")),
        }
    }
}

fn name_of((index, executor): (usize, &Node)) -> String {
    let name = executor
        .get("options")
        .and_then(|options| options.get("name"));
    name.and_then(Node::as_text)
        .map_or_else(|| format!("executor{index}"), str::to_owned)
}

fn is(value: &Node, literal: Literal) -> bool {
    match (&value.data, literal) {
        (Data::Null, Literal::Null) => true,
        (Data::Bool(value), Literal::Bool(literal)) => *value == literal,
        (Data::Int(value), Literal::Int(literal)) => *value == literal,
        (Data::Text(value, _), Literal::Text(literal)) => value == literal,
        (Data::Seq(items), Literal::Empty) => items.is_empty(),
        _ => false,
    }
}

/// Says where none of the files that a description names has its class.
fn class_is_there(at: &str, described: &Node, findings: &mut Findings) {
    let class = described
        .get("jtype")
        .and_then(Node::as_text)
        .unwrap_or_default();
    let modules = described
        .get("py_modules")
        .and_then(Node::as_seq)
        .unwrap_or_default();
    let files: Vec<&str> = modules.iter().filter_map(Node::as_text).collect();
    if files.is_empty() || class.contains(['.', ':']) || !files.iter().all(|f| f.ends_with(".py")) {
        return;
    }
    let begins = |line: &str| {
        let rest = line
            .trim_start()
            .strip_prefix("class ")
            .and_then(|rest| rest.strip_prefix(class));
        rest.is_some_and(|rest| rest.starts_with(['(', ':', ' ', '[']))
    };
    let names = |text: &str| text.lines().any(begins) || text.contains("import");
    let texts: Vec<String> = files
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect();
    if texts.iter().any(|text| text.lines().any(begins)) {
        return;
    }
    let said = format!("{at}: no `class {class}` in {}", files.join(", "));
    if texts.iter().any(|text| names(text)) {
        findings
            .notes
            .push(format!("{said}; it may be imported there"));
    } else {
        findings.errors.push(said);
    }
}
