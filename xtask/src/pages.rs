//! The pages and the schema that are made from the table of options and the command's grammar.

use std::path::PathBuf;

/// Path and content of each.
pub fn pages() -> Vec<(PathBuf, Vec<u8>)> {
    let schema = format!("{:#}\n", tidegate_core::spec::schema());
    [
        (
            "docs/reference/options.md",
            tidegate_core::spec::reference(),
        ),
        ("docs/reference/cli.md", tidegate::cli::reference()),
        ("docs/reference/flow.schema.json", schema),
    ]
    .map(|(path, text)| (PathBuf::from(path), text.into_bytes()))
    .into()
}
