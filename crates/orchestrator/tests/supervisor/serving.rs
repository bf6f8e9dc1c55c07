//! Workers that die while they serve.

use std::time::Duration;

use tidegate_core::ErrorKind;

use crate::{House, exists, gone, kill, script, within};

#[tokio::test]
async fn a_killed_worker_is_restarted_and_rejoins() {
    let house = House::started(vec![script("a", 1, "serve")]).await;
    let former = house.pids()[0];
    kill(former);
    let lines = house.log.wait("restarted a/rep-0").await;
    let died = lines.iter().find(|line| line.starts_with("died")).unwrap();
    assert_eq!(
        died,
        "died a/rep-0: `a/rep-0` was killed by signal 9 (SIGKILL)"
    );
    assert!(!exists(former));
    assert_ne!(house.pids(), [former]);
    assert_eq!(house.supervisor.pods()[0].restarts, 1);
    assert!(house.call("again").await.is_ok());
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn calls_wait_for_the_worker_that_comes_back() {
    let house = House::started(vec![script("a", 1, "serve")]).await;
    kill(house.pids()[0]);
    house.log.wait("died a/rep-0").await;
    let reply = house.call("patient").await.unwrap();
    assert_eq!(&reply.payload.unwrap().0[..], b"patient");
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn a_call_that_ends_its_worker_is_answered_and_the_outcome_said_to_be_unknown() {
    let house = House::started(vec![script("a", 1, "serve")]).await;
    let error = house.call("die").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let lines = house.log.wait("restarted a/rep-0").await;
    assert!(
        lines.contains(&"died a/rep-0: `a/rep-0` exited with code 5".to_owned()),
        "{lines:?}"
    );
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn a_crash_loop_is_reported_once_and_not_restarted() {
    let house = House::started(vec![script("a", 1, "die-when-ready")]).await;
    let lines = house.log.wait("crash loop a/rep-0 5").await;
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("died")).count(),
        5,
        "{lines:?}"
    );
    let error = house.call("x").await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("5 times") && text.contains("exited with code 3"),
        "{text}"
    );
    assert!(house.pids().is_empty());
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn one_replica_in_a_crash_loop_leaves_the_others_serving() {
    let house = House::started(vec![script("a", 2, "serve")]).await;
    for round in 0..5 {
        let pod = &house.supervisor.pods()[0];
        let pid = pod.pid.unwrap();
        kill(pid);
        gone(pid).await;
        if round < 4 {
            let restarts = pod.restarts;
            within("restart", async {
                while house.supervisor.pods()[0].restarts == restarts {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        }
    }
    house.log.wait("crash loop a/rep-0 5").await;
    assert!(house.call("still").await.is_ok());
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}

#[tokio::test]
async fn a_worker_that_talks_nonsense_is_replaced() {
    let house = House::started(vec![script("a", 1, "serve")]).await;
    assert!(house.call("nonsense").await.is_err());
    let lines = house.log.wait("died a/rep-0").await;
    let died = lines.iter().find(|line| line.starts_with("died")).unwrap();
    assert!(died.contains("broke the frame protocol"), "{died}");
    assert!(house.call("sense").await.is_ok());
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
    assert!(house.pids().is_empty());
}

#[tokio::test]
async fn a_child_of_the_worker_neither_hides_its_death_nor_outlives_it() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("child");
    let house = House::started(vec![script(
        "a",
        1,
        &format!("with-child {}", note.display()),
    )])
    .await;
    let child = within("the child", async {
        loop {
            if let Some(pid) = std::fs::read_to_string(&note)
                .ok()
                .and_then(|text| text.parse().ok())
            {
                return pid;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    kill(house.pids()[0]);
    house.log.wait("died a/rep-0").await;
    gone(child).await;
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
}
