//! Where the answers of one stream wait until Python comes for them.
//!
//! The one meeting point of tokio and Python: a tokio task puts answers in, a Python thread takes them
//! out. Neither holds the lock across anything that blocks, and nothing of Python is in here.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use tidegate_core::{Error, ErrorKind, Request};

use super::wake::Wake;

/// Encoded requests that may wait to be written, in bytes; a single one may be larger.
const OUTBOX_BYTES: usize = 64 << 20;

/// An answer, or why there is none.
#[derive(Debug)]
pub(super) struct Answer {
    /// Which request it answers: the place in the input.
    pub(super) index: usize,
    /// What came back.
    pub(super) outcome: Result<Request, Error>,
}

/// What a look into the mailbox finds.
#[derive(Debug)]
pub(super) enum Taken {
    /// Answers, at least one.
    Answers(Vec<Answer>),
    /// None yet.
    Nothing,
    /// None any more: all that was sent is answered, and the input is closed.
    Finished,
    /// The stream broke before all was answered.
    Broken(Error),
}

/// How many requests may be under way, and in which order answers are given out.
#[derive(Debug, Clone, Copy)]
pub(super) struct MailboxOptions {
    /// Requests sent whose answers have not been taken.
    pub(super) window: usize,
    /// Whether answers are given out in the order of the input.
    pub(super) in_order: bool,
}

/// The mailbox of one stream.
pub(super) struct Mailbox {
    options: MailboxOptions,
    state: Mutex<State>,
    arrived: Condvar,
    room: Condvar,
}

#[derive(Default)]
struct State {
    inbox: VecDeque<Answer>,
    /// Answers that wait for an earlier one.
    held: BTreeMap<usize, Answer>,
    /// The next one to give out, where the order counts.
    next: usize,
    sent: usize,
    answered: usize,
    taken: usize,
    /// A bit for each request: whether it has been answered.
    seen: Vec<u64>,
    outbox_bytes: usize,
    input_closed: bool,
    ended: bool,
    /// Whether it ended while there was, or might have been, more to send.
    cut: bool,
    failure: Option<Error>,
    wake: Option<Arc<Wake>>,
    woken: bool,
}

impl State {
    fn mark(&mut self, index: usize) -> bool {
        let (word, bit) = (index / 64, 1 << (index % 64));
        if index >= self.sent {
            return false;
        }
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        let fresh = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        fresh
    }

    fn has_room(&self, window: usize) -> bool {
        let under_way = self.sent.saturating_sub(self.taken);
        under_way == 0 || (under_way < window && self.outbox_bytes < OUTBOX_BYTES)
    }
}

impl Mailbox {
    pub(super) fn new(options: MailboxOptions, wake: Option<Wake>) -> Self {
        Self {
            options,
            state: Mutex::new(State {
                wake: wake.map(Arc::new),
                ..State::default()
            }),
            arrived: Condvar::new(),
            room: Condvar::new(),
        }
    }

    /// The file that becomes readable when something arrives, for an event loop.
    pub(super) fn wake(&self) -> Option<Arc<Wake>> {
        self.state.lock().wake.clone()
    }

    /// Closes that file: no event loop watches any more.
    pub(super) fn close_wake(&self) {
        let wake = self.state.lock().wake.take();
        drop(wake);
    }

    /// Takes note of a request about to be sent, and gives its index; `None` where nothing more may be.
    pub(super) fn post(&self) -> Option<usize> {
        let mut state = self.state.lock();
        if state.input_closed || state.ended {
            return None;
        }
        let index = state.sent;
        state.sent += 1;
        Some(index)
    }

    /// A request of `bytes` waits to be handed to the wire.
    pub(super) fn posting(&self, bytes: usize) {
        self.state.lock().outbox_bytes += bytes;
    }

    /// A request of `bytes` has been handed to the wire.
    pub(super) fn posted(&self, bytes: usize) {
        let mut state = self.state.lock();
        state.outbox_bytes = state.outbox_bytes.saturating_sub(bytes);
        drop(state);
        self.room.notify_all();
    }

