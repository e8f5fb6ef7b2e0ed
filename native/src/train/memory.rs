//! Whether a training fits the machine, before anything is made or written.

use anyhow::{Result, bail};
use burn::{module::Module, tensor::Device};
use infill::unet::{Unet, cost};

use super::settings::TrainingSettings;
use crate::{device, exit::input};

/// What a training needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// Parameters of the net.
    pub parameters: usize,
    /// Pictures whose steps are in memory at a time, on all devices together.
    pub at_once: usize,
    /// Bytes, about; in f32 and with all that the backward pass wants kept.
    pub bytes: u64,
}

impl Need {
    /// Of settings on so many devices.
    pub fn of(settings: &TrainingSettings, devices: usize) -> Self {
        // The net is described here, not allocated.
        let parameters = Unet::new(&settings.model, &device::reference()).num_params();
        let (batch, part) = (settings.train.batch, settings.train.micro_batch);
        let at_once = if part == 0 { batch } else { batch.min(part.saturating_mul(devices)) };
        // In f32, like the weights.
        let averages = 4 * (parameters * settings.train.ema_lengths.len()) as u64;
        Self { parameters, at_once, bytes: cost::training_bytes(&settings.model, parameters, at_once) + averages }
    }

    /// Refuses what this machine cannot hold. Of the memory of GPUs and of other machines nothing is known here.
    ///
    /// # Errors
    /// More than the memory of this machine.
    pub fn check(&self, settings: &TrainingSettings, devices: &[Device]) -> Result<()> {
        if !devices.iter().all(device::is_cpu) {
            return Ok(());
        }
        let Memory { whole, free } = Memory::here();
        let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
        let (need, pictures) = (gigabytes(self.bytes), self.at_once);
        // Checkpointing keeps less than the estimate says.
        if self.bytes > whole && whole > 0 && !settings.train.gradient_checkpointing {
            bail!(input(format!(
                "training would need about {need} with {pictures} pictures at a time, and this machine has {}; choose a smaller --batch, \
                 --set train.micro_batch=1, or a smaller model",
                gigabytes(whole)
            )));
        }
        if self.bytes > free && free > 0 {
            tracing::warn!("training needs about {need} with {pictures} pictures at a time, and {} are free", gigabytes(free));
        }
        Ok(())
    }
}

/// Bytes of memory that this process may have; 0 where the system does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Memory {
    whole: u64,
    free: u64,
}

impl Memory {
    /// As Linux says it; a container may have less than the machine.
    fn here() -> Self {
        let read = |path| std::fs::read_to_string(path).unwrap_or_default();
        let machine = Self::of_machine(&read("/proc/meminfo"));
        match read("/sys/fs/cgroup/memory.max").trim().parse() {
            Ok(most) => Self { whole: machine.whole.min(most), free: machine.free.min(most) },
            Err(_) => machine,
        }
    }

    fn of_machine(said: &str) -> Self {
        let kibibytes = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        let bytes = |name| kibibytes(name).unwrap_or(0).saturating_mul(1024);
        Self { whole: bytes("MemTotal:"), free: bytes("MemAvailable:") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_system_says_it_and_silence_is_none() {
        let said = "MemTotal:       24684148 kB\nMemFree:         7929344 kB\nMemAvailable:   20961280 kB\n";
        assert_eq!(Memory::of_machine(said), Memory { whole: 24_684_148 << 10, free: 20_961_280 << 10 });
        assert_eq!(Memory::of_machine("MemTotal: lots"), Memory { whole: 0, free: 0 });
    }
}
