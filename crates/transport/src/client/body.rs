//! What a call sends.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use tidegate_core::{Error, ErrorKind};
use tokio::sync::{mpsc, oneshot};

use super::stream::Sender;
use crate::grpc::{Encoding, Framed};

/// The body of a request: one message, or those that a [`Sender`] is given.
pub(super) struct RequestBody {
    pieces: VecDeque<Bytes>,
    more: Option<mpsc::Receiver<Framed>>,
    /// Resolves when the receiver is dropped: the call is cancelled, however much was to come.
    cancelled: Option<oneshot::Receiver<()>>,
}

impl RequestBody {
    /// A body of one message.
    pub(super) fn once(framed: Framed) -> Self {
        Self {
            pieces: framed.into(),
            more: None,
            cancelled: None,
        }
    }

    /// A body that a sender fills, and what cancels it when dropped.
    ///
    /// One message waits besides the one being sent, so that a slow peer slows the sender.
    pub(super) fn stream(encoding: Option<Encoding>) -> (Sender, Self, oneshot::Sender<()>) {
        let (sender, more) = mpsc::channel(1);
        let (cancel, cancelled) = oneshot::channel();
        let body = Self {
            pieces: VecDeque::new(),
            more: Some(more),
            cancelled: Some(cancelled),
        };
        (Sender::new(sender, encoding), body, cancel)
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        if let Some(cancelled) = &mut this.cancelled
            && Pin::new(cancelled).poll(cx).is_ready()
        {
            this.cancelled = None;
            this.more = None;
            let what = "the caller has dropped the call";
            return Poll::Ready(Some(Err(Error::new(ErrorKind::Cancelled, what))));
        }
        loop {
            match this.pieces.pop_front() {
                Some(piece) if piece.is_empty() => {}
                Some(piece) => return Poll::Ready(Some(Ok(Frame::data(piece)))),
                None => {
                    let Some(more) = &mut this.more else {
                        return Poll::Ready(None);
                    };
                    match ready!(more.poll_recv(cx)) {
                        Some(framed) => this.pieces.extend(framed),
                        None => {
                            // Said once, the end needs no watch for a cancelled call.
                            this.more = None;
                            this.cancelled = None;
                        }
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.more.is_none() && self.pieces.iter().all(Bytes::is_empty)
    }
}
