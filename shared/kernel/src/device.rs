//! What a device is to the kernels.

use burn::tensor::Device;

/// Whether the tensor is one of 32-bit floats that a kernel of `cpu` can take.
#[cfg(feature = "cpu")]
pub(crate) fn on_cpu(tensor: &burn::tensor::Tensor<4>) -> bool {
    is_cpu(&tensor.device()) && tensor.dtype() == burn::tensor::DType::F32
}

/// Whether the device is burn's `flex`, and this build has kernels for it.
#[cfg(feature = "cpu")]
pub fn is_cpu(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), burn::backend::DispatchDevice::Flex(_))
}

/// Without kernels for it no device is one.
#[cfg(not(feature = "cpu"))]
pub fn is_cpu(_: &Device) -> bool {
    false
}

/// Threads that CPU kernels share their work out to.
#[cfg(feature = "rayon")]
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Without threads all work is done by the caller.
#[cfg(not(feature = "rayon"))]
pub fn threads() -> usize {
    1
}

/// What is said where neither a kernel nor burn's operation is there.
#[cfg(not(feature = "fallback"))]
pub(crate) fn missing<const D: usize>(what: &str, input: &burn::tensor::Tensor<D>) -> ! {
    panic!(
        "this build has no kernel for {what} of {:?} on {:?}; build with the feature `fallback` for burn's own operations",
        input.dtype(),
        input.device()
    )
}
