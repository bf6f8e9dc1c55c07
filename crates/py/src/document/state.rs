//! What one Document holds: received bytes, and the Python objects that stand in for fields of it.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tidegate_doc::wire::{Entry, Span};
use tidegate_doc::{Field, Id, IdSeed, RowView};

use super::PyDocument;
use super::packed::Packed;

/// What one Document holds.
pub(super) struct State(Packed);

/// Where a field's value is.
pub(super) enum Place {
    /// Here.
    Object(Py<PyAny>),
    /// In the received bytes.
    Received(Arc<Bytes>, Span),
    /// Nowhere.
    Unset,
}

impl State {
    /// A Document with a new id and nothing else.
    pub(super) fn new() -> Self {
        let mut packed = Packed::made(IdSeed::random());
        packed.set_lazy(Field::Id.bit());
        Self(packed)
    }

    /// What shows another Document.
    pub(super) fn alias(other: Py<PyDocument>) -> Self {
        Self(Packed::alias(other.into_any()))
    }

    /// A Document as received, with the fields that a scan found.
    pub(super) fn received(frame: Arc<Bytes>, span: Span, mask: u32) -> Self {
        let mut packed = Packed::received(frame, span);
        packed.set_lazy(mask);
        if mask & Field::Id.bit() == 0 {
            packed.more_or_new().random = Some(Id::random());
        }
        Self(packed)
    }

    /// Where its flags are, which are 0 in zeroed memory and in nothing else.
    ///
    /// # Safety
    ///
    /// `at` must point to memory of this type, filled or zeroed.
    #[allow(unsafe_code)]
    #[inline]
    pub(super) unsafe fn flags_at(at: *mut Self) -> *mut u32 {
        // SAFETY: the caller says that the memory is there; no reference is made.
        unsafe { Packed::flags_at(&raw mut (*at).0) }
    }

    /// The Document that this shows instead of a state of its own.
    #[inline]
    pub(super) fn shown(&self) -> Option<&Py<PyAny>> {
        self.0.stands_for()
    }

    /// The id that was drawn for it, where nobody has looked at it or set another.
    pub(super) fn random_id(&self) -> Option<Id> {
        match self.0.seed() {
            Some(seed) => self.is_lazy(Field::Id).then(|| seed.id()),
            None => self.0.more()?.random,
        }
    }

    /// Keeps the text of the id that was drawn for it. One that a received Document lacked becomes part of
    /// it once somebody has seen it.
    pub(super) fn show_id(&mut self, text: Py<PyAny>) -> Option<Py<PyAny>> {
        self.0.set_dirty(true);
        self.forget_random_id();
        self.0.set_id(Some(text))
    }

    fn forget_random_id(&mut self) {
        if self.0.seed().is_some() {
            self.0.set_lazy(self.lazy() & !Field::Id.bit());
        } else if let Some(more) = self.0.more_mut() {
            more.random = None;
        }
    }

    /// Whether it has to be encoded anew.
    pub(super) fn is_dirty(&self) -> bool {
        self.0.is_dirty()
    }

    /// Notes that it has changed, or that somebody outside may change it.
    pub(super) fn touch(&mut self) {
        self.0.set_dirty(true);
    }

    /// Its received bytes: the frame and where in it.
    pub(super) fn source(&self) -> Option<(&Arc<Bytes>, Span)> {
        self.0.source()
    }

    /// The fields that the received bytes, or the id drawn, still speak for.
    pub(super) fn lazy(&self) -> u32 {
        self.0.lazy()
    }

    /// Whether the received bytes, or the id drawn, speak for a field.
    pub(super) fn is_lazy(&self, field: Field) -> bool {
        self.lazy() & field.bit() != 0
    }

    /// The object that stands for a field.
    pub(super) fn object(&self, field: Field) -> Option<&Py<PyAny>> {
        match field {
            Field::Id => self.0.id(),
            Field::Blob | Field::Tensor | Field::Text => self
                .0
                .content()
                .filter(|_| self.0.content_field() == Some(field)),
            _ => self.0.more()?.slots.get(slot_index(field))?.as_ref(),
        }
    }

    /// Where a field's value is.
    pub(super) fn place(&self, py: Python<'_>, field: Field) -> Place {
        if let Some(object) = self.object(field) {
            return Place::Object(object.clone_ref(py));
        }
        match self.source().filter(|_| self.is_lazy(field)) {
            Some((frame, span)) => Place::Received(frame.clone(), span),
            None => Place::Unset,
        }
    }

