//! A run that goes on from its memory gives the very numbers of one that was not interrupted.

use burn::tensor::{Device, Tensor, TensorData};

use super::*;
use crate::{
    denoiser::Denoiser,
    noise::{Purpose, gaussian_batch},
};

/// An answer that depends on everything, so that a forgotten part shows.
struct Curved;

impl Denoiser for Curved {
    fn denoise(&self, noisy: Tensor<4>, level: f64) -> Tensor<4> {
        (noisy.clone().mul_scalar(1.7).sin() + noisy.mul_scalar(0.2)).mul_scalar(level.sqrt())
    }
}

/// Of two samples.
const EACH: [usize; 3] = [3, 4, 4];

fn begin(kind: SamplerKind, steps: usize) -> Sampler {
    let device = Device::flex();
    let holes: Vec<f32> = (0..32).map(|index| f32::from(index % 3 == 0)).collect();
    let known = Known {
        picture: gaussian_batch(&[0, 1], 3, Purpose::Start, 0, EACH, &device).clamp(-1.0, 1.0),
        mask: Tensor::from_data(TensorData::new(holes, [2, 1, 4, 4]), &device),
        guess: None,
    };
    let settings = SamplerSettings { kind, steps, eta: 0.5, temperature: 0.8, guess: None, seed: 9 };
    Sampler::new(&settings, [-8.0, 8.0], gaussian_batch(&[0, 1], 4, Purpose::Start, 0, EACH, &device), Some(known))
        .unwrap()
        .numbered(vec![5, 8])
}

fn bits(tensor: Tensor<4>) -> Vec<u32> {
    tensor.into_data().try_to_vec::<f32>().unwrap().into_iter().map(f32::to_bits).collect()
}

#[test]
fn going_on_from_memory_is_not_having_stopped() {
    for kind in SamplerKind::ALL {
        for steps in [1, 2, 6] {
            let mut whole = begin(kind, steps);
            for done in 0..=steps {
                // Through plain numbers, as memory travels from one device to another.
                let memory = whole.memory();
                let (shape, values) = (memory.dims(), memory.into_data().try_to_vec::<f32>().unwrap());
                let mut other = begin(kind, steps);
                other.resume(done, Tensor::from_data(TensorData::new(values, shape), &Device::flex())).unwrap();
                assert_eq!(other.done(), done);
                if (1..steps).contains(&done) {
                    assert_eq!(bits(other.estimate().unwrap()), bits(whole.estimate().unwrap()), "{kind}");
                }
                let mut uninterrupted = whole.clone();
                while !uninterrupted.is_finished() {
                    uninterrupted.step(&Curved);
                    other.step(&Curved);
                }
                assert!(other.is_finished());
                assert_eq!(bits(other.finish()), bits(uninterrupted.finish()), "{kind} after {done} of {steps}");
                whole.step(&Curved);
            }
        }
    }
}

#[test]
fn memory_of_another_run_is_refused() {
    let mut run = begin(SamplerKind::UniPc, 6);
    let before = bits(run.noisy());
    let zeros = |shape: [usize; 4]| Tensor::<4>::zeros(shape, &Device::flex());
    for (done, memory) in [(1, zeros([2, 6, 4, 4])), (2, zeros([1, 12, 4, 4])), (7, zeros([2, 3, 4, 4])), (0, zeros([2, 3, 4, 5]))] {
        let refused = run.resume(done, memory).unwrap_err();
        assert!(matches!(refused, MemoryError { steps: 6, .. }), "{refused}");
    }
    assert_eq!((run.done(), bits(run.noisy())), (0, before));
}
