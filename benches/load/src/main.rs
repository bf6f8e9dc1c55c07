//! A closed-loop load client: a fixed number of calls in flight, each started when one has ended.
//!
//! `load drive WAY PORT IN_FLIGHT SECONDS` prints one line of JSON; WAY is `unary`, `stream`, `http`, or
//! `echo`: unary calls with 100 Documents whose texts are changed.
//! `load echo` serves the same gRPC methods with nothing behind them: the floor. It runs on tokio's
//! default runtime, as a tonic server does; `load echo one-thread` on one thread, which saves the hand-over.

mod codec;
mod echo;
mod grpc;
mod http1;
mod measure;

use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str =
    "usage: load drive unary|stream|http|echo PORT IN_FLIGHT SECONDS | load echo [one-thread]";

/// What went wrong, as a person reads it.
type Fail = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut runtime = match args.as_slice() {
        ["echo"] => tokio::runtime::Builder::new_multi_thread(),
        _ => tokio::runtime::Builder::new_current_thread(),
    };
    let outcome = runtime.enable_all().build().map_err(Fail::from);
    match outcome.and_then(|runtime| runtime.block_on(run(&args))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &[&str]) -> Result<(), Fail> {
    match args {
        ["echo"] | ["echo", "one-thread"] => echo::serve().await,
        ["drive", way, port, in_flight, seconds] => {
            let load = measure::Load {
                port: port.parse()?,
                in_flight: in_flight.parse()?,
                lasts: Duration::from_secs_f64(seconds.parse()?),
                asked: if *way == "echo" {
                    measure::Asked::Echo
                } else {
                    measure::Asked::Noop
                },
            };
            let taken = match *way {
                "unary" | "echo" => grpc::unary(load).await?,
                "stream" => grpc::stream(load).await?,
                "http" => http1::post(load).await?,
                _ => return Err(USAGE.into()),
            };
            println!("{}", taken.told());
            Ok(())
        }
        _ => Err(USAGE.into()),
    }
}
