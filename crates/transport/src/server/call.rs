//! `JinaRPC/Call`: many requests on one stream, each answered when it is done.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{FuturesOrdered, FuturesUnordered, Stream};
use hyper::body::Incoming;
use tidegate_core::{Error, ErrorKind, Request};
use tidegate_proto::decode_request;
use tokio::task::JoinHandle;
use tokio::time::Sleep;

use super::body::deadline_passed;
use super::idle::Idle;
use super::outbox::Outbox;
use super::refusal::refuse_in_band;
use super::service::{BoxFuture, Service};
use super::shutdown::Shutdown;
use crate::grpc::{Deframer, Encoding, Framed, frame_request, trailers_of, trailers_ok};

/// What a request in progress counts, besides its bytes, against the bytes of its stream.
const REQUEST_OVERHEAD: usize = 1024;

/// With so many bytes of answers unsent a stream takes no further request: its client reads too slowly.
const AHEAD: usize = 16 * 1024 * 1024;

/// How a stream is to be served.
pub(crate) struct CallSpec {
    pub(crate) prefetch: usize,
    pub(crate) in_order: bool,
    pub(crate) max_bytes: usize,
    pub(crate) idle: Duration,
    pub(crate) deadline: Option<Instant>,
    pub(crate) encoding: Option<Encoding>,
}

/// Drives a stream: takes requests, keeps them in progress, and puts the answers into the outbox.
pub(crate) struct CallDriver {
    service: Arc<dyn Service>,
    spec: CallSpec,
    requests: Deframer<Incoming>,
    running: Running,
    running_bytes: usize,
    outbox: Outbox,
    /// How the stream ends when nothing runs any more; while `None`, requests are taken.
    ending: Option<Result<(), Error>>,
    deadline: Option<Pin<Box<Sleep>>>,
    idle: Idle,
    /// Watched only once the stream has a task of its own.
    draining: Option<BoxFuture<()>>,
}

impl CallDriver {
    pub(crate) fn new(
        service: Arc<dyn Service>,
        spec: CallSpec,
        requests: Deframer<Incoming>,
        outbox: Outbox,
    ) -> Self {
        let running = Running::new(spec.in_order);
        let deadline = spec
            .deadline
            .map(|at| Box::pin(tokio::time::sleep_until(at.into())));
        Self {
            service,
            requests,
            running,
            running_bytes: 0,
            outbox,
            ending: None,
            deadline,
            idle: Idle::new(spec.idle),
            spec,
            draining: None,
        }
    }

    /// Drives the stream while nothing of it can be sent: until its first answer, or until it turns out
    /// that its client has asked for nothing yet. Whether all of it is done.
    ///
    /// Most streams carry one request, and need no task of their own.
    pub(crate) async fn begin(&mut self) -> bool {
        std::future::poll_fn(|cx| match Pin::new(&mut *self).poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.running.len() > 0 && self.outbox.is_empty() => Poll::Pending,
            Poll::Pending => Poll::Ready(false),
        })
        .await
    }

    /// Drives what is left of the stream, from now on stopping to take requests when the server drains.
    pub(crate) fn go_on(mut self, shutdown: Shutdown) -> JoinHandle<()> {
        self.draining = Some(Box::pin(async move { shutdown.begun().await }));
        // Ends with the stream's last answer, or is aborted by the drop of the outlet.
        tokio::spawn(self)
    }

    /// Takes one request, if the stream has room for it; whether it did.
    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let (running, running_bytes, spec) = (self.running.len(), self.running_bytes, &self.spec);
        let full = self.outbox.is_full(cx, |lying| {
            let in_progress = running + lying.messages;
            let many = spec.prefetch > 0 && in_progress >= spec.prefetch;
            let heavy = running_bytes + lying.bytes >= spec.max_bytes || lying.bytes >= AHEAD;
            in_progress > 0 && (many || heavy)
        });
        if full {
            return Poll::Ready(false);
        }
        match ready!(self.requests.poll_message(cx)) {
            Some(Ok(raw)) => {
                self.running_bytes += raw.len() + REQUEST_OVERHEAD;
                let job = self.start(raw);
                self.running.push(job);
                Poll::Ready(true)
            }
            Some(Err(error)) => {
                self.ending = Some(Err(error));
                Poll::Ready(false)
            }
            None => {
                self.ending = Some(Ok(()));
                Poll::Ready(false)
            }
        }
    }

    fn start(&self, raw: Bytes) -> Job {
        let answer = match decode_request(raw.clone()) {
            Ok(mut request) => {
                request.deadline = self.spec.deadline;
                Answer::Awaited(Arc::clone(&self.service).handle(request))
            }
            Err(error) => Answer::Refused(Some(error)),
        };
        Job {
            answer,
            raw,
            encoding: self.spec.encoding,
        }
    }

    /// Why the stream takes no more requests, though its client has not ended it.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Option<Error> {
        let draining = self.draining.as_mut()?;
        if draining.as_mut().poll(cx).is_ready() {
            let what = "the server is shutting down and takes no more requests";
            return Some(Error::new(ErrorKind::Unavailable, what));
        }
        if self.running.len() > 0 {
            self.idle.busy();
            return None;
        }
        if self.idle.poll_idle(cx).is_pending() {
            return None;
        }
        let what = format!("the stream was idle for {:?}", self.spec.idle);
        Some(Error::new(ErrorKind::Unavailable, what))
    }

    /// Ends the stream with `error`, and every request in progress with it.
    fn give_up(&mut self, error: Error) {
        self.running = Running::new(self.spec.in_order);
        self.running_bytes = 0;
        self.ending = Some(Err(error));
    }

    /// Moves what is done to the outbox; whether there was any.
    fn poll_done(&mut self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        while let Poll::Ready(Some((bytes, framed))) = self.running.poll_next(cx) {
            any = true;
            self.running_bytes -= bytes + REQUEST_OVERHEAD;
            match framed {
                Ok(framed) => {
                    if let Err(error) = self.outbox.push(framed) {
                        self.give_up(error);
                    }
                }
                Err(error) => self.ending = Some(Err(error)),
            }
        }
        any
    }
}

