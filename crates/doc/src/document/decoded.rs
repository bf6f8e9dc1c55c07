//! What was decoded of a received Document, kept so that it can be lent.

use std::sync::OnceLock;

use super::value::FieldValue;
use crate::field::Field;

/// Decoded fields, each found by walking from the first: there are ten at most.
///
/// Grows behind a shared reference, without locks, and never moves what it has lent.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoded {
    first: OnceLock<Box<Node>>,
}

#[derive(Debug, Clone)]
struct Node {
    field: Field,
    value: FieldValue,
    next: OnceLock<Box<Node>>,
}

impl Decoded {
    /// The value of a field, decoded now where nobody asked for it before.
    pub(super) fn get(&self, field: Field, decode: impl Fn() -> FieldValue) -> &FieldValue {
        let mut slot = &self.first;
        loop {
            let node = slot.get_or_init(|| {
                Box::new(Node {
                    field,
                    value: decode(),
                    next: OnceLock::new(),
                })
            });
            if node.field == field {
                return &node.value;
            }
            slot = &node.next;
        }
    }

    /// Takes the value of a field out, where it was decoded.
    pub(super) fn take(&mut self, field: Field) -> Option<FieldValue> {
        let mut slot = &mut self.first;
        while slot.get().is_some_and(|node| node.field != field) {
            slot = &mut slot.get_mut()?.next;
        }
        let node = *slot.take()?;
        *slot = node.next;
        Some(node.value)
    }
}
