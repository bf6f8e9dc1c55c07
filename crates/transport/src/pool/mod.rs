//! The replicas of one Executor: who takes the next call, and who waits.
//!
//! The least loaded replica takes a call, and among equally loaded ones the turn goes round. Each has
//! a bound on its calls in flight; beyond, calls wait in one bounded queue, and then are refused.

mod seats;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock};
use tidegate_core::{Call, CallFuture, CallReply, CallRequest, Error, ErrorKind, Retry};
use tokio::sync::oneshot;

use self::seats::Seats;

/// After so many worker deaths a call is not tried again.
const DEATHS: u32 = 2;
const DEFAULT_ENDPOINT: &str = "/default";

/// How much a pool takes on.
#[derive(Debug, Clone, Copy)]
pub struct PoolLimits {
    /// Calls in flight, per replica. Default 10,000.
    pub in_flight: usize,
    /// Calls that wait, together. Default 10,000.
    pub queue: usize,
    /// How long a call waits while there is no replica at all. Default 60 s.
    pub wait_for_replica: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            in_flight: 10_000,
            queue: 10_000,
            wait_for_replica: Duration::from_secs(60),
        }
    }
}

/// See the module.
pub struct Pool {
    name: Arc<str>,
    limits: PoolLimits,
    me: Weak<Pool>,
    state: Mutex<State>,
    /// The endpoint table, as the latest replica told it; `None` until one came.
    endpoints: RwLock<Option<Vec<String>>>,
}

struct State {
    seats: Seats,
    /// Calls that wait, by ticket: the smallest is next.
    queue: BTreeMap<u64, oneshot::Sender<Lease>>,
    next_ticket: u64,
    failed: Option<Arc<Error>>,
}

impl Pool {
    /// An empty pool of the Executor `name`: calls wait for the first replica.
    #[must_use]
    pub fn new(name: impl Into<Arc<str>>, limits: PoolLimits) -> Arc<Self> {
        Arc::new_cyclic(|me| Self {
            name: name.into(),
            limits,
            me: Weak::clone(me),
            state: Mutex::new(State {
                seats: Seats::new(limits.in_flight),
                queue: BTreeMap::new(),
                next_ticket: 0,
                failed: None,
            }),
            endpoints: RwLock::new(None),
        })
    }

    /// The Executor's name.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Takes `call` as replica number `replica`, in the place of a former one of that number.
    pub fn insert(&self, replica: u32, call: Arc<dyn Call>) {
        *self.endpoints.write() = Some(call.endpoints());
        let mut state = self.state.lock();
        state.failed = None;
        let former = state.seats.insert(replica, call);
        self.serve_queue(state);
        drop(former);
    }

    /// Gives replica number `replica` no more calls; those in flight go on to their end.
    ///
    /// Another is expected: calls wait for it, at most [`PoolLimits::wait_for_replica`].
    pub fn remove(&self, replica: u32) {
        let former = self.state.lock().seats.remove(replica);
        drop(former);
    }

    /// Answers every call that waits or comes with `error`, until a replica is inserted.
    pub fn fail(&self, error: Error) {
        let mut state = self.state.lock();
        state.failed = Some(Arc::new(error));
        let waiting = std::mem::take(&mut state.queue);
        drop(state);
        // Each waiter sees its sender go and asks again.
        drop(waiting);
    }

