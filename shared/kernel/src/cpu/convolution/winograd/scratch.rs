//! Memory that is used again: megabytes for each convolution, which the system would hand out page by page. Each thread keeps
//! its own. It is memory alone: what is taken holds numbers of no meaning, and no result depends on it.

use std::cell::RefCell;

thread_local!(static FREE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) });

/// So many numbers, whatever they are.
pub fn take(count: usize) -> Vec<f32> {
    let mut numbers = FREE.with_borrow_mut(Vec::pop).unwrap_or_default();
    numbers.resize(count, 0.0);
    numbers
}

/// For the next who takes.
pub fn give(numbers: Vec<f32>) {
    FREE.with_borrow_mut(|free| free.push(numbers));
}
