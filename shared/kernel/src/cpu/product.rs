//! Products of matrices by burn's own operation on the CPU alone: its general one would bring the product for GPUs along.

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

/// # Shapes
/// - left: `[batch, rows, inner]`
/// - right: `[batch, inner, columns]`
/// - result: `[batch, rows, columns]`
pub fn apply(left: Tensor<3>, right: Tensor<3>) -> Tensor<3> {
    type Dispatch = burn::backend::Dispatch;
    Tensor::from_dispatch(<Dispatch as ProductBackend>::batched_product(left.into_dispatch(), right.into_dispatch()))
}
