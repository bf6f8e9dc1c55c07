//! Keeps one replica alive: launches its worker, serves with it, restarts it, lets it go.

use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tidegate_core::{Error, ErrorKind};
use tidegate_transport::channel::{Closed, LinkLimits, WorkerLink};
use tidegate_transport::frames::{Hello, Ledger};
use tidegate_transport::pool::Pool;
use tokio::net::UnixStream;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::backoff::{Backoff, Verdict};
use crate::deployment::Deployment;
use crate::events::Event;
use crate::exit;
use crate::handshake::{self, Refusal};
use crate::process::Process;
use crate::state::{Board, Phase};

/// How long a worker that has closed its channel may take to end by itself.
const HANG_UP_LIMIT: Duration = Duration::from_millis(250);
/// How long what a worker wrote before it ended may take to be read.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(100);
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

struct Worker {
    process: Process,
    link: Arc<WorkerLink>,
    since: Instant,
}

enum Trouble {
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

    /// Spawns a worker and waits until it is ready; it is in the pool then.
    async fn launch(&mut self, first: bool) -> Result<Worker, Trouble> {
        let spec = self
            .crew
            .deployment
            .spec_frame(self.replica)
            .map_err(Trouble::Failed)?;
        let spawned = self.spawn().map_err(|error| {
            let message = format!("`{}` could not be spawned: {error}", self.pod);
            Trouble::Failed(Error::new(ErrorKind::Startup, message).with_source(error))
        })?;
        let (mut process, mut channel, ledger) = spawned;
        let mut stop = self.stop.clone();
        let limit = self.crew.deployment.timeout_ready;
        let hello = tokio::select! {
            hello = self.greeted(&mut process, &mut channel, &spec) => hello,
            () = expired(limit) => Err(Trouble::Failed(self.not_ready(limit, first))),
            () = told(&mut stop) => Err(Trouble::Stopped),
        };
        drop(spec);
        let connected = match hello {
            Ok(hello) => self
                .connect(channel, ledger, hello)
                .map_err(Trouble::Failed),
            Err(trouble) => Err(trouble),
        };
        match connected {
            Ok(link) => {
                self.crew.pool.insert(self.replica, link.clone());
                let pid = process.pid();
                self.board.update(self.row, |row| {
                    row.phase = Phase::Ready;
                    row.pid = Some(pid);
                    row.restarts += u64::from(!first);
                });
                Ok(Worker {
                    process,
                    link,
                    since: Instant::now(),
                })
            }
            Err(trouble) => {
                // It is not in service: there is nothing to drain.
                self.end(&mut process, Duration::ZERO).await;
                Err(trouble)
            }
        }
    }

    fn spawn(&self) -> io::Result<(Process, UnixStream, Ledger)> {
        let (ours, theirs) = StdStream::pair()?;
        let ledger = Ledger::create()?;
        handshake::send_ledger(&ours, &ledger)?;
        ours.set_nonblocking(true)?;
        let channel = UnixStream::from_std(ours)?;
        let process = Process::spawn(&self.crew.deployment, theirs.into())?;
        let pid = process.pid();
        self.board.update(self.row, |row| row.pid = Some(pid));
        Ok((process, channel, ledger))
    }

    /// The worker's Hello, or what kept it from saying it.
    async fn greeted(
        &self,
        process: &mut Process,
        channel: &mut UnixStream,
        spec: &[u8],
    ) -> Result<Hello, Trouble> {
        let mut greeting = std::pin::pin!(handshake::greet(channel, spec));
        let (answer, status) = tokio::select! {
            biased;
            answer = &mut greeting => (Some(answer), None),
            status = process.wait() => {
                (timeout(LAST_WORDS_LIMIT, greeting).await.ok(), Some(status))
            }
        };
        let refusal = match answer {
            Some(Ok(hello)) if status.is_none() => return Ok(hello),
            Some(Err(Refusal::Told(error))) => return Err(Trouble::Failed(self.refused(&error))),
            _ => status,
        };
        let status = match refusal {
            Some(status) => Some(status),
            None => timeout(HANG_UP_LIMIT, process.wait()).await.ok(),
        };
        let how = status.map_or_else(|| "closed its channel".to_owned(), exit::describe);
        let message = format!("`{}` {how} before it was ready", self.pod);
        Err(Trouble::Failed(Error::new(ErrorKind::Startup, message)))
    }

    /// What the worker says, as the error of a start.
    fn refused(&self, told: &Error) -> Error {
        let message = format!("`{}` did not start: {told}", self.pod);
        let mut error = Error::new(ErrorKind::Startup, message);
        if let Some(exception) = told.exception() {
            error = error.with_exception(exception.clone());
        }
        error
    }

    fn not_ready(&self, limit: Option<Duration>, first: bool) -> Error {
        let awaited = if first {
            self.board.awaited()
        } else {
            vec![self.pod.clone()]
        };
        let names = awaited
            .iter()
            .map(|pod| format!("`{pod}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let seconds = limit.unwrap_or_default().as_secs_f64();
        Error::new(
            ErrorKind::Startup,
            format!("not ready after {seconds} s: {names}"),
        )
        .with_hint("raise `timeout_ready` where the Executor needs longer; -1 waits for ever")
    }

    fn connect(
        &self,
        channel: UnixStream,
        ledger: Ledger,
        hello: Hello,
    ) -> Result<Arc<WorkerLink>, Error> {
        let channel = channel.into_std().map_err(|error| {
            let message = format!("the channel of `{}` cannot be used: {error}", self.pod);
            Error::new(ErrorKind::Startup, message).with_source(error)
        })?;
        let limits = LinkLimits {
            max_message_bytes: self.crew.deployment.max_message_bytes,
            ..LinkLimits::default()
        };
        WorkerLink::connect(channel, ledger, hello, self.pod.clone(), limits)
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
    async fn end(&self, process: &mut Process, limit: Duration) {
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
async fn told(stop: &mut watch::Receiver<Stop>) {
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

async fn expired(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}
