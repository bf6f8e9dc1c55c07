//! Wakes an event loop from any thread: one system call for a burst of wakes.

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};

/// A descriptor that becomes readable when somebody calls [`Wake::wake`].
pub(crate) struct Wake {
    read: OwnedFd,
    /// The other end of the pipe, where there is no eventfd.
    write: Option<OwnedFd>,
    pending: AtomicBool,
}

impl Wake {
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> std::io::Result<Self> {
        use rustix::event::{EventfdFlags, eventfd};
        let read = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            read,
            write: None,
            pending: AtomicBool::new(false),
        })
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> std::io::Result<Self> {
        let (read, write) = rustix::pipe::pipe()?;
        for end in [&read, &write] {
            rustix::io::ioctl_fionbio(end, true)?;
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
        }
        Ok(Self {
            read,
            write: Some(write),
            pending: AtomicBool::new(false),
        })
    }

    /// The descriptor to watch.
    pub(crate) fn fd(&self) -> RawFd {
        self.read.as_raw_fd()
    }

    /// Makes the descriptor readable, unless it is already.
    pub(crate) fn wake(&self) {
        if !self.pending.swap(true, Ordering::AcqRel) {
            // A full pipe is readable already, and nothing else can go wrong with a descriptor of ours.
            let _ = rustix::io::write(
                self.write.as_ref().unwrap_or(&self.read),
                &1_u64.to_ne_bytes(),
            );
        }
    }

    /// Makes it unreadable again. What is to be looked at must be looked at after this.
    pub(crate) fn clear(&self) {
        let mut bytes = [0; 64];
        let _ = rustix::io::read(&self.read, &mut bytes);
        self.pending.store(false, Ordering::Release);
    }
}
