//! The update rules as plain numbers: next = a·noisy + b·estimate + c·previous estimate + d·noise.
//! Levels are γ; the next level is the cleaner one.

use crate::schedule::{log_snr, noise_scale, signal_scale};

/// Factors of one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Update {
    pub noisy: f64,
    pub estimate: f64,
    pub previous: f64,
    pub fresh: f64,
}

impl Update {
    /// y' = (y − (1−α)/√(1−γ)·ε)/√α + √(1−α)·z with α = γ/γ' (paper, equation 8 and algorithm 2),
    /// with ε = (y − √γ·y0)/√(1−γ) put in.
    pub fn ancestral(level: f64, next: f64) -> Self {
        let alpha = level / next;
        let share = (1.0 - alpha) / (1.0 - level);
        Self {
            noisy: (1.0 - share) / alpha.sqrt(),
            estimate: share * level.sqrt() / alpha.sqrt(),
            previous: 0.0,
            fresh: (1.0 - alpha).sqrt(),
        }
    }

    /// y' = √γ'·y0 + √(1−γ'−σ²)·ε + σ·z, σ = η·√((1−γ')/(1−γ))·√(1−γ/γ') (arXiv 2010.02502, 12 and 16).
    pub fn ddim(level: f64, next: f64, eta: f64) -> Self {
        let sigma = eta * ((1.0 - next) / (1.0 - level)).sqrt() * (1.0 - level / next).sqrt();
        let direction = (1.0 - next - sigma * sigma).max(0.0).sqrt() / noise_scale(level);
        Self { noisy: direction, estimate: signal_scale(next) - direction * signal_scale(level), previous: 0.0, fresh: sigma }
    }

    /// y' = (σ'/σ)·y − α'·(e^−h − 1)·D, D = (1 + 1/2r)·y0 − (1/2r)·previous y0, h the step and r the
    /// ratio of the last step to it, in half log-SNR (arXiv 2211.01095, algorithm 2). The first step,
    /// without a `before`, is of first order, which is DDIM.
    pub fn dpm_solver(before: Option<f64>, level: f64, next: f64) -> Self {
        let step = (log_snr(next) - log_snr(level)) / 2.0;
        let weight = -signal_scale(next) * (-step).exp_m1();
        let half_ratio = before.map_or(0.0, |before| {
            let last = (log_snr(level) - log_snr(before)) / 2.0;
            step / (2.0 * last)
        });
        Self {
            noisy: noise_scale(next) / noise_scale(level),
            estimate: weight * (1.0 + half_ratio),
            previous: -weight * half_ratio,
            fresh: 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ddim_with_full_eta_keeps_the_marginal_variance() {
        for (level, next) in [(0.1, 0.3), (0.01, 0.9), (0.5, 0.51)] {
            for eta in [0.0, 0.4, 1.0] {
                let update = Update::ddim(level, next, eta);
                // With y = √γ·y0 + √(1−γ)·ε the result must be √γ'·y0 + √(1−γ')·noise.
                let signal = update.noisy * level.sqrt() + update.estimate;
                let variance = update.noisy.powi(2) * (1.0 - level) + update.fresh.powi(2);
                assert!((signal - next.sqrt()).abs() < 1e-12, "{signal}");
                assert!((variance - (1.0 - next)).abs() < 1e-12, "{variance}");
            }
        }
    }

    #[test]
    fn ancestral_is_the_paper_s_formula() {
        let (level, next, noisy, clean) = (0.2f64, 0.35f64, 0.7f64, -0.3f64);
        let epsilon = (noisy - level.sqrt() * clean) / (1.0 - level).sqrt();
        let alpha = level / next;
        let expected = (noisy - (1.0 - alpha) / (1.0 - level).sqrt() * epsilon) / alpha.sqrt();
        let update = Update::ancestral(level, next);
        assert!((update.noisy * noisy + update.estimate * clean - expected).abs() < 1e-12);
        assert!((update.fresh - (1.0 - alpha).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn first_order_dpm_solver_is_ddim() {
        let (left, right) = (Update::dpm_solver(None, 0.1, 0.4), Update::ddim(0.1, 0.4, 0.0));
        assert!((left.noisy - right.noisy).abs() < 1e-12 && (left.estimate - right.estimate).abs() < 1e-12);
    }
}
