//! What a response is made of.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tidegate_core::{Error, ErrorKind};
use tokio::time::Sleep;

use super::outbox::Outlet;
use crate::grpc::{Framed, trailers_of};

/// The body of every response of a server.
pub(crate) enum Body {
    /// One message or none, then trailers.
    Whole {
        pieces: [Option<Bytes>; 2],
        trailers: Option<HeaderMap>,
    },
    /// The answers of a stream, as they come.
    Stream(Outlet),
    /// Of a service that is not ours.
    Other(axum::body::Body),
    /// The same, with a deadline.
    Timed(axum::body::Body, Pin<Box<Sleep>>),
}

impl Body {
    /// A message and its trailers.
    pub(crate) fn message(framed: Framed, trailers: HeaderMap) -> Self {
        let pieces = framed.map(|piece| (!piece.is_empty()).then_some(piece));
        Self::Whole {
            pieces,
            trailers: Some(trailers),
        }
    }

    /// Nothing at all: the headers have said it.
    pub(crate) fn empty() -> Self {
        Self::Whole {
            pieces: [None, None],
            trailers: None,
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match &mut *self {
            Self::Whole { pieces, trailers } => {
                let piece = pieces.iter_mut().find_map(Option::take).map(Frame::data);
                let frame = piece.or_else(|| trailers.take().map(Frame::trailers));
                Poll::Ready(frame.map(Ok))
            }
            Self::Stream(outlet) => outlet.poll_frame(cx).map(|frame| frame.map(Ok)),
            Self::Other(body) => Pin::new(body).poll_frame(cx),
            Self::Timed(body, deadline) => {
                if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
                    return Poll::Ready(frame);
                }
                ready!(deadline.as_mut().poll(cx));
                *self = Self::empty();
                Poll::Ready(Some(Ok(Frame::trailers(trailers_of(&deadline_passed())))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole { pieces, trailers } => {
                trailers.is_none() && pieces.iter().all(Option::is_none)
            }
            Self::Stream(_) => false,
            Self::Other(body) | Self::Timed(body, _) => body.is_end_stream(),
        }
    }
}

/// The error of a call whose caller has stopped waiting.
pub(crate) fn deadline_passed() -> Error {
    Error::new(
        ErrorKind::DeadlineExceeded,
        "the caller's deadline has passed",
    )
}
