//! `infill bench kernels`: the convolutions of a net one by one and a whole evaluation, ours beside burn's own
//! operations on the same device.

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Result, ensure};
use burn::{
    module::Param,
    tensor::{Device, Tensor, TensorData},
};
use clap::Args;
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

use super::{check, median};
use crate::{
    device::{self, DeviceArguments},
    exit::input,
};

/// Time the kernels on the shapes of a net.
#[derive(Debug, Args)]
pub struct BenchKernelsArguments {
    /// Net whose shapes are timed: paper, browser, nature or tiny.
    #[arg(long, default_value = "browser")]
    pub preset: String,
    /// Side of the picture, pixels, instead of the net's own.
    #[arg(long)]
    pub size: Option<usize>,
    /// Timed runs of each.
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// Pixels that an invocation of our convolution keeps in registers, instead of the table's choice.
    #[arg(long)]
    pub pixels: Option<usize>,
    /// Vectors of output channels that it keeps, instead of the table's choice.
    #[arg(long)]
    pub vectors: Option<usize>,
    /// Invocations of a workgroup, instead of the table's choice.
    #[arg(long)]
    pub units: Option<u32>,
    /// Vectors that an invocation of our attention keeps in registers, instead of the table's choice.
    #[arg(long)]
    pub registers: Option<usize>,
    /// Take the table's row for adapters that are a CPU.
    #[arg(long)]
    pub software: bool,
    /// Whether feature maps beside packed weights are of 16 bits where the device has them.
    #[arg(long)]
    pub half: Option<bool>,
    /// Leave burn's own operations out, which takes less time.
    #[arg(long)]
    pub ours_only: bool,
    /// Check every kernel, and a whole run of the model that is at hand, against the CPU instead of timing them.
    #[arg(long)]
    pub check: bool,
    #[command(flatten)]
    pub device: DeviceArguments,
}

/// Runs the command.
///
/// # Errors
/// An unknown preset, a device that fails, a kernel that computes something else.
pub fn run(arguments: &BenchKernelsArguments) -> Result<()> {
    let config = ModelConfig::preset(&arguments.preset).map_err(input)?;
    let device = device::choose(&arguments.device)?;
    choose_plan(arguments, &device);
    if arguments.check {
        return check::run(&device);
    }
    let size = arguments.size.unwrap_or(config.size);
    ensure!(
        size > 0 && size.is_multiple_of(config.unet.divisor()),
        input(format!("a side of {size} pixels is no multiple of {}, as this net wants", config.unet.divisor()))
    );
    let seconds = layers(&config, size, arguments, &device)?;
    let operations = cost::forward_operations(&config, size) as f64;
    let net = Unet::new(&config, &device).with_gaussian_weights(1);
    let evaluate = |net: &Unet, own: bool| -> Result<f64> {
        let input = random([1, 3, size, size], &device);
        let level = Tensor::<1>::from_data(TensorData::new(vec![0.5f32], [1]), &device);
        time_by(own, arguments.runs, &device, || net.forward(input.clone(), input.clone(), level.clone()))
    };
    let ours = evaluate(&net, true)?;
    println!("evaluation      {:.1} ms, {:.2} GFLOP/s; these layers alone {:.1} ms", ours * 1e3, operations / ours / 1e9, seconds * 1e3);
    for bits in [Bits::Eight, Bits::Four] {
        let seconds = evaluate(&Unet::new(&config, &device).with_packed_gaussian_weights(1, bits), true)?;
        println!(
            "with {} bits     {:.1} ms, {:.2} GFLOP/s; ratio {:.2}",
            bits.count(),
            seconds * 1e3,
            operations / seconds / 1e9,
            seconds / ours
        );
    }
    if !arguments.ours_only {
        let theirs = evaluate(&net, false)?;
        println!("burn's own      {:.1} ms, {:.2} GFLOP/s; ratio {:.2}", theirs * 1e3, operations / theirs / 1e9, theirs / ours);
    }
    Ok(())
}

