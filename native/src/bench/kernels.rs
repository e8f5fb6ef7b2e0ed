//! `infill bench kernels`: the convolutions of a net one by one and a whole evaluation, ours beside burn's own
//! operations on the same device.

use std::{collections::BTreeMap, time::Instant};

use anyhow::Result;
use burn::{
    module::Param,
    tensor::{Device, Tensor, TensorData},
};
use infill::{
    config::ModelConfig,
    noise::{self, Purpose},
    unet::{
        Unet,
        cost::{self, AttentionShape, ConvolutionShape},
    },
};
#[cfg(feature = "wgpu")]
use infill_kernel::gpu::Choice;
use infill_kernel::{self as kernel, AttentionLayers, quantize::Bits};

use super::{
    check,
    timing::{median, read},
};
use crate::device::{self, DeviceChoice};
use crate::stdout::say;

/// What is timed.
pub struct KernelsPlan {
    /// The net whose shapes are timed.
    pub config: ModelConfig,
    /// Side of the picture in pixels, a multiple of the net's divisor.
    pub size: usize,
    /// Timed runs of each.
    pub runs: usize,
    /// What replaces the kernels' own table of how they cut their work.
    pub tuning: Tuning,
    /// Whether burn's own operations are left out.
    pub ours_only: bool,
    /// Whether kernels are compared with the CPU instead.
    pub check: bool,
    /// Where it computes.
    pub device: DeviceChoice,
}

/// Numbers that replace those of the kernels' table; see the options of `infill bench kernels`.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "wgpu"), allow(dead_code, reason = "only kernels for GPUs have a table"))]
pub struct Tuning {
    /// Pixels in registers.
    pub pixels: Option<usize>,
    /// Vectors of output channels in registers.
    pub vectors: Option<usize>,
    /// Invocations of a workgroup.
    pub units: Option<u32>,
    /// Vectors of attention in registers.
    pub registers: Option<usize>,
    /// Whether the row for adapters that are a CPU is taken.
    pub software: bool,
    /// Whether feature maps are of 16 bits.
    pub half: Option<bool>,
}

/// Times the kernels, or compares them with the CPU.
///
/// # Errors
/// A device that fails, a kernel that computes something else.
pub fn run(plan: &KernelsPlan) -> Result<()> {
    let KernelsPlan { ref config, size, .. } = *plan;
    let device = device::choose(plan.device)?;
    tune(plan.tuning, &device);
    if plan.check {
        return check::run(&device);
    }
    let seconds = layers(config, size, plan, &device)?;
    let operations = cost::forward_operations(config, size) as f64;
    let net = Unet::new(config, &device).with_gaussian_weights(1);
    let evaluate = |net: &Unet, own: bool| -> Result<f64> {
        let input = random([1, 3, size, size], &device);
        let level = Tensor::<1>::from_data(TensorData::new(vec![0.5f32], [1]), &device);
        time_by(own, plan.runs, &device, || net.forward(input.clone(), input.clone(), level.clone()))
    };
    let ours = evaluate(&net, true)?;
    say!("evaluation      {:.1} ms, {:.2} GFLOP/s; these layers alone {:.1} ms", ours * 1e3, operations / ours / 1e9, seconds * 1e3);
    for bits in [Bits::Eight, Bits::Four] {
        let seconds = evaluate(&Unet::new(config, &device).with_packed_gaussian_weights(1, bits), true)?;
        say!(
            "with {} bits     {:.1} ms, {:.2} GFLOP/s; ratio {:.2}",
            bits.count(),
            seconds * 1e3,
            operations / seconds / 1e9,
            seconds / ours
        );
    }
    if !plan.ours_only {
        let theirs = evaluate(&net, false)?;
        say!("burn's own      {:.1} ms, {:.2} GFLOP/s; ratio {:.2}", theirs * 1e3, operations / theirs / 1e9, theirs / ours);
    }
    Ok(())
}

/// Prints each layer that does arithmetic at pictures of `size`, and gives the seconds of all of them.
fn layers(config: &ModelConfig, size: usize, plan: &KernelsPlan, device: &Device) -> Result<f64> {
    say!("{:<10} {:>5} {:>6} {:>6} {:>6} {:>10} {:>10} {:>7}", "layer", "side", "in", "out", "times", "GFLOP/s", "burn", "ratio");
    let line = |name: &str, [side, input, output, times]: [usize; 4], operations: u64, (ours, theirs): (f64, Option<f64>)| {
        let rate = |seconds: f64| operations as f64 / seconds / 1e9;
        let burn = theirs.map_or(String::new(), |theirs| format!(" {:>10.2} {:>7.2}", rate(theirs), theirs / ours));
        say!("{name:<10} {side:>5} {input:>6} {output:>6} {times:>6} {:>10.2}{burn}", rate(ours));
        ours * times as f64
    };
    let mut seconds = 0.0;
    for (shape, times) in counted(cost::convolutions(config, size)) {
        let ConvolutionShape { size, side, input, output } = shape;
        let measured = convolution(shape, plan, device)?;
        seconds += line(&format!("{side}×{side}"), [size, input, output, times], shape.operations(), measured);
    }
    for (shape, times) in counted(cost::attentions(config, size)) {
        let measured = attention(shape, plan, device)?;
        seconds += line("attention", [shape.size, shape.channels, shape.channels, times], shape.operations(), measured);
    }
    Ok(seconds)
}

