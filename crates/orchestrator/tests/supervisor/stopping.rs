//! The end: drained where it can be, forced where it must, and nothing left.

use std::time::{Duration, Instant};

use crate::{House, exists, gone, script, shell, within};

#[tokio::test]
async fn stop_drains_the_workers_with_its_grace() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("drained");
    let house = House::started(vec![script(
        "a",
        1,
        &format!("note-drain {}", note.display()),
    )])
    .await;
    let pids = house.pids();
    within("stop", house.supervisor.stop(Duration::from_secs(3))).await;
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "3000000");
    assert!(pids.iter().all(|pid| !exists(*pid)));
    assert!(
        !house
            .log
            .lines()
            .iter()
            .any(|line| line.starts_with("forced"))
    );
    within(
        "stopping twice",
        house.supervisor.stop(Duration::from_secs(3)),
    )
    .await;
}

#[tokio::test]
async fn a_worker_that_stays_is_ended_by_a_second_word() {
    let house = House::started(vec![script("a", 1, "stay")]).await;
    let pids = house.pids();
    let supervisor = house.supervisor.clone();
    let stop = tokio::spawn(async move { supervisor.stop(Duration::from_secs(600)).await });
    within("draining", async {
        while house.supervisor.pods()[0].phase.as_str() != "draining" {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let begun = Instant::now();
    house.supervisor.kill();
    within("stop", stop).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert!(pids.iter().all(|pid| !exists(*pid)));
}

#[tokio::test]
async fn a_worker_deaf_to_sigterm_is_killed() {
    let house = House::new(vec![shell("a", "trap '' TERM; while :; do sleep 1; done")]);
    let supervisor = house.supervisor.clone();
    let start = tokio::spawn(async move { supervisor.start().await });
    within("spawn", async {
        while house.pids().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let pids = house.pids();
    within("stop", house.supervisor.stop(Duration::ZERO)).await;
    assert!(within("start", start).await.unwrap().is_err());
    assert!(pids.iter().all(|pid| !exists(*pid)));
}

#[tokio::test]
async fn dropping_the_supervisor_leaves_no_process() {
    let house = House::started(vec![script("a", 2, "stay")]).await;
    let pids = house.pids();
    assert_eq!(pids.len(), 2);
    drop(house);
    for pid in pids {
        gone(pid).await;
    }
}
