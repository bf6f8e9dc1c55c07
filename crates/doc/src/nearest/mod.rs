//! Which vectors are nearest: distances straight over received rows, and the few smallest of them.
//!
//! A [`VectorColumn`] finds where the vectors of received rows lie, a [`Search`] compares them with what
//! was asked for, and [`DocumentArray::nearest`] does both.

mod best;
mod column;
mod kernel;
mod metric;
mod search;

pub use best::Nearest;
pub use column::{Float, VectorColumn};
pub use kernel::Real;
pub use metric::Metric;
pub use search::{Reads, Search};

use std::fmt;

use crate::documents::DocumentArray;
use crate::field::Field;
use crate::row::RowView;

/// Why an array cannot be searched: a Document whose embedding cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NearestError {
    place: usize,
    width: usize,
}

impl fmt::Display for NearestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "docs[{}].embedding is no dense array of {} floats, as the vector searched for is; give every \
             Document one, or filter those out that have none: {{'embedding': {{'$exists': true}}}}",
            self.place, self.width
        )
    }
}

impl std::error::Error for NearestError {}

impl DocumentArray {
    /// The Documents whose embeddings are nearest to a vector: at most `limit`, nearest first. Rows that
    /// were received are searched as they lie there.
    ///
    /// # Errors
    /// When a Document has no embedding, or one of other dimensions than the vector; the error names it.
    ///
    /// ```
    /// use tidegate_doc::nearest::Metric;
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let docs: DocumentArray = [[0.0_f32, 1.0], [1.0, 1.0], [1.0, 0.0]]
    ///     .map(|vector| Document::new().with_embedding(vector.to_vec()))
    ///     .into();
    /// let nearest = docs.nearest(&[1.0, 0.1], Metric::Cosine, Some(2)).unwrap();
    /// assert_eq!(nearest.places, [2, 1]);
    /// ```
    pub fn nearest(
        &self,
        vector: &[f32],
        metric: Metric,
        limit: Option<usize>,
    ) -> Result<Nearest, NearestError> {
        let width = vector.len();
        let rows: Vec<_> = (0..self.len())
            .filter_map(|at| self.row_bytes(at))
            .collect();
        let column = rows
            .first()
            .and_then(|row| VectorColumn::like(RowView::new(row), Field::Embedding));
        let wide = column
            .as_ref()
            .is_some_and(|column| column.float() == Float::F64);
        let found = if wide {
            let vector = vector.iter().map(|number| f64::from(*number)).collect();
            over(
                &rows,
                column.as_ref(),
                Search::new(metric, vector, width, limit),
            )
        } else {
            over(
                &rows,
                column.as_ref(),
                Search::new(metric, vector.to_vec(), width, limit),
            )
        };
        found.map_err(|place| NearestError { place, width })
    }
}

/// What a search for one vector finds among rows; else the place of the row that does not fit.
fn over<T: Reads>(
    rows: &[impl AsRef<[u8]>],
    column: Option<&VectorColumn<'_>>,
    mut search: Search<T>,
) -> Result<Nearest, usize> {
    for (place, row) in rows.iter().enumerate() {
        let offered = column.and_then(|column| {
            let numbers = column.of(RowView::new(row.as_ref()))?;
            search.offer(numbers, column.float()).then_some(())
        });
        offered.ok_or(place)?;
    }
    search.finish().pop().ok_or(0)
}

#[cfg(test)]
mod tests;
