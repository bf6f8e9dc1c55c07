//! The gateway's end of a worker's channel.
//!
//! Callers append their Start frames to one outbox, in the order of the ids they are given; one task
//! for each link writes what has gathered and hands answers out. When the worker hangs up, its ledger
//! tells which calls it had started.

mod link_task;
mod outbox;
mod shared;
#[cfg(test)]
mod tests;

use std::fmt;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidegate_core::{Call, CallFuture, CallReply, CallRequest, Error, ErrorKind};

use self::link_task::LinkTask;
use self::shared::{Admission, Place, Shared};
use crate::frames::{Hello, Lane, Ledger};

/// The endpoint that takes what no other does.
const DEFAULT_ENDPOINT: &str = "/default";

/// How much a link carries.
#[derive(Debug, Clone, Copy)]
pub struct LinkLimits {
    /// The largest message, in bytes, either way. Default 256 MiB.
    pub max_message_bytes: u64,
    /// Calls wait while more bytes than this wait to be written. Default 1 MiB.
    pub high_water: usize,
}

impl Default for LinkLimits {
    fn default() -> Self {
        Self {
            max_message_bytes: 256 * 1024 * 1024,
            high_water: 1024 * 1024,
        }
    }
}

impl LinkLimits {
    /// The longest frame body: a message, and what frames add to it.
    fn body_limit(&self) -> u64 {
        self.max_message_bytes
            .saturating_add(64 * 1024)
            .min(u64::from(u32::MAX))
    }
}

/// Why a link has closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closed {
    /// The worker's end is gone, or [`WorkerLink::hang_up`] was called.
    HungUp,
    /// The worker sent what is no frame, or no answer; says what.
    Refused(Arc<str>),
}

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HungUp => f.write_str("hung up"),
            Self::Refused(reason) => write!(f, "protocol error: {reason}"),
        }
    }
}

/// A worker, as the pool sees it.
///
/// Dropping it hangs up, which ends the worker.
#[derive(Debug)]
pub struct WorkerLink {
    shared: Arc<Shared>,
    endpoints: Vec<(String, Place)>,
    fallback: Option<Place>,
}

impl WorkerLink {
    /// Takes over a channel whose worker has said Hello; `hello` is what it said.
    ///
    /// Needs a tokio context: the link's task runs there until the worker hangs up.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] where the socket cannot be registered.
    pub fn connect(
        stream: UnixStream,
        ledger: Ledger,
        hello: Hello,
        pod: Arc<str>,
        limits: LinkLimits,
    ) -> Result<Arc<Self>, Error> {
        let failed = |error: std::io::Error| {
            Error::new(
                ErrorKind::Internal,
                format!("the channel of worker '{pod}' cannot be used"),
            )
            .with_source(error)
        };
        stream.set_nonblocking(true).map_err(failed)?;
        let stream = tokio::net::UnixStream::from_std(stream).map_err(failed)?;
        let place = |(index, sync): (usize, bool)| Place {
            index: u16::try_from(index).unwrap_or(u16::MAX),
            lane: if sync { Lane::Sync } else { Lane::Async },
        };
        let endpoints: Vec<(String, Place)> = hello
            .endpoints
            .into_iter()
            .take(usize::from(u16::MAX))
            .enumerate()
            .map(|(index, endpoint)| (endpoint.name, place((index, endpoint.sync))))
            .collect();
        let find = |name: &str| {
            endpoints
                .iter()
                .find(|(known, _)| known == name)
                .map(|found| found.1)
        };
        let fallback = find(DEFAULT_ENDPOINT);
        let shared = Arc::new(Shared::new(pod, ledger, limits));
        // Ends with the channel; dropped with the runtime, it closes the link.
        tokio::spawn(LinkTask::new(stream, Arc::clone(&shared)));
        Ok(Arc::new(Self {
            shared,
            endpoints,
            fallback,
        }))
    }

    /// Waits until the link has closed, and says why. Cancel-safe.
    pub async fn closed(&self) -> Closed {
        let mut closing = self.shared.closing.subscribe();
        let closed = match closing.wait_for(Option::is_some).await {
            Ok(closed) => closed.clone(),
            Err(_) => None,
        };
        closed.unwrap_or(Closed::HungUp)
    }

    /// Takes no new calls, and asks the worker to finish what runs within `grace`, and leave.
    ///
    /// Returns at once; [`WorkerLink::closed`] tells when the worker has left.
    pub fn drain(&self, grace: Duration) {
        self.shared.drain(grace);
    }

    /// Closes the link after reading what the worker has already sent: for a worker known to be dead
    /// whose end of the channel a child of its own still holds.
    pub fn hang_up(&self) {
        self.shared.hang_up();
    }

    /// How many calls the worker has not answered yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight()
    }

    /// The Pod's name, such as `executor0/rep-0`.
    #[must_use]
    pub fn pod(&self) -> &Arc<str> {
        &self.shared.pod
    }

    fn place(&self, endpoint: &str) -> Option<Place> {
        let exact = self.endpoints.iter().find(|(name, _)| name == endpoint);
        exact.map(|(_, place)| *place).or(self.fallback)
    }

    async fn exchange(&self, place: Place, request: &CallRequest) -> Result<CallReply, Error> {
        let (id, receiver) = match self.shared.admit(place, request)? {
            Admission::Sent(id, receiver) => (id, receiver),
            Admission::Full => loop {
                let room = self.shared.room.notified();
                if let Admission::Sent(id, receiver) = self.shared.admit(place, request)? {
                    break (id, receiver);
                }
                room.await;
            },
        };
        let mut guard = CancelOnDrop {
            shared: &self.shared,
            id: Some(id),
        };
        let answer = receiver.await;
        guard.id = None;
        answer.unwrap_or_else(|_| Err(self.shared.unknown(&Closed::HungUp)))
    }
}

impl Call for WorkerLink {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        Box::pin(async move {
            let Some(place) = self.place(&request.endpoint) else {
                return Ok(CallReply::default());
            };
            let Some(deadline) = request.deadline else {
                return self.exchange(place, &request).await;
            };
            if deadline <= Instant::now() {
                return Err(self.shared.expired(&request));
            }
            let exchange = self.exchange(place, &request);
            match tokio::time::timeout_at(deadline.into(), exchange).await {
                Ok(answer) => answer,
                Err(_) => Err(self.shared.expired(&request)),
            }
        })
    }

    fn serves(&self, endpoint: &str) -> bool {
        self.place(endpoint).is_some()
    }

    fn endpoints(&self) -> Vec<String> {
        self.endpoints
            .iter()
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn flush(&self) {
        self.shared.flush();
    }

    fn ready(&self) -> Result<(), Error> {
        self.shared.ready()
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.shared.hang_up();
    }
}

/// Cancels a call whose future is dropped before the answer.
struct CancelOnDrop<'a> {
    shared: &'a Shared,
    id: Option<u64>,
}

impl Drop for CancelOnDrop<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.shared.cancel(id);
        }
    }
}
