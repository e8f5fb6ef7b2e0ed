//! What is read from a device to be sure that it is done, the middle of several times, and the memory that a process held.

use anyhow::Result;
use burn::tensor::Tensor;

use crate::readback;

/// One number of the device, which waits for it.
///
/// # Errors
/// When the device cannot give it.
pub fn read(tensor: Tensor<1>) -> Result<f64> {
    readback::scalar(tensor)
}

/// What a tensor holds, which waits for the device.
///
/// # Errors
/// When the device cannot give it.
pub fn values<const RANK: usize>(tensor: Tensor<RANK>) -> Result<Vec<f32>> {
    readback::values(tensor, "a result")
}

/// The middle one of some numbers, which are sorted by it.
pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The most memory that a process, `self` or by number, held so far, in bytes, where the system tells. Read from Linux's own file: sysinfo knows
/// what a process holds now, and not the most that it held.
pub fn peak_memory(process: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
