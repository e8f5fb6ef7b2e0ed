//! The measures of the U-Net. The net itself is in `unet`.

use serde::{Deserialize, Serialize};

/// The Palette U-Net, the ADM net without class input (paper, appendix; arXiv 2105.05233).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnetConfig {
    /// Pixels per side folded into channels before the first convolution; 1 is the paper's net,
    /// 2 needs a quarter of the arithmetic.
    pub patch: usize,
    /// Channels of the first level.
    pub channels: usize,
    /// Channel multiplier of each level; every further level halves the resolution.
    pub multipliers: Vec<usize>,
    /// Residual blocks a level on the way down; one more on the way up.
    pub blocks: usize,
    /// Sides, in cells of the feature map at the model's size, of the levels that attend.
    pub attention: Vec<usize>,
    /// Channels of one attention head.
    pub head_channels: usize,
    /// Dropout probability inside residual blocks, in training only.
    pub dropout: f64,
    /// What stands where a level attends.
    #[serde(default, skip_serializing_if = "SelfAttention::is_global")]
    pub self_attention: SelfAttention,
}

/// What stands where a level attends, and at the lowest resolution (the ablation of the paper, section 5.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelfAttention {
    /// Every cell attends to every cell.
    #[default]
    Global,
    /// The feature map falls into four windows, and cells attend to those of their own window.
    Local,
    /// Nothing.
    None,
    /// One more residual block.
    Residual,
    /// One more residual block, whose convolutions reach twice as far with each block of a level.
    Dilated,
}

impl SelfAttention {
    /// Windows per side that cells attend within; none where none attends.
    pub fn windows(self) -> Option<usize> {
        match self {
            Self::Global => Some(1),
            Self::Local => Some(2),
            Self::None | Self::Residual | Self::Dilated => None,
        }
    }

    fn is_global(&self) -> bool {
        *self == Self::Global
    }
}

impl UnetConfig {
    pub(super) fn new(
        patch: usize,
        channels: usize,
        multipliers: &[usize],
        blocks: usize,
        attention: &[usize],
        head_channels: usize,
    ) -> Self {
        Self {
            patch,
            channels,
            multipliers: multipliers.to_vec(),
            blocks,
            attention: attention.to_vec(),
            head_channels,
            dropout: 0.0,
            self_attention: SelfAttention::Global,
        }
    }

    /// Channels of a level.
    pub fn level_channels(&self, level: usize) -> usize {
        self.channels * self.multipliers[level]
    }

    /// Side of a level's feature map, in cells, for pictures of `size` pixels.
    pub fn level_side(&self, size: usize, level: usize) -> usize {
        (size / self.patch) >> level
    }

    /// Whether a level attends: its feature map has one of the sides in `attention`.
    pub fn attends(&self, size: usize, level: usize) -> bool {
        self.attention.contains(&self.level_side(size, level))
    }

    /// Picture sides must be a multiple of this: the lowest resolution has whole cells, and whole windows.
    pub fn divisor(&self) -> usize {
        (self.patch << self.multipliers.len().saturating_sub(1).min(32)) * self.self_attention.windows().unwrap_or(1)
    }
}
