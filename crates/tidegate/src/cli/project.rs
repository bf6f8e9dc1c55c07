//! `tidegate new`: a project that runs and tests at once.

use std::path::Path;

use clap::ArgMatches;

use super::{FAILED, MISUSED, Outcome, Terminal};

/// Path in the project, and what the file holds; `{name}` stands for the project's name.
type File = (&'static str, &'static str);

const EXECUTOR: [File; 3] = [
    (
        "executor/executor.py",
        include_str!("../../templates/executor.py"),
    ),
    (
        "executor/config.yml",
        include_str!("../../templates/config.yml"),
    ),
    ("client.py", include_str!("../../templates/client.py")),
];
const FLOW: [File; 3] = [
    ("flow.yml", include_str!("../../templates/flow.yml")),
    ("test_flow.py", include_str!("../../templates/test_flow.py")),
    ("README.md", include_str!("../../templates/flow.md")),
];
const DEPLOYMENT: [File; 3] = [
    (
        "deployment.yml",
        include_str!("../../templates/deployment.yml"),
    ),
    (
        "test_deployment.py",
        include_str!("../../templates/test_deployment.py"),
    ),
    ("README.md", include_str!("../../templates/deployment.md")),
];

/// Makes the folder and its files; touches nothing that is there.
pub(super) fn create(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    let path = matches
        .get_one::<String>("name")
        .cloned()
        .unwrap_or_default();
    let kind = matches
        .get_one::<String>("type")
        .map(String::as_str)
        .unwrap_or_default();
    let folder = Path::new(&path);
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
        return terminal.refuse(&format!("`{path}` is no name of a folder"), MISUSED);
    };
    if folder.exists() {
        return terminal.refuse(
            &format!("`{path}` is there already: choose another name"),
            FAILED,
        );
    }
    let own = if kind == "deployment" {
        DEPLOYMENT
    } else {
        FLOW
    };
    for (file, content) in EXECUTOR.iter().chain(&own) {
        let target = folder.join(file);
        let written = target
            .parent()
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(&target, content.replace("{name}", name)));
        if let Err(error) = written {
            let said = format!("cannot write `{}`: {error}", target.display());
            return terminal.refuse(&said, FAILED);
        }
    }
    let (verb, file) = if kind == "deployment" {
        ("deployment", "deployment.yml")
    } else {
        ("flow", "flow.yml")
    };
    terminal.say(&format!(
        "made {path}; next:\n  cd {path}\n  python -m pytest      tests it\n  \
         tidegate {verb} {file}   serves it on port 51000; then, elsewhere, python client.py\n"
    ));
    Outcome::Exit(0)
}
