//! How far apart two vectors are.

/// What numpy adds to both sides of a quotient of lengths that may be 0.
const EPSILON: f64 = 1e-7;

/// A measure of how far apart two vectors are.
///
/// ```
/// use tidegate_doc::nearest::Metric;
///
/// assert_eq!(Metric::from_name("cosine"), Some(Metric::Cosine));
/// assert_eq!(Metric::SqEuclidean.name(), "sqeuclidean");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// One minus the cosine of the angle; 0 to 2.
    Cosine,
    /// The squared length of the difference.
    SqEuclidean,
    /// The length of the difference.
    Euclidean,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 3] = [Self::Cosine, Self::SqEuclidean, Self::Euclidean];

    /// Its name, as Python has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::SqEuclidean => "sqeuclidean",
            Self::Euclidean => "euclidean",
        }
    }

    /// The metric with a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// Whether it is computed from differences; else from products and lengths.
    pub(super) fn is_of_differences(self) -> bool {
        self != Self::Cosine
    }

    /// The distance, from the sum of products or of squared differences, and the product of the lengths.
    #[inline]
    pub(super) fn distance(self, sum: f64, lengths: f64) -> f64 {
        match self {
            Self::Cosine => 1.0 - ((sum + EPSILON) / (lengths + EPSILON)).clamp(-1.0, 1.0),
            Self::SqEuclidean => sum,
            Self::Euclidean => sum.sqrt(),
        }
    }
}
