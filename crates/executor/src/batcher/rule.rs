//! How an endpoint's batches form, and what Documents weigh.

use std::time::Duration;

/// How the batches of one endpoint form.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// A batch closes when what waits weighs this much, and no slice weighs more unless it is one Document.
    pub preferred: Weight,
    /// How long a request waits for company at the most.
    pub timeout: Duration,
    /// Whether a batch is everything that waits, however much that is.
    pub flush_all: bool,
    /// How many slices with the same parameters run at once.
    pub side_by_side: usize,
}

/// How much a batch has of what its metric counts, exact to a millionth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Weight(u64);

/// The parts of one.
const PARTS: u64 = 1_000_000;

impl Weight {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The weight of so many Documents that weigh one each.
    #[must_use]
    pub fn of_documents(count: usize) -> Self {
        Self((count as u64).saturating_mul(PARTS))
    }

    /// What a metric has given; `None` where that is negative, or no number.
    #[must_use]
    pub fn of_metric(value: f64) -> Option<Self> {
        // Casts of floats saturate.
        (value >= 0.0).then_some(Self((value * PARTS as f64) as u64))
    }

    /// How many Documents that weigh one each fit into it.
    pub(super) fn documents(self) -> usize {
        usize::try_from(self.0 / PARTS).unwrap_or(usize::MAX)
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// What the Documents of a request weigh.
#[derive(Debug, Clone)]
pub enum Weights {
    /// One each.
    Count(usize),
    /// Each its own.
    Each(Box<[Weight]>),
}

impl Weights {
    /// How many Documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Count(count) => *count,
            Self::Each(weights) => weights.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the Documents from `start` on weigh together.
    pub(super) fn from(&self, start: usize) -> Weight {
        match self {
            Self::Count(count) => Weight::of_documents(count.saturating_sub(start)),
            Self::Each(weights) => sum(weights.get(start..).unwrap_or_default()),
        }
    }

    /// How many Documents from `start` on fit into `room`, and what they weigh.
    pub(super) fn fitting(&self, start: usize, room: Weight) -> (usize, Weight) {
        match self {
            Self::Count(count) => {
                let fit = count.saturating_sub(start).min(room.documents());
                (fit, Weight::of_documents(fit))
            }
            Self::Each(weights) => {
                let mut taken = Weight::ZERO;
                let mut fit = 0;
                for weight in weights.iter().skip(start) {
                    let more = taken.plus(*weight);
                    if more > room {
                        break;
                    }
                    (taken, fit) = (more, fit + 1);
                }
                (fit, taken)
            }
        }
    }

    /// What the Document at `index` weighs.
    pub(super) fn at(&self, index: usize) -> Weight {
        match self {
            Self::Count(_) => Weight::of_documents(1),
            Self::Each(weights) => weights.get(index).copied().unwrap_or_default(),
        }
    }
}

fn sum(weights: &[Weight]) -> Weight {
    weights.iter().fold(Weight::ZERO, |all, one| all.plus(*one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_number_from_zero_on() {
        assert_eq!(Weight::of_metric(2.0), Some(Weight::of_documents(2)));
        assert_eq!(Weight::of_metric(0.0), Some(Weight::ZERO));
        assert_eq!(Weight::of_metric(-1.0), None);
        assert_eq!(Weight::of_metric(f64::NAN), None);
        assert!(Weight::of_metric(f64::INFINITY) > Weight::of_metric(1e9));
    }

    #[test]
    fn the_one_that_would_not_fit_is_left() {
        let each = |numbers: &[f64]| {
            Weights::Each(
                numbers
                    .iter()
                    .filter_map(|n| Weight::of_metric(*n))
                    .collect(),
            )
        };
        let weights = each(&[6.0, 6.0, 4.0, 0.0]);
        assert_eq!(weights.fitting(0, Weight::of_documents(10)).0, 1);
        assert_eq!(weights.fitting(1, Weight::of_documents(10)).0, 3);
        assert_eq!(weights.fitting(0, Weight::of_documents(5)).0, 0);
        assert_eq!(Weights::Count(7).fitting(5, Weight::of_documents(10)).0, 2);
    }
}