/// How often each occurs.
fn counted<T: Ord>(shapes: Vec<T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    shapes.into_iter().for_each(|shape| *counts.entry(shape).or_default() += 1);
    counts
}

/// Ours and burn's, from the normalized map to the sum with what goes around it.
fn attention(shape: AttentionShape, plan: &KernelsPlan, device: &Device) -> Result<(f64, Option<f64>)> {
    let AttentionShape { size, channels, heads } = shape;
    let linear = |input: usize, output: usize| {
        let mut layer = kernel::layer::linear(input, output, device);
        layer.weight = Param::from_tensor(random([input, output], device) / (input as f64).sqrt());
        layer
    };
    let (qkv, project) = (linear(channels, 3 * channels), linear(channels, channels));
    let layers = AttentionLayers { qkv: &qkv, project: &project, heads };
    let values: Tensor<4> = random([1, size, size, channels], device).permute([0, 3, 1, 2]);
    let attend = |own: bool| time_by(own, plan.runs, device, || kernel::attention(&layers, values.clone(), values.clone()));
    let ours = attend(true)?;
    let theirs = (!plan.ours_only).then(|| attend(false));
    Ok((ours, theirs.transpose()?))
}

/// Ours and burn's.
fn convolution(shape: ConvolutionShape, plan: &KernelsPlan, device: &Device) -> Result<(f64, Option<f64>)> {
    let ConvolutionShape { size, side, input, output } = shape;
    let mut layer = kernel::layer::convolution(input, output, side, device);
    let values = noise::gaussian(&mut noise::stream(1, Purpose::Weights, 0, 0), output * input * side * side);
    layer.weight = kernel::weight(values, &[output, input, side, side], device);
    let values = random([1, input, size, size], device);
    // What a kernel before it would have left behind.
    let values = values.permute([0, 2, 3, 1]).reshape([1, size, size, input]).permute([0, 3, 1, 2]);
    let ours = time(plan.runs, || kernel::convolution(&layer, values.clone()))?;
    let theirs = (!plan.ours_only).then(|| {
        layer.weight = Param::from_tensor(random([output, input, side, side], device));
        time(plan.runs, || layer.forward(values.clone()))
    });
    Ok((ours, theirs.transpose()?))
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    let values = noise::gaussian(&mut noise::stream(2, Purpose::Evaluation, 0, 0), shape.iter().product());
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// The same by our kernels, or by burn's operations where both compute it.
fn time_by(own: bool, runs: usize, device: &Device, run: impl Fn() -> Tensor<4>) -> Result<f64> {
    use_own(own, device);
    let seconds = time(runs, run);
    use_own(true, device);
    seconds
}

#[cfg(feature = "wgpu")]
fn use_own(own: bool, device: &Device) {
    kernel::gpu::choose(device, Choice { fallback: !own, ..kernel::gpu::chosen(device) });
}

/// The CPU's kernels are always used.
#[cfg(not(feature = "wgpu"))]
fn use_own(_: bool, _: &Device) {}

/// Median seconds, after one run that compiles. A read ends each, which waits for the device.
fn time(runs: usize, run: impl Fn() -> Tensor<4>) -> Result<f64> {
    let mut seconds = Vec::new();
    for index in 0..=runs.max(1) {
        let begun = Instant::now();
        read(run().slice([0..1, 0..1, 0..1, 0..1]).reshape([1]))?;
        if index > 0 {
            seconds.push(begun.elapsed().as_secs_f64());
        }
    }
    Ok(median(&mut seconds))
}

#[cfg(feature = "wgpu")]
fn tune(tuning: Tuning, device: &Device) {
    let Tuning { pixels, vectors, units, half, registers, software } = tuning;
    kernel::gpu::choose(device, Choice { pixels, vectors, units, half, registers, software, ..Choice::default() });
}

#[cfg(not(feature = "wgpu"))]
fn tune(_: Tuning, _: &Device) {}
