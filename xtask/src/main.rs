//! Jobs that a developer or CI runs: `cargo run -p xtask -- <job>`.

mod gen_proto;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match args.as_slice() {
        ["gen"] => gen_proto::run(false),
        ["gen", "--check"] => gen_proto::run(true),
        _ => Err("usage: xtask gen [--check]".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
