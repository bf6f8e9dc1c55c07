//! What one Document holds: received bytes, and the Python objects that stand in for fields of it.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tidegate_doc::wire::{Entry, Span};
use tidegate_doc::{Field, Id, RowView};

/// What a Document began as, which speaks for the fields that nobody has touched.
enum Origin {
    /// Made here: the random bits of an id.
    Made(Id),
    /// Received: where in which frame.
    Received(Arc<Bytes>, Span),
}

/// What few Documents have.
#[derive(Default)]
struct Rest {
    slots: [Option<Py<PyAny>>; 16],
    /// The id of a received Document that came without, until somebody looks at it.
    random: Option<Id>,
}

/// What one Document holds. 56 bytes, for there are many.
pub(super) struct State {
    origin: Origin,
    id: Option<Py<PyAny>>,
    content: Option<Py<PyAny>>,
    rest: Option<Box<Rest>>,
    /// The fields that the origin still speaks for, one bit each.
    lazy: u32,
    /// Which content field `content` is.
    content_field: Option<Field>,
    dirty: bool,
}

const _: () = assert!(size_of::<State>() == 56);

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
        Self::over(Origin::Made(Id::random()), Field::Id.bit(), true)
    }

    /// A Document as received, with the fields that a scan found.
    pub(super) fn received(frame: Arc<Bytes>, span: Span, mask: u32) -> Self {
        let mut state = Self::over(Origin::Received(frame, span), mask, false);
        if mask & Field::Id.bit() == 0 {
            state.rest.get_or_insert_default().random = Some(Id::random());
        }
        state
    }

    fn over(origin: Origin, lazy: u32, dirty: bool) -> Self {
        Self {
            origin,
            id: None,
            content: None,
            rest: None,
            lazy,
            content_field: None,
            dirty,
        }
    }

    /// The id that was drawn for it, where nobody has looked at it or set another.
    pub(super) fn random_id(&self) -> Option<Id> {
        match &self.origin {
            Origin::Made(id) => self.is_lazy(Field::Id).then_some(*id),
            Origin::Received(..) => self.rest.as_ref()?.random,
        }
    }

    /// Keeps the text of the id that was drawn for it. One that a received Document lacked becomes part of
    /// it once somebody has seen it.
    pub(super) fn show_id(&mut self, text: Py<PyAny>) {
        self.dirty = true;
        self.forget_random_id();
        self.id = Some(text);
    }

    fn forget_random_id(&mut self) {
        match &self.origin {
            Origin::Made(_) => self.lazy &= !Field::Id.bit(),
            Origin::Received(..) => {
                if let Some(rest) = &mut self.rest {
                    rest.random = None;
                }
            }
        }
    }

    fn frame(&self) -> Option<(&Arc<Bytes>, Span)> {
        match &self.origin {
            Origin::Made(_) => None,
            Origin::Received(frame, span) => Some((frame, *span)),
        }
    }

    /// Whether it has to be encoded anew.
    pub(super) fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// Notes that it has changed, or that somebody outside may change it.
    pub(super) fn touch(&mut self) {
        self.dirty = true;
    }

    /// Its received bytes: the frame and where in it.
    pub(super) fn source(&self) -> Option<(&Arc<Bytes>, Span)> {
        self.frame()
    }

    /// The fields that the received bytes, or the id drawn, still speak for.
    pub(super) fn lazy(&self) -> u32 {
        self.lazy
    }

    /// Whether the received bytes, or the id drawn, speak for a field.
    pub(super) fn is_lazy(&self, field: Field) -> bool {
        self.lazy & field.bit() != 0
    }

    /// The object that stands for a field.
    pub(super) fn object(&self, field: Field) -> Option<&Py<PyAny>> {
        match field {
            Field::Id => self.id.as_ref(),
            Field::Blob | Field::Tensor | Field::Text => self
                .content
                .as_ref()
                .filter(|_| self.content_field == Some(field)),
            _ => self.rest.as_ref()?.slots.get(rest_index(field))?.as_ref(),
        }
    }

    /// Where a field's value is.
    pub(super) fn place(&self, py: Python<'_>, field: Field) -> Place {
        if let Some(object) = self.object(field) {
            return Place::Object(object.clone_ref(py));
        }
        match &self.origin {
            Origin::Received(frame, span) if self.is_lazy(field) => {
                Place::Received(frame.clone(), *span)
            }
            _ => Place::Unset,
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
        let (frame, span) = self.frame().filter(|_| self.is_lazy(field))?;
        RowView::new(span.of(frame)).find(field)
    }

    /// Puts an object in the place of a field and returns what it replaces, to be dropped by the caller
    /// once nothing is borrowed.
    pub(super) fn store(&mut self, field: Field, object: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        match field {
            Field::Id => std::mem::replace(&mut self.id, object),
            Field::Blob | Field::Tensor | Field::Text => {
                if object.is_some() {
                    self.content_field = Some(field);
                } else if self.content_field == Some(field) {
                    self.content_field = None;
                } else {
                    return None;
                }
                std::mem::replace(&mut self.content, object)
            }
            _ => {
                if object.is_none() && self.rest.is_none() {
                    return None;
                }
                let rest = self.rest.get_or_insert_default();
                rest.slots
                    .get_mut(rest_index(field))
                    .and_then(|slot| std::mem::replace(slot, object))
            }
        }
    }

    /// Sets a field to an object, or to nothing; returns what it replaces.
    pub(super) fn set(&mut self, field: Field, object: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        self.dirty = true;
        if field == Field::Id {
            self.forget_random_id();
        }
        self.lazy &= !field.bit();
        if object.is_some() && field.bit() & Field::CONTENT_MASK != 0 {
            self.lazy &= !Field::CONTENT_MASK;
        }
        self.store(field, object)
    }

    /// Hands a field's object to somebody who may change it: the received bytes speak for it no longer.
    pub(super) fn escape(&mut self, field: Field, object: Py<PyAny>) -> Option<Py<PyAny>> {
        self.set(field, Some(object))
    }

    /// Every object that it holds.
    pub(super) fn objects(&self) -> impl Iterator<Item = (Field, &Py<PyAny>)> {
        let id = self.id.as_ref().map(|id| (Field::Id, id));
        let content = self.content_field.zip(self.content.as_ref());
        let rest = self.rest.iter().flat_map(|rest| {
            let fields = Field::BY_NUMBER
                .into_iter()
                .skip(Field::Granularity as usize - 1);
            fields
                .zip(rest.slots.iter())
                .filter_map(|(field, slot)| Some((field, slot.as_ref()?)))
        });
        id.into_iter().chain(content).chain(rest)
    }

    /// The same fields again, sharing their objects.
    pub(super) fn share(&self, py: Python<'_>) -> Self {
        Self {
            origin: match &self.origin {
                Origin::Made(id) => Origin::Made(*id),
                Origin::Received(frame, span) => Origin::Received(frame.clone(), *span),
            },
            id: self.id.as_ref().map(|object| object.clone_ref(py)),
            content: self.content.as_ref().map(|object| object.clone_ref(py)),
            rest: self.rest.as_ref().map(|rest| {
                Box::new(Rest {
                    slots: std::array::from_fn(|i| {
                        let slot = rest.slots.get(i)?.as_ref()?;
                        Some(slot.clone_ref(py))
                    }),
                    random: rest.random,
                })
            }),
            lazy: self.lazy,
            content_field: self.content_field,
            dirty: self.dirty,
        }
    }
}

fn rest_index(field: Field) -> usize {
    (field as usize).saturating_sub(Field::Granularity as usize)
}
