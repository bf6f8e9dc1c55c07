//! What one Document holds: received bytes, and the Python objects that stand in for fields of it.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use pyo3::types::PyString;
use tidegate_doc::wire::{Entry, Span};
use tidegate_doc::{Field, Id, RowView};

/// A Document's id: drawn but not yet looked at, or an object of Python's.
pub(super) enum IdSlot {
    /// None, as after `pop('id')`; or still in the received bytes.
    None,
    /// Random bits that nobody has looked at.
    Random(Id),
    /// What Python gave, or what was made on first read.
    Object(Py<PyAny>),
}

type Rest = [Option<Py<PyAny>>; 16];

/// What one Document holds. 64 bytes, for there are many.
pub(super) struct State {
    frame: Option<Arc<Bytes>>,
    span: Span,
    /// The fields that the received bytes still speak for, one bit each.
    lazy: u32,
    /// Which content field `content` is.
    content_field: Option<Field>,
    dirty: bool,
    pub(super) id: IdSlot,
    content: Option<Py<PyAny>>,
    rest: Option<Box<Rest>>,
}

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
        Self {
            frame: None,
            span: Span::default(),
            lazy: 0,
            content_field: None,
            dirty: true,
            id: IdSlot::Random(Id::random()),
            content: None,
            rest: None,
        }
    }

    /// A Document as received.
    pub(super) fn received(frame: Arc<Bytes>, span: Span) -> Self {
        let lazy = RowView::new(span.of(&frame)).mask();
        let has_id = lazy & Field::Id.bit() != 0;
        Self {
            frame: Some(frame),
            span,
            lazy,
            content_field: None,
            dirty: false,
            id: if has_id {
                IdSlot::None
            } else {
                IdSlot::Random(Id::random())
            },
            content: None,
            rest: None,
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
        self.frame.as_ref().map(|frame| (frame, self.span))
    }

    /// The fields that the received bytes still speak for.
    pub(super) fn lazy(&self) -> u32 {
        self.lazy
    }

    /// Whether the received bytes speak for a field.
    pub(super) fn is_lazy(&self, field: Field) -> bool {
        self.lazy & field.bit() != 0
    }

    /// The object that stands for a field.
    pub(super) fn object(&self, field: Field) -> Option<&Py<PyAny>> {
        match field {
            Field::Id => match &self.id {
                IdSlot::Object(id) => Some(id),
                _ => None,
            },
            Field::Blob | Field::Tensor | Field::Text => self
                .content
                .as_ref()
                .filter(|_| self.content_field == Some(field)),
            _ => self.rest.as_ref()?.get(rest_index(field))?.as_ref(),
        }
    }

    /// Where a field's value is.
    pub(super) fn place(&self, py: Python<'_>, field: Field) -> Place {
        if let Some(object) = self.object(field) {
            return Place::Object(object.clone_ref(py));
        }
        match &self.frame {
            Some(frame) if self.is_lazy(field) => Place::Received(frame.clone(), self.span),
            _ => Place::Unset,
        }
    }

    /// The value of a text field that has one, made on first touch.
    pub(super) fn text<'py>(&mut self, py: Python<'py>, field: Field) -> Option<Bound<'py, PyAny>> {
        if let Some(object) = self.object(field) {
            return Some(object.bind(py).clone());
        }
        let text = PyString::new(py, self.entry(field)?.text()).into_any();
        // The slot is empty, so that nothing is replaced.
        drop(self.store(field, Some(text.clone().unbind())));
        Some(text)
    }

    /// Whether a field has a value, wherever.
    pub(super) fn has(&self, field: Field) -> bool {
        if field == Field::Id && matches!(self.id, IdSlot::Random(_)) {
            return true;
        }
        self.is_lazy(field) || self.object(field).is_some()
    }

    /// The last entry of a field in the received bytes.
    pub(super) fn entry(&self, field: Field) -> Option<Entry<'_>> {
        let frame = self.frame.as_ref().filter(|_| self.is_lazy(field))?;
        RowView::new(self.span.of(frame)).find(field)
    }

    /// Puts an object in the place of a field and returns what it replaces, to be dropped by the caller
    /// once nothing is borrowed.
    pub(super) fn store(&mut self, field: Field, object: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        match field {
            Field::Id => {
                let new = object.map_or(IdSlot::None, IdSlot::Object);
                match std::mem::replace(&mut self.id, new) {
                    IdSlot::Object(old) => Some(old),
                    _ => None,
                }
            }
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
                let rest = self.rest.get_or_insert_with(Box::default);
                rest.get_mut(rest_index(field))
                    .and_then(|slot| std::mem::replace(slot, object))
            }
        }
    }

    /// Sets a field to an object, or to nothing; returns what it replaces.
    pub(super) fn set(&mut self, field: Field, object: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        self.dirty = true;
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
        let id = match &self.id {
            IdSlot::Object(id) => Some((Field::Id, id)),
            _ => None,
        };
        let content = self.content_field.zip(self.content.as_ref());
        let rest = self.rest.iter().flat_map(|rest| {
            let fields = Field::BY_NUMBER
                .into_iter()
                .skip(Field::Granularity as usize - 1);
            fields
                .zip(rest.iter())
                .filter_map(|(field, slot)| Some((field, slot.as_ref()?)))
        });
        id.into_iter().chain(content).chain(rest)
    }

    /// The same fields again, sharing their objects.
    pub(super) fn share(&self, py: Python<'_>) -> Self {
        Self {
            frame: self.frame.clone(),
            span: self.span,
            lazy: self.lazy,
            content_field: self.content_field,
            dirty: self.dirty,
            id: match &self.id {
                IdSlot::None => IdSlot::None,
                IdSlot::Random(id) => IdSlot::Random(*id),
                IdSlot::Object(id) => IdSlot::Object(id.clone_ref(py)),
            },
            content: self.content.as_ref().map(|object| object.clone_ref(py)),
            rest: self.rest.as_ref().map(|rest| {
                Box::new(std::array::from_fn(|i| {
                    rest.get(i)
                        .and_then(|slot| slot.as_ref())
                        .map(|object| object.clone_ref(py))
                }))
            }),
        }
    }
}

fn rest_index(field: Field) -> usize {
    (field as usize).saturating_sub(Field::Granularity as usize)
}
