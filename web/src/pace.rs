//! When a worker tells the page something of a run: often at first, in a long run after each tenth of the time that it has taken. What the
//! page draws takes from the processors that helpers need.

/// Milliseconds that are never waited longer.
const SELDOM: f64 = 1000.0;

/// The pace of one kind of word.
pub struct Pace {
    often: f64,
    since: f64,
    last: f64,
}

impl Pace {
    /// For a run that begins `now`: at first after `often`. All in milliseconds.
    pub fn new(often: f64, now: f64) -> Self {
        Self { often, since: now, last: f64::NEG_INFINITY }
    }

    /// Whether it is time, as it then is not for a while.
    pub fn is_due(&mut self, now: f64) -> bool {
        let due = now - self.last >= ((now - self.since) / 10.0).clamp(self.often, SELDOM);
        if due {
            self.last = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_told_of_often_at_first_and_once_a_second_in_the_end() {
        let mut pace = Pace::new(200.0, 5000.0);
        let told: Vec<f64> = (0..60_000).map(f64::from).map(|step| 5000.0 + step).filter(|now| pace.is_due(*now)).collect();
        let waits: Vec<f64> = told.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!((told[0], waits[0], waits[5]), (5000.0, 200.0, 200.0));
        assert!(waits.is_sorted() && waits.last() == Some(&1000.0), "{waits:?}");
        assert!((60..90).contains(&told.len()), "{}", told.len());
        let mut every = Pace::new(0.0, 0.0);
        assert!((1..=10).all(|step| every.is_due(f64::from(step) * 5.0)), "each step of the first moments");
    }
}
