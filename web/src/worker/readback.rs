//! From a device to numbers, and the failures that come of it.

use burn::tensor::Tensor;

use crate::message::Failure;

/// Brings a tensor's values home.
pub async fn values<const RANK: usize>(tensor: Tensor<RANK>) -> Result<Vec<f32>, Failure> {
    let lost = |detail: String| Failure::DeviceLost { detail };
    let data = tensor.into_data_async().await.map_err(|error| lost(format!("{error:?}")))?;
    data.convert::<f32>().try_to_vec().map_err(|error| lost(format!("{error:?}")))
}

/// A request that cannot be carried out, and why.
pub fn refused(cause: impl std::fmt::Display) -> Failure {
    Failure::Request { detail: cause.to_string() }
}
