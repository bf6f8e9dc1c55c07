//! The rows of an array: received bytes until somebody touches one, a `Document` from then on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use pyo3::prelude::*;
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
    /// Where it lies in the array's frame.
    Raw(Span),
    /// Touched, or put there by Python.
    Live(Py<PyDocument>),
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
    pub(super) list: Vec<Row>,
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
            Row::Raw(span) => Peek::Raw(self.frame.clone()?, *span),
        })
    }
}

/// A row as found.
pub(super) enum Peek<'py> {
    /// Its Document.
    Live(Bound<'py, PyDocument>),
    /// Its bytes.
    Raw(Arc<Bytes>, Span),
}

/// A Document over received bytes.
pub(super) fn make<'py>(
    py: Python<'py>,
    frame: Arc<Bytes>,
    span: Span,
) -> PyResult<Bound<'py, PyDocument>> {
    PyDocument::wrap(py, State::received(frame, span))
}

/// The id in a row's bytes; `None` where it has none.
pub(super) fn raw_id(frame: &[u8], span: Span) -> Option<&str> {
    let entry = RowView::new(span.of(frame)).find(Field::Id)?;
    (!entry.payload.is_empty()).then(|| entry.text())
}
