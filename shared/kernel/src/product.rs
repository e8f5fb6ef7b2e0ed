//! Products of matrices, each backend's own, so that the page does not carry burn's for GPUs: a third of all
//! code. Where there are gradients or other backends they are burn's.

use burn::tensor::Tensor;

/// # Shapes
/// - left: `[batch, rows, inner]`
/// - right: `[batch, inner, columns]`
/// - result: `[batch, rows, columns]`
pub fn product(left: Tensor<3>, right: Tensor<3>) -> Tensor<3> {
    #[cfg(feature = "gpu")]
    if super::gpu::takes(&left) {
        return super::gpu::product(left, right);
    }
    other(left, right)
}

#[cfg(feature = "fallback")]
fn other(left: Tensor<3>, right: Tensor<3>) -> Tensor<3> {
    left.matmul(right)
}

#[cfg(not(any(feature = "fallback", feature = "cpu")))]
fn other(left: Tensor<3>, _: Tensor<3>) -> Tensor<3> {
    super::missing("a product of matrices", &left)
}

#[cfg(all(feature = "cpu", not(feature = "fallback")))]
use cpu::other;

#[cfg(all(feature = "cpu", not(feature = "fallback")))]
mod cpu {
    use burn::{
        backend::{Backend, Flex, backend_extension, flex::FlexTensor, ops::FloatTensorOps, tensor::FloatTensor},
        tensor::Tensor,
    };

    /// The operation on a backend.
    #[backend_extension(Flex)]
    trait ProductBackend: Backend {
        /// `[batch, rows, columns]`.
        fn batched_product(left: FloatTensor<Self>, right: FloatTensor<Self>) -> FloatTensor<Self>;
    }

    impl ProductBackend for Flex {
        fn batched_product(left: FlexTensor, right: FlexTensor) -> FlexTensor {
            Self::float_matmul(left, right)
        }
    }

    pub(super) fn other(left: Tensor<3>, right: Tensor<3>) -> Tensor<3> {
        type Dispatch = burn::backend::Dispatch;
        Tensor::from_dispatch(<Dispatch as ProductBackend>::batched_product(left.into_dispatch(), right.into_dispatch()))
    }
}
