//! Where a Document keeps its state: zeroed memory until it is filled, and one user at a time.

use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use super::PyDocument;
use super::state::State;

/// What a Document shows.
pub(super) enum Body {
    /// A state of its own.
    Own(State),
    /// `Document(other)`: whatever changes here changes there.
    Alias(Py<PyDocument>),
}

const EMPTY: u8 = 0;
const FREE: u8 = 1;
const BUSY: u8 = 2;

/// A [`Body`] that is lent to one user at a time. All zeros is an empty one.
///
/// Python's lock is what keeps threads apart here: it is held by whoever has a `Bound` Document, and
/// nothing that runs while the body is lent gives it away. (The stable ABI that we are built for knows no
/// Python without it.)
pub(super) struct BodyCell {
    state: Cell<u8>,
    body: UnsafeCell<MaybeUninit<Body>>,
}

// SAFETY: what is in it is Send, and it is touched only by threads that hold Python's lock.
#[allow(unsafe_code)]
unsafe impl Sync for BodyCell {}

impl BodyCell {
    /// Fills an empty cell; of one that is filled the body stays.
    pub(super) fn fill(&self, body: Body) {
        if self.state.get() != EMPTY {
            return;
        }
        // SAFETY: an empty cell is lent to nobody, and there is nothing in it to be dropped.
        #[allow(unsafe_code)]
        unsafe {
            (*self.body.get()).write(body);
        }
        self.state.set(FREE);
    }

    /// Lends the body to `f`, which must not call into Python.
    #[inline]
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut Body) -> R) -> PyResult<R> {
        if self.state.get() != FREE {
            return Err(in_use());
        }
        self.state.set(BUSY);
        let _back = Back(&self.state);
        // SAFETY: it is filled, and as it was free nobody else has it.
        #[allow(unsafe_code)]
        let body = unsafe { (*self.body.get()).assume_init_mut() };
        Ok(f(body))
    }

    /// Lends the body to the garbage collector, where it is there and nobody has it.
    pub(super) fn visit<E>(&self, f: impl FnOnce(&Body) -> Result<(), E>) -> Result<(), E> {
        if self.state.get() != FREE {
            return Ok(());
        }
        // SAFETY: it is filled and nobody has it; the collector only looks.
        #[allow(unsafe_code)]
        let body = unsafe { (*self.body.get()).assume_init_ref() };
        f(body)
    }
}

impl Drop for BodyCell {
    fn drop(&mut self) {
        if self.state.get() != EMPTY {
            // SAFETY: it is filled, and dropped only here.
            #[allow(unsafe_code)]
            unsafe {
                self.body.get_mut().assume_init_drop();
            }
        }
    }
}

/// Gives the body back, also when a panic passes.
struct Back<'a>(&'a Cell<u8>);

impl Drop for Back<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.set(FREE);
    }
}

/// The error for a Document that is lent already.
#[cold]
pub(super) fn in_use() -> PyErr {
    PyRuntimeError::new_err("the Document is in use by another call")
}
