//! The kinds of device by their names, and which of them this build has.

use std::fmt;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::exit::input;

/// Where to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DeviceChoice {
    /// A working GPU, else the CPU.
    Auto,
    /// A GPU through Vulkan.
    Vulkan,
    /// A GPU through Vulkan with WGSL shaders, which software adapters run too.
    Wgpu,
    /// An NVIDIA GPU through CUDA.
    Cuda,
    /// The CPU.
    Cpu,
}

impl DeviceChoice {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Vulkan => "vulkan",
            Self::Wgpu => "wgpu",
            Self::Cuda => "cuda",
            Self::Cpu => "cpu",
        }
    }

    /// Checks that this build has it.
    ///
    /// # Errors
    /// It has not; the error says how to build it.
    pub fn check_is_built(self) -> Result<()> {
        if !built().contains(&self) {
            bail!(input(format!(
                "this program was built without {self}; build it with `cargo build --release -p infill-cli --no-default-features --features {self}`, or use --device auto"
            )));
        }
        Ok(())
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The kinds of GPU that this build can use, best first.
pub fn built() -> Vec<DeviceChoice> {
    let all = [
        (cfg!(feature = "cuda"), DeviceChoice::Cuda),
        (cfg!(feature = "vulkan"), DeviceChoice::Vulkan),
        (cfg!(all(feature = "wgpu", not(feature = "vulkan"))), DeviceChoice::Wgpu),
    ];
    all.into_iter().filter(|(there, _)| *there).map(|(_, choice)| choice).collect()
}
