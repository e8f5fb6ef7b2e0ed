//! `infill check-device`, by which the program checks a GPU in a process of its own.

use std::process::ExitCode;

use clap::Args;

use crate::device::{self, DeviceChoice};

/// Check a device; used by the program itself.
#[derive(Debug, Args)]
pub struct CheckDeviceArguments {
    /// The device.
    device: DeviceChoice,
    /// Which of them.
    #[arg(long, default_value_t = 0)]
    index: usize,
    /// Accept software adapters.
    #[arg(long)]
    software: bool,
}

/// Runs the command: the exit code is the answer.
pub fn run(arguments: &CheckDeviceArguments) -> ExitCode {
    device::check(arguments.device, arguments.index, arguments.software)
}
