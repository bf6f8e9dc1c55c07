//! The smallest of many distances.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// The nearest vectors to one that was asked for, nearest first; equally near ones in their order.
///
/// ```
/// use tidegate_doc::nearest::Metric;
/// use tidegate_doc::{Document, DocumentArray};
///
/// let docs: DocumentArray = [2.0_f32, 1.0]
///     .map(|number| Document::new().with_embedding(vec![number]))
///     .into();
/// let nearest = docs.nearest(&[0.0], Metric::Euclidean, None).unwrap();
/// assert_eq!(nearest.iter().collect::<Vec<_>>(), [(1, 1.0), (0, 2.0)]);
/// assert_eq!((nearest.least, nearest.most), (1.0, 2.0));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// Where each stands among those that were offered.
    pub places: Vec<usize>,
    /// How far each is away.
    pub distances: Vec<f64>,
    /// The smallest distance of all that were offered; NaN where one is.
    pub least: f64,
    /// The largest distance of all that were offered; NaN where one is.
    pub most: f64,
}

impl Nearest {
    /// Places and distances together.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.places
            .iter()
            .copied()
            .zip(self.distances.iter().copied())
    }
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    distance: f64,
    place: usize,
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.distance, other.distance);
        // NaN is further away than anything.
        a.partial_cmp(&b)
            .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
            .then(self.place.cmp(&other.place))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

/// Keeps the nearest few of all that it is offered.
#[derive(Debug)]
pub(super) struct Best {
    limit: usize,
    kept: BinaryHeap<Candidate>,
    least: f64,
    most: f64,
}

impl Best {
    /// Keeps at most `limit`.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            kept: BinaryHeap::new(),
            least: f64::INFINITY,
            most: f64::NEG_INFINITY,
        }
    }

    #[inline]
    pub(super) fn offer(&mut self, distance: f64, place: usize) {
        if distance < self.least || distance.is_nan() {
            self.least = distance;
        }
        if distance > self.most || distance.is_nan() {
            self.most = distance;
        }
        let candidate = Candidate { distance, place };
        if self.kept.len() < self.limit {
            self.kept.push(candidate);
        } else if let Some(mut worst) = self.kept.peek_mut()
            && candidate < *worst
        {
            *worst = candidate;
        }
    }

    pub(super) fn finish(self) -> Nearest {
        let kept = self.kept.into_sorted_vec();
        Nearest {
            places: kept.iter().map(|c| c.place).collect(),
            distances: kept.iter().map(|c| c.distance).collect(),
            least: self.least,
            most: self.most,
        }
    }
}
