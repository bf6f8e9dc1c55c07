//! `tidegate help QUERY`, `tidegate commands`, `tidegate -vf`.

use std::fmt::Write as _;

use clap::ArgMatches;
use tidegate_core::graph::nearest;
use tidegate_core::spec::{Fate, Places, options};

use super::grammar::command;
use super::{FAILED, Outcome, Terminal};

/// The commands, a line each.
pub(super) fn commands() -> String {
    let command = command();
    let lines = command
        .get_subcommands()
        .map(|verb| format!("{}\n", verb.get_name()));
    lines.collect()
}

/// Versions of all parts.
pub(super) fn versions(python: &str) -> String {
    let rows = [
        ("tidegate", env!("CARGO_PKG_VERSION").to_owned()),
        ("jina, as programs see it", "3.34.0".to_owned()),
        ("docarray, as programs see it", "0.21.0".to_owned()),
        ("python", python.to_owned()),
        (
            "platform",
            format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        ),
        (
            "build",
            if cfg!(debug_assertions) {
                "debug"
            } else {
                "release"
            }
            .to_owned(),
        ),
    ];
    rows.iter()
        .fold(String::new(), |mut text, (name, version)| {
            let _ = writeln!(text, "{name:<30} {version}");
            text
        })
}

/// Looks a word up.
pub(super) fn search(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    let Some(query) = matches.get_one::<String>("query") else {
        terminal.say(&command().render_long_help().to_string());
        return Outcome::Exit(0);
    };
    let mut text = String::new();
    if let Some(verb) = command().find_subcommand_mut(query) {
        let _ = writeln!(text, "{}", verb.render_help());
    }
    let wanted = query
        .trim_start_matches('-')
        .replace('-', "_")
        .to_lowercase();
    for option in options() {
        if !option.name.contains(&wanted) && !option.doc.to_lowercase().contains(&wanted) {
            continue;
        }
        let places = Places::EACH
            .iter()
            .filter(|(place, ..)| option.places.meet(*place));
        let places: Vec<&str> = places.map(|(_, _, where_)| *where_).collect();
        let fate = match option.fate {
            Fate::Built => "",
            Fate::Inert => "no effect here: ",
            Fate::Unbuilt => "not built yet: ",
        };
        let _ = write!(
            text,
            "{}, `{}`: {}\n    {fate}{}\n    in {}\n",
            option.flag(),
            option.name,
            option.kind.words(),
            option.doc,
            places.join(", ")
        );
    }
    if text.is_empty() {
        let verbs = command();
        let known = verbs.get_subcommands().map(|verb| verb.get_name());
        let near = nearest(
            &wanted,
            options().iter().map(|option| option.name).chain(known),
        );
        let hint = near
            .map(|near| format!("; did you mean `{near}`?"))
            .unwrap_or_default();
        return terminal.refuse(&format!("nothing is called `{query}`{hint}"), FAILED);
    }
    terminal.say(&text);
    Outcome::Exit(0)
}
