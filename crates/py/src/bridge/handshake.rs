//! The first words on a worker's channel, and the channel itself, taken from standard input.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};

use bytes::Bytes;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::frames::{Decoder, Frame, Hello, Kind, Ledger, sections};

/// The byte that carries the ledger's descriptor.
const LEDGER_BYTE: u8 = 0x54;

/// What the parent has told.
pub(crate) struct Opened {
    pub(crate) channel: OwnedFd,
    pub(crate) ledger: Ledger,
    /// JSON.
    pub(crate) settings: Bytes,
    /// What cloudpickle made of the class and its arguments.
    pub(crate) blob: Bytes,
    /// Holds what may have come behind the Spec.
    pub(crate) decoder: Decoder,
}

/// Takes the channel from standard input, which becomes /dev/null, and listens to the parent.
///
/// # Errors
/// Where standard input is no channel of ours, or the parent is of another release.
pub(crate) fn open() -> Result<Opened, Error> {
    let channel = take_stdin().map_err(|error| {
        broken("standard input cannot be taken for the channel").with_source(error)
    })?;
    let ledger = receive_ledger(&channel)?;
    let mut decoder = Decoder::new(u64::from(u32::MAX));
    let hello = next_frame(&channel, &mut decoder, Kind::Hello)?;
    Hello::decode(&hello.body).map_err(|error| broken(&error.to_string()))?;
    let spec = next_frame(&channel, &mut decoder, Kind::Spec)?;
    let parts = sections::decode(&spec.body, "spec").map_err(|error| broken(&error.to_string()))?;
    let [settings, blob] = &parts[..] else {
        return Err(broken("the spec has not two sections"));
    };
    let (settings, blob) = (settings.clone(), blob.clone());
    Ok(Opened {
        channel,
        ledger,
        settings,
        blob,
        decoder,
    })
}

fn broken(what: &str) -> Error {
    Error::new(
        ErrorKind::Protocol,
        format!("the channel to the gateway is broken: {what}"),
    )
    .with_hint("a worker is started by a Flow, not by hand")
}

fn take_stdin() -> io::Result<OwnedFd> {
    let stdin = rustix::stdio::stdin();
    let channel = rustix::io::fcntl_dupfd_cloexec(stdin, 3)?;
    let null = rustix::fs::open("/dev/null", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(null)?;
    Ok(channel)
}

fn receive_ledger(channel: &OwnedFd) -> Result<Ledger, Error> {
    let mut byte = [0];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = receive_flags();
    let received = loop {
        match recvmsg(
            channel,
            &mut [IoSliceMut::new(&mut byte)],
            &mut control,
            flags,
        ) {
            Err(Errno::INTR) => {}
            received => break received,
        }
    };
    let received = received.map_err(|error| broken("it cannot be read").with_source(error))?;
    if received.bytes != 1 || byte[0] != LEDGER_BYTE {
        return Err(broken("its first byte is not the expected one"));
    }
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(mut descriptors) = message
            && let Some(descriptor) = descriptors.next()
        {
            let _ = rustix::io::fcntl_setfd(&descriptor, rustix::io::FdFlags::CLOEXEC);
            return Ok(Ledger::from_fd(descriptor));
        }
    }
    Err(broken("no ledger came with its first byte"))
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
fn receive_flags() -> RecvFlags {
    RecvFlags::CMSG_CLOEXEC
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn receive_flags() -> RecvFlags {
    RecvFlags::empty()
}

fn next_frame(channel: &OwnedFd, decoder: &mut Decoder, kind: Kind) -> Result<Frame, Error> {
    loop {
        match decoder.frame() {
            Ok(Some(frame)) if frame.header.kind == kind => return Ok(frame),
            Ok(Some(frame)) => {
                return Err(broken(&format!(
                    "{:?} came instead of {kind:?}",
                    frame.header.kind
                )));
            }
            Ok(None) => {}
            Err(error) => return Err(broken(&error.to_string())),
        }
        match read(channel, decoder) {
            Ok(0) => return Err(broken("it ended before the worker knew what to run")),
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(broken("it cannot be read").with_source(error)),
        }
    }
}

/// Reads once into the decoder; 0 at the end of the stream.
#[allow(unsafe_code)]
pub(crate) fn read(channel: &OwnedFd, decoder: &mut Decoder) -> Result<usize, Errno> {
    let wanted = decoder.wanted();
    let buffer = decoder.buffer();
    let spare = buffer.spare_capacity_mut();
    let room = spare.len().min(wanted);
    let (read, _) = rustix::io::read(channel, &mut spare[..room])?;
    let read = read.len();
    let len = buffer.len() + read;
    // SAFETY: the `read` bytes behind the buffer's end lie within its capacity, and the system has
    // just written them.
    unsafe { buffer.set_len(len) };
    Ok(read)
}

/// Puts /dev/null in the channel's place: a forked child must neither hold it open nor speak on it.
///
/// # Errors
/// What the system says.
#[allow(unsafe_code)]
pub(crate) fn cut_off(channel: &OwnedFd) -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    // SAFETY: both descriptors are open and stay owned by whoever owns them; only what the second one
    // stands for changes.
    if unsafe { libc::dup2(null.as_raw_fd(), channel.as_raw_fd()) } < 0 {
        return Err(io::Error::last_os_error());
    }
    rustix::io::fcntl_setfd(channel, rustix::io::FdFlags::CLOEXEC)?;
    Ok(())
}
