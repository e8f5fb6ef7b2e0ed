//! `--guess`: whether sampling begins from a guess of what is missing, and how much of it stays.

use std::str::FromStr;

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
