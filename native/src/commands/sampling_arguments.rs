//! The options that say how a sample is drawn, which several commands share.

use std::str::FromStr;

use clap::Args;
use infill::{
    config::{ModelConfig, Sampling},
    sampler::log_snr_of_strength,
    task::TaskKind,
};

/// How a sample is drawn. What nobody says is what was measured to suit the model and the task; the model's file holds it.
#[derive(Clone, Debug, Default, Args)]
pub struct SamplingArguments {
    /// Evaluations of the net for each sample. More take longer [default: what suits the model and the task].
    #[arg(long)]
    pub steps: Option<usize>,
    /// Factor of all noise, 0 to 1: 0 always gives the same, most likely answer; 1 is as varied as the net
    /// [default: what suits the model and the task].
    #[arg(long)]
    pub temperature: Option<f64>,
    /// How much of the start is replaced where something is filled, 0 to 1. The start is a smooth continuation of the known
    /// pixels: 0 keeps it, 1 ignores it and begins from pure noise. In restore how much of the repair is used, and nothing in
    /// colorize [default: what suits the model and the task].
    #[arg(long, value_name = "0-1", value_parser = strength)]
    pub strength: Option<f64>,
    /// The same as a log-SNR of the noise that the start is mixed with, or none for pure noise.
    #[arg(long, hide = true, value_name = "LOG_SNR|none", allow_hyphen_values = true, conflicts_with = "strength")]
    pub guess: Option<GuessChoice>,
}

impl SamplingArguments {
    /// How a model samples a task: as its file says, but for what the options say.
    pub fn resolve(&self, config: &ModelConfig, task: TaskKind) -> Sampling {
        self.over(config.sampling(task), config)
    }

    /// How the first answer is sampled, with so much detail from the picture itself after it.
    pub fn resolve_first(&self, config: &ModelConfig, task: TaskKind, detail: f32) -> Sampling {
        self.over(if detail > 0.0 { config.leading(task, self.steps) } else { config.sampling(task) }, config)
    }

    /// Whether the start is chosen, in one way or the other.
    pub fn says_strength(&self) -> bool {
        self.strength.is_some() || self.guess.is_some()
    }

    fn over(&self, own: Sampling, config: &ModelConfig) -> Sampling {
        let guess = match (self.strength, self.guess) {
            (Some(strength), _) => log_snr_of_strength(strength, config.log_snr_range),
            (None, Some(GuessChoice(guess))) => guess,
            (None, None) => own.guess,
        };
        Sampling { steps: self.steps.unwrap_or(own.steps), temperature: self.temperature.unwrap_or(own.temperature), guess }
    }
}

/// A text that is no strength.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no strength; choose 0 (keeps the start) to 1 (begins from pure noise)")]
struct NoStrength(String);

fn strength(text: &str) -> Result<f64, NoStrength> {
    text.parse().ok().filter(|strength| (0.0..=1.0).contains(strength)).ok_or_else(|| NoStrength(text.to_owned()))
}

/// A log-SNR, or none for pure noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GuessChoice(pub Option<f64>);

/// A text that is no [`GuessChoice`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither a log-SNR such as 0 or -1.5 nor `none`")]
pub struct NoGuess(String);

impl FromStr for GuessChoice {
    type Err = NoGuess;

    fn from_str(text: &str) -> Result<Self, NoGuess> {
        match text {
            "none" => Ok(Self(None)),
            number => number.parse().map(|log_snr| Self(Some(log_snr))).map_err(|_| NoGuess(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_go_before_what_the_file_says_and_strength_is_a_log_snr_of_the_model() {
        let mut config = ModelConfig::preset("tiny").unwrap();
        config.log_snr_range = [-8.0, 8.0];
        let own = Sampling { steps: 7, temperature: 0.25, guess: Some(1.0) };
        config.sampling.insert(TaskKind::Uncrop, own);
        let resolved = |arguments: SamplingArguments| arguments.resolve(&config, TaskKind::Uncrop);
        assert_eq!(resolved(SamplingArguments::default()), own);
        let half = resolved(SamplingArguments { strength: Some(0.5), steps: Some(3), ..SamplingArguments::default() });
        assert_eq!(half, Sampling { steps: 3, guess: Some(0.0), ..own });
        for from_noise in [
            SamplingArguments { strength: Some(1.0), ..SamplingArguments::default() },
            SamplingArguments { guess: Some(GuessChoice(None)), ..SamplingArguments::default() },
        ] {
            assert_eq!(resolved(from_noise).guess, None);
        }
        assert!(strength("1.01").is_err() && strength("-0.1").is_err() && strength("NaN").is_err() && strength("much").is_err());
    }
}
