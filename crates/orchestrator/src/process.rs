//! One worker process: spawned in a process group of its own, waited for, and never left behind.
//!
//! Its own group keeps Ctrl-C in a terminal away from it: the parent drains it first. Whatever the
//! worker has itself spawned into the group ends with it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::unix::AsyncFd;
use tokio::time::{Instant, sleep};

use crate::deployment::Deployment;

/// How long what is left of a group may take to end before it is killed.
const GROUP_LIMIT: Duration = Duration::from_millis(500);
/// How often to look where the system cannot tell.
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    group: Option<Pid>,
    /// The process that spawned it: in a forked copy of that one, dropping this does nothing.
    owner: u32,
    watch: Option<AsyncFd<OwnedFd>>,
    status: Option<ExitStatus>,
}

impl Process {
    /// Spawns the worker `replica` of `deployment`, with `channel` as its standard input.
    ///
    /// # Errors
    /// What the system says when it cannot.
    pub(crate) fn spawn(
        deployment: &Deployment,
        replica: u32,
        channel: OwnedFd,
    ) -> io::Result<Self> {
        let (program, arguments) = deployment
            .argv
            .split_first()
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program is named"))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(deployment.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::from(channel))
            .process_group(0);
        if let Some(device) = deployment.device(replica) {
            command.env("CUDA_VISIBLE_DEVICES", device);
        }
        if let Some(cwd) = &deployment.cwd {
            command.current_dir(cwd);
        }
        let child = command.spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let watch = group.and_then(watch);
        Ok(Self {
            child,
            group,
            owner: std::process::id(),
            watch,
            status: None,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end, and asks what it has left in its group to end too.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.status {
                return status;
            }
            self.ended().await;
            // Until it is reaped, nobody else can have its number: the group that is meant is its own.
            self.signal_group(Signal::TERM);
            match self.child.try_wait() {
                Ok(Some(status)) => self.status = Some(status),
                Ok(None) => sleep(LOOK).await,
                // Somebody else has reaped it: how it ended is not known.
                Err(_) => self.status = Some(ExitStatus::default()),
            }
        }
    }

    /// Waits until it has ended, without reaping it.
    async fn ended(&self) {
        if let Some(watch) = &self.watch
            && watch.readable().await.is_ok()
        {
            return;
        }
        while !has_ended(self.group) {
            sleep(LOOK).await;
        }
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        if self.status.is_none() {
            self.signal_group(Signal::TERM);
        }
    }

    /// Ends it and its group.
    pub(crate) fn kill(&self) {
        if self.status.is_none() {
            self.signal_group(Signal::KILL);
        }
    }

    /// Waits, once it has ended, for what it left in its group, and kills that in the end.
    pub(crate) async fn sweep(&self) {
        let Some(group) = self.group else { return };
        let deadline = Instant::now() + GROUP_LIMIT;
        while test_kill_process_group(group).is_ok() {
            if Instant::now() >= deadline {
                self.signal_group(Signal::KILL);
                return;
            }
            sleep(LOOK).await;
        }
    }

    fn signal_group(&self, signal: Signal) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.status.is_none() && self.owner == std::process::id() {
            self.kill();
            let _ = self.child.wait();
        }
    }
}

/// A descriptor that becomes readable when `pid` ends.
///
/// The constructor is deprecated for types whose descriptor may change while it is registered; an
/// `OwnedFd` keeps its own, and the replacement is `unsafe`.
#[cfg(target_os = "linux")]
#[allow(deprecated)]
fn watch(pid: Pid) -> Option<AsyncFd<OwnedFd>> {
    use rustix::process::{PidfdFlags, pidfd_open};
    let fd = pidfd_open(pid, PidfdFlags::empty()).ok()?;
    AsyncFd::with_interest(fd, tokio::io::Interest::READABLE).ok()
}

#[cfg(not(target_os = "linux"))]
fn watch(_pid: Pid) -> Option<AsyncFd<OwnedFd>> {
    None
}

/// Whether it has ended, which leaves it to be reaped.
fn has_ended(pid: Option<Pid>) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = pid else { return true };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}
