//! Muon: its steps, its place beside Adam, and that it learns.

use super::*;
use crate::{
    noise::{Purpose, gaussian, stream},
    train::{OptimizerKind, muon::Orthogonal},
};

fn by_muon() -> Trainer {
    let config = TrainConfig { optimizer: OptimizerKind::Muon, ..config() };
    Trainer::new(config, ModelConfig::preset("tiny").unwrap(), None, &Device::flex()).unwrap()
}

/// A step is nearly orthogonal: each row of 4×24 is about as long as the others and at right angles to them, however unlike
/// the gradient's rows are. Its numbers are 0.2 of the rate in the root mean square, as Adam's are about.
#[test]
fn every_direction_moves_as_far() {
    const SHAPE: [usize; 4] = [4, 6, 2, 2];
    let tensor = |values: Vec<f32>| Tensor::<1>::from_data(TensorData::new(values, [96]), &Device::flex());
    let draws = gaussian(&mut stream(2, Purpose::Evaluation, 0, 0), 96);
    let gradient = draws.iter().enumerate().map(|(place, value)| value * [100.0, 10.0, 1.0, 3.0][place / 24]).collect();
    let (weights, momentum) = Orthogonal::new().step(0.5, tensor(vec![0.0; 96]), tensor(gradient), None, &SHAPE);
    let step = values(weights);
    let product = |one: usize, other: usize| -> f32 { (0..24).map(|place| step[24 * one + place] * step[24 * other + place]).sum() };
    // The factor of burn's Muon for 24 columns, squared; its iteration gives singular values from 0.7 to 1.2.
    let unit = (0.5 * 0.2 * 24f32.sqrt()).powi(2);
    for one in 0..4 {
        let length = product(one, one) / unit;
        assert!((0.4..1.5).contains(&length), "row {one}: {length}");
        for other in 0..one {
            let angle = product(one, other) / (product(one, one) * product(other, other)).sqrt();
            assert!(angle.abs() < 0.3, "rows {one} and {other}: {angle}");
        }
    }
    assert_eq!(values(momentum).len(), 96);
}

#[test]
fn what_goes_in_and_out_of_the_net_is_left_to_adam() {
    assert!(Orthogonal::takes("encoder.0.blocks.0.residual.input_convolution.weight", &[8, 8, 3, 3]));
    assert!(Orthogonal::takes("middle_attention.qkv.weight", &[8, 24]));
    for (name, shape) in [("stem.weight", vec![8, 24, 3, 3]), ("embedding.first.weight", vec![8, 32]), ("middle_first.gamma", vec![8])] {
        assert!(!Orthogonal::takes(name, &shape), "{name}");
    }
}

#[test]
fn a_run_by_muon_resumes_to_the_same_numbers() {
    resumes_bit_equal(by_muon);
}

#[test]
fn one_picture_is_learned_faster_than_by_adam() {
    let late = |mut trainer: Trainer| -> f32 {
        let losses: Vec<f32> = (0..200).map(|_| values(trainer.step(&batch()).unwrap().loss)[0]).collect();
        losses[150..].iter().sum::<f32>() / 50.0
    };
    let (muon, adam) = (late(by_muon()), late(trainer()));
    assert!(muon < adam, "{muon} against {adam}");
}
