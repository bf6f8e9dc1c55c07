//! Between the task that drives a stream's requests and the body that hyper sends as the client reads.
//!
//! Requests must go on while a client does not read, so they have a task of their own; what that task may
//! have finished and not sent yet is bounded, for it stops to take requests when too much lies here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::grpc::Framed;

/// The driving task's end.
#[derive(Clone, Default)]
pub(crate) struct Outbox(Arc<Mutex<State>>);

/// The body's end. Dropping it ends the driving task, and with it every request in progress.
pub(crate) struct Outlet {
    outbox: Outbox,
    driver: Option<AbortHandle>,
}

#[derive(Default)]
struct State {
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

/// How much lies in an [`Outbox`].
#[derive(Clone, Copy)]
pub(crate) struct Lying {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

impl Outbox {
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

    pub(crate) fn push(&self, [head, tail]: Framed) {
        let mut state = self.0.lock();
        state.messages += 1;
        state.bytes += head.len() + tail.len();
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
    }

    /// Ends the stream: the trailers follow what lies here.
    pub(crate) fn end(&self, trailers: HeaderMap) {
        let mut state = self.0.lock();
        state.end = Some(trailers);
        wake(state.reader.take());
    }

    /// How much lies here; the task is woken when some of it has been taken.
    pub(crate) fn lying(&self, cx: &mut Context<'_>) -> Lying {
        let mut state = self.0.lock();
        if state.messages > 0
            && !state
                .driver
                .as_ref()
                .is_some_and(|known| known.will_wake(cx.waker()))
        {
            state.driver = Some(cx.waker().clone());
        }
        Lying {
            messages: state.messages,
            bytes: state.bytes,
        }
    }
}

impl Outlet {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        let mut state = self.outbox.0.lock();
        if let Some(Piece { bytes, last }) = state.pieces.pop_front() {
            state.bytes -= bytes.len();
            if last {
                state.messages -= 1;
                wake(state.driver.take());
            }
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
