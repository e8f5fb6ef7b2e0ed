//! The types that numbers are computed in.

use burn::tensor::{DType, FloatDType, Tensor};

/// The type that a tensor's numbers are computed in.
pub fn dtype<const D: usize>(tensor: &Tensor<D>) -> FloatDType {
    match tensor.dtype() {
        // Packed weights are expanded to 32 bits.
        DType::QFloat(_) => FloatDType::F32,
        dtype => dtype.into(),
    }
}
