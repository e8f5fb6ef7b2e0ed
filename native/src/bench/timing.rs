//! What is read from a device to be sure that it is done, and the middle of several times.

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
