//! Room before a Document, so that a large tensor in it lies where it can be used without a copy.
//!
//! Protobuf puts bytes wherever they happen to fall. In frames between our own processes an unknown field
//! between the Documents moves each one's first large tensor to a multiple of [`ALIGN`], counted from where
//! the frame begins. The Documents themselves stay as they are, and other readers skip the field.

use crate::field::Field;
use crate::row::RowView;
use crate::tensor::{ArrayView, NdArrayView};
use crate::wire::Sink;

/// What a large tensor's place is a multiple of.
pub const ALIGN: usize = 64;
/// From this many bytes on a tensor is large: worth a view, and room in front.
pub const LARGE: usize = 2048;
/// The number of the field that makes room.
pub const ROOM: u32 = 1001;

/// The shortest field that makes room: its tag, two bytes, and its length.
const SHORTEST: usize = 3;

/// Where in a serialised Document its first large tensor begins.
#[must_use]
pub fn first_large(row: &[u8]) -> Option<usize> {
    if row.len() < LARGE {
        return None;
    }
    RowView::new(row)
        .fields()
        .filter(|(field, entry)| {
            matches!(field, Field::Tensor | Field::Embedding) && entry.payload.len() >= LARGE
        })
        .find_map(|(_, entry)| match NdArrayView::new(entry.payload).content {
            ArrayView::Dense(dense) if dense.buffer.len() >= LARGE => {
                Some(entry.payload_start + dense.buffer_start)
            }
            _ => None,
        })
}

/// How many bytes of room put what would be at `at` onto a multiple of [`ALIGN`].
#[must_use]
pub fn room_before(at: usize) -> usize {
    match at.next_multiple_of(ALIGN) - at {
        0 => 0,
        short @ 1..SHORTEST => short + ALIGN,
        room => room,
    }
}

/// Writes a field that takes `room` bytes, as [`room_before`] has told.
pub fn write_room(sink: &mut impl Sink, room: usize) {
    const ZEROS: [u8; ALIGN + SHORTEST] = [0; ALIGN + SHORTEST];
    if let Some(zeros) = room.checked_sub(SHORTEST).and_then(|len| ZEROS.get(..len)) {
        sink.bytes_field(ROOM, zeros);
    }
}

/// Finds where in what is written the first large run of bytes begins.
#[derive(Debug, Default, Clone, Copy)]
pub struct LargeFinder {
    /// How many bytes so far.
    pub len: usize,
    /// Where it begins, where there was one.
    pub found: Option<usize>,
}

impl Sink for LargeFinder {
    fn raw(&mut self, bytes: &[u8]) {
        if bytes.len() >= LARGE {
            self.found.get_or_insert(self.len);
        }
        self.len += bytes.len();
    }

    fn varint(&mut self, value: u64) {
        self.len += crate::wire::varint_len(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Counter, Writer};

    #[test]
    fn room_takes_what_it_says_and_moves_to_a_multiple() {
        for at in 0..300 {
            let room = room_before(at);
            assert!((at + room).is_multiple_of(ALIGN));
            let (mut counted, mut written) = (Counter::default(), Writer::default());
            write_room(&mut counted, room);
            write_room(&mut written, room);
            assert_eq!((counted.len, written.out.len()), (room, room), "at {at}");
        }
    }
}
