//! From spawn to ready, and what keeps a worker from it.

use std::time::{Duration, Instant};

use tidegate_core::ErrorKind;

use crate::{House, exists, script, shell, within};

#[tokio::test]
async fn all_replicas_become_ready_and_answer() {
    let house = House::started(vec![script("a", 2, "serve"), script("b", 1, "serve")]).await;
    assert_eq!(house.pids().len(), 3);
    assert!(house.supervisor.awaited().is_empty());
    let reply = house.call("hello").await.unwrap();
    assert_eq!(&reply.payload.unwrap().0[..], b"hello");
    let lines = house.log.lines();
    assert_eq!(lines[0], "waiting a/rep-0 a/rep-1 b/rep-0");
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.starts_with("ready"))
            .count(),
        3
    );
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn a_failing_constructor_stops_the_others_and_tells_its_exception() {
    let house = House::new(vec![script("good", 2, "serve"), script("bad", 1, "fail")]);
    let begun = Instant::now();
    let error = within("start", house.supervisor.start()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Startup);
    assert!(
        error
            .to_string()
            .contains("`bad/rep-0` did not start: ValueError('no model')"),
        "{error}"
    );
    let exception = error.exception().unwrap();
    assert_eq!(
        (exception.name.as_str(), exception.executor.as_str()),
        ("ValueError", "Scripted")
    );
    assert_eq!(exception.stacks.len(), 1);
    assert!(
        house.pids().is_empty(),
        "{:?} after {:?}",
        house.supervisor.pods(),
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_death_before_ready_says_how() {
    let (_, error) = House::refused(vec![script("a", 1, "exit 7")]).await;
    assert_eq!(
        error.to_string(),
        "`a/rep-0` exited with code 7 before it was ready"
    );
    let (_, error) = House::refused(vec![shell("b", "kill -9 $$")]).await;
    assert_eq!(
        error.to_string(),
        "`b/rep-0` was killed by signal 9 (SIGKILL) before it was ready"
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let mut deployment = script("a", 1, "");
    deployment.argv[0] = "/no/such/program".into();
    let (_, error) = House::refused(vec![deployment]).await;
    assert_eq!(error.kind(), ErrorKind::Startup);
    assert!(
        error
            .to_string()
            .starts_with("`a/rep-0` could not be spawned"),
        "{error}"
    );
}

#[tokio::test]
async fn missing_timeout_ready_names_who_is_awaited() {
    let mut slow = script("slow", 2, "hang");
    slow.timeout_ready = Some(Duration::from_millis(200));
    let (_, error) = House::refused(vec![slow]).await;
    let text = error.to_string();
    assert!(
        text.contains("not ready after 0.2 s: `slow/rep-0`, `slow/rep-1`"),
        "{text}"
    );
    assert!(text.contains("timeout_ready"), "{text}");
}

#[tokio::test]
async fn a_worker_of_another_release_is_refused_with_both_versions() {
    let (_, error) = House::refused(vec![script("a", 1, "other-release")]).await;
    let text = error.to_string();
    let ours = format!("this is tidegate {}", env!("CARGO_PKG_VERSION"));
    assert!(
        text.contains("tidegate 0.0.1") && text.contains(&ours),
        "{text}"
    );
    let (_, error) = House::refused(vec![script("a", 1, "other-protocol")]).await;
    assert!(error.to_string().contains("frame protocol 77"), "{error}");
}

#[tokio::test]
async fn a_large_class_reaches_a_worker_that_reads_slowly() {
    let mut settings = script("a", 1, "serve");
    settings
        .settings
        .insert("padding".into(), "x".repeat(8 << 20).into());
    let house = House::started(vec![settings]).await;
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn stopping_while_starting_ends_everything() {
    let house = House::new(vec![script("a", 1, "serve"), script("slow", 1, "hang")]);
    let supervisor = house.supervisor.clone();
    let start = tokio::spawn(async move { supervisor.start().await });
    house.log.wait("ready a/rep-0").await;
    let pids = house.pids();
    assert_eq!(pids.len(), 2);
    house.supervisor.kill();
    let error = within("start", start).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(pids.iter().all(|pid| !exists(*pid)));
}
