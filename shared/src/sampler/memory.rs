//! What a run's steps leave for the ones to come, as one tensor. It can be read and given to another [`Sampler`], on
//! another device or in another program. Settings, schedule and what is known of the picture are not in it: whoever goes
//! on has them.

use burn::tensor::Tensor;

use super::run::Sampler;
use crate::config::SamplerKind;

/// Memory of another run than the one that is to go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run of {steps} steps cannot go on after {done} of them from values of shape {found:?}; it takes {wanted:?}: begin it anew")]
pub struct MemoryError {
    /// Steps that are said to be done.
    pub done: usize,
    /// Steps in all.
    pub steps: usize,
    /// Shape of the values given.
    pub found: [usize; 4],
    /// Shape of the values that such a run leaves.
    pub wanted: [usize; 4],
}

impl Sampler {
    /// The state between steps: what is noisy, then the last estimate, then (for UniPC) the corrected state
    /// and the estimate before, as far as there are any yet.
    ///
    /// # Shapes
    /// `[batch, 3·parts, height, width]`
    pub fn memory(&self) -> Tensor<4> {
        let mut parts = vec![self.noisy.clone()];
        if !self.is_finished() {
            parts.extend(self.estimate.clone());
            if let Some((corrected, before)) = &self.corrected {
                parts.push(corrected.clone());
                parts.extend(before.clone());
            }
        }
        Tensor::cat(parts, 1)
    }

    /// Goes on after `done` steps of a run that had the same settings, noise and known picture, and left
    /// `memory`. The steps to come give what they would have given there.
    ///
    /// # Errors
    /// When no such run leaves memory of this shape; nothing is changed then.
    pub fn resume(&mut self, done: usize, memory: Tensor<4>) -> Result<(), MemoryError> {
        let [batch, channels, height, width] = self.noisy.dims();
        let parts = self.parts_after(done);
        let (found, wanted) = (memory.dims(), [batch, channels * parts, height, width]);
        if found != wanted || done > self.steps() {
            return Err(MemoryError { done, steps: self.steps(), found, wanted });
        }
        let part = |index: usize| (index < parts).then(|| memory.clone().narrow(1, index * channels, channels));
        self.noisy = memory.clone().narrow(1, 0, channels);
        self.estimate = part(1);
        self.corrected = part(2).map(|corrected| (corrected, part(3)));
        self.done = done;
        Ok(())
    }

    /// How many tensors [`Sampler::memory`] holds after so many steps.
    fn parts_after(&self, done: usize) -> usize {
        match (self.settings.kind, done) {
            (_, 0) => 1,
            _ if done >= self.steps() => 1,
            (SamplerKind::UniPc, 1) => 3,
            (SamplerKind::UniPc, _) => 4,
            _ => 2,
        }
    }
}
