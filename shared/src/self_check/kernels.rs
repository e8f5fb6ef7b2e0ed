//! The kernels' cases: small operations with fixed numbers, of edge and random shapes. A caller computes each
//! on the device in question and on the CPU, reads both as its platform allows, and compares them
//! ([`largest_difference`](super::largest_difference)). Speed is measured elsewhere.

use burn::{
    module::Param,
    nn::{GroupNorm, Linear, conv::Conv2d},
    tensor::{Device, FloatDType, Tensor, TensorData},
};
use infill_kernel::{
    self as kernel, AttentionLayers, Resample, ScaleShift, Values, layer,
    quantize::{Bits, Quantized},
};
use rand::RngExt;

use crate::noise::{self, Purpose};

/// Largest difference to the CPU, of outputs with unit size, that a kernel may show: sums of a thousand
/// products in another order.
const TOLERANCE: f32 = 2e-5;

/// The same of a kernel that reads and writes 16 bits: a few roundings of 2⁻¹¹.
const TOLERANCE_OF_HALF: f32 = 4e-3;

/// What a case computes. Extents are batch, channels in, channels out, height, width as far as there are any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operation {
    /// A convolution of `side`², with something added or not.
    Convolution {
        /// Taps in a row.
        side: usize,
        /// Whether every cell of the input counts four times.
        doubled: bool,
        /// What is added, and how its resolution is changed.
        added: Option<Resample>,
    },
    /// Group norm.
    Norm {
        /// Groups of channels.
        groups: usize,
        /// Whether SiLU follows.
        activate: bool,
        /// Whether FiLM stands before it.
        film: bool,
        /// Whether the resolution is halved.
        halved: bool,
    },
    /// Self-attention with so many heads.
    Attention {
        /// Heads.
        heads: usize,
    },
    /// A linear layer; height and width do not count.
    Linear,
    /// Two tensors, of the channels in and of the channels out.
    Concatenate,
    /// Matrices: as many rows as the height, as many columns as channels out.
    Product,
}

/// An operation with its extents.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Case {
    /// What is computed.
    pub operation: Operation,
    /// Pictures.
    pub batch: usize,
    /// Channels that go in.
    pub input: usize,
    /// Channels that come out.
    pub output: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Bits of the weights, which on a GPU stay packed; floats without.
    pub bits: Option<Bits>,
    /// Whether a GPU has feature maps of 16 bits; the CPU computes with 32.
    pub half: bool,
    /// Whether the work is cut into many dispatches, as that of large pictures is.
    pub cut: bool,
    /// Whether it is cut as for an adapter that is a CPU, or as for a graphics card.
    pub software: bool,
}

