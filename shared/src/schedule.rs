//! Noise levels as pure `f64` functions: the paper's two schedules, the log-SNR grid and the levels
//! training draws. It knows no tensors and no nets.
//!
//! γ is the share of signal variance: y = √γ·y0 + √(1−γ)·ε (paper, equation 2).

use serde::{Deserialize, Serialize};

/// ln(γ/(1−γ)) of a noise level in (0, 1).
pub fn log_snr(noise_level: f64) -> f64 {
    noise_level.ln() - (-noise_level).ln_1p()
}

/// γ of a log-SNR.
pub fn noise_level(log_snr: f64) -> f64 {
    1.0 / (1.0 + (-log_snr).exp())
}

/// √γ, the factor of the picture.
pub fn signal_scale(noise_level: f64) -> f64 {
    noise_level.sqrt()
}

/// √(1−γ), the factor of the noise.
pub fn noise_scale(noise_level: f64) -> f64 {
    (1.0 - noise_level).sqrt()
}

/// γ after each of `steps` steps whose β rises linearly: γ_t = Π (1−β_i), decreasing.
pub fn linear_schedule(first_beta: f64, last_beta: f64, steps: usize) -> Vec<f64> {
    let last = steps.saturating_sub(1).max(1) as f64;
    let mut product = 1.0;
    (0..steps)
        .map(|step| {
            product *= 1.0 - (first_beta + (last_beta - first_beta) * step as f64 / last);
            product
        })
        .collect()
}

/// The paper's training schedule: β from 1e-6 to 0.01 in 2000 steps.
pub fn training_schedule() -> Vec<f64> {
    linear_schedule(1e-6, 0.01, 2000)
}

/// guided-diffusion's linear schedule (β from 1e-4 to 0.02 in 1000 steps).
pub fn guided_diffusion_schedule() -> Vec<f64> {
    linear_schedule(1e-4, 0.02, 1000)
}

/// The step of [`guided_diffusion_schedule`] that has a noise level, from 0 to 999; between two steps by log-SNR.
pub fn guided_diffusion_step(noise_level: f64) -> f64 {
    let levels = guided_diffusion_schedule();
    // How many are cleaner.
    let after = levels.partition_point(|level| *level > noise_level).clamp(1, levels.len() - 1);
    let [cleaner, noisier, own] = [levels[after - 1], levels[after], noise_level].map(log_snr);
    let step = (after - 1) as f64 + (cleaner - own) / (cleaner - noisier);
    step.clamp(0.0, (levels.len() - 1) as f64)
}

/// The paper's inference curve (β from 1e-4 to 0.09 in 1000 steps), cut to the trained range and
/// read at `steps` even places, from the noisiest level to the cleanest.
///
/// Uncut, 532 of the 1000 steps lie below the smallest γ that was ever trained.
/// With `steps` = the number of curve points inside the range this is the paper's own grid.
pub fn inference_schedule(steps: usize, log_snr_range: [f64; 2]) -> Vec<f64> {
    let [low, high] = log_snr_range;
    let mut inside: Vec<f64> =
        linear_schedule(1e-4, 0.09, 1000).into_iter().filter(|level| (low..=high).contains(&log_snr(*level))).collect();
    inside.reverse();
    if inside.is_empty() {
        return log_snr_grid(steps, log_snr_range);
    }
    let last = inside.len() - 1;
    (0..steps)
        .map(|step| {
            let place = if steps > 1 { last as f64 * step as f64 / (steps - 1) as f64 } else { 0.0 };
            let (below, part) = (place.floor() as usize, place.fract());
            let above = (below + 1).min(last);
            noise_level(log_snr(inside[below]) * (1.0 - part) + log_snr(inside[above]) * part)
        })
        .collect()
}

/// `steps` levels evenly spaced in log-SNR over the trained range, from the noisiest to the cleanest.
pub fn log_snr_grid(steps: usize, log_snr_range: [f64; 2]) -> Vec<f64> {
    let [low, high] = log_snr_range;
    let last = steps.saturating_sub(1).max(1) as f64;
    (0..steps).map(|step| noise_level(low + (high - low) * step as f64 / last)).collect()
}

