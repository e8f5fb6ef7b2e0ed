//! The interval of a rate that was counted (Wilson 1927).

/// The normal deviate that leaves 2.5 % on either side.
const DEVIATE: f64 = 1.959_963_984_540_054;

/// The 95 % interval of the rate behind `hits` of `count`; everything for a count of 0.
pub fn interval(hits: u64, count: u64) -> [f64; 2] {
    if count == 0 {
        return [0.0, 1.0];
    }
    let (count, square) = (count as f64, DEVIATE * DEVIATE);
    let rate = hits as f64 / count;
    let centre = (rate + square / (2.0 * count)) / (1.0 + square / count);
    let half = DEVIATE / (1.0 + square / count) * (rate * (1.0 - rate) / count + square / (4.0 * count * count)).sqrt();
    [(centre - half).max(0.0), (centre + half).min(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table I of Newcombe, Statistics in Medicine 17 (1998), method 3.
    #[test]
    fn intervals_are_those_of_the_literature() {
        for (hits, count, expected) in
            [(81, 263, [0.2553, 0.3662]), (15, 148, [0.0624, 0.1605]), (0, 20, [0.0, 0.1611]), (1, 29, [0.0061, 0.1718])]
        {
            let found = interval(hits, count);
            assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 5e-5), "{hits} of {count}: {found:?}");
        }
    }

    /// The ends are where a score test of the rate would just not reject.
    #[test]
    fn the_ends_solve_the_equation() {
        for (hits, count) in [(3u64, 17u64), (50, 100), (999, 1000)] {
            let rate = hits as f64 / count as f64;
            for end in interval(hits, count) {
                let error = (end * (1.0 - end) / count as f64).sqrt();
                assert!(((rate - end).abs() / error - DEVIATE).abs() < 1e-9, "{hits} of {count}, {end}");
            }
        }
        assert_eq!(interval(0, 0), [0.0, 1.0]);
        let square = DEVIATE * DEVIATE;
        assert!((interval(0, 10)[1] - square / (10.0 + square)).abs() < 1e-12 && (interval(10, 10)[1] - 1.0).abs() < 1e-12);
    }
}
