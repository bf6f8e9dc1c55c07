//! How long calls took of late.

use std::time::{Duration, Instant};

/// How much earlier than it must, an urgent batch starts: the way there and back takes time too.
const SLACK: Duration = Duration::from_millis(10);

/// The durations of an endpoint's last calls.
#[derive(Debug, Default)]
pub(super) struct Recent {
    taken: [Duration; 8],
    next: usize,
}

impl Recent {
    pub(super) fn note(&mut self, took: Duration) {
        self.taken[self.next] = took;
        self.next = (self.next + 1) % self.taken.len();
    }

    /// When a call has to start for its answer to be there by `deadline`: as long before it as the longest
    /// of the last calls took, and a little more.
    pub(super) fn start_for(&self, deadline: Instant) -> Instant {
        let longest = self.taken.iter().max().copied().unwrap_or_default();
        deadline
            .checked_sub(longest + longest / 8 + SLACK)
            .unwrap_or(deadline)
    }
}
