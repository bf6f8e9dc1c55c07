//! From nothing to a worker that serves: spawn, handshake, pool.

use std::io;
use std::os::unix::net::UnixStream as StdStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidegate_core::{Error, ErrorKind};
use tidegate_transport::channel::{LinkLimits, WorkerLink};
use tidegate_transport::frames::{Hello, Ledger};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::exit;
use crate::handshake::{self, Refusal};
use crate::keeper::{HANG_UP_LIMIT, Keeper, Trouble, Worker, told};
use crate::process::Process;
use crate::state::Phase;

/// How long what a worker wrote before it ended may take to be read.
const LAST_WORDS_LIMIT: Duration = Duration::from_millis(100);

impl Keeper {
    /// Spawns a worker and waits until it is ready; it is in the pool then.
    pub(crate) async fn launch(&mut self, first: bool) -> Result<Worker, Trouble> {
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
        let process = Process::spawn(&self.crew.deployment, self.replica, theirs.into())?;
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
        let millis = (limit.unwrap_or_default().as_secs_f64() * 1000.0).round();
        let seconds = millis / 1000.0;
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
}

async fn expired(limit: Option<Duration>) {
    match limit {
        Some(limit) => tokio::time::sleep(limit).await,
        None => std::future::pending().await,
    }
}
