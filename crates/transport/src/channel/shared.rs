//! What a link's callers and its task share: calls in flight, and frames to be written.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tidegate_core::{CallReply, CallRequest, Error, ErrorKind, Retry};
use tokio::sync::{Notify, oneshot, watch};

use super::outbox::Outbox;
use super::{Closed, LinkLimits};
use crate::frames::{FrameError, FrameHeader, Kind, Lane, Ledger, flags};

/// An answer, on its way to the caller.
pub(super) type Answer = Result<CallReply, Error>;

/// A call in flight.
#[derive(Debug)]
pub(super) struct Slot {
    lane: Lane,
    sender: oneshot::Sender<Answer>,
}

/// Where an endpoint stands in the worker's table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) index: u16,
    pub(super) lane: Lane,
}

/// What asking to send a call led to.
pub(super) enum Admission {
    /// It is on its way.
    Sent(u64, oneshot::Receiver<Answer>),
    /// Too much is waiting to be written: try again when [`Shared::room`] says so.
    Full,
}

#[derive(Debug)]
struct State {
    next_id: u64,
    slots: HashMap<u64, Slot>,
    out: Outbox,
    /// Wakes the link's task; taken by whoever gives it something to do.
    waker: Option<Waker>,
    draining: bool,
    hang_up: bool,
    closed: Option<Closed>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) pod: Arc<str>,
    pub(super) limits: LinkLimits,
    /// Told whenever frames have been written.
    pub(super) room: Notify,
    pub(super) closing: watch::Sender<Option<Closed>>,
    ledger: Ledger,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(pod: Arc<str>, ledger: Ledger, limits: LinkLimits) -> Self {
        Self {
            pod,
            limits,
            room: Notify::new(),
            closing: watch::Sender::new(None),
            ledger,
            state: Mutex::new(State {
                next_id: 1,
                slots: HashMap::new(),
                out: Outbox::default(),
                waker: None,
                draining: false,
                hang_up: false,
                closed: None,
            }),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.state.lock().slots.len()
    }

    /// Whether new calls are taken.
    pub(super) fn ready(&self) -> Result<(), Error> {
        let state = self.state.lock();
        match &state.closed {
            None if !state.draining => Ok(()),
            closed => Err(self.not_sent(closed.as_ref())),
        }
    }

    /// Gives the call an id and puts its Start behind those with smaller ids.
    pub(super) fn admit(&self, place: Place, request: &CallRequest) -> Result<Admission, Error> {
        let mut state = self.state.lock();
        if state.closed.is_some() || state.draining || state.hang_up {
            return Err(self.not_sent(state.closed.as_ref()));
        }
        if state.out.len() >= self.limits.high_water {
            return Ok(Admission::Full);
        }
        let mut header = FrameHeader::new(Kind::Start, state.next_id);
        header.aux = place.index;
        if let Some(deadline) = request.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.expired(request));
            }
            header.arg = u64::try_from(left.as_micros()).unwrap_or(u64::MAX).max(1);
        }
        state
            .out
            .push_start(
                header,
                &request.request_id,
                &request.parameters,
                &request.branches,
                self.limits.body_limit(),
            )
            .map_err(|error| self.too_large(&error))?;
        let id = state.next_id;
        state.next_id += 1;
        let (sender, receiver) = oneshot::channel();
        state.slots.insert(
            id,
            Slot {
                lane: place.lane,
                sender,
            },
        );
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        Ok(Admission::Sent(id, receiver))
    }

    /// Forgets a call whose caller has gone, and tells the worker.
    pub(super) fn cancel(&self, id: u64) {
        let mut state = self.state.lock();
        let slot = state.slots.remove(&id);
        if slot.is_none() || state.closed.is_some() {
            return;
        }
        state.out.push_header(FrameHeader::new(Kind::Cancel, id));
        let waker = state.waker.take();
        drop(state);
        wake(waker);
    }

    /// Asks the worker not to let calls wait for others any more.
    pub(super) fn flush(&self) {
        let mut state = self.state.lock();
        if state.draining || state.closed.is_some() {
            return;
        }
        let mut header = FrameHeader::new(Kind::Flush, 0);
        header.flags = flags::IGNORABLE;
        state.out.push_header(header);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
    }

    /// Takes no new calls, and asks the worker to finish and leave.
    pub(super) fn drain(&self, grace: Duration) {
        let mut state = self.state.lock();
        if state.draining || state.closed.is_some() {
            return;
        }
        state.draining = true;
        let mut header = FrameHeader::new(Kind::Drain, 0);
        header.arg = u64::try_from(grace.as_micros()).unwrap_or(u64::MAX);
        state.out.push_header(header);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        self.room.notify_waiters();
    }

    /// Asks the link's task to read what is there and close.
    pub(super) fn hang_up(&self) {
        let mut state = self.state.lock();
        state.hang_up = true;
        let waker = state.waker.take();
        drop(state);
        wake(waker);
    }

    /// Leaves the task's waker, and says whether a hang-up is wanted and how many calls are in flight.
    pub(super) fn attend(&self, waker: &Waker) -> (bool, usize) {
        let mut state = self.state.lock();
        if !state
            .waker
            .as_ref()
            .is_some_and(|known| known.will_wake(waker))
        {
            state.waker = Some(waker.clone());
        }
        (state.hang_up, state.slots.len())
    }

    /// Whether frames wait to be taken.
    pub(super) fn has_frames(&self) -> bool {
        !self.state.lock().out.is_empty()
    }

    /// Swaps the waiting frames for `empty`, an outbox that has been written.
    pub(super) fn take_frames(&self, empty: &mut Outbox) {
        let mut state = self.state.lock();
        let was_full = state.out.len() >= self.limits.high_water;
        std::mem::swap(&mut state.out, empty);
        drop(state);
        if was_full {
            self.room.notify_waiters();
        }
    }

    /// Hands answers to their callers; those whose caller has gone are dropped.
    ///
    /// # Errors
    /// Why the worker is not to be trusted: it answers a call that was never made.
    pub(super) fn settle(&self, answers: &mut Vec<(u64, Answer)>) -> Result<(), Arc<str>> {
        if answers.is_empty() {
            return Ok(());
        }
        let mut found = Vec::with_capacity(answers.len());
        let mut strange = false;
        let mut state = self.state.lock();
        for (id, answer) in answers.drain(..) {
            if let Some(slot) = state.slots.remove(&id) {
                found.push((slot.sender, answer));
            } else {
                strange |= id == 0 || id >= state.next_id;
            }
        }
        drop(state);
        for (sender, answer) in found {
            // A caller that has just gone needs no answer.
            let _ = sender.send(answer);
        }
        if strange {
            return Err(Arc::from("an answer to a call that was never made"));
        }
        Ok(())
    }

    /// Ends every call and refuses new ones.
    pub(super) fn close(&self, closed: Closed) {
        let mut state = self.state.lock();
        if state.closed.is_some() {
            return;
        }
        state.closed = Some(closed.clone());
        let slots = std::mem::take(&mut state.slots);
        state.out.clear();
        drop(state);
        if !slots.is_empty() {
            // A worker that speaks nonsense lives on for a moment: what it starts next is not known.
            let hung_up = matches!(closed, Closed::HungUp);
            let started = |lane| match self.ledger.started(lane) {
                Ok(id) if hung_up => id,
                _ => u64::MAX,
            };
            let (on_loop, on_thread) = (started(Lane::Async), started(Lane::Sync));
            for (id, slot) in slots {
                let last = if slot.lane == Lane::Async {
                    on_loop
                } else {
                    on_thread
                };
                let error = if id <= last {
                    self.unknown(&closed)
                } else {
                    self.not_started()
                };
                let _ = slot.sender.send(Err(error));
            }
        }
        self.closing.send_replace(Some(closed));
        self.room.notify_waiters();
    }

    pub(super) fn expired(&self, request: &CallRequest) -> Error {
        Error::new(
            ErrorKind::DeadlineExceeded,
            format!(
                "the deadline of request '{}' has passed",
                request.request_id
            ),
        )
        .with_context("worker", &*self.pod)
    }

    /// The outcome of a call whose worker's end is not known to have been clean.
    pub(super) fn unknown(&self, closed: &Closed) -> Error {
        match closed {
            Closed::HungUp => Error::new(
                ErrorKind::Unavailable,
                format!("worker '{}' died while it ran this request", self.pod),
            ),
            Closed::Refused(reason) => Error::new(
                ErrorKind::Protocol,
                format!(
                    "worker '{}' was cut off while it ran this request: {reason}",
                    self.pod
                ),
            ),
        }
        .with_context("outcome", "unknown")
    }

    fn not_started(&self) -> Error {
        Error::new(
            ErrorKind::Unavailable,
            format!("worker '{}' died before it started this request", self.pod),
        )
        .with_retry(Retry::NeverStarted)
    }

    fn not_sent(&self, closed: Option<&Closed>) -> Error {
        let state = if closed.is_some() {
            "has gone"
        } else {
            "is draining"
        };
        Error::new(
            ErrorKind::Unavailable,
            format!("worker '{}' {state}", self.pod),
        )
        .with_retry(Retry::NeverSent)
    }

    fn too_large(&self, error: &FrameError) -> Error {
        let message = match error {
            FrameError::TooLong { len, .. } => format!(
                "a request of {len} bytes to worker '{}' is over max_message_bytes ({})",
                self.pod, self.limits.max_message_bytes
            ),
            other => other.to_string(),
        };
        Error::new(ErrorKind::TooLarge, message)
            .with_hint("send fewer Documents in a request, or raise max_message_bytes")
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
