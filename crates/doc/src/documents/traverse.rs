//! Paths through nested arrays: `@r,c`, `@cm`, `@r[:1]c0`.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::DocumentArray;
use crate::document::Document;
use crate::path::{self, Path, PathError, Place, Step};

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TraverseError {
    /// The text is no path.
    Path(PathError),
    /// The path names parts of Python's data classes, which have no meaning here.
    Attributes(Vec<String>),
}

impl fmt::Display for TraverseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(error) => error.fmt(f),
            Self::Attributes(names) => write!(
                f,
                "the path names {names:?}, parts of a Python data class: follow the chunks instead, as in 'c0'"
            ),
        }
    }
}

impl std::error::Error for TraverseError {}

impl From<PathError> for TraverseError {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

impl DocumentArray {
    /// One array per group of Documents that paths lead to, each sharing its Documents.
    ///
    /// A path is a run of `r` (the array itself), `c` (the chunks of each Document) and `m` (its matches),
    /// each with an optional slice or index behind it; commas separate paths, and an `@` in front is
    /// allowed.
    ///
    /// # Errors
    /// When the text is no path.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let array = DocumentArray::from([
    ///     Document::builder().chunks(["a", "b"]).build(),
    ///     Document::builder().chunk("c").r#match("m").build(),
    /// ]);
    /// let sizes: Vec<_> = array.traverse("@c,m")?.iter().map(DocumentArray::len).collect();
    /// assert_eq!(sizes, [2, 1, 0, 1]);
    /// assert_eq!(array.traverse_flat("@r[1:]c0")?.texts(), ["c"]);
    /// # Ok::<(), tidegate_doc::TraverseError>(())
    /// ```
    pub fn traverse(&self, paths: &str) -> Result<Vec<Self>, TraverseError> {
        let mut groups = Vec::new();
        for path in parse(paths)? {
            walk(self, &path, &mut groups)?;
        }
        Ok(groups)
    }

    /// Every Document that paths lead to, as one array; see [`Self::traverse`].
    ///
    /// # Errors
    /// When the text is no path.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let array = tidegate_doc::DocumentArray::from(Document::builder().text("all").chunk("part").build());
    /// assert_eq!(array.traverse_flat("@r,c")?.texts(), ["all", "part"]);
    /// assert!(array.traverse_flat("@x").is_err());
    /// # Ok::<(), tidegate_doc::TraverseError>(())
    /// ```
    pub fn traverse_flat(&self, paths: &str) -> Result<Self, TraverseError> {
        let mut groups = self.traverse(paths)?;
        if groups.len() == 1 {
            return Ok(groups.remove(0));
        }
        Ok(joined(&groups))
    }

    /// One array per path, with every Document that it leads to; see [`Self::traverse`].
    ///
    /// # Errors
    /// When the text is no path.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let array = tidegate_doc::DocumentArray::from(Document::builder().chunks(["a", "b"]).build());
    /// let sizes = array.traverse_flat_per_path("@r,c")?;
    /// assert_eq!((sizes[0].len(), sizes[1].len()), (1, 2));
    /// # Ok::<(), tidegate_doc::TraverseError>(())
    /// ```
    pub fn traverse_flat_per_path(&self, paths: &str) -> Result<Vec<Self>, TraverseError> {
        let mut arrays = Vec::new();
        for path in parse(paths)? {
            let mut groups = Vec::new();
            walk(self, &path, &mut groups)?;
            arrays.push(joined(&groups));
        }
        Ok(arrays)
    }

    /// Every Document at every depth as one array: chunks and matches before the Document that has them.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let array = DocumentArray::from([Document::builder().text("whole").chunk("part").build()]);
    /// assert_eq!(array.flatten().texts(), ["part", "whole"]);
    /// ```
    #[must_use]
    pub fn flatten(&self) -> Self {
        let mut out = Self::new();
        descend(self, &mut out);
        out
    }

    /// Calls a function on every Document at every depth, to be changed in place: chunks and matches before
    /// the Document that has them.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let mut array = DocumentArray::from([Document::builder().text("a").chunk("b").build()]);
    /// array.for_each_mut(&mut |document| document.set_tag("seen", true));
    /// assert!(array.get(0).unwrap().chunks().get(0).unwrap().tag("seen").is_some());
    /// ```
    pub fn for_each_mut(&mut self, visit: &mut impl FnMut(&mut Document)) {
        for document in self {
            if !document.chunks().is_empty() {
                document.chunks_mut().for_each_mut(visit);
            }
            if !document.matches().is_empty() {
                document.matches_mut().for_each_mut(visit);
            }
            visit(document);
        }
    }
}

fn parse(paths: &str) -> Result<Vec<Path>, PathError> {
    let trimmed = paths.trim_start();
    path::parse(trimmed.strip_prefix('@').unwrap_or(trimmed))
}

fn joined(groups: &[DocumentArray]) -> DocumentArray {
    let mut out = DocumentArray::new();
    groups.iter().for_each(|group| out.append(group));
    out
}

fn walk(
    array: &DocumentArray,
    path: &[Step],
    groups: &mut Vec<DocumentArray>,
) -> Result<(), TraverseError> {
    let Some((step, rest)) = path.split_first() else {
        groups.push(array.clone());
        return Ok(());
    };
    match &step.place {
        Place::Root => walk(&cut(array, step), rest, groups),
        Place::Chunks => array
            .iter()
            .try_for_each(|document| walk(&cut(document.chunks(), step), rest, groups)),
        Place::Matches => array
            .iter()
            .try_for_each(|document| walk(&cut(document.matches(), step), rest, groups)),
        Place::Attributes(names) => Err(TraverseError::Attributes(names.clone())),
    }
}

/// The part of an array that a step takes.
fn cut(array: &DocumentArray, step: &Step) -> DocumentArray {
    let Some(range) = step.range else {
        return array.clone();
    };
    let every = range.step.unwrap_or(1);
    let Range { start, end } = bounds(range, array.len());
    let places = |place: usize| array.rows.get(place).cloned();
    let distance = every.unsigned_abs().max(1);
    if every < 0 {
        array.part((end..start).rev().step_by(distance).filter_map(places))
    } else {
        array.part((start..end).step_by(distance).filter_map(places))
    }
}

/// Where a slice begins and ends as Python counts, for a step backwards both one higher and the other way
/// around.
fn bounds(range: path::Range, len: usize) -> Range<usize> {
    let len = isize::try_from(len).unwrap_or(isize::MAX);
    let back = range.step.unwrap_or(1) < 0;
    let place = |at: isize| {
        let at = if at < 0 { at + len } else { at };
        let at = if back { at + 1 } else { at };
        at.clamp(0, len).unsigned_abs()
    };
    let (first, last) = if back { (len, 0) } else { (0, len) };
    let start = range.start.map_or(first.unsigned_abs(), place);
    let end = range.stop.map_or(last.unsigned_abs(), place);
    start..end
}

fn descend(array: &DocumentArray, out: &mut DocumentArray) {
    for row in &array.rows {
        let document = row.document(&array.frame);
        descend(document.chunks(), out);
        descend(document.matches(), out);
        out.touch();
        out.rows.push(Arc::clone(document).into());
    }
}
