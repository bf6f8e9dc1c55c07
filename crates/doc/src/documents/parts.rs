//! Parts of an array, which share its Documents.

use std::collections::HashMap;
use std::ops::RangeBounds;
use std::sync::OnceLock;

use super::list::within;
use super::{DocumentArray, Row};
use crate::map::Map;
use crate::structure;
use crate::value::Value;

impl DocumentArray {
    /// An array of some of its rows.
    pub(super) fn part(&self, rows: impl IntoIterator<Item = Row>) -> Self {
        Self {
            frame: self.frame.clone(),
            rows: rows.into_iter().collect(),
            whole: false,
            index: OnceLock::new(),
        }
    }

    /// A range of its Documents, shared until one of them is changed; what of the range is past the end
    /// counts for nothing.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "b", "c"]);
    /// assert_eq!(array.slice(1..9).texts(), ["b", "c"]);
    /// assert!(array.slice(5..).is_empty());
    /// ```
    #[must_use]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Self {
        let range = within(&range, self.len()).unwrap_or(0..0);
        self.part(self.rows.get(range).unwrap_or_default().iter().cloned())
    }

    /// The Documents at some indices, in their order; `None` where one of them is past the end.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "b", "c"]);
    /// assert_eq!(array.select([2, 0]).unwrap().texts(), ["c", "a"]);
    /// assert!(array.select([3]).is_none());
    /// ```
    #[must_use]
    pub fn select(&self, indices: impl IntoIterator<Item = usize>) -> Option<Self> {
        let rows: Option<Vec<Row>> = indices
            .into_iter()
            .map(|index| self.rows.get(index).cloned())
            .collect();
        Some(self.part(rows?))
    }

    /// Its Documents in parts of `size`, the last of which may be smaller; a size of 0 counts as 1.
    ///
    /// ```
    /// use tidegate_doc::DocumentArray;
    ///
    /// let array = DocumentArray::from(["a", "b", "c"]);
    /// let sizes: Vec<_> = array.batches(2).map(|batch| batch.len()).collect();
    /// assert_eq!(sizes, [2, 1]);
    /// ```
    pub fn batches(&self, size: usize) -> impl ExactSizeIterator<Item = Self> + '_ {
        self.rows
            .chunks(size.max(1))
            .map(|rows| self.part(rows.iter().cloned()))
    }

    /// Its Documents by the value of a tag, in the order in which the values appear; those without it are
    /// left out. The tag is a path as [`Document::tag`](crate::Document::tag) takes it.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let array: DocumentArray = ["red", "blue", "red"]
    ///     .map(|colour| Document::builder().tag("colour", colour).build())
    ///     .into();
    /// let parts = array.split_by_tag("colour");
    /// assert_eq!(parts[0].0.as_str(), Some("red"));
    /// assert_eq!((parts[0].1.len(), parts[1].1.len()), (2, 1));
    /// ```
    #[must_use]
    pub fn split_by_tag(&self, path: &str) -> Vec<(Value, Self)> {
        let mut known: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut parts: Vec<(Value, Self)> = Vec::new();
        for row in &self.rows {
            let Some(value) = row.document(&self.frame).tag(path) else {
                continue;
            };
            let key = structure::from_map(&Map::from([(String::new(), value.clone())]), false);
            let at = *known.entry(key).or_insert(parts.len());
            match parts.get_mut(at) {
                Some((_, part)) => part.rows.push(row.clone()),
                None => parts.push((value.clone(), self.part([row.clone()]))),
            }
        }
        parts
    }
}
