//! Changes of resolution without parameters.

use burn::tensor::Tensor;

/// Folds `patch`×`patch` pixels into channels, (channel, row, column) from slow to fast.
///
/// # Shapes
/// `[batch, channels, height, width]` → `[batch, channels·patch², height/patch, width/patch]`
pub fn space_to_depth(input: Tensor<4>, patch: usize) -> Tensor<4> {
    if patch == 1 {
        return input;
    }
    let [batch, channels, height, width] = input.dims();
    input.reshape([batch, channels, height / patch, patch, width / patch, patch]).permute([0, 1, 3, 5, 2, 4]).reshape([
        batch,
        channels * patch * patch,
        height / patch,
        width / patch,
    ])
}

/// The inverse of [`space_to_depth`].
pub fn depth_to_space(input: Tensor<4>, patch: usize) -> Tensor<4> {
    if patch == 1 {
        return input;
    }
    let [batch, channels, height, width] = input.dims();
    let channels = channels / (patch * patch);
    input.reshape([batch, channels, patch, patch, height, width]).permute([0, 1, 4, 2, 5, 3]).reshape([
        batch,
        channels,
        height * patch,
        width * patch,
    ])
}
