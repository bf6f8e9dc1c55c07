//! The threads for sync methods, one unless more are allowed: calls start in the order in which they came.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use tidegate_executor::Slice;

use crate::bridge::calls::Call;

/// The most calls in one hold of the GIL.
pub(crate) const BATCH: usize = 64;
/// How long a batch may hold back the answers that it has.
pub(crate) const BATCH_TIME: Duration = Duration::from_millis(1);

const QUEUED: u8 = 0;
const STARTED: u8 = 1;
const DROPPED: u8 = 2;

/// Tells whether a sync call has started; a queued one can be dropped.
#[derive(Default)]
pub(crate) struct Ticket(AtomicU8);

impl Ticket {
    fn leave(&self, to: u8) -> bool {
        self.0
            .compare_exchange(QUEUED, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Drops the call unless it has started.
    pub(crate) fn drop_queued(&self) -> bool {
        self.leave(DROPPED)
    }

    /// Takes the call for starting, unless it has been dropped.
    pub(crate) fn start(&self) -> bool {
        self.leave(STARTED)
    }
}

/// A queued call and its ticket.
pub(crate) struct Job {
    pub(crate) call: Call,
    pub(crate) ticket: Arc<Ticket>,
}

/// What a thread is to do.
pub(crate) enum Work {
    /// One call.
    Call(Job),
    /// A batch.
    Slice(Slice),
}

/// The queue between the loop and the threads. Holds no Python objects.
pub(crate) struct SyncLane {
    queue: Mutex<Queue>,
    filled: Condvar,
    max_threads: usize,
}

struct Queue {
    jobs: VecDeque<Work>,
    ended: bool,
    /// How many threads there are; the first is there from the start.
    threads: usize,
    /// How many of them wait for work.
    idle: usize,
}

impl SyncLane {
    pub(crate) fn new(max_threads: usize) -> Self {
        Self {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                ended: false,
                threads: 1,
                idle: 0,
            }),
            filled: Condvar::new(),
            max_threads,
        }
    }

    /// Queues work; true where one more thread is to be started for it, which then counts as there.
    pub(crate) fn push(&self, work: Work) -> bool {
        let mut queue = self.queue.lock();
        queue.jobs.push_back(work);
        let wanted = queue.threads < self.max_threads && queue.jobs.len() > queue.idle;
        queue.threads += usize::from(wanted);
        drop(queue);
        self.filled.notify_one();
        wanted
    }

    /// Queues work for a thread that is about to look for some.
    pub(crate) fn push_free(&self, work: Work) {
        self.queue.lock().jobs.push_back(work);
        self.filled.notify_one();
    }

    /// The next call, where there is one already.
    pub(crate) fn try_next(&self) -> Option<Work> {
        let mut queue = self.queue.lock();
        if queue.ended {
            None
        } else {
            queue.jobs.pop_front()
        }
    }

    /// Waits for work; false when there will be no more. To be called without the GIL.
    pub(crate) fn wait(&self) -> bool {
        let mut queue = self.queue.lock();
        loop {
            if queue.ended {
                return false;
            }
            if !queue.jobs.is_empty() {
                return true;
            }
            queue.idle += 1;
            self.filled.wait(&mut queue);
            queue.idle -= 1;
        }
    }

    /// Ends the thread after the call that it is running.
    pub(crate) fn end(&self) {
        self.queue.lock().ended = true;
        self.filled.notify_all();
    }
}

/// How far a batch has come.
pub(crate) struct Batch {
    began: Instant,
    calls: usize,
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            calls: 0,
        }
    }

    /// Counts a call; true when the batch is full.
    pub(crate) fn count(&mut self) -> bool {
        self.calls += 1;
        self.calls >= BATCH || self.began.elapsed() >= BATCH_TIME
    }
}
