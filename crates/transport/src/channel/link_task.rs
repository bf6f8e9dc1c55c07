//! The one task of a link: reads answers, writes what has gathered, ends when the worker hangs up.

use std::future::Future;
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BufMut;
use tidegate_core::{CallReply, Payload, Results, Retry};
use tokio::io::AsyncWrite;
use tokio::net::UnixStream;
use tokio_util::io::poll_read_buf;

use super::Closed;
use super::outbox::{Outbox, PIECES};
use super::shared::{Answer, Shared};
use crate::frames::{Decoder, Frame, FrameError, Kind, ReplyFrame, error_from_frame, flags};

/// How many reads one turn makes before other tasks get theirs.
const READS_PER_TURN: usize = 16;

/// See the module. Dropping it closes the link.
pub(super) struct LinkTask {
    stream: UnixStream,
    decoder: Decoder,
    /// Frames being written.
    writing: Outbox,
    answers: Vec<(u64, Answer)>,
    /// Whether other tasks have had their turn to add frames since frames were last taken.
    waited: bool,
    write_failed: bool,
    shared: Arc<Shared>,
}

impl LinkTask {
    pub(super) fn new(stream: UnixStream, shared: Arc<Shared>) -> Self {
        Self {
            stream,
            decoder: Decoder::new(shared.limits.body_limit()),
            writing: Outbox::default(),
            answers: Vec::new(),
            waited: false,
            write_failed: false,
            shared,
        }
    }

    /// Reads until there is nothing more for now; ready when the link must close.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Closed> {
        for _ in 0..READS_PER_TURN {
            let wanted = self.decoder.wanted();
            let mut buffer = self.decoder.buffer().limit(wanted);
            match ready!(poll_read_buf(Pin::new(&mut self.stream), cx, &mut buffer)) {
                Ok(0) if self.decoder.is_partial() => {
                    tracing::debug!(pod = %self.shared.pod, "hung up within a frame");
                    return Poll::Ready(Closed::HungUp);
                }
                Ok(0) | Err(_) => return Poll::Ready(Closed::HungUp),
                Ok(_) => {}
            }
            if let Err(reason) = self.take_answers() {
                return Poll::Ready(Closed::Refused(reason));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Reads what the socket holds, without waiting for the runtime to hear of it.
    fn read_rest(&mut self) -> Closed {
        let mut piece = vec![0; 64 * 1024];
        loop {
            let wanted = self.decoder.wanted().min(piece.len());
            let Ok(count @ 1..) = rustix::io::read(&self.stream, &mut piece[..wanted]) else {
                return Closed::HungUp;
            };
            self.decoder.buffer().extend_from_slice(&piece[..count]);
            if let Err(reason) = self.take_answers() {
                return Closed::Refused(reason);
            }
        }
    }

    /// Hands on every whole frame that has been read.
    fn take_answers(&mut self) -> Result<(), Arc<str>> {
        let outcome = loop {
            match self.decoder.frame() {
                Ok(Some(frame)) => match self.answer(&frame) {
                    Ok(Some(answer)) => self.answers.push((frame.header.id, answer)),
                    Ok(None) => {}
                    Err(reason) => break Err(reason),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(reason(&error)),
            }
        };
        // What came before the nonsense still counts.
        self.shared.settle(&mut self.answers).and(outcome)
    }

    fn answer(&self, frame: &Frame) -> Result<Option<Answer>, Arc<str>> {
        match frame.header.kind {
            Kind::Reply => {
                let reply = ReplyFrame::try_from(frame.clone()).map_err(|error| reason(&error))?;
                let pod = || Arc::clone(&self.shared.pod);
                let results = reply.results.map(|dict| Results { pod: pod(), dict });
                let results = results.into_iter().collect();
                let payload = reply.payload.map(Payload);
                Ok(Some(Ok(CallReply {
                    payload,
                    results,
                    partial: None,
                })))
            }
            Kind::Error => {
                let error = error_from_frame(frame).map_err(|error| reason(&error))?;
                if frame.header.id == 0 {
                    return Err(Arc::from(error.to_string()));
                }
                // A worker that lives to say so has not died of it.
                let turned_away = error.retry() == Retry::NeverStarted;
                Ok(Some(Err(if turned_away {
                    error.with_retry(Retry::NeverSent)
                } else {
                    error
                })))
            }
            _ if frame.header.flags & flags::IGNORABLE != 0 => Ok(None),
            kind => Err(reason(&FrameError::UnknownKind(kind as u8))),
        }
    }

    /// Writes what has gathered, until the socket takes no more.
    fn poll_write(&mut self, cx: &mut Context<'_>, in_flight: usize) {
        loop {
            if self.writing.is_empty() {
                if !self.shared.has_frames() {
                    self.waited = false;
                    return;
                }
                // Where other requests are about, those that are ready now add their frames first: one
                // write instead of many.
                if !self.waited && in_flight > 1 {
                    self.waited = true;
                    cx.waker().wake_by_ref();
                    return;
                }
                self.shared.take_frames(&mut self.writing);
            }
            let mut pieces = [IoSlice::new(&[]); PIECES];
            let count = self.writing.pieces(&mut pieces);
            let stream = Pin::new(&mut self.stream);
            match stream.poll_write_vectored(cx, &pieces[..count]) {
                Poll::Ready(Ok(written)) => self.writing.advance(written),
                Poll::Ready(Err(_)) => {
                    self.write_failed = true;
                    return;
                }
                Poll::Pending => return,
            }
        }
    }
}

impl Future for LinkTask {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let (hang_up, in_flight) = this.shared.attend(cx.waker());
        if !hang_up {
            if let Poll::Ready(closed) = this.poll_read(cx) {
                this.shared.close(closed);
                return Poll::Ready(());
            }
            this.poll_write(cx, in_flight);
            if !this.write_failed {
                return Poll::Pending;
            }
        }
        // Whatever it has answered counts, then the link closes.
        let closed = this.read_rest();
        this.shared.close(closed);
        Poll::Ready(())
    }
}

impl Drop for LinkTask {
    fn drop(&mut self) {
        self.shared.close(Closed::HungUp);
    }
}

fn reason(error: &FrameError) -> Arc<str> {
    Arc::from(error.to_string())
}
