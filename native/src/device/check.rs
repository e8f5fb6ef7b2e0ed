//! The check of one device: a few operations of the net on fixed numbers, against the CPU.
//! Runs in a child process of its own (`child`).

use std::process::ExitCode;

use burn::tensor::Device;
use infill::self_check::{self, TOLERANCE};

use super::{
    choice::DeviceChoice,
    make::{make, reference},
};
use crate::readback;
use crate::stdout::say;

/// Runs the check, prints what is wrong, and exits with 0 only when nothing is.
pub fn run(choice: DeviceChoice, index: usize, software: bool) -> ExitCode {
    // Without an adapter burn panics; the reason is the answer here, not a crash report.
    std::panic::set_hook(Box::new(|panic| {
        let reason = panic.payload_as_str().unwrap_or("it panicked");
        say!("it cannot be used: {}", reason.lines().next().unwrap_or_default());
    }));
    if !software && is_software(choice, index) {
        say!("it is a software adapter; ask for it by --device to use it all the same");
        return ExitCode::from(1);
    }
    match difference(&make(choice, index)) {
        Ok(largest) if largest <= TOLERANCE => ExitCode::SUCCESS,
        Ok(largest) => {
            say!("it computes something else than the CPU (off by {largest}, at most {TOLERANCE} is right)");
            ExitCode::from(1)
        }
        Err(error) => {
            say!("it gave no result: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn difference(device: &Device) -> anyhow::Result<f32> {
    let output = |device: &Device| readback::values(self_check::output(device)?, "the result");
    Ok(self_check::largest_difference(&output(device)?, &output(&reference())?))
}

/// A GPU way that leads to no card: a software rasteriser.
#[cfg(any(feature = "vulkan", feature = "wgpu", feature = "cuda"))]
fn is_software(choice: DeviceChoice, index: usize) -> bool {
    choice != DeviceChoice::Cpu && make(choice, index).identity().is_none_or(|identity| identity.physical.is_none())
}

/// Without GPU support there are no adapters.
#[cfg(not(any(feature = "vulkan", feature = "wgpu", feature = "cuda")))]
fn is_software(_: DeviceChoice, _: usize) -> bool {
    false
}
