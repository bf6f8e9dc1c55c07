//! The four words of a Document: what it began as, and the objects that most Documents have.

#![allow(unsafe_code)]

use std::mem::ManuallyDrop;
use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use tidegate_doc::wire::Span;
use tidegate_doc::{Field, Id, IdSeed};

type Object = Py<PyAny>;

/// What few Documents have, and then in a box of its own.
#[derive(Default)]
pub(super) struct More {
    id: Option<Object>,
    content: Option<Object>,
    pub(super) slots: [Option<Object>; 16],
    /// The id of a received Document that came without, until somebody looks at it.
    pub(super) random: Option<Id>,
}

/// The first word: which one it is, `RECEIVED` and `NAMED` say.
union Origin {
    frame: ManuallyDrop<Arc<Bytes>>,
    id: ManuallyDrop<Object>,
    nothing: usize,
}

/// The last word: which one it is, `MORE` says.
union Held {
    content: ManuallyDrop<Option<Object>>,
    more: ManuallyDrop<Box<More>>,
}

/// Always there, so that the flags of what is filled are never 0.
const FILLED: u32 = 1;
/// The bits of all fields, which are those from 1 to 20.
const LAZY: u32 = (1 << 21) - 2;
const CONTENT_FIELD_AT: u32 = 21;
const CONTENT_FIELD: u32 = 3 << CONTENT_FIELD_AT;
const DIRTY: u32 = 1 << 23;
const ALIAS: u32 = 1 << 24;
/// The first word is the frame of a received Document, and the numbers begin with its span.
const RECEIVED: u32 = 1 << 25;
/// The first word is the object of the id of a Document made here.
const NAMED: u32 = 1 << 26;
/// The last word is a box.
const MORE: u32 = 1 << 27;

const _: () = assert!(Field::Metadata.bit() <= LAZY && Field::Text as u32 <= 4);
const _: () = assert!(size_of::<Packed>() == 32);

/// What a Document holds, in 32 bytes, for there are many.
///
/// `RECEIVED` is set or not when it is made and stays so; `NAMED` and `MORE` change only together with the
/// word that they speak of.
pub(super) struct Packed {
    origin: Origin,
    /// The seed of an id, or a span.
    numbers: [u32; 3],
    flags: u32,
    held: Held,
}

impl Packed {
    /// Nothing yet but an id to be.
    pub(super) fn made(seed: IdSeed) -> Self {
        Self {
            origin: Origin { nothing: 0 },
            numbers: seed.numbers(),
            flags: FILLED | DIRTY,
            held: Held {
                content: ManuallyDrop::new(None),
            },
        }
    }

    /// What stands for another Document.
    pub(super) fn alias(other: Object) -> Self {
        let mut alias = Self::made(IdSeed::from([0; 3]));
        alias.flags |= ALIAS;
        drop(alias.set_content(Some(other)));
        alias
    }

    /// A received Document.
    pub(super) fn received(frame: Arc<Bytes>, span: Span) -> Self {
        Self {
            origin: Origin {
                frame: ManuallyDrop::new(frame),
            },
            numbers: [span.start, span.len, 0],
            flags: FILLED | RECEIVED,
            held: Held {
                content: ManuallyDrop::new(None),
            },
        }
    }

    /// Where the flags are, which are 0 in zeroed memory and in nothing else.
    ///
    /// # Safety
    ///
    /// `at` must point to memory of this type, filled or zeroed.
    #[inline]
    pub(super) unsafe fn flags_at(at: *mut Self) -> *mut u32 {
        // SAFETY: the caller says that the memory is there; no reference is made.
        unsafe { &raw mut (*at).flags }
    }

    /// The frame and where in it, of a received Document.
    #[inline]
    pub(super) fn source(&self) -> Option<(&Arc<Bytes>, Span)> {
        if self.flags & RECEIVED == 0 {
            return None;
        }
        let [start, len, _] = self.numbers;
        // SAFETY: the flag says that the word is a frame.
        Some((unsafe { &self.origin.frame }, Span { start, len }))
    }

    /// The seed of the id of a Document made here.
    #[inline]
    pub(super) fn seed(&self) -> Option<IdSeed> {
        (self.flags & RECEIVED == 0).then(|| self.numbers.into())
    }

    /// The Document that it stands for.
    #[inline]
    pub(super) fn stands_for(&self) -> Option<&Object> {
        if self.flags & ALIAS == 0 {
            return None;
        }
        self.content()
    }

    /// The object of the id.
    #[inline]
    pub(super) fn id(&self) -> Option<&Object> {
        if self.flags & NAMED != 0 {
            // SAFETY: the flag says that the word is an id.
            return Some(unsafe { &self.origin.id });
        }
        self.more()?.id.as_ref()
    }

