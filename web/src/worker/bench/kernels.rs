//! The kernels' cases on this browser's WebGPU, against the CPU.

use burn::tensor::Device;
use infill::self_check::{
    self,
    kernels::{self, Case},
};

use super::message::{Answer, KernelReport};
use crate::{
    message::{DeviceChoice, Failure},
    worker::{device, readback::values, scope::now},
};

/// Computes every case on both and says how far apart they are.
///
/// # Errors
/// When a device gives no numbers back.
pub async fn check(seed: u64, random: usize) -> Result<Answer, Failure> {
    let (device, report) = device::choose(DeviceChoice::Gpu).await;
    let mut reports = Vec::new();
    for case in kernels::cases(seed, random, &device) {
        reports.push(compare(&case, &device).await?);
    }
    Ok(Answer::Kernels { webgpu: report.webgpu, reports })
}

async fn compare(case: &Case, device: &Device) -> Result<KernelReport, Failure> {
    let begun = now();
    let computed = values(case.compute(device)).await?;
    let milliseconds = now() - begun;
    let reference = values(case.compute(&device::cpu())).await?;
    let difference = self_check::largest_difference(&computed, &reference);
    Ok(KernelReport { case: format!("{case:?}"), difference, tolerance: case.tolerance(), milliseconds })
}