impl Future for CallDriver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if this
            .deadline
            .as_mut()
            .is_some_and(|at| at.as_mut().poll(cx).is_ready())
        {
            this.outbox.end(trailers_of(&deadline_passed()));
            return Poll::Ready(());
        }
        loop {
            let mut progress = this.poll_done(cx);
            while this.ending.is_none() && this.poll_take(cx) == Poll::Ready(true) {
                progress = true;
            }
            if !progress {
                break;
            }
        }
        if this.ending.is_none() {
            this.ending = this.poll_over(cx).map(Err);
        }
        match &this.ending {
            Some(ending) if this.running.len() == 0 => {
                let trailers = ending.as_ref().map_or_else(trailers_of, |()| trailers_ok());
                this.outbox.end(trailers);
                Poll::Ready(())
            }
            _ => Poll::Pending,
        }
    }
}

/// The requests in progress.
enum Running {
    Unordered(FuturesUnordered<Job>),
    Ordered(FuturesOrdered<Job>),
}

impl Running {
    fn new(in_order: bool) -> Self {
        if in_order {
            Self::Ordered(FuturesOrdered::new())
        } else {
            Self::Unordered(FuturesUnordered::new())
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Unordered(jobs) => jobs.len(),
            Self::Ordered(jobs) => jobs.len(),
        }
    }

    fn push(&mut self, job: Job) {
        match self {
            Self::Unordered(jobs) => jobs.push(job),
            Self::Ordered(jobs) => jobs.push_back(job),
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Done>> {
        match self {
            Self::Unordered(jobs) => Pin::new(jobs).poll_next(cx),
            Self::Ordered(jobs) => Pin::new(jobs).poll_next(cx),
        }
    }
}

/// The length of the request, and its answer.
type Done = (usize, Result<Framed, Error>);

/// One request in progress.
struct Job {
    answer: Answer,
    /// As it came: what a refusal echoes.
    raw: Bytes,
    encoding: Option<Encoding>,
}

enum Answer {
    Awaited(BoxFuture<Result<Request, Error>>),
    Refused(Option<Error>),
}

impl Future for Job {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done> {
        let answer = match &mut self.answer {
            Answer::Awaited(answer) => ready!(answer.as_mut().poll(cx)),
            Answer::Refused(error) => Err(error.take().unwrap_or_else(deadline_passed)),
        };
        let raw = std::mem::take(&mut self.raw);
        let len = raw.len();
        let framed = match answer {
            Ok(response) => frame_request(&response, self.encoding),
            Err(error) if error.kind() == ErrorKind::DeadlineExceeded => Err(error),
            Err(error) => match refuse_in_band(raw, error) {
                Ok(response) => frame_request(&response, self.encoding),
                Err(error) => Err(error),
            },
        };
        Poll::Ready((len, framed))
    }
}