/// Which noise levels training draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LevelDistribution {
    /// γ ~ U(γ_{t−1}, γ_t) with t uniform over the paper's 2000 steps (paper, section 3).
    Paper,
    /// Log-SNR even over the trained range, so that every step of a sampler was trained as much.
    Uniform,
    /// Log-SNR by the cube of a uniform number: half of the levels lie in the noisiest eighth of the range, where the net
    /// has little but its condition. For tasks that are sampled in one or two steps, which begin there.
    Guess,
    /// Log-SNR by a logistic distribution around 2.5 of scale 1.8, cut to the trained range. At noisier levels next to
    /// nothing can be learned of a hole, but the errors there are the largest and would outweigh all others; at much
    /// cleaner ones there is only grain (the reasons of EDM's log-normal levels, arXiv 2206.00364, section 5). Centre and
    /// scale are chosen, not fitted; `infill ablate` measures what they bring (its variant "levels uniform in log-SNR").
    Logistic,
    /// The continuous cosine schedule, log-SNR = −2·ln tan(πu/2), cut to the trained range
    /// (arXiv 2102.09672): fewer samples where a small picture is nothing but noise.
    Cosine,
}

impl LevelDistribution {
    /// The noise level at quantile `uniform` ∈ [0, 1), between the two log-SNRs.
    pub fn level(self, uniform: f64, log_snr_range: [f64; 2]) -> f64 {
        match self {
            Self::Uniform => noise_level(log_snr_range[0] + (log_snr_range[1] - log_snr_range[0]) * uniform),
            Self::Guess => Self::Uniform.level(uniform.powi(3), log_snr_range),
            Self::Logistic => {
                const CENTRE: f64 = 2.5;
                const SCALE: f64 = 1.8;
                let [low, high] = log_snr_range.map(|log_snr| noise_level((log_snr - CENTRE) / SCALE));
                noise_level(CENTRE + SCALE * log_snr(low + (high - low) * uniform))
            }
            Self::Cosine => {
                let place = |log_snr: f64| 2.0 / std::f64::consts::PI * (-log_snr / 2.0).exp().atan();
                let [low, high] = log_snr_range.map(place);
                let u = low + (high - low) * uniform;
                noise_level(-2.0 * (std::f64::consts::PI * u / 2.0).tan().ln())
            }
            Self::Paper => {
                // γ_0 is left out: at γ = 1 there is nothing to predict.
                let schedule = training_schedule();
                let place = uniform * (schedule.len() - 1) as f64;
                let below = (place.floor() as usize).min(schedule.len() - 2);
                let part = place - below as f64;
                schedule[below] * (1.0 - part) + schedule[below + 1] * part
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PAPER_LOG_SNR_RANGE;

    fn close(left: f64, right: f64, tolerance: f64) {
        assert!((left - right).abs() <= tolerance * right.abs().max(1e-300), "{left} is not {right}");
    }

    #[test]
    fn steps_of_guided_diffusion_are_found_by_their_level() {
        let levels = guided_diffusion_schedule();
        // By PyTorch: cumprod(1 - linspace(1e-4, 0.02, 1000))
        close(levels[0], 0.9999, 1e-12);
        close(levels[999], 4.035_829_65e-5, 1e-6);
        for step in [0, 1, 17, 500, 998, 999] {
            close(1.0 + guided_diffusion_step(levels[step]), 1.0 + step as f64, 1e-9);
        }
        let between = guided_diffusion_step(noise_level(0.5 * (log_snr(levels[40]) + log_snr(levels[41]))));
        close(between, 40.5, 1e-9);
        assert_eq!((guided_diffusion_step(1.0 - 1e-7), guided_diffusion_step(1e-7)), (0.0, 999.0));
    }

    #[test]
    fn log_snr_and_noise_level_are_inverse() {
        for value in [-13.0, -2.5, 0.0, 0.1, 9.0, 13.8] {
            close(log_snr(noise_level(value)) + 100.0, value + 100.0, 1e-9);
        }
        assert_eq!(noise_level(0.0), 0.5);
    }

    #[test]
    fn training_schedule_matches_the_product_in_closed_form() {
        let schedule = training_schedule();
        close(schedule[0], 0.999_999, 1e-12);
        close(*schedule.last().unwrap(), 4.386e-5, 1e-3);
        close(log_snr(schedule[0]), PAPER_LOG_SNR_RANGE[1], 1e-7);
        close(log_snr(*schedule.last().unwrap()), PAPER_LOG_SNR_RANGE[0], 1e-7);
        // ln γ_T = Σ ln(1−β) ≈ −Σβ − Σβ²/2 − Σβ³/3, with the sums of a linear β in closed form.
        let (first, last, count) = (1e-6f64, 0.01f64, 2000f64);
        let slope = (last - first) / (count - 1.0);
        let (n1, n2, n3) =
            (count * (count - 1.0) / 2.0, (count - 1.0) * count * (2.0 * count - 1.0) / 6.0, (count * (count - 1.0) / 2.0).powi(2));
        let sum1 = count * first + slope * n1;
        let sum2 = count * first * first + 2.0 * first * slope * n1 + slope * slope * n2;
        let sum3 = count * first.powi(3) + 3.0 * first * first * slope * n1 + 3.0 * first * slope * slope * n2 + slope.powi(3) * n3;
        close(schedule.last().unwrap().ln(), -sum1 - sum2 / 2.0 - sum3 / 3.0, 1e-6);
    }

    #[test]
    fn over_half_of_the_uncut_inference_schedule_was_never_trained() {
        let smallest = *training_schedule().last().unwrap();
        let below = linear_schedule(1e-4, 0.09, 1000).into_iter().filter(|level| *level < smallest).count();
        assert_eq!(below, 532);
        let whole = inference_schedule(468, PAPER_LOG_SNR_RANGE);
        let mut own: Vec<f64> = linear_schedule(1e-4, 0.09, 1000)[..468].to_vec();
        own.reverse();
        for (left, right) in whole.iter().zip(&own) {
            close(*left, *right, 1e-9);
        }
    }

    #[test]
    fn grids_rise_and_stay_inside_the_trained_range() {
        let range = [-10.0, 10.0];
        for steps in [1, 2, 4, 20, 250] {
            for grid in [log_snr_grid(steps, range), inference_schedule(steps, range)] {
                assert_eq!(grid.len(), steps);
                assert!(grid.windows(2).all(|pair| pair[0] < pair[1]), "{grid:?}");
                assert!(grid.iter().all(|level| (-10.001..=10.001).contains(&log_snr(*level))));
            }
        }
    }

    #[test]
    fn drawn_levels_cover_the_range() {
        use LevelDistribution::{Cosine, Guess, Logistic, Paper, Uniform};
        for distribution in [Paper, Uniform, Guess, Logistic, Cosine] {
            let range = match distribution {
                Paper => PAPER_LOG_SNR_RANGE,
                Uniform | Guess | Logistic | Cosine => [-10.0, 10.0],
            };
            let (first, last) = (log_snr(distribution.level(0.0, range)), log_snr(distribution.level(1.0 - 1e-12, range)));
            let (low, high) = (first.min(last), first.max(last));
            close(low + 100.0, range[0] + 100.0, 1e-4);
            close(high + 100.0, range[1] + 100.0, 1e-4);
        }
        // Logistic: a quarter of the draws lie beyond ln 3 scales on either side.
        close(log_snr(Logistic.level(0.75, [-60.0, 60.0])), 2.5 + 1.8 * 3f64.ln(), 1e-9);
        // Guess: half of the draws lie in the noisiest eighth.
        close(log_snr(Guess.level(0.5, [-10.0, 10.0])), -7.5, 1e-9);
        // Cosine: half of the draws lie on either side of log-SNR 0.
        close(Cosine.level(0.5, [-10.0, 10.0]), 0.5, 1e-9);
    }
}
