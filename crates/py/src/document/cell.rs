//! Where a Document keeps its state: zeroed memory until it is filled, and one user at a time.

#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::mem::{ManuallyDrop, MaybeUninit};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::state::State;

/// A [`State`] that is lent to one user at a time. All zeros is an empty one.
///
/// Who borrows the state takes it out; until it is back, the flags that are left here are 0, as those of
/// an empty cell are. Python's lock is what keeps threads apart: it is held by whoever has a `Bound`
/// Document, and nothing that runs while the state is lent gives it away. (The stable ABI that we are built
/// for knows no Python without it.)
pub(super) struct BodyCell(UnsafeCell<MaybeUninit<State>>);

// SAFETY: what is in it is Send, and it is touched only by threads that hold Python's lock.
unsafe impl Sync for BodyCell {}

impl BodyCell {
    fn at(&self) -> *mut State {
        self.0.get().cast()
    }

    /// Whether there is a state and nobody has it.
    #[inline]
    fn is_there(&self) -> bool {
        // SAFETY: the memory is filled or zeroed.
        unsafe { *State::flags_at(self.at()) != 0 }
    }

    /// Fills an empty cell; of one that is filled the state stays.
    pub(super) fn fill(&self, state: State) {
        if !self.is_there() {
            // SAFETY: an empty cell is lent to nobody, and there is nothing in it to be dropped.
            unsafe { self.at().write(state) };
        }
    }

    /// Lends the state to `f`, which must not call into Python.
    #[inline]
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> PyResult<R> {
        if !self.is_there() {
            return Err(in_use());
        }
        let at = self.at();
        // SAFETY: it is filled and nobody has it. It is moved out, and with its flags at 0 nobody takes it
        // a second time before `Lent` has moved it back.
        let mut lent = unsafe {
            let state = ManuallyDrop::new(at.read());
            State::flags_at(at).write(0);
            Lent { at, state }
        };
        Ok(f(&mut lent.state))
    }

    /// Lends the state to the garbage collector, where it is there and nobody has it.
    pub(super) fn visit<E>(&self, f: impl FnOnce(&State) -> Result<(), E>) -> Result<(), E> {
        if !self.is_there() {
            return Ok(());
        }
        // SAFETY: it is filled and nobody has it; the collector only looks.
        f(unsafe { &*self.at() })
    }
}

impl Drop for BodyCell {
    fn drop(&mut self) {
        if self.is_there() {
            // SAFETY: it is filled and nobody has it, and it is dropped only here.
            unsafe { self.at().drop_in_place() };
        }
    }
}

/// A state that was taken out; it goes back also when a panic passes.
struct Lent {
    at: *mut State,
    state: ManuallyDrop<State>,
}

impl Drop for Lent {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the cell outlives this, which lives within a call that has borrowed it; what is there is
        // what was taken out, and the state is not used here again.
        unsafe { self.at.write(ManuallyDrop::take(&mut self.state)) };
    }
}

/// The error for a Document that is lent already.
#[cold]
pub(super) fn in_use() -> PyErr {
    PyRuntimeError::new_err("the Document is in use by another call")
}