    /// How many calls the replicas have not answered yet.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.state.lock().seats.in_flight()
    }

    /// How many calls wait for a replica.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.state.lock().queue.len()
    }

    /// The replicas that take calls, by number, with their calls in flight.
    #[must_use]
    pub fn replicas(&self) -> Vec<(u32, usize)> {
        self.state.lock().seats.loads()
    }

    async fn run(&self, request: CallRequest) -> Result<CallReply, Error> {
        let mut deaths = 0;
        loop {
            let lease = self.lease(&request).await?;
            match lease.call.call(request.clone()).await {
                Err(error)
                    if error.kind() == ErrorKind::Unavailable && error.retry() != Retry::Never =>
                {
                    deaths += u32::from(error.retry() == Retry::NeverStarted);
                    self.state.lock().seats.retire(lease.seat);
                    if deaths >= DEATHS {
                        return Err(self.poison(&request, error));
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// The right to one call, at once or when it is this call's turn.
    async fn lease(&self, request: &CallRequest) -> Result<Lease, Error> {
        loop {
            let mut ticket = match self.lease_or_ticket()? {
                Ok(lease) => return Ok(lease),
                Err(ticket) => ticket,
            };
            if let Some(lease) = self.wait(&mut ticket, request).await? {
                return Ok(lease);
            }
        }
    }

    fn lease_or_ticket(&self) -> Result<Result<Lease, Ticket<'_>>, Error> {
        let mut state = self.state.lock();
        if let Some(error) = &state.failed {
            return Err(self.failure(error));
        }
        if state.queue.is_empty()
            && let Some((seat, call)) = state.seats.take()
        {
            return Ok(Ok(self.lease_of(seat, call)));
        }
        if state.queue.len() >= self.limits.queue {
            return Err(self.overloaded(&state));
        }
        let (sender, receiver) = oneshot::channel();
        let number = state.next_ticket;
        state.next_ticket += 1;
        state.queue.insert(number, sender);
        Ok(Err(Ticket {
            pool: self,
            number,
            receiver,
        }))
    }

    /// Waits for the ticket's turn; `None` where the queue was emptied meanwhile.
    async fn wait(
        &self,
        ticket: &mut Ticket<'_>,
        request: &CallRequest,
    ) -> Result<Option<Lease>, Error> {
        let mut alone = tokio::time::Instant::now();
        loop {
            let mut until = alone + self.limits.wait_for_replica;
            if let Some(deadline) = request.deadline {
                until = until.min(deadline.into());
            }
            match tokio::time::timeout_at(until, &mut ticket.receiver).await {
                Ok(lease) => return Ok(lease.ok()),
                Err(_)
                    if request
                        .deadline
                        .is_some_and(|deadline| deadline <= Instant::now()) =>
                {
                    return Err(Error::new(
                        ErrorKind::DeadlineExceeded,
                        format!(
                            "the deadline of request '{}' passed while it waited for Executor '{}'",
                            request.request_id, self.name
                        ),
                    ));
                }
                // Busy replicas answer some day; only an empty pool is waited for within bounds.
                Err(_) if self.state.lock().seats.is_empty() => {
                    let waited = self.limits.wait_for_replica.as_secs_f32();
                    return Err(self.nobody(&format!("has had no worker for {waited} s")));
                }
                Err(_) => alone = tokio::time::Instant::now(),
            }
        }
    }

    fn lease_of(&self, seat: u64, call: Arc<dyn Call>) -> Lease {
        Lease {
            pool: Weak::clone(&self.me),
            seat,
            call,
        }
    }

    fn release(&self, seat: u64) {
        let mut state = self.state.lock();
        state.seats.give_back(seat);
        self.serve_queue(state);
    }

    /// Gives free places to those who wait, the longest waiting first.
    fn serve_queue(&self, mut state: parking_lot::MutexGuard<'_, State>) {
        if state.queue.is_empty() {
            return;
        }
        let mut turns = Vec::new();
        while !state.queue.is_empty() {
            let Some((seat, call)) = state.seats.take() else {
                break;
            };
            let Some((_, sender)) = state.queue.pop_first() else {
                break;
            };
            turns.push((sender, self.lease_of(seat, call)));
        }
        drop(state);
        for (sender, lease) in turns {
            // A waiter that has just gone gives the place back: the lease is dropped.
            let _ = sender.send(lease);
        }
    }

    fn failure(&self, error: &Arc<Error>) -> Error {
        let mut copy = Error::new(error.kind(), error.message());
        for (key, value) in error.context() {
            copy = copy.with_context(key, value.clone());
        }
        if let Some(hint) = error.hint() {
            copy = copy.with_hint(hint);
        }
        if let Some(exception) = error.exception() {
            copy = copy.with_exception(exception.clone());
        }
        copy.with_source(Arc::clone(error))
    }

    fn nobody(&self, what: &str) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("Executor '{}' {what}", self.name),
        )
    }

    fn overloaded(&self, state: &State) -> Error {
        Error::new(
            ErrorKind::Overloaded,
            format!(
                "Executor '{}' has {} requests in progress and {} waiting, its limit",
                self.name,
                state.seats.in_flight(),
                self.limits.queue
            ),
        )
        .with_hint("send fewer at once, or give it more replicas")
    }

    fn poison(&self, request: &CallRequest, error: Error) -> Error {
        Error::new(
            ErrorKind::Internal,
            format!(
                "request '{}' was with {DEATHS} workers of Executor '{}' when they died, and is not \
                 tried a third time",
                request.request_id, self.name
            ),
        )
        .with_context("poison", "true")
        .with_source(error)
    }
}

impl Call for Pool {
    fn call(&self, request: CallRequest) -> CallFuture<'_> {
        Box::pin(self.run(request))
    }

    fn serves(&self, endpoint: &str) -> bool {
        match &*self.endpoints.read() {
            Some(known) => known
                .iter()
                .any(|name| name == endpoint || name == DEFAULT_ENDPOINT),
            // Nobody knows yet: the call waits for who does.
            None => true,
        }
    }

    fn endpoints(&self) -> Vec<String> {
        self.endpoints.read().clone().unwrap_or_default()
    }

    fn flush(&self) {
        let calls = self.state.lock().seats.calls();
        calls.iter().for_each(|call| call.flush());
    }

    fn ready(&self) -> Result<(), Error> {
        let state = self.state.lock();
        match &state.failed {
            Some(error) => Err(self.failure(error)),
            None if state.seats.is_empty() => Err(self.nobody("has no worker yet")),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The right to one call of one replica; gives it back when dropped.
struct Lease {
    pool: Weak<Pool>,
    seat: u64,
    call: Arc<dyn Call>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.release(self.seat);
        }
    }
}

/// A place in the queue; leaves it when dropped.
struct Ticket<'a> {
    pool: &'a Pool,
    number: u64,
    receiver: oneshot::Receiver<Lease>,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let sender = self.pool.state.lock().queue.remove(&self.number);
        drop(sender);
    }
}
