//! The supervisor over real processes: this test program, started again, is the worker.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod scripted;
mod serving;
mod starting;
mod stopping;

use std::ffi::OsString;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tidegate_core::{Branch, Call, CallReply, CallRequest, Error, Payload};
use tidegate_orchestrator::{Deployment, Event, EventSink, Supervisor};
use tidegate_transport::pool::{Pool, PoolLimits};
use tokio::sync::watch;
use tokio::time::timeout;

/// Not a test: what a spawned worker runs.
#[test]
fn scripted_worker() {
    if std::env::var_os("TIDEGATE_SCRIPT").is_some() {
        scripted::run();
    }
}

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} took over {PATIENCE:?}"))
}

fn script(name: &str, replicas: u32, script: &str) -> Deployment {
    let mut env: Vec<(OsString, OsString)> = std::env::vars_os().collect();
    env.push(("TIDEGATE_SCRIPT".into(), "1".into()));
    let mut settings = serde_json::Map::new();
    settings.insert("script".into(), script.into());
    Deployment {
        name: name.into(),
        replicas,
        devices: Vec::new(),
        single: false,
        argv: vec![
            std::env::current_exe().unwrap().into(),
            "--exact".into(),
            "scripted_worker".into(),
            "--nocapture".into(),
            "--quiet".into(),
        ],
        env,
        cwd: None,
        settings,
        blob: Bytes::from_static(b"blob"),
        timeout_ready: Some(PATIENCE),
        max_in_flight: 100,
        max_message_bytes: 1 << 20,
    }
}

fn shell(name: &str, line: &str) -> Deployment {
    let argv = vec!["/bin/sh".into(), "-c".into(), line.into()];
    Deployment {
        argv,
        ..script(name, 1, "")
    }
}

/// Every event as a line, such as `ready a/rep-0`.
struct Log(watch::Sender<Vec<String>>);

impl EventSink for Log {
    fn event(&self, event: Event) {
        let line = match event {
            Event::Waiting { pods } => format!("waiting {}", pods.join(" ")),
            Event::Ready { pod, .. } => format!("ready {pod}"),
            Event::Died { pod, cause, .. } => format!("died {pod}: {cause}"),
            Event::Restarted { pod, .. } => format!("restarted {pod}"),
            Event::CrashLoop { pod, deaths, .. } => format!("crash loop {pod} {deaths}"),
            Event::Forced { pod } => format!("forced {pod}"),
            other => format!("{other:?}"),
        };
        self.0.send_modify(|lines| lines.push(line));
    }
}

impl Log {
    async fn wait(&self, line: &str) -> Vec<String> {
        let mut lines = self.0.subscribe();
        let found = lines.wait_for(|lines| lines.iter().any(|known| known.starts_with(line)));
        within(line, found).await.unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

struct House {
    supervisor: Arc<Supervisor>,
    pools: Vec<Arc<Pool>>,
    log: Arc<Log>,
}

impl House {
    fn new(deployments: Vec<Deployment>) -> Self {
        let log = Arc::new(Log(watch::Sender::new(Vec::new())));
        let pools: Vec<_> = deployments
            .iter()
            .map(|deployment| Pool::new(deployment.name.as_str(), PoolLimits::default()))
            .collect();
        let paired = deployments.into_iter().zip(pools.iter().cloned()).collect();
        let supervisor = Arc::new(Supervisor::new(paired, log.clone()));
        Self {
            supervisor,
            pools,
            log,
        }
    }

    async fn started(deployments: Vec<Deployment>) -> Self {
        let house = Self::new(deployments);
        within("start", house.supervisor.start()).await.unwrap();
        house
    }

    async fn refused(deployments: Vec<Deployment>) -> (Self, Error) {
        let house = Self::new(deployments);
        let error = within("start", house.supervisor.start()).await.unwrap_err();
        assert!(
            house.pids().is_empty(),
            "left running: {:?}",
            house.supervisor.pods()
        );
        (house, error)
    }

    fn pids(&self) -> Vec<u32> {
        self.supervisor
            .pods()
            .iter()
            .filter_map(|pod| pod.pid)
            .collect()
    }

    async fn call(&self, text: &'static str) -> Result<CallReply, Error> {
        let request = CallRequest {
            request_id: "r".into(),
            endpoint: "/x".into(),
            parameters: Bytes::new(),
            branches: vec![Branch {
                from: "gateway".into(),
                payload: Payload(Bytes::from_static(text.as_bytes())),
            }],
            deadline: None,
        };
        within("call", self.pools[0].call(request)).await
    }
}

/// Whether a process of that number is there, were it only as a zombie.
fn exists(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// Waits until `pid` is gone.
async fn gone(pid: u32) {
    within("the end of a process", async {
        while exists(pid) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
