//! Self-attention over the cells of a feature map, with its linear layers.

use burn::tensor::{FloatDType, Tensor, activation::softmax};

use crate::{layer::AttentionLayers, linear::linear_of_rows, precision::dtype, product::product};

/// added + project(attention over the cells of `input`).
///
/// # Shapes
/// `[batch, channels, height, width]` → the same
pub fn attention(layers: &AttentionLayers<'_>, input: Tensor<4>, added: Tensor<4>) -> Tensor<4> {
    #[cfg(feature = "gpu")]
    if let Some(parameters) = crate::gpu::attention_parameters(layers, &input) {
        return crate::gpu::attention(parameters, input, added);
    }
    let [batch, channels, height, width] = input.dims();
    let (cells, heads, head) = (height * width, layers.heads, channels / layers.heads);
    let tokens = input.reshape([batch, channels, cells]).swap_dims(1, 2);
    let qkv = linear_of_rows(layers.qkv, tokens);
    #[cfg(feature = "cpu")]
    if crate::device::is_cpu(&qkv.device()) && !qkv.device().is_autodiff() && qkv.dtype() == burn::tensor::DType::F32 {
        let mixed = crate::cpu::attention::apply(qkv, heads);
        return added + linear_of_rows(layers.project, mixed).swap_dims(1, 2).reshape([batch, channels, height, width]);
    }
    let qkv = qkv.reshape([batch, cells, heads, 3 * head]).swap_dims(1, 2).reshape([batch * heads, cells, 3 * head]);
    let part = |index: usize| qkv.clone().narrow(2, index * head, head);
    // The scale is split between both factors, which keeps f16 in range.
    let scale = (head as f64).powf(-0.25);
    let scores = product(part(0).mul_scalar(scale), part(1).mul_scalar(scale).swap_dims(1, 2));
    let precision = dtype(&scores);
    // A sum over all cells, which 16 bits would round away.
    let weights = softmax(scores.cast(FloatDType::F32), 2).cast(precision);
    let mixed = product(weights, part(2)).reshape([batch, heads, cells, head]).swap_dims(1, 2).reshape([batch, cells, channels]);
    added + linear_of_rows(layers.project, mixed).swap_dims(1, 2).reshape([batch, channels, height, width])
}
