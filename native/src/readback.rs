//! Numbers from a device to the host, which waits for the device. `infill` itself never does this.

use anyhow::{Context, Result};
use burn::tensor::Tensor;

/// All numbers of a tensor, in the order of its dimensions; `what` names them in the error.
///
/// # Errors
/// When the device cannot give them.
pub fn values<const RANK: usize>(tensor: Tensor<RANK>, what: &str) -> Result<Vec<f32>> {
    let data = tensor.into_data().convert::<f32>();
    data.try_to_vec().map_err(|error| anyhow::anyhow!("cannot read {what} from the device: {error:?}"))
}

/// One number.
///
/// # Errors
/// When the device cannot give it.
pub fn scalar(tensor: Tensor<1>) -> Result<f64> {
    let values = values(tensor, "a number")?;
    values.first().map(|value| f64::from(*value)).context("the device gave nothing where a number was expected")
}
