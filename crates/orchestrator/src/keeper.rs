//! Keeps one replica alive: has its worker launched, serves with it, restarts it, lets it go.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tidegate_core::{Error, ErrorKind};
use tidegate_transport::channel::{Closed, WorkerLink};
use tidegate_transport::pool::Pool;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::backoff::{Backoff, Verdict};
use crate::deployment::Deployment;
use crate::events::Event;
use crate::exit;
use crate::process::Process;
use crate::state::{Board, Phase};

/// How long a worker that has closed its channel may take to end by itself.
pub(crate) const HANG_UP_LIMIT: Duration = Duration::from_millis(250);
/// How long after SIGTERM comes SIGKILL.
const TERM_LIMIT: Duration = Duration::from_millis(300);
/// How long a killed worker is waited for.
const KILL_LIMIT: Duration = Duration::from_secs(1);

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Go on.
    No,
    /// Let the workers finish what runs within `grace`, and close their Executors within `limit`.
    Drain { grace: Duration, limit: Duration },
    /// Now.
    Kill,
}

/// What the replicas of a Deployment share.
pub(crate) struct Crew {
    pub(crate) deployment: Deployment,
    pub(crate) pool: Arc<Pool>,
    /// Replicas that have not been given up.
    pub(crate) hopeful: AtomicU32,
}

/// The outcome of a replica's first launch.
pub(crate) type Launched = Result<(), Error>;

pub(crate) struct Keeper {
    pub(crate) crew: Arc<Crew>,
    pub(crate) replica: u32,
    /// Its place on the board.
    pub(crate) row: usize,
    pub(crate) pod: Arc<str>,
    pub(crate) board: Arc<Board>,
    pub(crate) stop: watch::Receiver<Stop>,
}

/// A worker that serves.
pub(crate) struct Worker {
    pub(crate) process: Process,
    pub(crate) link: Arc<WorkerLink>,
    pub(crate) since: Instant,
}

/// Why there is no worker.
pub(crate) enum Trouble {
    Failed(Error),
    Stopped,
}

enum Outcome {
    Died(Error),
    Left,
}

impl Keeper {
    /// Runs until told to stop, or until the replica is given up.
    pub(crate) async fn run(mut self, launched: mpsc::Sender<Launched>) {
        let first = self.launch(true).await;
        let mut worker = match first {
            Ok(worker) => worker,
            Err(trouble) => {
                let (phase, error) = match trouble {
                    Trouble::Failed(error) => (Phase::Failed, error),
                    Trouble::Stopped => (Phase::Stopped, stopped()),
                };
                self.board.update(self.row, |row| {
                    row.phase = phase;
                    row.pid = None;
                });
                let _ = launched.send(Err(error)).await;
                return;
            }
        };
        self.board.tell(Event::Ready {
            pod: self.pod.clone(),
            pid: worker.process.pid(),
        });
        self.board.tell_awaited();
        let _ = launched.send(Ok(())).await;
        let mut backoff = Backoff::default();
        loop {
            let served_from = worker.since;
            let mut cause = match self.serve(worker).await {
                Outcome::Died(cause) => cause,
                Outcome::Left => return self.leave(Phase::Stopped),
            };
            let mut served = served_from.elapsed();
            worker = loop {
                match self.revive(&mut backoff, cause, served).await {
                    Ok(worker) => break worker,
                    Err(Trouble::Failed(error)) => (cause, served) = (error, Duration::ZERO),
                    Err(Trouble::Stopped) => return,
                }
            };
            self.board.tell(Event::Restarted {
                pod: self.pod.clone(),
                pid: worker.process.pid(),
            });
        }
    }

    fn leave(&self, phase: Phase) {
        self.board.update(self.row, |row| {
            row.phase = phase;
            row.pid = None;
        });
    }

