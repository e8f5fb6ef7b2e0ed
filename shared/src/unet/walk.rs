//! The net's blocks one after the other, from its configuration alone. Building the net, running it, what it costs and its
//! ONNX graph all follow this list, so that they cannot disagree about levels, channels, skips and names.

use infill_kernel::Resample;

use crate::config::ModelConfig;

/// Channels of a picture.
pub const PICTURE_CHANNELS: usize = 3;

/// A residual block and, where it attends, attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where it stands, such as `encoder.0.blocks.1`.
    pub name: String,
    /// What the names of its residual block's parameters begin with.
    pub residual: String,
    /// What the names of its attention's parameters begin with, if it attends.
    pub attention: Option<String>,
    /// The level whose resolution its output has; 0 is the highest.
    pub level: usize,
    /// Whether the output that was kept last is taken back and joined to its input.
    pub joins: bool,
    /// Channels that go in, joined ones included.
    pub input: usize,
    /// Channels that come out.
    pub output: usize,
    /// How its residual block changes the resolution.
    pub resample: Resample,
    /// Whether its output is kept for the decoder.
    pub keeps: bool,
}

/// All blocks, between the first convolution, whose output is kept as well, and the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// By level, from the highest resolution down.
    pub encoder: Vec<Vec<Step>>,
    /// At the lowest resolution.
    pub middle: [Step; 2],
    /// By level, from the lowest resolution up.
    pub decoder: Vec<Vec<Step>>,
}

impl Walk {
    /// Through the net of a configuration, which must be valid ([`ModelConfig::validate`]).
    pub fn new(config: &ModelConfig) -> Self {
        let unet = &config.unet;
        let levels = unet.multipliers.len();
        let block = |name: String, level: usize| Step {
            attention: unet.attends(config.size, level).then(|| format!("{name}.attention")),
            ..Step::residual(format!("{name}.residual"), name, level, unet.level_channels(level))
        };
        let resample = |name: String, level: usize, output: usize, resample: Resample| Step {
            resample,
            ..Step::residual(name.clone(), name, level, output)
        };
        let mut flow = Flow { channels: unet.channels, kept: vec![unet.channels] };

        let encoder = Vec::from_iter((0..levels).map(|level| {
            let blocks = (0..unet.blocks).map(|index| block(format!("encoder.{level}.blocks.{index}"), level));
            let down = (level + 1 < levels)
                .then(|| resample(format!("encoder.{level}.resample"), level + 1, unet.level_channels(level), Resample::Down));
            Vec::from_iter(blocks.chain(down).map(|step| flow.through(Step { keeps: true, ..step })))
        }));

        let lowest = levels.saturating_sub(1);
        let middle = ["middle_first", "middle_second"].map(|name| Step::residual(name.to_owned(), name.to_owned(), lowest, flow.channels));
        let [mut first, second] = middle.map(|step| flow.through(step));
        first.attention = Some("middle_attention".to_owned());

        let decoder = Vec::from_iter((0..levels).rev().enumerate().map(|(rise, level)| {
            // One more than on the way down: what led to the level was kept as well.
            let blocks = (0..=unet.blocks).map(|index| block(format!("decoder.{rise}.blocks.{index}"), level));
            let blocks = blocks.map(|step| Step { joins: true, ..step });
            let up = (level > 0).then(|| resample(format!("decoder.{rise}.resample"), level - 1, unet.level_channels(level), Resample::Up));
            Vec::from_iter(blocks.chain(up).map(|step| flow.through(step)))
        }));
        Self { encoder, middle: [first, second], decoder }
    }

    /// The blocks in the order in which they are computed.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.encoder.iter().flatten().chain(&self.middle).chain(self.decoder.iter().flatten())
    }
}

impl Step {
    /// A residual block that keeps the resolution; what goes in is not known yet.
    fn residual(residual: String, name: String, level: usize, output: usize) -> Self {
        Self { name, residual, attention: None, level, joins: false, input: 0, output, resample: Resample::None, keeps: false }
    }
}

/// Channels along the way.
struct Flow {
    /// What the last step gives.
    channels: usize,
    /// What is kept for the decoder, the first convolution's output first.
    kept: Vec<usize>,
}

impl Flow {
    /// The step with what goes into it.
    fn through(&mut self, step: Step) -> Step {
        let joined = if step.joins { self.kept.pop().unwrap_or_default() } else { 0 };
        let input = self.channels + joined;
        self.channels = step.output;
        if step.keeps {
            self.kept.push(step.output);
        }
        Step { input, ..step }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::{
        config::PRESETS,
        unet::{Unet, parameters},
    };

    #[test]
    fn names_and_channels_are_those_of_the_net_s_parameters() {
        for preset in PRESETS {
            let config = ModelConfig::preset(preset).unwrap();
            let shapes = parameters::shapes(&Unet::new(&config, &Device::flex()));
            let of = |suffix: &str| -> Vec<(String, Vec<usize>)> {
                let named = |(name, shape): &(String, Vec<usize>)| Some((name.strip_suffix(suffix)?.to_owned(), shape.clone()));
                shapes.iter().filter_map(named).collect()
            };
            let walk = Walk::new(&config);
            let residuals: Vec<_> = walk.steps().map(|step| (step.residual.clone(), vec![step.output, step.input, 3, 3])).collect();
            assert_eq!(of(".input_convolution.weight"), residuals);
            let attentions = walk.steps().filter_map(|step| Some((step.attention.clone()?, vec![step.output, 3 * step.output])));
            let mut attentions: Vec<_> = attentions.collect();
            attentions.sort();
            let mut found = of(".qkv.weight");
            found.sort();
            assert_eq!(found, attentions);
        }
    }

    #[test]
    fn whatever_is_kept_is_joined_once() {
        for preset in PRESETS {
            let walk = Walk::new(&ModelConfig::preset(preset).unwrap());
            let kept = 1 + walk.steps().filter(|step| step.keeps).count();
            assert_eq!(walk.steps().filter(|step| step.joins).count(), kept);
        }
    }
}
