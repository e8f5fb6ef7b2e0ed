//! Changes of resolution by 2, without parameters, by burn's own operations.

use burn::tensor::Tensor;

/// A change of resolution by 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    /// None.
    None,
    /// To half: the mean of every 2×2 cells.
    Down,
    /// To twice: every cell four times (nearest).
    Up,
}

impl Resample {
    /// The tensor at the new resolution, sides even for [`Resample::Down`].
    ///
    /// # Shapes
    /// `[batch, channels, height, width]` → `[batch, channels, height', width']`
    pub fn apply(self, input: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = input.dims();
        match self {
            Self::None => input,
            Self::Down => {
                let cells = input.reshape([batch, channels, height / 2, 2, width / 2, 2]);
                cells.mean_dim(5).mean_dim(3).reshape([batch, channels, height / 2, width / 2])
            }
            Self::Up => {
                let cells = input.reshape([batch, channels, height, 1, width, 1]).expand([batch, channels, height, 2, width, 2]);
                cells.reshape([batch, channels, 2 * height, 2 * width])
            }
        }
    }
}
