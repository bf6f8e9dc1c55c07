//! The loop's thread reads and writes the channel itself: frames in, calls run, frames out.

use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::prelude::*;
use rustix::io::Errno;
use tidegate_transport::frames::{Decoder, Frame, FrameError, Kind, StartFrame, flags};

use super::callback::Callback;
use super::calls::{Call, Command, Replies};
use super::engine::Engine;
use super::handshake;
use super::outgoing::Outgoing;

/// The most reads of one turn of the loop.
const READS: usize = 16;

/// The channel of a worker that serves.
pub(crate) struct Pump {
    channel: Arc<OwnedFd>,
    engine: Arc<Engine>,
    outgoing: Arc<Outgoing>,
    looper: Py<PyAny>,
    /// Called with the grace in seconds when the gateway asks the worker to end.
    on_drain: Py<PyAny>,
    /// Called with the reason, or `None` for a plain hang-up, when nothing can be read any more.
    on_gone: Py<PyAny>,
    decoder: Mutex<Decoder>,
}

/// What a pump is made of.
pub(crate) struct Parts<'py> {
    pub(crate) channel: Arc<OwnedFd>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) outgoing: Arc<Outgoing>,
    pub(crate) looper: Bound<'py, PyAny>,
    pub(crate) on_drain: Bound<'py, PyAny>,
    pub(crate) on_gone: Bound<'py, PyAny>,
    pub(crate) decoder: Decoder,
}

/// What one turn of reading has found.
#[derive(Default)]
struct Found {
    commands: Vec<Command>,
    /// The grace of a Drain.
    drain: Option<Duration>,
    /// Why reading is over.
    end: Option<End>,
}

enum End {
    HungUp,
    Broken(String),
}

impl Pump {
    pub(crate) fn new(parts: Parts<'_>) -> Arc<Self> {
        Arc::new(Self {
            channel: parts.channel,
            engine: parts.engine,
            outgoing: parts.outgoing,
            looper: parts.looper.unbind(),
            on_drain: parts.on_drain.unbind(),
            on_gone: parts.on_gone.unbind(),
            decoder: Mutex::new(parts.decoder),
        })
    }

    /// Registers with the loop, and takes what has come already.
    pub(crate) fn attach(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let pump = Arc::clone(self);
        let readable = Callback::new(py, move |py, _| pump.readable(py))?;
        let pump = Arc::clone(self);
        let woken = Callback::new(py, move |py, _| {
            pump.engine.wake().clear();
            pump.engine.woken(py)?;
            pump.arm_writer(py)
        })?;
        let looper = self.looper.bind(py);
        looper.call_method1("add_reader", (self.channel.as_raw_fd(), &readable))?;
        looper.call_method1("add_reader", (self.engine.wake().fd(), woken))?;
        looper.call_method1("call_soon", (readable,))?;
        self.arm_writer(py)
    }

    /// Takes leave of the loop.
    pub(crate) fn detach(&self, py: Python<'_>) -> PyResult<()> {
        let looper = self.looper.bind(py);
        looper.call_method1("remove_reader", (self.channel.as_raw_fd(),))?;
        looper.call_method1("remove_reader", (self.engine.wake().fd(),))?;
        looper.call_method1("remove_writer", (self.channel.as_raw_fd(),))?;
        Ok(())
    }

    fn readable(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let found = self.read();
        self.engine.take(py, found.commands.into_iter())?;
        if let Some(grace) = found.drain {
            self.on_drain.bind(py).call1((grace.as_secs_f64(),))?;
        }
        if let Some(end) = found.end {
            self.looper
                .bind(py)
                .call_method1("remove_reader", (self.channel.as_raw_fd(),))?;
            let reason = match end {
                End::HungUp => None,
                End::Broken(reason) => Some(reason),
            };
            self.on_gone.bind(py).call1((reason,))?;
        }
        self.arm_writer(py)
    }

    /// Has the loop tell when the socket takes bytes again, while some wait.
    fn arm_writer(self: &Arc<Self>, py: Python<'_>) -> PyResult<()> {
        let waiting = self.outgoing.is_waiting();
        if self.outgoing.set_watched(waiting) == waiting {
            return Ok(());
        }
        let looper = self.looper.bind(py);
        if !waiting {
            looper.call_method1("remove_writer", (self.channel.as_raw_fd(),))?;
            return Ok(());
        }
        let pump = Arc::clone(self);
        let writable = Callback::new(py, move |py, _| {
            pump.outgoing.flush();
            pump.engine.woken(py)?;
            pump.arm_writer(py)
        })?;
        looper.call_method1("add_writer", (self.channel.as_raw_fd(), writable))?;
        Ok(())
    }

    fn read(&self) -> Found {
        let mut found = Found::default();
        let mut decoder = self.decoder.lock();
        for _ in 0..READS {
            if let Err(error) = self.split(&mut decoder, &mut found) {
                found.end = Some(End::Broken(error.to_string()));
                break;
            }
            let wanted = decoder.wanted();
            match handshake::read(&self.channel, &mut decoder) {
                Ok(0) if decoder.is_partial() => {
                    found.end = Some(End::Broken("it ended within a frame".into()));
                    break;
                }
                Ok(0) => {
                    found.end = Some(End::HungUp);
                    break;
                }
                Ok(read) if read < wanted => {
                    if let Err(error) = self.split(&mut decoder, &mut found) {
                        found.end = Some(End::Broken(error.to_string()));
                    }
                    break;
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(Errno::CONNRESET) => {
                    found.end = Some(End::HungUp);
                    break;
                }
                Err(error) => {
                    found.end = Some(End::Broken(error.to_string()));
                    break;
                }
            }
        }
        found
    }

    /// Takes every whole frame out of the decoder.
    fn split(&self, decoder: &mut Decoder, found: &mut Found) -> Result<(), FrameError> {
        while let Some(frame) = decoder.frame()? {
            match frame.header.kind {
                Kind::Start if found.drain.is_some() => self.engine.refuse(frame.header.id),
                Kind::Start => found.commands.push(Command::Start(call_from(frame)?)),
                Kind::Cancel => found.commands.push(Command::Cancel(frame.header.id)),
                Kind::Flush => found.commands.push(Command::Flush),
                Kind::Drain => found.drain = Some(Duration::from_micros(frame.header.arg)),
                _ if frame.header.flags & flags::IGNORABLE != 0 => {}
                kind => return Err(FrameError::UnknownKind(kind as u8)),
            }
        }
        Ok(())
    }
}

fn call_from(frame: Frame) -> Result<Call, FrameError> {
    let start = StartFrame::try_from(frame)?;
    Ok(Call {
        id: start.id,
        endpoint: usize::from(start.endpoint),
        deadline: start
            .deadline_us
            .and_then(|left| Instant::now().checked_add(Duration::from_micros(left))),
        parameters: start.parameters,
        branches: start.branches,
    })
}