    /// The value of a text field that has one, made on first touch.
    pub(super) fn text<'py>(&mut self, py: Python<'py>, field: Field) -> Option<Bound<'py, PyAny>> {
        if let Some(object) = self.object(field) {
            return Some(object.bind(py).clone());
        }
        // The scan has seen to it that it is UTF-8.
        let text = PyString::from_bytes(py, self.entry(field)?.payload)
            .ok()?
            .into_any();
        // The slot is empty, so that nothing is replaced.
        drop(self.store(field, Some(text.clone().unbind())));
        Some(text)
    }

    /// Whether a field has a value, wherever.
    pub(super) fn has(&self, field: Field) -> bool {
        self.is_lazy(field)
            || self.object(field).is_some()
            || (field == Field::Id && self.random_id().is_some())
    }

    /// The last entry of a field in the received bytes.
    pub(super) fn entry(&self, field: Field) -> Option<Entry<'_>> {
        let (frame, span) = self.source().filter(|_| self.is_lazy(field))?;
        RowView::new(span.of(frame)).find(field)
    }

    /// Puts an object in the place of a field and returns what it replaces, to be dropped by the caller
    /// once nothing is borrowed.
    pub(super) fn store(&mut self, field: Field, object: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        match field {
            Field::Id => self.0.set_id(object),
            Field::Blob | Field::Tensor | Field::Text => {
                if object.is_some() {
                    self.0.set_content_field(Some(field));
                } else if self.0.content_field() == Some(field) {
                    self.0.set_content_field(None);
                } else {
                    return None;
                }
                self.0.set_content(object)
            }
            _ => {
                if object.is_none() && self.0.more().is_none() {
                    return None;
                }
                self.0
                    .more_or_new()
                    .slots
                    .get_mut(slot_index(field))
                    .and_then(|slot| std::mem::replace(slot, object))
            }
        }
    }

    /// Sets a field to an object, or to nothing; returns what it replaces.
    pub(super) fn set(&mut self, field: Field, object: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        self.0.set_dirty(true);
        if field == Field::Id {
            self.forget_random_id();
        }
        let mut spoken_for = field.bit();
        if object.is_some() && field.bit() & Field::CONTENT_MASK != 0 {
            spoken_for = Field::CONTENT_MASK;
        }
        self.0.set_lazy(self.lazy() & !spoken_for);
        self.store(field, object)
    }

    /// Hands a field's object to somebody who may change it: the received bytes speak for it no longer.
    pub(super) fn escape(&mut self, field: Field, object: Py<PyAny>) -> Option<Py<PyAny>> {
        self.set(field, Some(object))
    }

    /// Every object that it holds.
    pub(super) fn objects(&self) -> impl Iterator<Item = (Field, &Py<PyAny>)> {
        let id = self.0.id().map(|id| (Field::Id, id));
        let content = self.0.content_field().zip(self.0.content());
        let slots = self.0.more().into_iter().flat_map(|more| {
            let fields = Field::BY_NUMBER
                .into_iter()
                .skip(Field::Granularity as usize - 1);
            fields
                .zip(more.slots.iter())
                .filter_map(|(field, slot)| Some((field, slot.as_ref()?)))
        });
        id.into_iter().chain(content).chain(slots)
    }

    /// The same fields again, sharing their objects.
    pub(super) fn share(&self, py: Python<'_>) -> Self {
        let mut packed = match (self.source(), self.0.seed()) {
            (Some((frame, span)), _) => Packed::received(frame.clone(), span),
            (None, seed) => Packed::made(seed.unwrap_or_else(IdSeed::random)),
        };
        packed.set_lazy(self.lazy());
        packed.set_dirty(self.is_dirty());
        if let Some(random) = self.0.more().and_then(|more| more.random) {
            packed.more_or_new().random = Some(random);
        }
        let mut shared = Self(packed);
        for (field, object) in self.objects() {
            // The slot is empty, so that nothing is replaced.
            drop(shared.store(field, Some(object.clone_ref(py))));
        }
        shared
    }
}

fn slot_index(field: Field) -> usize {
    (field as usize).saturating_sub(Field::Granularity as usize)
}
