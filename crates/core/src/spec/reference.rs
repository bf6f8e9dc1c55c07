//! The reference page of all options.

use std::fmt::Write as _;

use super::options::{Fate, OptionSpec, Places, RENAMED, options_of};

const HEAD: &str = "<!-- Made by `cargo run -p xtask -- gen` from crates/core/src/spec/table.rs. Do not edit. -->

# Options

One table says what each option is called, is and means. A keyword in Python, a key in YAML and, with dashes for
underscores, a flag of the command line are the same option. One that is nobody's is refused with the nearest name; one
that is Jina's and has no effect here is taken with a warning; one that would change results and is not built yet is
refused by name. None, and what asks for nothing, is always taken in silence.
";

/// The page, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for (place, title) in [
        (
            Places::FLOW,
            "`Flow(...)`, `with:` of a Flow's file, `tidegate flow`",
        ),
        (Places::EXECUTOR, "`.add(...)`, items of `executors:`"),
        (
            Places::DEPLOYMENT,
            "`Deployment(...)`, `with:` of its file, `tidegate deployment` and `executor`",
        ),
        (
            Places::GATEWAY,
            "`gateway:` of a Flow's file, `tidegate gateway`",
        ),
        (Places::CLIENT, "`Client(...)`"),
        (Places::POST, "`post(...)`"),
    ] {
        section(&mut page, place, title);
    }
    page.push_str("\n## Older spellings\n\n| older | today |\n|---|---|\n");
    for (old, today) in RENAMED {
        let _ = writeln!(page, "| `{old}` | `{today}` |");
    }
    page
}

fn section(page: &mut String, place: Places, title: &str) {
    let mut options: Vec<&OptionSpec> = options_of(place).collect();
    options.sort_by_key(|option| option.name);
    let _ = write!(
        page,
        "\n## {title}\n\n| option | values | default | what it does |\n|---|---|---|---|\n"
    );
    for option in options.iter().filter(|option| option.fate == Fate::Built) {
        let unit = if option.unit.is_empty() { "" } else { ", in " };
        let default = option.default.shown();
        let default = if default.is_empty() {
            default
        } else {
            format!("`{default}`")
        };
        let _ = writeln!(
            page,
            "| `{}` | {}{unit}{} | {default} | {} |",
            option.name,
            option.kind.words(),
            option.unit,
            option.doc
        );
    }
    for (fate, said) in [
        (Fate::Inert, "Without effect here, by reason"),
        (Fate::Unbuilt, "Not built yet, and what to do instead"),
    ] {
        let of_fate: Vec<_> = options
            .iter()
            .filter(|option| option.fate == fate)
            .collect();
        let mut docs: Vec<&str> = of_fate.iter().map(|option| option.doc).collect();
        docs.sort_unstable();
        docs.dedup();
        if docs.is_empty() {
            continue;
        }
        let _ = write!(page, "\n{said}:\n\n");
        for doc in docs {
            let names = of_fate.iter().filter(|option| option.doc == doc);
            let names: Vec<String> = names.map(|option| format!("`{}`", option.name)).collect();
            let _ = writeln!(page, "- {doc}: {}", names.join(", "));
        }
    }
}
