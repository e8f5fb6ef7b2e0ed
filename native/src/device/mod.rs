//! The only place of the program where a `Device` is made. A GPU is checked in a child process
//! against numbers known from the CPU before it is used, so that a driver that crashes, hangs or
//! computes nonsense is passed over with a message instead of producing noise.

mod check;
mod lost;
mod serve;
mod several;

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use burn::tensor::Device;
use clap::{Args, ValueEnum};

use crate::exit::input;
pub use check::run as run_check;
pub use lost::name_the_lost;
pub use serve::{ServeArguments, run as serve};
pub use several::{DevicesArguments, choose_several};

/// How long a GPU may take to show that it works; a first call compiles its kernels.
const CHECK_LIMIT: Duration = Duration::from_secs(120);

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

/// The option that chooses a device.
#[derive(Clone, Debug, Args)]
pub struct DeviceArguments {
    /// Where to compute.
    #[arg(long, value_enum, default_value = "auto")]
    pub device: DeviceChoice,
}

/// Whether a device is the CPU.
pub fn is_cpu(device: &Device) -> bool {
    *device == Device::flex()
}

/// GPU ways that this build has, best first.
fn built() -> Vec<DeviceChoice> {
    let all = [
        (cfg!(feature = "cuda"), DeviceChoice::Cuda),
        (cfg!(feature = "vulkan"), DeviceChoice::Vulkan),
        (cfg!(all(feature = "wgpu", not(feature = "vulkan"))), DeviceChoice::Wgpu),
    ];
    all.into_iter().filter(|(there, _)| *there).map(|(_, choice)| choice).collect()
}

/// Makes the device that was asked for and says which it is.
///
/// # Errors
/// A device that this build does not have, or that does not work.
pub fn choose(arguments: &DeviceArguments) -> Result<Device> {
    Ok(make(pick(arguments)?, 0))
}

/// Which kind of device is used: never `Auto`.
fn pick(arguments: &DeviceArguments) -> Result<DeviceChoice> {
    match arguments.device {
        DeviceChoice::Cpu => Ok(cpu("as asked")),
        DeviceChoice::Auto => {
            for choice in built() {
                match check_in_child(choice, 0, false) {
                    Ok(()) => return Ok(gpu(choice)),
                    Err(error) => tracing::warn!("{} is passed over: {error:#}", name(choice)),
                }
            }
            Ok(cpu(if built().is_empty() { "this build has no GPU support" } else { "no GPU works" }))
        }
        choice => {
            check_is_built(choice)?;
            check_in_child(choice, 0, true)
                .with_context(|| format!("{} cannot be used; try --device auto", name(choice)))
                .map_err(input)?;
            Ok(gpu(choice))
        }
    }
}

fn check_is_built(choice: DeviceChoice) -> Result<()> {
    if !built().contains(&choice) {
        bail!(input(format!(
            "this program was built without {0}; build it with `cargo build --release -p infill-cli --no-default-features --features {0}`, or use --device auto",
            name(choice)
        )));
    }
    Ok(())
}

/// What other devices are compared with: the CPU.
pub fn reference() -> Device {
    Device::flex()
}

fn cpu(why: &str) -> DeviceChoice {
    tracing::info!("computing on the CPU ({why})");
    DeviceChoice::Cpu
}

fn gpu(choice: DeviceChoice) -> DeviceChoice {
    tracing::info!("computing on the GPU through {}", name(choice));
    choice
}

fn name(choice: DeviceChoice) -> &'static str {
    match choice {
        DeviceChoice::Auto => "auto",
        DeviceChoice::Vulkan => "vulkan",
        DeviceChoice::Wgpu => "wgpu",
        DeviceChoice::Cuda => "cuda",
        DeviceChoice::Cpu => "cpu",
    }
}

/// Makes a device without asking whether it works. Through Vulkan, 0 is the best adapter and others are
/// counted among the discrete ones.
fn make(choice: DeviceChoice, index: usize) -> Device {
    #[cfg(any(feature = "vulkan", feature = "wgpu"))]
    let kind = if index == 0 { burn::tensor::DeviceKind::DefaultDevice } else { burn::tensor::DeviceKind::DiscreteGpu(index) };
    match choice {
        #[cfg(feature = "vulkan")]
        DeviceChoice::Vulkan => Device::vulkan(kind),
        #[cfg(all(feature = "wgpu", not(feature = "vulkan")))]
        DeviceChoice::Wgpu => Device::wgpu(kind),
        #[cfg(feature = "cuda")]
        DeviceChoice::Cuda => Device::cuda(index),
        _ => {
            // All of the machine's processors are one CPU.
            let _ = index;
            Device::flex()
        }
    }
}

/// Runs `infill check-device` and waits for its verdict.
fn check_in_child(choice: DeviceChoice, index: usize, software: bool) -> Result<()> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(program);
    command.arg("check-device").arg(name(choice)).arg("--index").arg(index.to_string());
    if software {
        command.arg("--software");
    }
    verdict(command, CHECK_LIMIT)
}

/// Waits for a check to exit with 0; anything else is the reason why its device is passed over.
fn verdict(mut command: Command, limit: Duration) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().context("cannot start the check")?;
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().context("cannot wait for the check")? {
            Some(status) => break status,
            None if begun.elapsed() > limit => {
                let _ = child.kill();
                let _ = child.wait();
                bail!("it gave no answer within {} s", limit.as_secs());
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let mut said = String::new();
    if let Some(mut output) = child.stdout.take() {
        std::io::Read::read_to_string(&mut output, &mut said).context("cannot read the check's answer")?;
    }
    match (status.success(), said.lines().next()) {
        (true, _) => Ok(()),
        (false, None) => bail!("its driver crashed ({status})"),
        (false, Some(said)) => bail!("{said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_always_there_and_a_device_not_built_says_how_to_build_it() {
        choose(&DeviceArguments { device: DeviceChoice::Cpu }).unwrap();
        if !cfg!(feature = "cuda") {
            let error = choose(&DeviceArguments { device: DeviceChoice::Cuda }).unwrap_err().to_string();
            assert!(error.contains("--features cuda"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_check_that_crashes_hangs_or_disagrees_is_told_apart() {
        let said = |script: &str, limit: u64| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            verdict(command, Duration::from_secs(limit)).map_err(|error| error.to_string())
        };
        assert_eq!(said("echo all is well", 60), Ok(()));
        assert_eq!(said("echo 'it computes something else'; echo more; exit 1", 60), Err("it computes something else".to_owned()));
        let crash = said("kill -SEGV $$", 60).unwrap_err();
        assert!(crash.contains("crashed") && crash.contains("signal"), "{crash}");
        assert_eq!(said("exec sleep 60", 1), Err("it gave no answer within 1 s".to_owned()));
    }
}
