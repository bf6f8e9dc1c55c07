//! What comes out of a batcher.

use std::ops::Range;

use bytes::Bytes;

/// Documents that are handled in one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Its number, unique within the batcher.
    pub id: u64,
    /// The endpoint's place in the table.
    pub endpoint: usize,
    /// The parameters that all its requests have.
    pub parameters: Bytes,
    /// Whose Documents they are, in order.
    pub parts: Vec<Part>,
    /// Why it did not wait for more.
    pub reason: Reason,
}

/// The Documents of one request that are in a slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The request.
    pub member: u64,
    /// Which of its Documents.
    pub range: Range<usize>,
    /// Whether nothing of the request was in a slice before.
    pub is_first: bool,
}

/// Why a batch closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// What waited weighed the preferred size.
    Size,
    /// Its oldest request had waited for the timeout.
    Time,
    /// Its most urgent request would have missed its deadline.
    Deadline,
    /// Too many sets of parameters waited at once, and this was the oldest.
    Parameters,
    /// A request in it had begun in the slice before.
    Rest,
    /// The Executor was about to end.
    Close,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Size,
        Self::Time,
        Self::Deadline,
        Self::Parameters,
        Self::Rest,
        Self::Close,
    ];

    /// Its name, as a metric's label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Time => "time",
            Self::Deadline => "deadline",
            Self::Parameters => "parameters",
            Self::Rest => "rest",
            Self::Close => "close",
        }
    }
}

/// How many batches of an endpoint closed, by reason, and what they held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    by_reason: [u64; Reason::ALL.len()],
    /// How many Documents they held.
    pub documents: u64,
}

impl Counts {
    /// How many closed for `reason`.
    #[must_use]
    pub fn of(&self, reason: Reason) -> u64 {
        self.by_reason[reason as usize]
    }

    pub(super) fn note(&mut self, slice: &Slice) {
        self.by_reason[slice.reason as usize] += 1;
        self.documents += slice
            .parts
            .iter()
            .map(|part| part.range.len() as u64)
            .sum::<u64>();
    }
}

/// What a batcher wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// Run this.
    Run(Slice),
    /// This request is out of time before all of it was handled.
    Expired {
        /// The request.
        id: u64,
        /// Whether some of it has been handed out.
        begun: bool,
        /// Running slices that nobody waits for any more.
        abandoned: Vec<u64>,
    },
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The request.
    pub id: u64,
    /// Whether the slice that has just ended failed it; else all its Documents have been handled.
    pub failed: bool,
}

/// What became of a request that was told to leave.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    /// It is not here.
    Unknown,
    /// None of it had been handed out.
    Waiting,
    /// Some of it is being handled or has been; the running slices that nobody waits for any more.
    Begun(Vec<u64>),
}
