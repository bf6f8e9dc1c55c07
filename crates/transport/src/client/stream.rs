//! The two ends of a `JinaRPC/Call` stream.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use tidegate_core::{Error, ErrorKind, Request};
use tidegate_proto::decode_request;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Sleep;
use tonic::body::Body;

use super::failure::deadline_passed;
use crate::grpc::{Deframer, Encoding, Framed, frame_bytes, status_of};

/// Sends requests. Dropping it says that no more come.
#[derive(Debug)]
pub struct Sender {
    messages: mpsc::Sender<Framed>,
    encoding: Option<Encoding>,
}

impl Sender {
    pub(super) fn new(messages: mpsc::Sender<Framed>, encoding: Option<Encoding>) -> Self {
        Self { messages, encoding }
    }

    /// Sends an encoded request, once the server has room for it.
    ///
    /// # Errors
    /// `Cancelled` where the stream has ended: its receiver says why.
    ///
    /// # Cancel safety
    /// A request whose future is dropped is not sent.
    pub async fn send(&self, message: Bytes) -> Result<(), Error> {
        let framed = frame_bytes(message, self.encoding)?;
        self.messages.send(framed).await.map_err(|_| {
            Error::new(
                ErrorKind::Cancelled,
                "the stream has ended and takes no more requests",
            )
        })
    }
}

pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Deframer<Body>, Error>> + Send>>;

/// Yields answers. Dropping it cancels the call.
pub struct Receiver {
    state: State,
    deadline: Option<Pin<Box<Sleep>>>,
    at: Option<Instant>,
    /// Dropped with the receiver, which tells the body of the request.
    _cancel: oneshot::Sender<()>,
}

enum State {
    Opening(Opening),
    Open(Deframer<Body>),
    Over,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = match self.state {
            State::Opening(_) => "opening",
            State::Open(_) => "open",
            State::Over => "over",
        };
        f.debug_struct("Receiver")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

impl Receiver {
    pub(super) fn new(response: Opening, at: Option<Instant>, cancel: oneshot::Sender<()>) -> Self {
        Self {
            state: State::Opening(response),
            deadline: None,
            at,
            _cancel: cancel,
        }
    }

    /// The next answer; `None` once the server has answered everything and said so. After an error the
    /// stream is over.
    ///
    /// # Cancel safety
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<Request, Error>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// [`next`](Self::next), polled.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Request, Error>>> {
        let next = self.poll_state(cx);
        let over = match &next {
            Poll::Ready(Some(Ok(_))) => return next,
            Poll::Ready(_) => true,
            Poll::Pending => false,
        };
        if over || matches!(self.state, State::Over) {
            self.state = State::Over;
            return next;
        }
        let Some(at) = self.at else {
            return Poll::Pending;
        };
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at.into())));
        ready!(deadline.as_mut().poll(cx));
        self.state = State::Over;
        Poll::Ready(Some(Err(deadline_passed())))
    }

    fn poll_state(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Request, Error>>> {
        loop {
            match &mut self.state {
                State::Opening(response) => match ready!(response.as_mut().poll(cx)) {
                    Ok(messages) => self.state = State::Open(messages),
                    Err(error) => return Poll::Ready(Some(Err(error))),
                },
                State::Open(messages) => {
                    let Some(message) = ready!(messages.poll_message(cx)) else {
                        let status = messages.take_trailers().as_ref().and_then(status_of);
                        return Poll::Ready(
                            status.unwrap_or_else(|| Err(cut_short())).err().map(Err),
                        );
                    };
                    return Poll::Ready(Some(message.and_then(decode_request)));
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }
}

fn cut_short() -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the server ended the stream without saying how it went",
    )
}
