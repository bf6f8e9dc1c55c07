//! Where an encoder writes: first to count, then to fill a buffer of exactly that size.

use std::mem::MaybeUninit;

/// What a message is written to.
///
/// An encoder is written once against this and run twice: over a [`Counter`], then over a [`Writer`].
pub trait Sink {
    /// Takes bytes as they are.
    fn raw(&mut self, bytes: &[u8]);

    /// Takes an unsigned integer in base 128.
    fn varint(&mut self, value: u64);

    /// A field's tag.
    fn tag(&mut self, number: u32, wire: u64) {
        self.varint(u64::from(number) << 3 | wire);
    }

    /// A string, bytes or message field: tag, length and content.
    fn bytes_field(&mut self, number: u32, bytes: &[u8]) {
        self.head(number, bytes.len());
        self.raw(bytes);
    }

    /// The tag and length of a field whose content follows.
    fn head(&mut self, number: u32, len: usize) {
        self.tag(number, 2);
        self.varint(len as u64);
    }

    /// An integer field.
    fn varint_field(&mut self, number: u32, value: u64) {
        self.tag(number, 0);
        self.varint(value);
    }

    /// A 32-bit float field.
    fn float_field(&mut self, number: u32, value: f32) {
        self.tag(number, 5);
        self.raw(&value.to_le_bytes());
    }

    /// A 64-bit float field.
    fn double_field(&mut self, number: u32, value: f64) {
        self.tag(number, 1);
        self.raw(&value.to_le_bytes());
    }
}

/// Counts what is written.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counter {
    /// How many bytes so far.
    pub len: usize,
}

impl Sink for Counter {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        self.len += bytes.len();
    }

    #[inline]
    fn varint(&mut self, value: u64) {
        self.len += varint_len(value);
    }
}

/// Fills a buffer.
#[derive(Debug, Default)]
pub struct Writer {
    /// What has been written.
    pub out: Vec<u8>,
}

impl Writer {
    /// A writer into a buffer with room for `len` bytes.
    #[must_use]
    pub fn with_capacity(len: usize) -> Self {
        Self {
            out: Vec::with_capacity(len),
        }
    }
}

impl Sink for Writer {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            #[allow(clippy::cast_possible_truncation)]
            self.out.push(value as u8 | 0x80);
            value >>= 7;
        }
        #[allow(clippy::cast_possible_truncation)]
        self.out.push(value as u8);
    }
}

/// Fills memory of exactly the right size; what does not fit is left out.
#[derive(Debug)]
pub struct Filler<'a> {
    rest: &'a mut [MaybeUninit<u8>],
}

impl<'a> Filler<'a> {
    /// A writer into memory that nobody has written yet.
    #[must_use]
    pub fn new(room: &'a mut [MaybeUninit<u8>]) -> Self {
        Self { rest: room }
    }

    /// How many bytes are not written yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.rest.len()
    }
}

impl Sink for Filler<'_> {
    #[inline]
    fn raw(&mut self, bytes: &[u8]) {
        if self.rest.len() < bytes.len() {
            return;
        }
        let (room, rest) = std::mem::take(&mut self.rest).split_at_mut(bytes.len());
        for (slot, byte) in room.iter_mut().zip(bytes) {
            slot.write(*byte);
        }
        self.rest = rest;
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        if value < 0x80
            && let Some((slot, rest)) = std::mem::take(&mut self.rest).split_first_mut()
        {
            #[allow(clippy::cast_possible_truncation)]
            slot.write(value as u8);
            self.rest = rest;
            return;
        }
        let mut bytes = [0; 10];
        let mut len = 0;
        for byte in &mut bytes {
            #[allow(clippy::cast_possible_truncation)]
            let low = value as u8 & 0x7f;
            value >>= 7;
            len += 1;
            *byte = if value == 0 { low } else { low | 0x80 };
            if value == 0 {
                break;
            }
        }
        self.raw(bytes.get(..len).unwrap_or_default());
    }
}

/// How many bytes an integer takes in base 128.
#[must_use]
#[inline]
pub fn varint_len(value: u64) -> usize {
    let bits = 64 - (value | 1).leading_zeros() as usize;
    bits.div_ceil(7)
}
