//! Ends the worker when its parent has gone, whatever Python code is doing at the moment.
//!
//! A thread that never touches Python watches the channel for hang-up and the parent's process id. An
//! orderly drain is not cut short by a hang-up, only by the death of the parent or the end of its grace.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, getppid};

/// How often the parent's process id is looked at.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 200_000_000,
};
/// How long the loop has to close the Executor when the parent has gone.
const FAREWELL: Duration = Duration::from_millis(600);
/// How a worker exits that outlived its parent or its grace.
const EXIT_LATE: i32 = 1;

/// What the worker's loop tells its lifeline.
pub(crate) struct Lifeline {
    /// When the process has to be gone, where it is ending in order.
    limit: Mutex<Option<Instant>>,
    /// Whether the Executor has been closed: an exit from here on is a good one.
    closed: AtomicBool,
}

impl Lifeline {
    /// Starts the thread.
    ///
    /// # Errors
    /// Where the system has no thread to give.
    pub(crate) fn start(channel: Arc<OwnedFd>) -> std::io::Result<Arc<Self>> {
        let lifeline = Arc::new(Self {
            limit: Mutex::new(None),
            closed: AtomicBool::new(false),
        });
        let parent = getppid();
        let shared = Arc::clone(&lifeline);
        // Detached: it has to outlive whatever the rest of the process is doing.
        std::thread::Builder::new()
            .name("tidegate-lifeline".into())
            .stack_size(64 * 1024)
            .spawn(move || shared.watch(&channel, parent))?;
        Ok(lifeline)
    }

    /// The process is ending in order, and has to be gone by `limit`.
    pub(crate) fn ending(&self, limit: Instant) {
        let mut known = self.limit.lock();
        *known = Some(known.map_or(limit, |known| known.min(limit)));
    }

    /// The Executor has been closed.
    pub(crate) fn closed(&self) {
        self.closed.store(true, Ordering::Release);
    }

    fn watch(&self, channel: &OwnedFd, parent: Option<Pid>) {
        let mut gone: Option<Instant> = None;
        loop {
            let hung_up = gone.is_none() && waits_for_hang_up(channel);
            let now = Instant::now();
            let limit = *self.limit.lock();
            if gone.is_none() && (getppid() != parent || (hung_up && limit.is_none())) {
                gone = Some(now);
            }
            let left_behind = gone.is_some_and(|since| now - since >= FAREWELL);
            if left_behind || limit.is_some_and(|limit| now >= limit) {
                end(if self.closed.load(Ordering::Acquire) {
                    0
                } else {
                    EXIT_LATE
                });
            }
            if hung_up || gone.is_some() {
                // Polling a channel that has hung up returns at once.
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

/// Waits a little for the other end of the channel to close.
fn waits_for_hang_up(channel: &OwnedFd) -> bool {
    let wanted = hang_up_flags();
    let mut descriptors = [PollFd::from_borrowed_fd(channel.as_fd(), wanted)];
    match poll(&mut descriptors, Some(&LOOK)) {
        Ok(1..) => !descriptors[0].revents().is_empty(),
        _ => false,
    }
}

#[cfg(target_os = "linux")]
fn hang_up_flags() -> PollFlags {
    PollFlags::RDHUP
}

#[cfg(not(target_os = "linux"))]
fn hang_up_flags() -> PollFlags {
    // Hang-up is reported without being asked for.
    PollFlags::empty()
}

/// Leaves without running anything else: a thread that holds the GIL may never let go of it.
#[allow(unsafe_code)]
fn end(code: i32) -> ! {
    // SAFETY: `_exit` takes any number, touches no memory of ours and does not return.
    unsafe { libc::_exit(code) }
}
