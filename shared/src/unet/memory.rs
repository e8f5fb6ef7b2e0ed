//! How much memory training a net takes, from its configuration alone.

use crate::config::{ModelConfig, UnetConfig};

/// Floats kept for every parameter: weight, gradient, two moments, average.
const FLOATS_PER_PARAMETER: u64 = 5;

/// Feature maps that automatic differentiation keeps for a residual block, counted from the operations
/// of the block: norm (4 of input size), SiLU (2), convolution (1), norm (4), FiLM (2), SiLU (2), sum (1).
const MAPS_OF_INPUT: u64 = 7;
const MAPS_OF_OUTPUT: u64 = 10;

/// Bytes that training needs with `batch` pictures a step in f32, about: parameters with their
/// optimizer state, and what the backward pass needs of the forward pass.
pub fn training_bytes(config: &ModelConfig, parameters: usize, batch: usize) -> u64 {
    let activations: u64 = blocks(&config.unet)
        .into_iter()
        .map(|block| {
            let side = config.unet.level_side(config.size, block.level) as u64;
            let cells = side * side;
            let maps = cells * (MAPS_OF_INPUT * block.input as u64 + MAPS_OF_OUTPUT * block.output as u64);
            let attends = config.unet.attends(config.size, block.level);
            let heads = (block.output / config.unet.head_channels.max(1)).max(1) as u64;
            // Scores, softmax and their products, and a dozen maps around them.
            let attention = if attends { 3 * heads * cells * cells + 12 * cells * block.output as u64 } else { 0 };
            maps + attention
        })
        .sum();
    4 * (FLOATS_PER_PARAMETER * parameters as u64 + activations * batch as u64)
}

struct BlockShape {
    level: usize,
    input: usize,
    output: usize,
}

fn blocks(unet: &UnetConfig) -> Vec<BlockShape> {
    let levels = unet.multipliers.len();
    let mut blocks = Vec::new();
    let mut current = unet.channels;
    let mut skips = vec![current];
    for level in 0..levels {
        let output = unet.level_channels(level);
        for _ in 0..unet.blocks {
            blocks.push(BlockShape { level, input: current, output });
            current = output;
            skips.push(current);
        }
        if level + 1 < levels {
            blocks.push(BlockShape { level: level + 1, input: current, output: current });
            skips.push(current);
        }
    }
    let last = levels.saturating_sub(1);
    blocks.extend((0..2).map(|_| BlockShape { level: last, input: current, output: current }));
    for level in (0..levels).rev() {
        let output = unet.level_channels(level);
        for _ in 0..=unet.blocks {
            blocks.push(BlockShape { level, input: current + skips.pop().unwrap_or_default(), output });
            current = output;
        }
        if level > 0 {
            blocks.push(BlockShape { level: level - 1, input: current, output: current });
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_with_the_batch_and_is_of_the_known_size() {
        let config = ModelConfig::preset("paper").unwrap();
        let at = |batch| training_bytes(&config, 552_814_083, batch) as f64 / 1e9;
        // Weights, gradients and optimizer state alone are 11 GB.
        assert!(at(0) > 11.0 && at(0) < 11.1);
        assert!((at(2) - at(1)) - (at(1) - at(0)) < 1e-6 && at(1) > at(0) + 1.0);
    }
}
