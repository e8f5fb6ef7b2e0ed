//! A place for one value that is never borrowed: it is taken out, used and put back. The browser may call back at any time, and
//! what a `RefCell` has lent out then is a panic.

use std::cell::Cell;

/// The place.
pub struct Slot<T>(Cell<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self::empty()
    }
}

impl<T> Slot<T> {
    /// With nothing in it.
    pub const fn empty() -> Self {
        Self(Cell::new(None))
    }

    /// With a value in it.
    pub const fn with(value: T) -> Self {
        Self(Cell::new(Some(value)))
    }

    /// Puts a value in, in place of the one before.
    pub fn put(&self, value: T) {
        self.0.set(Some(value));
    }

    /// Takes the value out.
    pub fn take(&self) -> Option<T> {
        self.0.take()
    }

    /// Uses the value, which is out meanwhile; none where it is out already.
    pub fn using<R>(&self, use_it: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut value = self.take()?;
        let result = use_it(&mut value);
        self.put(value);
        Some(result)
    }
}
