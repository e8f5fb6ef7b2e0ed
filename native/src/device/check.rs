//! The check of one device: a few operations of the net on fixed numbers, against the CPU.
//! Runs in a child process of its own, see the parent module.

use std::process::ExitCode;

use burn::tensor::Device;
use infill::{config::ModelConfig, denoiser::Model, noise::Purpose, sampler::gaussian};

use super::{DeviceChoice, make};

/// Largest difference to the CPU, of outputs with unit size, that a working device may show.
const TOLERANCE: f32 = 0.02;

/// Runs the check, prints what is wrong, and exits with 0 only when nothing is.
pub fn run(choice: DeviceChoice, software: bool) -> ExitCode {
    if !software && is_software(choice) {
        println!("it is a software adapter; ask for it by --device to use it all the same");
        return ExitCode::from(1);
    }
    match difference(&make(choice)) {
        Ok(largest) if largest <= TOLERANCE => ExitCode::SUCCESS,
        Ok(largest) => {
            println!("it computes something else than the CPU (off by {largest}, at most {TOLERANCE} is right)");
            ExitCode::from(1)
        }
        Err(error) => {
            println!("it gave no result: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// Largest difference between the device and the CPU over the outputs of a tiny net, which has every
/// operation that sampling uses.
fn difference(device: &Device) -> anyhow::Result<f32> {
    let output = |device: &Device| -> anyhow::Result<Vec<f32>> {
        let config = ModelConfig::preset("tiny")?;
        let size = config.size;
        let mut model = Model::new(config, 1, device)?;
        model.unet = model.unet.with_random_outputs(2);
        let input = |seed| gaussian(seed, Purpose::Evaluation, 0, [2, 3, size, size], device);
        let output = model.predict(input(1), input(2), &[0.3, 0.9]);
        output.into_data().convert::<f32>().try_to_vec().map_err(|error| anyhow::anyhow!("{error:?}"))
    };
    let (left, right) = (output(device)?, output(&Device::flex())?);
    let scale = right.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    Ok(left.iter().zip(&right).fold(0f32, |largest, (left, right)| {
        let difference = (left - right).abs() / scale;
        if difference.is_nan() { f32::INFINITY } else { largest.max(difference) }
    }))
}

/// A GPU way that leads to no card: a software rasteriser.
#[cfg(any(feature = "vulkan", feature = "wgpu", feature = "cuda"))]
fn is_software(choice: DeviceChoice) -> bool {
    choice != DeviceChoice::Cpu && make(choice).identity().is_none_or(|identity| identity.physical.is_none())
}

/// Without GPU support there are no adapters.
#[cfg(not(any(feature = "vulkan", feature = "wgpu", feature = "cuda")))]
fn is_software(_: DeviceChoice) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_agrees_with_itself_and_outputs_are_not_zero() {
        assert_eq!(difference(&Device::flex()).unwrap(), 0.0);
    }
}