    /// Waits as long as the deaths so far call for and launches again; gives up when they are too many.
    async fn revive(
        &mut self,
        backoff: &mut Backoff,
        cause: Error,
        served: Duration,
    ) -> Result<Worker, Trouble> {
        let cause = Arc::new(cause);
        let verdict = backoff.died(Instant::now(), served);
        let restart_in = match verdict {
            Verdict::Restart(delay) => Some(delay),
            Verdict::GiveUp(_) => None,
        };
        self.leave(Phase::Restarting);
        self.board.tell(Event::Died {
            pod: self.pod.clone(),
            cause: cause.clone(),
            restart_in,
        });
        match verdict {
            Verdict::GiveUp(deaths) => {
                self.give_up(deaths, cause);
                Err(Trouble::Stopped)
            }
            Verdict::Restart(delay) => {
                let mut stop = self.stop.clone();
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    () = told(&mut stop) => {
                        self.leave(Phase::Stopped);
                        return Err(Trouble::Stopped);
                    }
                }
                let launched = self.launch(false).await;
                if let Err(Trouble::Stopped) = &launched {
                    self.leave(Phase::Stopped);
                }
                launched
            }
        }
    }

    /// Stops trying; when no replica is left, the Executor's calls are answered with `cause`.
    fn give_up(&self, deaths: usize, cause: Arc<Error>) {
        self.leave(Phase::Failed);
        if self.crew.hopeful.fetch_sub(1, Ordering::AcqRel) == 1 {
            let message = format!(
                "executor `{}` died {deaths} times within a minute and is not restarted: {cause}",
                self.crew.deployment.name
            );
            let mut error = Error::new(ErrorKind::Unavailable, message);
            if let Some(exception) = cause.exception() {
                error = error.with_exception(exception.clone());
            }
            self.crew.pool.fail(error);
        }
        self.board.tell(Event::CrashLoop {
            pod: self.pod.clone(),
            deaths,
            cause,
        });
    }

    /// Stays with a worker that serves until it dies or is told to leave.
    async fn serve(&mut self, mut worker: Worker) -> Outcome {
        let mut stop = self.stop.clone();
        let outcome = tokio::select! {
            status = worker.process.wait() => Outcome::Died(self.death(&exit::describe(status))),
            closed = worker.link.closed() => {
                self.crew.pool.remove(self.replica);
                Outcome::Died(self.closed(closed, &mut worker.process).await)
            }
            () = told(&mut stop) => Outcome::Left,
        };
        if matches!(outcome, Outcome::Left) {
            self.board
                .update(self.row, |row| row.phase = Phase::Draining);
            self.drain(&mut worker).await;
        }
        self.crew.pool.remove(self.replica);
        // A child of the worker may still hold the worker's end.
        worker.link.hang_up();
        self.end(&mut worker.process, Duration::ZERO).await;
        outcome
    }

    /// Why the link has closed: by itself a hang-up only says that the worker ends.
    async fn closed(&self, closed: Closed, process: &mut Process) -> Error {
        if let Closed::Refused(reason) = closed {
            return self.death(&format!(
                "broke the frame protocol ({reason}) and was ended"
            ));
        }
        match timeout(HANG_UP_LIMIT, process.wait()).await {
            Ok(status) => self.death(&exit::describe(status)),
            Err(_) => self.death("closed its channel and was ended"),
        }
    }

    fn death(&self, how: &str) -> Error {
        Error::new(ErrorKind::Unavailable, format!("`{}` {how}", self.pod))
    }

    async fn drain(&mut self, worker: &mut Worker) {
        let Stop::Drain { grace, limit } = *self.stop.borrow() else {
            return;
        };
        worker.link.drain(grace);
        self.end(&mut worker.process, limit).await;
    }

    /// Has the process end: by itself within `limit`, then by SIGTERM, then by SIGKILL.
    pub(crate) async fn end(&self, process: &mut Process, limit: Duration) {
        let mut stop = self.stop.clone();
        let gently = async {
            if !limit.is_zero() && timeout(limit, process.wait()).await.is_ok() {
                return true;
            }
            process.terminate();
            timeout(TERM_LIMIT, process.wait()).await.is_ok()
        };
        let ended = tokio::select! {
            ended = gently => ended,
            () = told_to_kill(&mut stop) => false,
        };
        if !ended {
            process.kill();
            let _ = timeout(KILL_LIMIT, process.wait()).await;
            if !limit.is_zero() && *self.stop.borrow() != Stop::Kill {
                self.board.tell(Event::Forced {
                    pod: self.pod.clone(),
                });
            }
        }
        process.sweep().await;
    }
}

/// Waits for any word to stop; a supervisor that is gone counts as one.
pub(crate) async fn told(stop: &mut watch::Receiver<Stop>) {
    let _ = stop.wait_for(|stop| *stop != Stop::No).await;
}

async fn told_to_kill(stop: &mut watch::Receiver<Stop>) {
    let _ = stop.wait_for(|stop| *stop == Stop::Kill).await;
}

fn stopped() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the flow was stopped while it was starting",
    )
}
