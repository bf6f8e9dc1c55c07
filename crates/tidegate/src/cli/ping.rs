//! `tidegate ping`: is somebody ready?

use std::time::{Duration, Instant};

use clap::ArgMatches;
use serde_json::json;
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};

use super::{FAILED, MISUSED, Outcome, Terminal};

/// Words as they should have been: manifests that Jina writes hold `--timeout 9500` as one word.
pub(super) fn apart(words: &[String]) -> Vec<String> {
    if words.first().map(String::as_str) != Some("ping") {
        return words.to_vec();
    }
    let split = |word: &String| -> Vec<String> {
        match word.split_once(' ') {
            Some((flag, value)) if flag.starts_with("--") => {
                vec![flag.to_owned(), value.trim().to_owned()]
            }
            _ => vec![word.clone()],
        }
    };
    words.iter().flat_map(split).collect()
}

struct Attempt {
    took: Duration,
    failure: Option<Error>,
}

/// Asks as often as it was told to.
pub(super) fn ping(matches: &ArgMatches, terminal: &mut Terminal<'_>) -> Outcome {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let number = |name: &str| matches.get_one::<u32>(name).copied().unwrap_or(1);
    let (target, address) = (text("target"), text("host"));
    let Some((host, port)) = place(&address) else {
        let said = format!("`{address}` is no address: `host:port`, or `grpc://host:port`");
        return terminal.refuse(&said, MISUSED);
    };
    let (attempts, enough) = (number("attempts"), number("min_successful_attempts"));
    let timeout = Duration::from_millis(u64::from(number("timeout")));
    let in_json = matches.get_flag("json");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return terminal.refuse("the system gives no event loop", FAILED);
    };
    let mut tried = Vec::new();
    for index in 1..=attempts {
        let start = Instant::now();
        let answer = runtime.block_on(ask(&target, &host, port, timeout));
        let attempt = Attempt {
            took: start.elapsed(),
            failure: answer.err(),
        };
        if !in_json {
            let said = match &attempt.failure {
                None => "ready".to_owned(),
                Some(error) => format!("not ready: {error}"),
            };
            let millis = attempt.took.as_secs_f64() * 1000.0;
            terminal.say(&format!(
                "{target} {address} {index}/{attempts}: {said} ({millis:.1} ms)\n"
            ));
        }
        tried.push(attempt);
    }
    let succeeded = tried
        .iter()
        .filter(|attempt| attempt.failure.is_none())
        .count();
    let ready = succeeded >= enough as usize;
    if in_json {
        let attempts: Vec<_> = tried
            .iter()
            .map(|attempt| {
                json!({
                    "ready": attempt.failure.is_none(),
                    "milliseconds": attempt.took.as_secs_f64() * 1000.0,
                    "error": attempt.failure.as_ref().map(ToString::to_string),
                })
            })
            .collect();
        let answer =
            json!({"target": target, "host": address, "ready": ready, "attempts": attempts});
        terminal.say(&format!("{answer}\n"));
    }
    Outcome::Exit(if ready { 0 } else { FAILED })
}

async fn ask(target: &str, host: &str, port: u16, timeout: Duration) -> Result<(), Error> {
    let channel = Channel::connect(
        host,
        port,
        false,
        &ChannelOptions {
            connect_timeout: timeout,
            ..ChannelOptions::default()
        },
    )?;
    let options = CallOptions {
        timeout: Some(timeout),
        ..CallOptions::default()
    };
    let asking = async {
        if target == "flow" {
            let status = channel.dry_run(&options).await?;
            return match status.is_error() {
                false => Ok(()),
                true => Err(Error::new(ErrorKind::Unavailable, status.description)),
            };
        }
        match channel.health("", &options).await? {
            true => Ok(()),
            false => Err(Error::new(
                ErrorKind::Unavailable,
                "it says that it is not ready",
            )),
        }
    };
    match tokio::time::timeout(timeout, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(Error::new(ErrorKind::DeadlineExceeded, "no answer in time")),
    }
}

/// The host and port of an address.
fn place(address: &str) -> Option<(String, u16)> {
    let bare = address.split_once("://").map_or(address, |(_, rest)| rest);
    let (host, port) = bare.trim_end_matches('/').rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (!host.is_empty()).then_some(())?;
    Some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{apart, place};

    #[test]
    fn addresses() {
        assert_eq!(place("grpc://h:1"), Some(("h".into(), 1)));
        assert_eq!(place("h:1/"), Some(("h".into(), 1)));
        assert_eq!(place("[::1]:1"), Some(("::1".into(), 1)));
        for wrong in ["h", ":1", "h:x", "h:70000"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_flag_and_its_value_in_one_word() {
        let words = ["ping", "flow", "h:1", "--timeout 9500"].map(str::to_owned);
        assert_eq!(apart(&words)[3..], ["--timeout", "9500"]);
    }
}
