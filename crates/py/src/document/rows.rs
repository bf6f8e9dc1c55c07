//! The rows of an array: received bytes until somebody touches one, a `Document` from then on.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tidegate_doc::wire::Span;
use tidegate_doc::{Field, RowView};

use super::PyDocument;
use super::state::State;

/// Counts every assignment to an `id`, for id maps to know when they are stale.
static ID_CHANGES: AtomicU64 = AtomicU64::new(0);

/// Notes that some Document's id was assigned.
pub(super) fn note_id_change() {
    ID_CHANGES.fetch_add(1, Ordering::Relaxed);
}

/// How many ids were assigned so far in this process.
pub(super) fn id_changes() -> u64 {
    ID_CHANGES.load(Ordering::Relaxed)
}

/// One row.
pub(super) enum Row {
    /// Where it lies in the array's frame, and the fields that it has.
    Raw(Span, u32),
    /// Touched, or put there by Python.
    Live(Py<PyDocument>),
}

/// Rows in order. Dropping them goes at most [`DROP_DEPTH`] Documents deep at a time, so that a long chain
/// of nested Documents does not use up the stack.
#[derive(Default)]
pub(super) struct RowList(Vec<Row>);

const DROP_DEPTH: usize = 32;

thread_local! {
    static DROPPING: Cell<usize> = const { Cell::new(0) };
    static LATER: RefCell<Vec<Vec<Row>>> = const { RefCell::new(Vec::new()) };
}

impl Drop for RowList {
    fn drop(&mut self) {
        let list = std::mem::take(&mut self.0);
        if !list.iter().any(|row| matches!(row, Row::Live(_))) {
            return;
        }
        let depth = DROPPING.get();
        if depth >= DROP_DEPTH {
            let mut list = Some(list);
            // Where the thread is ending and its store is gone, the rows are dropped right here.
            let _ = LATER.try_with(|later| later.borrow_mut().extend(list.take()));
            return;
        }
        DROPPING.set(depth + 1);
        drop(list);
        if depth == 0 {
            while let Ok(Some(list)) = LATER.try_with(|later| later.borrow_mut().pop()) {
                drop(list);
            }
        }
        DROPPING.set(depth);
    }
}

impl Deref for RowList {
    type Target = Vec<Row>;

    fn deref(&self) -> &Vec<Row> {
        &self.0
    }
}

impl DerefMut for RowList {
    fn deref_mut(&mut self) -> &mut Vec<Row> {
        &mut self.0
    }
}

impl From<Vec<Row>> for RowList {
    fn from(rows: Vec<Row>) -> Self {
        Self(rows)
    }
}

impl FromIterator<Row> for RowList {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        Self(rows.into_iter().collect())
    }
}

/// Which row has which id; the last one where several have it.
pub(super) struct IdMap {
    pub(super) index: HashMap<Box<str>, usize>,
    pub(super) changes: u64,
}

/// Rows and the frame of those that nobody touched.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) frame: Option<Arc<Bytes>>,
    /// The object whose bytes the frame is, where Python gave it.
    pub(super) given: Option<Py<PyBytes>>,
    pub(super) list: RowList,
    /// Rows were added, removed or moved since they were received.
    pub(super) changed: bool,
    pub(super) ids: Option<Box<IdMap>>,
}

impl Rows {
    /// Notes that rows were added, removed or moved.
    pub(super) fn note_change(&mut self) {
        self.changed = true;
        self.ids = None;
    }

    /// The Document of a row that was touched, or what is needed to make it.
    pub(super) fn peek<'py>(&self, py: Python<'py>, index: usize) -> Option<Peek<'py>> {
        Some(match self.list.get(index)? {
            Row::Live(document) => Peek::Live(document.bind(py).clone()),
            Row::Raw(span, mask) => Peek::Raw(self.frame.clone()?, *span, *mask),
        })
    }
}

/// A row as found.
pub(super) enum Peek<'py> {
    /// Its Document.
    Live(Bound<'py, PyDocument>),
    /// Its bytes.
    Raw(Arc<Bytes>, Span, u32),
}

/// A Document over received bytes.
pub(super) fn make<'py>(
    py: Python<'py>,
    frame: Arc<Bytes>,
    span: Span,
    mask: u32,
) -> PyResult<Bound<'py, PyDocument>> {
    PyDocument::wrap(py, State::received(frame, span, mask))
}

/// The id in a row's bytes; `None` where it has none.
pub(super) fn raw_id(frame: &[u8], span: Span) -> Option<&str> {
    let entry = RowView::new(span.of(frame)).find(Field::Id)?;
    (!entry.payload.is_empty()).then(|| entry.text())
}
