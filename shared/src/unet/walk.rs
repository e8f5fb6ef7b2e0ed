//! The net's blocks one after the other, from its configuration alone. Building the net, running it, what it costs and its
//! ONNX graph all follow this list, so that they cannot disagree about levels, channels, skips and names.

use infill_kernel::Resample;

use crate::config::{ModelConfig, SelfAttention};

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
    /// Cells between the taps of its convolutions; 1 for those of neighbours.
    pub dilation: usize,
    /// Whether it stands in the place of attention.
    pub replaces: bool,
    /// Whether its output is kept for the decoder.
    pub keeps: bool,
}

/// All blocks, between the first convolution, whose output is kept as well, and the last one.
#[derive(Clone, Debug, PartialEq)]
pub struct Walk {
    /// By level, from the highest resolution down.
    pub encoder: Vec<Vec<Step>>,
    /// At the lowest resolution: two blocks, and what may stand between them.
    pub middle: Vec<Step>,
    /// By level, from the lowest resolution up.
    pub decoder: Vec<Vec<Step>>,
}

impl Walk {
    /// Through the net of a configuration, which must be valid ([`ModelConfig::validate`]).
    pub fn new(config: &ModelConfig) -> Self {
        let unet = &config.unet;
        let levels = unet.multipliers.len();
        let block = |name: String, level: usize| Step::residual(format!("{name}.residual"), name, level, unet.level_channels(level));
        let blocks_of = |side: &str, place: usize, count: usize, level: usize| -> Vec<Vec<Step>> {
            let blocks = (0..count).map(|index| {
                let name = format!("{side}.{place}.blocks.{index}");
                let (attention, extra) = (format!("{name}.attention"), format!("{name}.extra"));
                let step = block(name, level);
                if unet.attends(config.size, level) { attending(config, step, [attention, extra], index) } else { vec![step] }
            });
            blocks.collect()
        };
        let resample = |name: String, level: usize, output: usize, resample: Resample| Step {
            resample,
            ..Step::residual(name.clone(), name, level, output)
        };
        let mut flow = Flow { channels: unet.channels, kept: vec![unet.channels] };

        let encoder = Vec::from_iter((0..levels).map(|level| {
            let mut blocks = blocks_of("encoder", level, unet.blocks, level);
            let down = (level + 1 < levels)
                .then(|| resample(format!("encoder.{level}.resample"), level + 1, unet.level_channels(level), Resample::Down));
            blocks.extend(down.map(|step| vec![step]));
            // Kept is what comes out at the end of a block.
            blocks.iter_mut().filter_map(|steps| steps.last_mut()).for_each(|step| step.keeps = true);
            Vec::from_iter(blocks.into_iter().flatten().map(|step| flow.through(step)))
        }));

        let lowest = levels.saturating_sub(1);
        let [first, second] =
            ["middle_first", "middle_second"].map(|name| Step::residual(name.to_owned(), name.to_owned(), lowest, flow.channels));
        let mut middle = attending(config, first, ["middle_attention", "middle_extra"].map(str::to_owned), 0);
        middle.push(second);
        let middle = middle.into_iter().map(|step| flow.through(step)).collect();

        let decoder = Vec::from_iter((0..levels).rev().enumerate().map(|(rise, level)| {
            // One more than on the way down: what led to the level was kept as well.
            let mut blocks = blocks_of("decoder", rise, unet.blocks + 1, level);
            blocks.iter_mut().filter_map(|steps| steps.first_mut()).for_each(|step| step.joins = true);
            let up = (level > 0).then(|| resample(format!("decoder.{rise}.resample"), level - 1, unet.level_channels(level), Resample::Up));
            Vec::from_iter(blocks.into_iter().flatten().chain(up).map(|step| flow.through(step)))
        }));
        Self { encoder, middle, decoder }
    }

    /// The blocks in the order in which they are computed.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.encoder.iter().flatten().chain(&self.middle).chain(self.decoder.iter().flatten())
    }
}

impl Step {
    /// A residual block that keeps the resolution; what goes in is not known yet.
    fn residual(residual: String, name: String, level: usize, output: usize) -> Self {
        Self {
            name,
            residual,
            attention: None,
            level,
            joins: false,
            input: 0,
            output,
            resample: Resample::None,
            dilation: 1,
            replaces: false,
            keeps: false,
        }
    }
}

/// A block with attention, or with what stands in its place, by the names of both. `before`: how many blocks of the level came before it.
fn attending(config: &ModelConfig, step: Step, [attention, extra]: [String; 2], before: usize) -> Vec<Step> {
    let (level, output) = (step.level, step.output);
    let replacement = |dilation| Step { dilation, replaces: true, ..Step::residual(extra.clone(), extra.clone(), level, output) };
    match config.unet.self_attention {
        SelfAttention::Global | SelfAttention::Local => vec![Step { attention: Some(attention), ..step }],
        SelfAttention::None => vec![step],
        SelfAttention::Residual => vec![step, replacement(1)],
        SelfAttention::Dilated => {
            // What lies beyond the map is nothing: no tap needs to be further away than half its side.
            let furthest = (config.unet.level_side(config.size, level) / 2).max(1);
            vec![step, replacement((2 << before.min(16)).min(furthest))]
        }
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

    const KINDS: [SelfAttention; 5] =
        [SelfAttention::Global, SelfAttention::Local, SelfAttention::None, SelfAttention::Residual, SelfAttention::Dilated];

    /// The paper's net attends at 32, 16 and 8 cells a side, with two blocks on the way down and three up.
    #[test]
    fn dilation_doubles_with_each_block_of_a_level_as_far_as_the_map_reaches() {
        let mut config = ModelConfig::preset("paper").unwrap();
        config.unet.self_attention = SelfAttention::Dilated;
        let walk = Walk::new(&config);
        let at = |level: usize| -> Vec<usize> {
            walk.steps().filter(|step| step.replaces && step.level == level).map(|step| step.dilation).collect()
        };
        assert_eq!((at(2), at(3), at(4)), (vec![], vec![2, 4, 2, 4, 8], vec![2, 4, 2, 4, 8]));
        assert_eq!(at(5), [2, 4, 2, 2, 4, 4]);
    }

    #[test]
    fn names_and_channels_are_those_of_the_net_s_parameters() {
        for (preset, self_attention) in PRESETS.iter().flat_map(|preset| KINDS.map(|kind| (preset, kind))) {
            let mut config = ModelConfig::preset(preset).unwrap();
            config.unet.self_attention = self_attention;
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
        for (preset, self_attention) in PRESETS.iter().flat_map(|preset| KINDS.map(|kind| (preset, kind))) {
            let mut config = ModelConfig::preset(preset).unwrap();
            config.unet.self_attention = self_attention;
            let walk = Walk::new(&config);
            let kept = 1 + walk.steps().filter(|step| step.keeps).count();
            assert_eq!(walk.steps().filter(|step| step.joins).count(), kept);
        }
    }
}