    /// Puts another object in the place of the id; returns the old one.
    pub(super) fn set_id(&mut self, id: Option<Object>) -> Option<Object> {
        if self.flags & RECEIVED != 0 {
            if id.is_none() && self.more().is_none() {
                return None;
            }
            return std::mem::replace(&mut self.more_or_new().id, id);
        }
        let old = (self.flags & NAMED != 0).then(|| {
            // SAFETY: the flag says that the word is an id, and is taken away or stands for the new one
            // before anybody looks again.
            unsafe { ManuallyDrop::take(&mut self.origin.id) }
        });
        match id {
            Some(id) => {
                self.origin.id = ManuallyDrop::new(id);
                self.flags |= NAMED;
            }
            None => {
                self.origin.nothing = 0;
                self.flags &= !NAMED;
            }
        }
        old
    }

    /// The object of the content.
    #[inline]
    pub(super) fn content(&self) -> Option<&Object> {
        match self.more() {
            Some(more) => more.content.as_ref(),
            // SAFETY: without a box the word is the content, where there is one.
            None => unsafe { &self.held.content }.as_ref(),
        }
    }

    /// Puts another object in the place of the content; returns the old one.
    #[inline]
    pub(super) fn set_content(&mut self, content: Option<Object>) -> Option<Object> {
        let place = if self.flags & MORE == 0 {
            // SAFETY: without a box the word is the content, where there is one.
            unsafe { &mut self.held.content }
        } else {
            &mut self.more_or_new().content
        };
        std::mem::replace(place, content)
    }

    /// The box of what few Documents have.
    #[inline]
    pub(super) fn more(&self) -> Option<&More> {
        if self.flags & MORE == 0 {
            return None;
        }
        // SAFETY: the flag says that the word is a box.
        Some(unsafe { &self.held.more })
    }

    /// The same to be changed, where there is one.
    pub(super) fn more_mut(&mut self) -> Option<&mut More> {
        (self.flags & MORE != 0).then(|| self.more_or_new())
    }

    /// The box, made where there is none.
    pub(super) fn more_or_new(&mut self) -> &mut More {
        if self.flags & MORE == 0 {
            let mut more = Box::<More>::default();
            // SAFETY: without a box the word is the content, which moves into the new box.
            more.content = unsafe { ManuallyDrop::take(&mut self.held.content) };
            self.held.more = ManuallyDrop::new(more);
            self.flags |= MORE;
        }
        // SAFETY: the flag says that the word is a box.
        unsafe { &mut self.held.more }
    }

    /// The fields that the received bytes, or the seed of an id, still speak for: a bit each.
    #[inline]
    pub(super) fn lazy(&self) -> u32 {
        self.flags & LAZY
    }

    /// Sets those.
    #[inline]
    pub(super) fn set_lazy(&mut self, lazy: u32) {
        self.flags = (self.flags & !LAZY) | (lazy & LAZY);
    }

    /// Which content field the content is.
    #[inline]
    pub(super) fn content_field(&self) -> Option<Field> {
        match (self.flags & CONTENT_FIELD) >> CONTENT_FIELD_AT {
            0 => None,
            1 => Some(Field::Blob),
            2 => Some(Field::Tensor),
            _ => Some(Field::Text),
        }
    }

    /// Sets it.
    #[inline]
    pub(super) fn set_content_field(&mut self, field: Option<Field>) {
        let number = field.map_or(0, |field| field as u32 - Field::Id as u32);
        self.flags = (self.flags & !CONTENT_FIELD) | (number << CONTENT_FIELD_AT & CONTENT_FIELD);
    }

    /// Whether it has changed.
    #[inline]
    pub(super) fn is_dirty(&self) -> bool {
        self.flags & DIRTY != 0
    }

    /// Notes whether it has changed.
    #[inline]
    pub(super) fn set_dirty(&mut self, dirty: bool) {
        self.flags = (self.flags & !DIRTY) | if dirty { DIRTY } else { 0 };
    }
}

impl Drop for Packed {
    fn drop(&mut self) {
        // SAFETY: the flags say which word is what, and nobody looks again.
        unsafe {
            if self.flags & RECEIVED != 0 {
                ManuallyDrop::drop(&mut self.origin.frame);
            } else if self.flags & NAMED != 0 {
                ManuallyDrop::drop(&mut self.origin.id);
            }
            if self.flags & MORE == 0 {
                ManuallyDrop::drop(&mut self.held.content);
            } else {
                ManuallyDrop::drop(&mut self.held.more);
            }
        }
    }
}
