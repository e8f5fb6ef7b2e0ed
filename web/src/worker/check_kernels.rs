//! The kernels' cases on this browser's WebGPU, against the CPU. Asked for by tests and by whoever wants to know
//! why a graphics card was refused; a visit does without.

use burn::tensor::Device;
use infill::self_check::{
    self,
    kernels::{self, Case},
};

use super::{device, now, run, say};
use crate::message::{Failure, FromWorker, KernelReport};

/// Computes every case on both and says how far apart they are.
pub async fn check(seed: u64, random: usize) {
    match reports(seed, random).await {
        Ok((reports, webgpu)) => say(&FromWorker::Kernels { webgpu, reports }, &[]),
        Err(failure) => say(&FromWorker::failed(None, failure), &[]),
    }
}

async fn reports(seed: u64, random: usize) -> Result<(Vec<KernelReport>, bool), Failure> {
    let (device, report) = device::choose(false).await;
    let mut reports = Vec::new();
    for case in kernels::cases(seed, random, &device) {
        reports.push(compare(&case, &device).await?);
    }
    Ok((reports, report.webgpu))
}

async fn compare(case: &Case, device: &Device) -> Result<KernelReport, Failure> {
    let begun = now();
    let values = run::values(case.compute(device)).await?;
    let milliseconds = now() - begun;
    let reference = run::values(case.compute(&device::reference())).await?;
    let difference = self_check::largest_difference(&values, &reference);
    Ok(KernelReport { case: format!("{case:?}"), difference, tolerance: case.tolerance(), milliseconds })
}