/// Prints each layer that does arithmetic at pictures of `size`, and gives the seconds of all of them.
fn layers(config: &ModelConfig, size: usize, arguments: &BenchKernelsArguments, device: &Device) -> Result<f64> {
    println!("{:<10} {:>5} {:>6} {:>6} {:>6} {:>10} {:>10} {:>7}", "layer", "side", "in", "out", "times", "GFLOP/s", "burn", "ratio");
    let line = |name: &str, [side, input, output, times]: [usize; 4], operations: u64, (ours, theirs): (f64, Option<f64>)| {
        let rate = |seconds: f64| operations as f64 / seconds / 1e9;
        print!("{name:<10} {side:>5} {input:>6} {output:>6} {times:>6} {:>10.2}", rate(ours));
        match theirs {
            Some(theirs) => println!(" {:>10.2} {:>7.2}", rate(theirs), theirs / ours),
            None => println!(),
        }
        ours * times as f64
    };
    let mut seconds = 0.0;
    for (shape, times) in counted(cost::convolutions(config, size)) {
        let ConvolutionShape { size, side, input, output } = shape;
        let measured = convolution(shape, arguments, device)?;
        seconds += line(&format!("{side}×{side}"), [size, input, output, times], shape.operations(), measured);
    }
    for (shape, times) in counted(cost::attentions(config, size)) {
        let measured = attention(shape, arguments, device)?;
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
fn attention(shape: AttentionShape, arguments: &BenchKernelsArguments, device: &Device) -> Result<(f64, Option<f64>)> {
    let AttentionShape { size, channels, heads } = shape;
    let linear = |input: usize, output: usize| {
        let mut layer = kernel::layer::linear(input, output, device);
        layer.weight = Param::from_tensor(random([input, output], device) / (input as f64).sqrt());
        layer
    };
    let (qkv, project) = (linear(channels, 3 * channels), linear(channels, channels));
    let layers = AttentionLayers { qkv: &qkv, project: &project, heads };
    let values: Tensor<4> = random([1, size, size, channels], device).permute([0, 3, 1, 2]);
    let attend = |own: bool| time_by(own, arguments.runs, device, || kernel::attention(&layers, values.clone(), values.clone()));
    let ours = attend(true)?;
    let theirs = (!arguments.ours_only).then(|| attend(false));
    Ok((ours, theirs.transpose()?))
}

/// Ours and burn's.
fn convolution(shape: ConvolutionShape, arguments: &BenchKernelsArguments, device: &Device) -> Result<(f64, Option<f64>)> {
    let ConvolutionShape { size, side, input, output } = shape;
    let mut layer = kernel::layer::convolution(input, output, side, device);
    let values = noise::gaussian(&mut noise::stream(1, Purpose::Weights, 0, 0), output * input * side * side);
    layer.weight = kernel::weight(values, &[output, input, side, side], device);
    let values = random([1, input, size, size], device);
    // What a kernel before it would have left behind.
    let values = values.permute([0, 2, 3, 1]).reshape([1, size, size, input]).permute([0, 3, 1, 2]);
    let ours = time(arguments.runs, || kernel::convolution(&layer, values.clone()))?;
    let theirs = (!arguments.ours_only).then(|| {
        layer.weight = Param::from_tensor(random([output, input, side, side], device));
        time(arguments.runs, || layer.forward(values.clone()))
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
        super::read(run().slice([0..1, 0..1, 0..1, 0..1]).reshape([1]))?;
        if index > 0 {
            seconds.push(begun.elapsed().as_secs_f64());
        }
    }
    Ok(median(&mut seconds))
}

#[cfg(feature = "wgpu")]
fn choose_plan(arguments: &BenchKernelsArguments, device: &Device) {
    let BenchKernelsArguments { pixels, vectors, units, half, registers, software, .. } = *arguments;
    kernel::gpu::choose(device, Choice { pixels, vectors, units, half, registers, software, ..Choice::default() });
}

#[cfg(not(feature = "wgpu"))]
fn choose_plan(_: &BenchKernelsArguments, _: &Device) {}