/// Random numbers of unit size that depend on the seed and the place alone.
fn random<const D: usize>(shape: [usize; D], place: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    let values = noise::gaussian(&mut noise::stream(7, Purpose::Weights, place, 0), count);
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn weight<const D: usize>(values: Vec<f32>, shape: [usize; D], bits: Option<Bits>, device: &Device) -> Param<Tensor<D>> {
    let values = match bits {
        None => Values::Floats(values),
        Some(bits) => Values::Quantized(Quantized::from_weight(&shape, &values, bits)),
    };
    kernel::weight(values, &shape, device)
}

fn convolution(input: usize, output: usize, side: usize, bits: Option<Bits>, device: &Device) -> Conv2d {
    let mut layer = layer::convolution(input, output, side, device);
    let count = input * output * side * side;
    let scale = ((input * side * side) as f32).sqrt().recip();
    let values = noise::gaussian(&mut noise::stream(7, Purpose::Weights, 1, 0), count);
    layer.weight = weight(values.into_iter().map(|value| value * scale).collect(), [output, input, side, side], bits, device);
    layer.bias = Some(Param::from_tensor(random([output], 2, device)));
    layer
}

fn linear(input: usize, output: usize, place: u64, bits: Option<Bits>, device: &Device) -> Linear {
    let mut layer = layer::linear(input, output, device);
    let scale = (input as f32).sqrt().recip();
    let values = noise::gaussian(&mut noise::stream(7, Purpose::Weights, place, 0), input * output);
    layer.weight = weight(values.into_iter().map(|value| value * scale).collect(), [input, output], bits, device);
    layer.bias = Some(Param::from_tensor(random([output], place + 1, device)));
    layer
}

fn norm(groups: usize, channels: usize, device: &Device) -> GroupNorm {
    let mut norm = layer::norm(groups, channels, device);
    norm.gamma = Some(Param::from_tensor(random([channels], 3, device)));
    norm.beta = Some(Param::from_tensor(random([channels], 4, device)));
    norm
}

impl Case {
    /// Largest difference to the CPU, of outputs with unit size, that is right.
    pub fn tolerance(&self) -> f32 {
        if self.half { TOLERANCE_OF_HALF } else { TOLERANCE }
    }

    /// What the kernels make of it, in the order `[batch, channels, height, width]`.
    pub fn compute(&self, device: &Device) -> Tensor<1> {
        let precision = if self.half && has_half(device) { FloatDType::F16 } else { FloatDType::F32 };
        self.with_plan(device, || self.output(device, precision)).cast(FloatDType::F32)
    }

    /// Computes with work cut as the case says.
    #[cfg(feature = "gpu")]
    fn with_plan<R>(&self, device: &Device, compute: impl FnOnce() -> R) -> R {
        use kernel::gpu::{Choice, choose, chosen};
        let before = chosen(device);
        let dispatch = if self.cut { Some(1 << 14) } else { before.dispatch };
        choose(device, Choice { dispatch, software: self.software, ..before });
        let result = compute();
        choose(device, before);
        result
    }

    /// The CPU has no plan.
    #[cfg(not(feature = "gpu"))]
    fn with_plan<R>(&self, _: &Device, compute: impl FnOnce() -> R) -> R {
        compute()
    }

    fn output(&self, device: &Device, precision: FloatDType) -> Tensor<1> {
        let Self { operation, batch, input, output, height, width, bits, .. } = *self;
        let map = |shape, place| random(shape, place, device).cast(precision);
        let values: Tensor<4> = map([batch, input, height, width], 10);
        match operation {
            Operation::Convolution { side, doubled: true, .. } => {
                kernel::convolution_doubled(&convolution(input, output, side, bits, device), values).flatten(0, 3)
            }
            Operation::Convolution { side, added, .. } => {
                let layer = convolution(input, output, side, bits, device);
                match added {
                    None => kernel::convolution(&layer, values).flatten(0, 3),
                    Some(resample) => {
                        let sides = match resample {
                            Resample::None => [height, width],
                            Resample::Up => [height / 2, width / 2],
                            Resample::Down => [2 * height, 2 * width],
                        };
                        let added = map([batch, output, sides[0], sides[1]], 11);
                        kernel::convolution_add(&layer, values, added, resample).flatten(0, 3)
                    }
                }
            }
            Operation::Norm { groups, activate, film, halved } => {
                let norm = norm(groups, input, device);
                // A mean far from zero and a large spread.
                let values = values * 3.0 + 20.0;
                let result = match (halved, activate, film) {
                    (true, _, _) => kernel::activate_halved(&norm, values),
                    (_, false, _) => kernel::normalize(&norm, values),
                    (_, _, film) => kernel::activate(&norm, values, film.then(|| ScaleShift(random([batch, 2 * input], 12, device)))),
                };
                result.flatten(0, 3)
            }
            Operation::Attention { heads } => {
                let (qkv, project) = (linear(input, 3 * input, 20, bits, device), linear(input, input, 30, bits, device));
                let layers = AttentionLayers { qkv: &qkv, project: &project, heads };
                // Scores so far apart that the largest one takes part of the sum.
                kernel::attention(&layers, values.clone() * 2.0, values).flatten(0, 3)
            }
            Operation::Linear => {
                kernel::linear(&linear(input, output, 40, bits, device), random([batch, input], 13, device).cast(precision)).flatten(0, 1)
            }
            Operation::Product => {
                let (left, right) = (
                    random([batch, height, input], 15, device).cast(precision),
                    random([batch, output, input], 16, device).cast(precision),
                );
                kernel::product(left, right.swap_dims(1, 2)).flatten(0, 2)
            }
            Operation::Concatenate => kernel::concatenate(values, map([batch, output, height, width], 14)).flatten(0, 3),
        }
    }
}

/// Whether the device has kernels for feature maps of 16 bits.
#[cfg(feature = "gpu")]
fn has_half(device: &Device) -> bool {
    kernel::gpu::has_half(device)
}

/// The CPU computes with 32.
#[cfg(not(feature = "gpu"))]
fn has_half(_: &Device) -> bool {
    false
}

/// Shapes at which kernels go wrong first: single pixels, odd sides, channels that are no multiple of what is
/// read at once, several pictures.
fn edges() -> Vec<Case> {
    let case = |operation, [batch, input, output, height, width]: [usize; 5]| Case {
        operation,
        batch,
        input,
        output,
        height,
        width,
        bits: None,
        half: false,
        cut: false,
        software: false,
    };
    let cut = |case: Case| Case { cut: true, ..case };
    let packed = |bits, case: Case| Case { bits: Some(bits), ..case };
    let plain = |side| Operation::Convolution { side, doubled: false, added: None };
    let doubled = |side| Operation::Convolution { side, doubled: true, added: None };
    let plus = |side, added| Operation::Convolution { side, doubled: false, added: Some(added) };
    let norm = |groups, activate, film, halved| Operation::Norm { groups, activate, film, halved };
    vec![
        case(plain(3), [1, 4, 4, 1, 1]),
        case(plain(3), [2, 8, 12, 5, 7]),
        case(plain(3), [1, 6, 16, 8, 8]),
        case(plain(3), [3, 5, 3, 9, 4]),
        case(plain(3), [1, 64, 64, 16, 16]),
        case(plain(3), [1, 16, 12, 1, 33]),
        case(plain(1), [2, 24, 40, 6, 10]),
        case(plain(1), [3, 7, 5, 3, 3]),
        case(doubled(3), [1, 8, 8, 4, 4]),
        case(doubled(3), [2, 12, 20, 3, 5]),
        case(doubled(3), [1, 3, 2, 1, 1]),
        case(plus(3, Resample::None), [2, 8, 8, 7, 9]),
        case(plus(3, Resample::Up), [2, 12, 8, 6, 10]),
        case(plus(3, Resample::Down), [2, 8, 12, 3, 5]),
        case(plus(1, Resample::None), [2, 20, 8, 5, 5]),
        case(norm(32, true, false, false), [2, 64, 64, 16, 16]),
        case(norm(32, true, true, false), [2, 96, 96, 5, 7]),
        case(norm(5, true, true, false), [1, 15, 15, 1, 1]),
        case(norm(4, false, false, false), [3, 8, 8, 9, 1]),
        case(norm(8, true, false, true), [2, 16, 16, 6, 10]),
        case(Operation::Attention { heads: 2 }, [2, 128, 128, 4, 4]),
        case(Operation::Attention { heads: 1 }, [1, 16, 16, 5, 7]),
        case(Operation::Attention { heads: 3 }, [1, 9, 9, 1, 1]),
        case(Operation::Attention { heads: 4 }, [2, 32, 32, 3, 3]),
        case(Operation::Linear, [1, 64, 96, 1, 1]),
        case(Operation::Linear, [5, 10, 7, 1, 1]),
        packed(Bits::Eight, case(plain(3), [1, 64, 64, 8, 8])),
        packed(Bits::Four, case(plain(3), [1, 64, 64, 8, 8])),
        packed(Bits::Eight, case(plain(3), [2, 24, 12, 5, 7])),
        packed(Bits::Eight, case(plain(3), [1, 5, 3, 4, 3])),
        packed(Bits::Four, case(plain(1), [2, 100, 10, 3, 5])),
        packed(Bits::Four, case(doubled(3), [1, 36, 8, 3, 5])),
        packed(Bits::Eight, case(plus(3, Resample::Down), [1, 40, 12, 3, 5])),
        packed(Bits::Four, case(plus(3, Resample::Up), [1, 12, 8, 6, 10])),
        packed(Bits::Eight, case(Operation::Attention { heads: 2 }, [2, 128, 128, 4, 4])),
        packed(Bits::Four, case(Operation::Linear, [3, 70, 24, 1, 1])),
        case(Operation::Concatenate, [2, 8, 12, 3, 5]),
        case(Operation::Concatenate, [1, 3, 6, 4, 2]),
        case(Operation::Product, [3, 12, 20, 7, 1]),
        case(Operation::Product, [2, 5, 3, 4, 1]),
        cut(case(plain(3), [2, 16, 12, 19, 21])),
        cut(case(doubled(3), [1, 8, 8, 9, 5])),
        cut(case(plus(3, Resample::Down), [2, 8, 12, 9, 7])),
        cut(packed(Bits::Eight, case(plus(1, Resample::None), [3, 40, 24, 9, 9]))),
        cut(case(Operation::Attention { heads: 2 }, [2, 64, 64, 9, 7])),
        // A head too large for the kernel of attention.
        case(Operation::Attention { heads: 1 }, [2, 132, 132, 3, 2]),
        packed(Bits::Eight, case(Operation::Attention { heads: 1 }, [2, 132, 132, 3, 2])),
    ]
}

/// The edges, and `random` more that depend on the seed; what the plan decides about in each of its ways; where the
/// device has them, all of it also with maps of 16 bits.
pub fn cases(seed: u64, random: usize, device: &Device) -> Vec<Case> {
    let mut cases = edges();
    for index in 0..random {
        let mut stream = noise::stream(seed, Purpose::Weights, index as u64, 1);
        // Of 32 bits, so that a browser draws what a native program draws.
        let mut draw = |least: u32, most: u32| stream.random_range(least..=most) as usize;
        let operation = match draw(0, 2) {
            0 => Operation::Convolution { side: 2 * draw(0, 1) + 1, doubled: draw(0, 1) == 1, added: None },
            1 => Operation::Convolution { side: 2 * draw(0, 1) + 1, doubled: false, added: Some(Resample::None) },
            _ => Operation::Norm { groups: draw(1, 6), activate: true, film: draw(0, 1) == 1, halved: false },
        };
        let input = match operation {
            Operation::Norm { groups, .. } => groups * draw(1, 7),
            _ => draw(1, 50),
        };
        let bits = [None, Some(Bits::Eight), Some(Bits::Four)][draw(0, 2)];
        let (batch, output, height, width) = (draw(1, 3), draw(1, 50), draw(1, 20), draw(2, 20));
        cases.push(Case { operation, batch, input, output, height, width, bits, half: false, cut: false, software: false });
    }
    let planned = |case: &&Case| matches!(case.operation, Operation::Convolution { .. } | Operation::Attention { .. });
    let software: Vec<Case> = cases.iter().filter(planned).map(|case| Case { software: true, ..*case }).collect();
    cases.extend(software);
    if has_half(device) {
        let halves: Vec<Case> = cases.iter().map(|case| Case { half: true, ..*case }).collect();
        cases.extend(halves);
    }
    cases
}
