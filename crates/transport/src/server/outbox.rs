//! Between the task that drives a stream's requests and the body that hyper sends as the client reads.
//!
//! Requests must go on while a client does not read, so they have a task of their own; what that task may
//! have finished and not sent yet is bounded, for it stops to take requests when too much lies here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::Frame;
use parking_lot::Mutex;
use tidegate_core::{Error, ErrorKind};
use tokio::task::AbortHandle;

use super::backlog::Backlog;
use crate::grpc::Framed;

/// Up to this size answers are copied into one DATA frame: a frame costs more than the copy.
const JOINED: usize = 8 * 1024;

/// The driving task's end.
#[derive(Clone)]
pub(crate) struct Outbox(Arc<Mutex<State>>);

/// The body's end. Dropping it ends the driving task, and with it every request in progress.
pub(crate) struct Outlet {
    outbox: Outbox,
    driver: Option<AbortHandle>,
}

struct State {
    /// Counts what lies here, and in the others.
    backlog: Arc<Backlog>,
    pieces: VecDeque<Piece>,
    messages: usize,
    bytes: usize,
    end: Option<HeaderMap>,
    over: bool,
    reader: Option<Waker>,
    driver: Option<Waker>,
}

struct Piece {
    bytes: Bytes,
    /// Whether a message ends with it.
    last: bool,
}

/// How many answers lie in an [`Outbox`], and how many bytes they are.
#[derive(Clone, Copy)]
pub(crate) struct Lying {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Outbox {
    pub(crate) fn new(backlog: Arc<Backlog>) -> Self {
        Self(Arc::new(Mutex::new(State {
            backlog,
            pieces: VecDeque::new(),
            messages: 0,
            bytes: 0,
            end: None,
            over: false,
            reader: None,
            driver: None,
        })))
    }

    /// The body's end of it, which owns `driver`, if anything is still to come.
    pub(crate) fn outlet(self, driver: Option<AbortHandle>) -> Outlet {
        Outlet {
            outbox: self,
            driver,
        }
    }

    /// Whether no answer lies here.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().messages == 0
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// Where too much lies unsent, and much of it here: everything here is thrown away then.
    pub(crate) fn push(&self, [head, tail]: Framed) -> Result<(), Error> {
        let mut state = self.0.lock();
        let more = head.len() + tail.len();
        if state.backlog.refuses(state.bytes, more) {
            let error = too_much(&state, more);
            state.clear();
            return Err(error);
        }
        state.backlog.add(state.bytes, more);
        state.messages += 1;
        state.bytes += more;
        let alone = tail.is_empty();
        state.pieces.push_back(Piece {
            bytes: head,
            last: alone,
        });
        if !alone {
            state.pieces.push_back(Piece {
                bytes: tail,
                last: true,
            });
        }
        wake(state.reader.take());
        Ok(())
    }

    /// Ends the stream: the trailers follow what lies here.
    pub(crate) fn end(&self, trailers: HeaderMap) {
        let mut state = self.0.lock();
        state.end = Some(trailers);
        wake(state.reader.take());
    }

    /// Whether what lies here is, as `full` judges, too much for another request to be taken; if so, the
    /// task is woken when some of it has been sent.
    pub(crate) fn is_full(&self, cx: &mut Context<'_>, full: impl FnOnce(Lying) -> bool) -> bool {
        let mut state = self.0.lock();
        let full = full(Lying {
            messages: state.messages,
            bytes: state.bytes,
        });
        if full && state.messages > 0 {
            state.driver = Some(cx.waker().clone());
        }
        full
    }
}

impl State {
    /// What to send next: a piece, or several small ones in one.
    fn take(&mut self) -> Option<Bytes> {
        let first = self.pop()?;
        let (mut count, mut total) = (0, first.len());
        for piece in &self.pieces {
            if total + piece.bytes.len() > JOINED {
                break;
            }
            total += piece.bytes.len();
            count += 1;
        }
        if count == 0 {
            return Some(first);
        }
        let mut joined = BytesMut::with_capacity(total);
        joined.extend_from_slice(&first);
        for _ in 0..count {
            joined.extend_from_slice(&self.pop()?);
        }
        Some(joined.freeze())
    }

    fn pop(&mut self) -> Option<Bytes> {
        let Piece { bytes, last } = self.pieces.pop_front()?;
        self.backlog.remove(self.bytes, bytes.len());
        self.bytes -= bytes.len();
        if last {
            self.messages -= 1;
            wake(self.driver.take());
        }
        Some(bytes)
    }
}

impl State {
    fn clear(&mut self) {
        self.backlog.remove(self.bytes, self.bytes);
        self.pieces.clear();
        (self.messages, self.bytes) = (0, 0);
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.clear();
    }
}

fn too_much(state: &State, more: usize) -> Error {
    let (own, limit) = (state.bytes + more, state.backlog.limit());
    Error::new(
        ErrorKind::Overloaded,
        format!(
            "the client does not read its answers: {own} bytes of this stream lie unsent, and with those \
             of others they are over the limit of {limit}"
        ),
    )
    .with_hint("read faster, or ask for less at once: a smaller `prefetch`")
}

impl Outlet {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        let mut state = self.outbox.0.lock();
        if let Some(bytes) = state.take() {
            return Poll::Ready(Some(Frame::data(bytes)));
        }
        if state.over {
            return Poll::Ready(None);
        }
        if let Some(trailers) = state.end.take() {
            state.over = true;
            return Poll::Ready(Some(Frame::trailers(trailers)));
        }
        if !state
            .reader
            .as_ref()
            .is_some_and(|known| known.will_wake(cx.waker()))
        {
            state.reader = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Outlet {
    fn drop(&mut self) {
        if let Some(driver) = &self.driver {
            driver.abort();
        }
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}
