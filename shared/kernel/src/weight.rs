//! Weights as a device's kernels want them in memory, and the type of the feature maps beside them.

use burn::{
    module::Param,
    tensor::{Device, FloatDType, Tensor, TensorData},
};

use crate::{precision::dtype, quantize::Quantized};

/// Numbers of a weight, wherever they come from.
#[derive(Clone, Debug)]
pub enum Values {
    /// In the shape's order, last dimension fastest.
    Floats(Vec<f32>),
    /// The same, for sampling alone: a device may keep them in a form that cannot be trained.
    Fixed(Vec<f32>),
    /// Of few bits. For sampling: they stay so on a device that has kernels for it, and are [`Values::Fixed`] elsewhere.
    Quantized(Quantized),
}

impl From<Vec<f32>> for Values {
    fn from(values: Vec<f32>) -> Self {
        Self::Floats(values)
    }
}

/// A weight as the device's kernels want it in memory.
pub fn weight<const D: usize>(values: impl Into<Values>, shape: &[usize], device: &Device) -> Param<Tensor<D>> {
    let (values, fixed) = match values.into() {
        Values::Floats(values) => (values, false),
        Values::Fixed(values) => (values, true),
        Values::Quantized(quantized) => {
            #[cfg(feature = "gpu")]
            if crate::gpu::runs_on(device)
                && let Some(packed) = crate::gpu::packed_weight(&quantized, device)
            {
                return Param::from_tensor(packed);
            }
            (quantized.to_values(), true)
        }
    };
    #[cfg(feature = "cpu")]
    if fixed
        && crate::device::is_cpu(device)
        && let Some((values, shape)) = crate::cpu::convolution::fixed_weight(&values, shape)
    {
        return Param::from_data(TensorData::new(values, shape), device);
    }
    #[cfg(not(feature = "cpu"))]
    let _ = fixed;
    #[cfg(feature = "gpu")]
    if D == 4 && crate::gpu::runs_on(device) {
        return Param::from_tensor(crate::gpu::convolution_weight(&values, shape, device));
    }
    Param::from_data(TensorData::new(values, shape.to_vec()), device)
}

/// The type that feature maps beside such a weight are computed in: its own, but 16 bits beside packed ones where
/// the device multiplies those. Sums over many numbers are of 32 bits all the same.
pub fn feature_dtype<const D: usize>(weight: &Tensor<D>) -> FloatDType {
    #[cfg(feature = "gpu")]
    if crate::gpu::halves(weight) {
        return FloatDType::F16;
    }
    dtype(weight)
}
