//! A tensor of a pickle: which part of which storage it is.

use std::rc::Rc;

use crate::{Fault, number::Kind};

/// Numbers that tensors are views of, one file of the archive.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Its name in the archive, below `data/`.
    pub key: Rc<str>,
    /// What its numbers are.
    pub kind: Kind,
    /// How many there are.
    pub count: usize,
}

/// A view of a storage.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Where its numbers are.
    pub storage: Storage,
    /// The place of its first number.
    pub offset: usize,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Numbers from one place to the next, for each dimension.
    pub strides: Vec<usize>,
}

impl Tensor {
    /// A view that lies inside its storage and has no more numbers than that.
    pub fn new(storage: Storage, offset: usize, shape: Vec<usize>, strides: Vec<usize>) -> Result<Self, Fault> {
        let inside = || {
            if shape.len() != strides.len() {
                return None;
            }
            let count = shape.iter().try_fold(1usize, |count, side| count.checked_mul(*side))?;
            if count == 0 {
                return Some(());
            }
            let last =
                shape.iter().zip(&strides).try_fold(offset, |last, (side, stride)| last.checked_add((side - 1).checked_mul(*stride)?))?;
            (last < storage.count && count <= storage.count).then_some(())
        };
        if inside().is_none() {
            let count = storage.count;
            let what = format!("a tensor of shape {shape:?} with strides {strides:?} does not lie inside its {count} numbers");
            return Err(Fault::Damaged(format!("pickle: {what}")));
        }
        Ok(Self { storage, offset, shape, strides })
    }

    /// How many numbers it has.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its numbers, last dimension fastest, of all of its storage.
    pub fn gather(&self, numbers: Vec<f32>) -> Vec<f32> {
        let count = self.count();
        if count == 0 {
            return Vec::new();
        }
        let mut row = 1;
        let in_order = self.shape.iter().zip(&self.strides).rev().all(|(side, stride)| {
            let fits = *side == 1 || *stride == row;
            row *= side;
            fits
        });
        if in_order && count == numbers.len() {
            return numbers;
        }
        let place = |index: usize| {
            let (mut rest, mut place) = (index, self.offset);
            for (side, stride) in self.shape.iter().zip(&self.strides).rev() {
                place += rest % side * stride;
                rest /= side;
            }
            place
        };
        (0..count).map(|index| numbers[place(index)]).collect()
    }
}