    /// Whether one more request may be sent now.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state.lock();
        !state.input_closed && !state.ended && state.has_room(self.options.window)
    }

    /// Waits, up to `limit`, until one more may be sent; `None` when nothing more may be.
    pub(super) fn wait_for_room(&self, limit: Duration) -> Option<bool> {
        let deadline = Instant::now() + limit;
        let mut state = self.state.lock();
        loop {
            if state.input_closed || state.ended {
                return None;
            }
            if state.has_room(self.options.window) {
                return Some(true);
            }
            if self.room.wait_until(&mut state, deadline).timed_out() {
                return Some(false);
            }
        }
    }

    /// No more will be sent.
    pub(super) fn close_input(&self) {
        let mut state = self.state.lock();
        state.input_closed = true;
        self.ring(state);
        self.room.notify_all();
    }

    /// Whether nothing is under way any more and nothing more may be sent.
    pub(super) fn is_settled(&self) -> bool {
        let state = self.state.lock();
        state.ended || (state.input_closed && state.answered == state.sent)
    }

    /// Whether [`Self::close_input`] was called, or the stream has ended.
    pub(super) fn input_is_closed(&self) -> bool {
        let state = self.state.lock();
        state.input_closed || state.ended
    }

    /// An answer has come.
    pub(super) fn deliver(&self, answer: Answer) {
        let mut state = self.state.lock();
        if state.ended {
            return;
        }
        if !state.mark(answer.index) {
            drop(state);
            self.end(Some(Error::new(
                ErrorKind::Protocol,
                "the server answered a request that was not under way",
            )));
            return;
        }
        state.answered += 1;
        if self.options.in_order && answer.index != state.next {
            state.held.insert(answer.index, answer);
            return;
        }
        state.inbox.push_back(answer);
        if self.options.in_order {
            state.next += 1;
            loop {
                let next = state.next;
                let Some(answer) = state.held.remove(&next) else {
                    break;
                };
                state.inbox.push_back(answer);
                state.next += 1;
            }
        }
        self.ring(state);
    }

    /// The stream is over; `failure` says why where it broke. The first end counts.
    pub(super) fn end(&self, failure: Option<Error>) {
        let mut state = self.state.lock();
        if state.ended {
            return;
        }
        state.ended = true;
        state.cut = !state.input_closed;
        let missing = state.sent - state.answered;
        state.failure = failure.or_else(|| {
            (state.cut || missing > 0).then(|| {
                Error::new(
                    ErrorKind::Unavailable,
                    format!("the server ended the stream with {missing} requests unanswered"),
                )
            })
        });
        // What was held back for the sake of order is given out, for its predecessor never comes.
        let held = std::mem::take(&mut state.held);
        state.inbox.extend(held.into_values());
        self.ring(state);
        self.room.notify_all();
    }

    fn ring(&self, mut state: MutexGuard<'_, State>) {
        let wake = if state.woken {
            None
        } else {
            state.wake.clone()
        };
        state.woken |= wake.is_some();
        drop(state);
        self.arrived.notify_all();
        if let Some(wake) = wake {
            wake.set();
        }
    }

    /// Makes the wake's file unreadable; it stays so until something comes after the next take.
    pub(super) fn acknowledge(&self) {
        if let Some(wake) = self.wake() {
            wake.clear();
        }
    }

    /// Takes what is there.
    pub(super) fn take(&self) -> Taken {
        let mut state = self.state.lock();
        if state.woken {
            state.woken = false;
            if let Some(wake) = &state.wake {
                wake.clear();
            }
        }
        self.take_locked(state)
    }

    /// Takes what is there, waiting up to `limit` where there is nothing.
    pub(super) fn wait(&self, limit: Duration) -> Taken {
        let deadline = Instant::now() + limit;
        let mut state = self.state.lock();
        while state.inbox.is_empty() && !state.ended && !Self::is_finished(&state) {
            if self.arrived.wait_until(&mut state, deadline).timed_out() {
                break;
            }
        }
        self.take_locked(state)
    }

    fn is_finished(state: &State) -> bool {
        state.input_closed && state.taken == state.sent && !state.cut
    }

    fn take_locked(&self, mut state: MutexGuard<'_, State>) -> Taken {
        if !state.inbox.is_empty() {
            let answers: Vec<Answer> = state.inbox.drain(..).collect();
            state.taken += answers.len();
            drop(state);
            self.room.notify_all();
            return Taken::Answers(answers);
        }
        if Self::is_finished(&state) {
            return Taken::Finished;
        }
        if !state.ended {
            return Taken::Nothing;
        }
        match state.failure.take() {
            Some(error) => Taken::Broken(error),
            None => Taken::Finished,
        }
    }
}
