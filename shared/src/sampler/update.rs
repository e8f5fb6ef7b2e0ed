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

/// y' = noisy·y + Σ weights·estimates, exact for estimates that are a polynomial in half log-SNR through
/// those at `nodes`, one to three levels of which none are alike: y'/σ' = y/σ + ∫ e^λ·y0(λ) dλ
/// (arXiv 2211.01095, equation 8). With the next level among the nodes it corrects, without it it predicts.
pub(super) fn multistep(level: f64, next: f64, nodes: &[f64]) -> (f64, Vec<f64>) {
    let half = |level: f64| log_snr(level) / 2.0;
    let step = half(next) - half(level);
    let places: Vec<f64> = nodes.iter().map(|node| half(*node) - half(next)).collect();
    // ∫ e^u·u^k du from −step to 0.
    let shrunk = (-step).exp();
    let moments = [-(-step).exp_m1(), (step + 1.0) * shrunk - 1.0, 2.0 - (step * step + 2.0 * step + 2.0) * shrunk];
    let weights = (0..places.len()).map(|index| {
        // Coefficients of the polynomial that is 1 at this place and 0 at the others.
        let mut polynomial = [1.0, 0.0, 0.0];
        for other in (0..places.len()).filter(|other| *other != index) {
            let [a, b, c] = polynomial;
            let (root, distance) = (places[other], places[index] - places[other]);
            polynomial = [-a * root / distance, (a - b * root) / distance, (b - c * root) / distance];
        }
        let integral: f64 = polynomial.iter().zip(moments).map(|(coefficient, moment)| coefficient * moment).sum();
        signal_scale(next) * integral
    });
    (noise_scale(next) / noise_scale(level), weights.collect())
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

    /// For y0(λ) = λ² the flow is known: ∫ e^λ·λ² dλ = e^λ·(λ² − 2λ + 2).
    #[test]
    fn multistep_is_exact_for_polynomials() {
        let half = |level: f64| log_snr(level) / 2.0;
        let (before, level, next): (f64, f64, f64) = (0.2, 0.45, 0.8);
        let integral = |level: f64| half(level).exp() * (half(level).powi(2) - 2.0 * half(level) + 2.0);
        let expected = noise_scale(next) * (0.3 / noise_scale(level) + integral(next) - integral(level));
        let (noisy, weights) = multistep(level, next, &[next, level, before]);
        let found = noisy * 0.3 + weights.iter().zip([next, level, before]).map(|(weight, node)| weight * half(node).powi(2)).sum::<f64>();
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        // One node is DDIM.
        let (noisy, weights) = multistep(level, next, &[level]);
        let ddim = Update::ddim(level, next, 0.0);
        assert!((noisy - ddim.noisy).abs() < 1e-12 && (weights[0] - ddim.estimate).abs() < 1e-12);
    }

    #[test]
    fn first_order_dpm_solver_is_ddim() {
        let (left, right) = (Update::dpm_solver(None, 0.1, 0.4), Update::ddim(0.1, 0.4, 0.0));
        assert!((left.noisy - right.noisy).abs() < 1e-12 && (left.estimate - right.estimate).abs() < 1e-12);
    }
}
