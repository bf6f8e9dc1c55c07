//! What a worker has started, written where its death does not lose it.
//!
//! A small file without a name, held by both ends: the worker writes the id of a call into it just before
//! the call's first step, and the gateway reads it when the worker has died. That is exact (a crash in
//! the first step counts as started, the call behind it in the queue does not), and costs one `pwrite`
//! to memory instead of a frame that wakes the gateway.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Calls start in the order of their ids within a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// `async def` methods, on the loop.
    Async,
    /// Sync methods, on their thread.
    Sync,
}

/// The highest call id started, for each [`Lane`].
#[derive(Debug)]
pub struct Ledger(File);

impl Ledger {
    /// A new one, with nothing started.
    ///
    /// # Errors
    /// What the system says when it has no memory file to give.
    pub fn create() -> io::Result<Self> {
        let file = Self::anonymous_file()?;
        file.set_len(16)?;
        Ok(Self(file))
    }

    #[cfg(target_os = "linux")]
    fn anonymous_file() -> io::Result<File> {
        let fd = rustix::fs::memfd_create("tidegate-ledger", rustix::fs::MemfdFlags::CLOEXEC)?;
        Ok(File::from(fd))
    }

    #[cfg(not(target_os = "linux"))]
    fn anonymous_file() -> io::Result<File> {
        tempfile::tempfile()
    }

    /// The other end's, from the descriptor that it was sent.
    #[must_use]
    pub fn from_fd(fd: OwnedFd) -> Self {
        Self(File::from(fd))
    }

    /// Its descriptor, to be sent.
    #[must_use]
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Writes that `id` starts now.
    ///
    /// # Errors
    /// What the system says; the call must not start then.
    pub fn start(&self, lane: Lane, id: u64) -> io::Result<()> {
        let offset = if lane == Lane::Async { 0 } else { 8 };
        rustix::io::pwrite(&self.0, &id.to_le_bytes(), offset)?;
        Ok(())
    }

    /// The highest id started in `lane`; 0 for none.
    ///
    /// # Errors
    /// What the system says.
    pub fn started(&self, lane: Lane) -> io::Result<u64> {
        let offset = if lane == Lane::Async { 0 } else { 8 };
        let mut bytes = [0; 8];
        rustix::io::pread(&self.0, &mut bytes, offset)?;
        Ok(u64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_see_what_was_started() {
        let ledger = Ledger::create().unwrap();
        let worker = Ledger::from_fd(ledger.as_fd().try_clone_to_owned().unwrap());
        worker.start(Lane::Async, 7).unwrap();
        worker.start(Lane::Sync, 3).unwrap();
        assert_eq!(ledger.started(Lane::Async).unwrap(), 7);
        assert_eq!(ledger.started(Lane::Sync).unwrap(), 3);
    }
}
