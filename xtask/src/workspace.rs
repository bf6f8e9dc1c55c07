//! Where the workspace lies and which files are in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// What a job failed with, as a person reads it.
pub type Fail = String;

/// The workspace's folder.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Cargo's own description of the workspace's packages, without what they lean on elsewhere.
pub fn cargo_metadata() -> Result<Value, Fail> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--format-version", "1", "--no-deps"])
        .current_dir(root());
    serde_json::from_str(&output(&mut command)?).map_err(|error| error.to_string())
}

/// The files that git holds or would hold, as paths from the root.
pub fn files() -> Result<Vec<String>, Fail> {
    let mut command = Command::new("git");
    command
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root());
    let listed = output(&mut command)?;
    Ok(listed
        .lines()
        .filter(|path| root().join(path).is_file())
        .map(str::to_owned)
        .collect())
}

/// Runs a command and gives what it printed; its complaint when it fails.
pub fn output(command: &mut Command) -> Result<String, Fail> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command
        .output()
        .map_err(|error| format!("cannot run {name}: {error}"))?;
    if done.status.success() {
        String::from_utf8(done.stdout).map_err(|error| error.to_string())
    } else {
        let said = String::from_utf8_lossy(&done.stderr);
        Err(format!(
            "{name} failed ({}):\n{}",
            done.status,
            said.trim_end()
        ))
    }
}
