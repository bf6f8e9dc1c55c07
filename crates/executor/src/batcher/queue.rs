//! The requests with the same endpoint and parameters that wait for one another.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::rule::{Rule, Weight};
use super::slice::Reason;

/// What a queue is for.
pub(super) type Key = (usize, Bytes);

/// See the module.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) key: Key,
    /// In order of arrival; those that have left stay until they come to the front.
    pub(super) line: VecDeque<Waiting>,
    /// What the Documents that wait weigh.
    pub(super) weight: Weight,
    /// The deadlines of those that wait.
    pub(super) deadlines: BTreeSet<(Instant, u64)>,
    /// How many requests in the line have left.
    pub(super) gone: usize,
    /// How many slices run.
    pub(super) running: usize,
    /// Whether it has to make room for other parameters.
    pub(super) pressed: bool,
    /// When it is due, as the batcher's index has it.
    pub(super) indexed: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) id: u64,
    pub(super) arrived: Instant,
    /// Whether a slice has some of it already.
    pub(super) begun: bool,
}

/// The rows that may be gone before the line is looked through.
const GONE: usize = 64;

impl Queue {
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            line: VecDeque::new(),
            weight: Weight::ZERO,
            deadlines: BTreeSet::new(),
            gone: 0,
            running: 0,
            pressed: false,
            indexed: None,
        }
    }

    pub(super) fn is_unused(&self) -> bool {
        self.line.is_empty() && self.running == 0
    }

    /// Lets go of those that have left, at the front, and everywhere once they are many.
    pub(super) fn tidy(&mut self, is_here: impl Fn(u64) -> bool) {
        while self.gone > 0 && self.line.front().is_some_and(|first| !is_here(first.id)) {
            self.line.pop_front();
            self.gone -= 1;
        }
        if self.gone > GONE && self.gone * 2 > self.line.len() {
            self.line.retain(|one| is_here(one.id));
            self.gone = 0;
        }
    }

    /// When the next slice is due, and why then; `None` while there is nothing to run, or no room to.
    /// `urgent` is when it has to start for the deadlines of those in it.
    pub(super) fn due(&self, rule: &Rule, urgent: Option<Instant>, closing: bool) -> Option<Due> {
        let first = self.line.front()?;
        if self.running >= rule.side_by_side.max(1) {
            return None;
        }
        let at_once = if self.weight >= rule.preferred {
            Some(Reason::Size)
        } else if first.begun {
            Some(Reason::Rest)
        } else if closing {
            Some(Reason::Close)
        } else if self.pressed {
            Some(Reason::Parameters)
        } else {
            None
        };
        if let Some(reason) = at_once {
            return Some((first.arrived, reason));
        }
        let late = far_from(first.arrived, rule.timeout);
        Some(match urgent {
            Some(urgent) if urgent < late => (urgent, Reason::Deadline),
            _ => (late, Reason::Time),
        })
    }
}

pub(super) type Due = (Instant, Reason);

/// `from + after`, or a time that nobody lives to see.
fn far_from(from: Instant, after: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    from.checked_add(after.min(FAR)).unwrap_or(from)
}
