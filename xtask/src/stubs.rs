//! Makes the type stub of the native module from the binary, and has mypy's stubtest compare them.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workspace::{self, Fail};

const STUB: &str = "python/tidegate/_tidegate.pyi";
const ALLOWED: &str = "xtask/stubtest-allowlist.txt";
const MARK: &str =
    "# Made by `cargo run -p xtask -- stubs VENV` from the native module. Do not edit.\n";

/// Writes the stub; with `check`, says that the committed one is out of date or tells an untruth.
///
/// The feature is the one the venv's extension is built with, so nothing is compiled twice.
pub fn run(venv: &Path, check: bool) -> Result<(), Fail> {
    let root = workspace::root();
    let venv = fs::canonicalize(venv)
        .map_err(|error| format!("cannot find the venv {}: {error}", venv.display()))?;
    let scratch = root.join("target/xtask-stubs");
    let mut maturin = Command::new(venv.join("bin/maturin"));
    maturin
        .args([
            "generate-stubs",
            "--quiet",
            "--profile",
            "dev",
            "--features",
            "inspect",
            "--out",
        ])
        .arg(&scratch)
        .env("VIRTUAL_ENV", &venv)
        .current_dir(&root);
    workspace::output(&mut maturin)?;
    let made = fs::read_to_string(scratch.join("tidegate/_tidegate.pyi"))
        .map_err(|error| format!("maturin made no stub: {error}"))?;
    let made = format!("{MARK}{made}");
    if !check {
        fs::write(root.join(STUB), made).map_err(|error| error.to_string())?;
        println!("wrote {STUB}");
        return Ok(());
    }
    if fs::read_to_string(root.join(STUB)).ok().as_deref() != Some(made.as_str()) {
        return Err(format!("{STUB} is out of date; run `make gen`"));
    }
    let mut stubtest = Command::new(venv.join("bin/stubtest"));
    stubtest
        .args(["tidegate._tidegate", "--allowlist", ALLOWED])
        .env("MYPYPATH", root.join("python"))
        .current_dir(&root);
    workspace::output(&mut stubtest).map(drop)
}
