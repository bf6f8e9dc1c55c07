//! Vectors that are asked for, and rows that are offered one after another.

use super::best::{Best, Nearest};
use super::column::Float;
use super::kernel::{GROUP, Real, Stored, Tile, differences, grouped, products, squares};
use super::metric::Metric;

/// How many rows are computed at once where many vectors are asked for: these and a group stay in cache.
const BLOCK: usize = 8;

/// The search for the rows that are nearest to each of some vectors.
///
/// Rows are offered as bytes, aligned or not. Numbers are summed up as `T`: 64-bit floats where either
/// side has them, 32-bit floats where both sides are such.
///
/// ```
/// use tidegate_doc::nearest::{Float, Metric, Search};
///
/// let mut search = Search::new(Metric::Euclidean, vec![0.0_f32, 0.0], 2, Some(2));
/// for row in [[3.0_f32, 4.0], [1.0, 0.0], [0.0, 0.0]] {
///     let bytes: Vec<u8> = row.iter().flat_map(|number| number.to_le_bytes()).collect();
///     assert!(search.offer(&bytes, Float::F32));
/// }
/// let nearest = search.finish().remove(0);
/// assert_eq!(nearest.places, [2, 1]);
/// assert_eq!(nearest.distances, [0.0, 1.0]);
/// ```
#[derive(Debug)]
pub struct Search<T> {
    metric: Metric,
    width: usize,
    vectors: Vec<T>,
    lengths: Vec<f64>,
    best: Vec<Best>,
    seen: usize,
    block: Option<Block<T>>,
}

/// Rows that wait until there are enough, where many vectors are asked for.
#[derive(Debug)]
struct Block<T> {
    groups: Vec<T>,
    rows: Vec<T>,
    lengths: Vec<f64>,
    sums: Vec<f64>,
    /// The width, filled up to whole lanes.
    padded: usize,
}

/// What rows of the two kinds of floats are read into.
pub trait Reads: Real {
    #[doc(hidden)]
    fn visit(row: &[u8], float: Float, visitor: impl Visitor<Self>) -> bool;
}

/// Something to do with a row whose kind of floats is known.
#[doc(hidden)]
pub trait Visitor<T: Real> {
    #[allow(private_bounds)]
    fn visit<S: Stored<T>>(self, row: &[S]);
}

impl Reads for f32 {
    fn visit(row: &[u8], float: Float, visitor: impl Visitor<Self>) -> bool {
        if float == Float::F32 {
            visitor.visit(row.as_chunks::<4>().0);
        }
        float == Float::F32
    }
}

impl Reads for f64 {
    fn visit(row: &[u8], float: Float, visitor: impl Visitor<Self>) -> bool {
        match float {
            Float::F32 => visitor.visit(row.as_chunks::<4>().0),
            Float::F64 => visitor.visit(row.as_chunks::<8>().0),
        }
        true
    }
}

impl<T: Reads> Search<T> {
    /// A search for the `limit` rows nearest to each of `vectors`, which has `width` numbers for each;
    /// without a limit all rows are put in order.
    #[must_use]
    pub fn new(metric: Metric, vectors: Vec<T>, width: usize, limit: Option<usize>) -> Self {
        let each = vectors.chunks_exact(width.max(1));
        let count = each.len();
        let lengths = each.map(|vector| squares(vector).sqrt()).collect();
        let padded = width.next_multiple_of(T::LANES);
        let block = (count >= GROUP).then(|| Block {
            groups: grouped(&vectors, width),
            rows: vec![T::default(); BLOCK * padded],
            lengths: Vec::with_capacity(BLOCK),
            sums: vec![0.0; BLOCK * count.next_multiple_of(GROUP)],
            padded,
        });
        Self {
            metric,
            width,
            lengths,
            best: (0..count)
                .map(|_| Best::new(limit.unwrap_or(usize::MAX)))
                .collect(),
            seen: 0,
            vectors,
            block,
        }
    }

    /// Offers the next row; `false`, and nothing done, where it is not as wide as the vectors or has wider
    /// floats than the search.
    pub fn offer(&mut self, row: &[u8], float: Float) -> bool {
        if row.len() != self.width * float.size() {
            return false;
        }
        T::visit(row, float, Offered(self))
    }

    /// What was found for each vector.
    #[must_use]
    pub fn finish(mut self) -> Vec<Nearest> {
        self.flush();
        self.best.into_iter().map(Best::finish).collect()
    }

    /// Computes the rows that wait.
    fn flush(&mut self) {
        let Some(block) = &mut self.block else { return };
        let first = self.seen - block.lengths.len();
        T::compute(Tile {
            rows: &block.rows,
            groups: &block.groups,
            width: block.padded,
            differences: self.metric.is_of_differences(),
            sums: &mut block.sums,
        });
        let per_row = self.best.len().next_multiple_of(GROUP);
        let rows = block
            .lengths
            .iter()
            .zip(block.sums.chunks_exact(per_row.max(1)));
        for (place, (length, sums)) in (first..).zip(rows) {
            for ((best, sum), own) in self.best.iter_mut().zip(sums).zip(&self.lengths) {
                best.offer(T::narrow(self.metric.distance(*sum, own * length)), place);
            }
        }
        block.lengths.clear();
    }
}

struct Offered<'a, T>(&'a mut Search<T>);

impl<T: Reads> Visitor<T> for Offered<'_, T> {
    #[allow(private_bounds)]
    fn visit<S: Stored<T>>(self, row: &[S]) {
        let Self(search) = self;
        let place = search.seen;
        search.seen += 1;
        if let Some(block) = &mut search.block {
            let start = block.lengths.len() * block.padded;
            if let Some(numbers) = block.rows.get_mut(start..start + row.len()) {
                for (place, number) in numbers.iter_mut().zip(row) {
                    *place = number.load();
                }
                block.lengths.push(squares(numbers).sqrt());
            }
            if block.lengths.len() == BLOCK {
                search.flush();
            }
            return;
        }
        let vectors = search.vectors.chunks_exact(search.width.max(1));
        for ((vector, own), best) in vectors.zip(&search.lengths).zip(&mut search.best) {
            let distance = if search.metric.is_of_differences() {
                search.metric.distance(differences(row, vector), 0.0)
            } else {
                let (sum, squares) = products(row, vector);
                search.metric.distance(sum, own * squares.sqrt())
            };
            best.offer(T::narrow(distance), place);
        }
    }
}
