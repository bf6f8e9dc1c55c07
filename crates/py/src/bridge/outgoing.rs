//! Frames on their way to the gateway: gathered, then written without blocking, many in one write.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use rustix::io::Errno;
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::frames::{Lane, Ledger, encode_error, encode_reply_head, sections};

use super::calls::{Outcome, Replies};

/// No new call starts while more bytes than this wait for the gateway to read them.
const HIGH_WATER: usize = 8 * 1024 * 1024;
/// A payload at least this long is written from where it lies.
const LARGE: usize = 32 * 1024;
/// What frames may add to a message, in bytes.
pub(crate) const FRAME_ROOM: u64 = 64 * 1024;
/// The most pieces of one write.
const PIECES: usize = 64;

/// The worker's end of the channel, for writing, and the ledger.
pub(crate) struct Outgoing {
    channel: Arc<OwnedFd>,
    ledger: Mutex<Started>,
    max_message_bytes: u64,
    buffer: Mutex<Buffer>,
    /// How many bytes wait; readable without the lock.
    held: AtomicUsize,
    /// Whether the loop tells when the socket takes bytes again.
    watched: AtomicBool,
}

/// The ledger, and what stands in it. A batch, or one of several threads, may start a call after one that
/// came later: the ledger then keeps the later one.
struct Started {
    ledger: Ledger,
    highest: [u64; 2],
}

impl Started {
    fn note(&mut self, lane: Lane, id: u64) -> std::io::Result<()> {
        let highest = &mut self.highest[usize::from(lane == Lane::Sync)];
        if id > *highest {
            self.ledger.start(lane, id)?;
            *highest = id;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Buffer {
    /// Pieces that go before the tail.
    pieces: VecDeque<Bytes>,
    tail: Vec<u8>,
    /// How much of the first piece, or of the tail where there is none, has been written.
    written: usize,
    held: usize,
    broken: bool,
}

impl Outgoing {
    pub(crate) fn new(channel: Arc<OwnedFd>, ledger: Ledger, max_message_bytes: u64) -> Self {
        Self {
            channel,
            ledger: Mutex::new(Started {
                ledger,
                highest: [0; 2],
            }),
            max_message_bytes,
            buffer: Mutex::new(Buffer::default()),
            held: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
        }
    }

    /// Whether bytes wait that the socket had no room for.
    pub(crate) fn is_waiting(&self) -> bool {
        self.held.load(Ordering::Acquire) > 0
    }

    /// Notes whether the loop watches the socket for room from now on; gives whether it did before.
    pub(crate) fn set_watched(&self, watched: bool) -> bool {
        self.watched.swap(watched, Ordering::AcqRel)
    }

    /// Appends a frame that is not an answer.
    pub(crate) fn push(&self, encode: impl FnOnce(&mut Vec<u8>)) {
        let mut buffer = self.buffer.lock();
        let before = buffer.tail.len();
        encode(&mut buffer.tail);
        buffer.held += buffer.tail.len() - before;
        self.held.store(buffer.held, Ordering::Release);
    }

    /// Why `outcome` cannot be sent, where it is too large.
    fn refusal(&self, outcome: &Outcome) -> Option<Error> {
        let len = |part: &Option<Bytes>| part.as_ref().map_or(0, Bytes::len) as u64;
        let size = len(&outcome.payload) + len(&outcome.results);
        let limit = self.max_message_bytes.min(u64::from(u32::MAX) - FRAME_ROOM);
        (size > limit).then(|| {
            let message = format!("the answer has {size} bytes, more than the {limit} allowed");
            Error::new(ErrorKind::TooLarge, message)
                .with_hint("raise `max_message_bytes` of the Flow")
        })
    }
}

impl Replies for Outgoing {
    fn starting(&self, lane: Lane, id: u64) -> std::io::Result<()> {
        self.ledger.lock().note(lane, id)
    }

    fn reply(&self, id: u64, answer: Result<Outcome, Error>) {
        let answer = answer.and_then(|outcome| match self.refusal(&outcome) {
            Some(error) => Err(error),
            None => Ok(outcome),
        });
        let mut buffer = self.buffer.lock();
        match answer {
            Ok(outcome) => buffer.reply(id, outcome),
            Err(error) => {
                let before = buffer.tail.len();
                // Its texts are cut to lengths that fit any frame.
                let _ = encode_error(id, &error, &mut buffer.tail);
                buffer.held += buffer.tail.len() - before;
            }
        }
        self.held.store(buffer.held, Ordering::Release);
    }

    fn flush(&self) {
        if !self.is_waiting() {
            return;
        }
        let mut buffer = self.buffer.lock();
        while buffer.held > 0 {
            let sent = match buffer.write(&self.channel) {
                Ok(sent) => sent,
                Err(Errno::INTR) => continue,
                Err(Errno::AGAIN) => break,
                Err(_) => {
                    // The gateway has gone; reading says so.
                    *buffer = Buffer {
                        broken: true,
                        ..Buffer::default()
                    };
                    break;
                }
            };
            buffer.advance(sent);
        }
        self.held.store(buffer.held, Ordering::Release);
    }

    fn needs_loop(&self) -> bool {
        self.is_waiting() && !self.watched.load(Ordering::Acquire)
    }

    fn is_congested(&self) -> bool {
        self.held.load(Ordering::Acquire) > HIGH_WATER
    }
}

impl Buffer {
    fn reply(&mut self, id: u64, outcome: Outcome) {
        if self.broken {
            return;
        }
        let before = self.tail.len();
        let len = outcome.payload.as_ref().map(Bytes::len);
        if encode_reply_head(id, outcome.results.as_deref(), len, &mut self.tail).is_err() {
            return;
        }
        match outcome.payload {
            None => {}
            Some(payload) if payload.len() < LARGE => self.tail.extend_from_slice(&payload),
            Some(payload) => {
                self.held += payload.len() + self.tail.len() - before;
                self.pieces
                    .push_back(Bytes::from(std::mem::take(&mut self.tail)));
                self.pieces.push_back(payload);
                let padding = sections::padding(len.unwrap_or(0));
                self.tail.resize(padding, 0);
                self.held += padding;
                return;
            }
        }
        let padding = sections::padding(len.unwrap_or(0));
        self.tail.resize(self.tail.len() + padding, 0);
        self.held += self.tail.len() - before;
    }

    fn write(&self, channel: &OwnedFd) -> Result<usize, Errno> {
        let Some(first) = self.pieces.front() else {
            return rustix::io::write(channel, &self.tail[self.written..]);
        };
        let mut slices = [IoSlice::new(&[]); PIECES];
        slices[0] = IoSlice::new(&first[self.written..]);
        let mut count = 1;
        let rest = self.pieces.iter().skip(1).map(|piece| &piece[..]);
        for piece in rest.chain([&self.tail[..]]).take(PIECES - 1) {
            slices[count] = IoSlice::new(piece);
            count += 1;
        }
        rustix::io::writev(channel, &slices[..count])
    }

    fn advance(&mut self, mut sent: usize) {
        self.held -= sent;
        while let Some(first) = self.pieces.front() {
            let left = first.len() - self.written;
            if sent < left {
                self.written += sent;
                return;
            }
            sent -= left;
            self.written = 0;
            self.pieces.pop_front();
        }
        self.written += sent;
        if self.written == self.tail.len() {
            self.tail.clear();
            self.tail.shrink_to(LARGE * 2);
            self.written = 0;
        }
    }
}
