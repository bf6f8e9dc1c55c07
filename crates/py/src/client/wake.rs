//! A file that an event loop watches: readable while something waits to be taken.

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};

#[cfg(target_os = "linux")]
use rustix::event::{EventfdFlags, eventfd};
use rustix::io::{read, write};

/// One wake for a burst of answers: set by tokio's threads, cleared by the loop's.
pub(super) struct Wake {
    reader: OwnedFd,
    /// Where there is no eventfd, the writing end of a pipe.
    writer: Option<OwnedFd>,
}

impl Wake {
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> std::io::Result<Self> {
        let reader = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            reader,
            writer: None,
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> std::io::Result<Self> {
        let (reader, writer) = rustix::pipe::pipe()?;
        for fd in [&reader, &writer] {
            rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::CLOEXEC)?;
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        Ok(Self {
            reader,
            writer: Some(writer),
        })
    }

    /// The descriptor to watch.
    pub(super) fn fd(&self) -> RawFd {
        self.reader.as_raw_fd()
    }

    /// Makes it readable. A full pipe is readable already, so a failed write needs no answer.
    pub(super) fn set(&self) {
        let writer = self.writer.as_ref().unwrap_or(&self.reader).as_fd();
        let _ = write(writer, &1_u64.to_ne_bytes());
    }

    /// Makes it unreadable.
    pub(super) fn clear(&self) {
        let mut buffer = [0_u8; 64];
        let _ = read(self.reader.as_fd(), &mut buffer);
    }
}
