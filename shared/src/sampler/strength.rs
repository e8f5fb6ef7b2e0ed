//! Strength: how much of a start a sample replaces, 0 to 1, for people who think of pictures and not of noise levels.

/// The smallest part of the range of log-SNRs that a sampler goes through: at one level alone there would be no step.
const LEAST: f64 = 0.02;

/// The log-SNR at which sampling begins so that a strength is reached: [`guess`](super::SamplerSettings::guess) of the
/// sampler's settings.
///
/// It falls linearly from the clean end of the model's range at strength 0 (next to no noise is added to the start, and all
/// of it stays) to the noisy end at 1; at ½ a range that is even around 0 has as much noise as picture. 1 itself is `None`:
/// pure noise, in which nothing of the start is left. Below 0.02 it is that of 0.02, and what is no number counts as 1.
pub fn log_snr_of_strength(strength: f64, log_snr_range: [f64; 2]) -> Option<f64> {
    let [low, high] = log_snr_range;
    (strength < 1.0).then(|| high - strength.max(LEAST) * (high - low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_strength_is_more_noise_from_the_clean_end_to_pure_noise() {
        let range = [-9.0, 11.0];
        let places: Vec<f64> = (0..100).filter_map(|hundredth| log_snr_of_strength(f64::from(hundredth) / 100.0, range)).collect();
        assert_eq!(places.len(), 100);
        assert!(places.windows(2).all(|pair| pair[1] <= pair[0]), "{places:?}");
        assert!(places[2..].windows(2).all(|pair| pair[1] < pair[0]), "{places:?}");
        assert!(places.iter().all(|place| (range[0]..range[1]).contains(place)), "{places:?}");
        assert!((places[0] - 10.6).abs() < 1e-12 && (places[50] - 1.0).abs() < 1e-12, "{places:?}");
        for pure in [1.0, 1.5, f64::NAN] {
            assert_eq!(log_snr_of_strength(pure, range), None);
        }
    }
}
