//! What is measured of each variant.

use serde::Serialize;

use crate::evaluate::interval::Estimate;

/// Log-SNRs at which the clean picture is estimated: from mostly noise to mostly picture.
pub const LOG_SNRS: [f64; 4] = [-3.0, 0.0, 3.0, 6.0];

/// Steps of the samples that are compared.
pub const SAMPLE_STEPS: usize = 10;

/// What was measured of a variant.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its name.
    pub name: &'static str,
    /// What it changes in the settings.
    pub changes: Vec<String>,
    /// How many numbers its net has.
    pub parameters: usize,
    /// Of training.
    pub steps: u64,
    /// Mean squared error of the clean picture in what is to be filled, at each of the log-SNRs.
    pub clean_error: [f64; LOG_SNRS.len()],
    /// PSNR there of one sample in a few steps, in dB, mean over the pictures.
    pub psnr: Estimate,
    /// That training took.
    pub seconds: f64,
}
