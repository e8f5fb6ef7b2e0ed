//! Products of matrices, each backend's own, so that the page does not carry burn's for GPUs: a third of all
//! code. Where there are gradients or other backends they are burn's.

use burn::tensor::Tensor;

/// # Shapes
/// - left: `[batch, rows, inner]`
/// - right: `[batch, inner, columns]`
/// - result: `[batch, rows, columns]`
pub fn product(left: Tensor<3>, right: Tensor<3>) -> Tensor<3> {
    #[cfg(feature = "gpu")]
    if crate::gpu::takes(&left) {
        return crate::gpu::product(left, right);
    }
    #[cfg(feature = "fallback")]
    return left.matmul(right);
    #[cfg(all(feature = "cpu", not(feature = "fallback")))]
    return crate::cpu::product::apply(left, right);
    #[cfg(not(any(feature = "fallback", feature = "cpu")))]
    crate::device::missing("a product of matrices", &left)
}
