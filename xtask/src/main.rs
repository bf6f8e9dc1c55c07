//! Jobs that a developer or CI runs: `cargo run -p xtask -- <job>`.

mod gen_proto;
mod layers;
mod pages;
mod snippets;
mod stubs;
mod tidy;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "usage: xtask JOB
  gen [--check]            the wire code made from proto/, the pages and the schema made from the spec
  layers                   no crate leans up or sideways
  tidy                     small files, names of the glossary, nothing unfinished
  stubs [--check] VENV     python/tidegate/_tidegate.pyi, made from the binary
  snippets PYTHON          every Python snippet of the pages, run";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["gen"] => gen_proto::run(false),
        ["gen", "--check"] => gen_proto::run(true),
        ["layers"] => layers::run(),
        ["tidy"] => tidy::run(),
        ["stubs", venv] => stubs::run(venv.as_ref(), false),
        ["stubs", "--check", venv] => stubs::run(venv.as_ref(), true),
        ["snippets", python] => snippets::run(python.as_ref()),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
