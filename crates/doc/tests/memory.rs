//! What arrives makes the scan allocate a small multiple of its size, whatever it declares.

#![allow(clippy::unwrap_used, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use proptest::prelude::*;
use tidegate_doc::wire::{Sink, Writer};
use tidegate_doc::{Document, DocumentArray, Field, FieldRef};

/// Counts what this thread holds, and the most that it held.
struct Counting;

thread_local! {
    static HELD: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

fn note(change: impl Fn(usize) -> usize) {
    let _ = HELD.try_with(|held| {
        let (now, most) = held.get();
        let now = change(now);
        held.set((now, most.max(now)));
    });
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(|now| now + layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(|now| now.saturating_sub(layout.size()));
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that was held at once during `work`, beyond what was held before.
fn most(work: impl FnOnce()) -> usize {
    let (before, _) = HELD.get();
    HELD.set((before, before));
    work();
    HELD.get().1 - before
}

/// The smallest Document takes two bytes, and its row 24 in a list that grows by doubling.
const ROWS: usize = 40;
/// A Document that somebody looks at, and what was decoded of it.
const LOOKED_AT: usize = 200;
/// What an error or an empty array may take.
const FEW: usize = 4096;

fn look(array: &DocumentArray) {
    let _ = (array.texts(), array.embeddings());
    for document in array {
        for field in Field::ALL {
            if let Some(FieldRef::Documents(nested)) = document.get(field) {
                look(nested);
            }
        }
    }
}

fn check(bytes: &[u8]) {
    let received = bytes::Bytes::copy_from_slice(bytes);
    let scanned = most(|| drop(DocumentArray::from_bytes(received.clone())));
    assert!(
        scanned <= ROWS * bytes.len() + FEW,
        "{scanned} bytes for a scan of {}",
        bytes.len()
    );
    if let Ok(array) = DocumentArray::from_bytes(received) {
        let looked = most(|| look(&array));
        assert!(
            looked <= LOOKED_AT * bytes.len() + FEW,
            "{looked} bytes for {}",
            bytes.len()
        );
    }
}

fn field(number: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Writer::default();
    out.bytes_field(number, payload);
    out.out
}

/// A Document with something in most fields.
fn full() -> Document {
    Document::builder()
        .text("hello")
        .embedding([1.0_f32, 2.0])
        .tag("a__b", [1, 2])
        .score("s", 0.5)
        .location([1.0, 2.0])
        .chunks(["a", "b"])
        .r#match("c")
        .build()
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        check(&bytes);
    }

    #[test]
    fn damaged_documents(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = DocumentArray::from([full(), full()]).to_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        check(&bytes);
    }
}

#[test]
fn many_of_the_smallest() {
    check(&field(1, b"").repeat(20_000));
    let nested = field(1, &field(14, b"").repeat(20_000));
    check(&nested);
    // Tags of nothing but a list of nothings, and of many names.
    let nothings = field(6, &field(1, b"").repeat(20_000));
    let tags = field(
        17,
        &field(1, &[field(1, b"k"), field(2, &nothings)].concat()),
    );
    check(&field(1, &tags));
    let names: Vec<u8> = (0..20_000_u32)
        .flat_map(|n| field(1, &field(1, n.to_string().as_bytes())))
        .collect();
    check(&field(1, &field(17, &names)));
}

#[test]
fn huge_declared_counts() {
    // A Document of 2 GiB, of which a few bytes came.
    check(b"\x0a\xff\xff\xff\xff\x07abc");
    // An embedding of 2^32 - 1 times 2^32 - 1 elements.
    let dimension = [0xff, 0xff, 0xff, 0xff, 0x0f];
    let shape = field(2, &[dimension, dimension].concat());
    for dtype in ["<f4", "|O", "<U4", ""] {
        let dense = [field(1, b"abcd"), shape.clone(), field(3, dtype.as_bytes())].concat();
        let array = [field(1, &dense), field(3, b"numpy")].concat();
        check(&field(1, &field(16, &array)));
        // A row of it, of which a matrix of many rows would have to be made.
        let wide = field(1, &field(16, &array));
        check(&[wide, field(1, b"").repeat(1000)].concat());
    }
}
