//! How much is added to a side: pixels, or percent of the picture.

use std::str::FromStr;

/// A length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// In pixels.
    Pixels(usize),
    /// In percent of the picture's own width or height.
    Percent(f64),
}

/// Most percent that anybody adds to a side.
const MOST_PERCENT: f64 = 1000.0;

impl Amount {
    /// Pixels, of a picture that is so long.
    pub fn of(self, length: usize) -> usize {
        match self {
            Self::Pixels(pixels) => pixels,
            Self::Percent(percent) => (length as f64 * percent / 100.0).ceil() as usize,
        }
    }
}

/// A text that is no [`Amount`].
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither pixels, such as 200, nor percent of the picture, such as 10% (0 to {MOST_PERCENT})")]
pub struct NoAmount(String);

impl FromStr for Amount {
    type Err = NoAmount;

    fn from_str(text: &str) -> Result<Self, NoAmount> {
        let amount = match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse().ok().filter(|percent| (0.0..=MOST_PERCENT).contains(percent)).map(Self::Percent),
            None => text.parse().ok().map(Self::Pixels),
        };
        amount.ok_or_else(|| NoAmount(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_pixels_or_a_share_of_the_length() {
        for (text, pixels) in [("0", 0), ("17", 17), ("10%", 5), ("12.5 %", 6), ("0%", 0), ("400%", 176)] {
            assert_eq!(text.parse::<Amount>().unwrap().of(44), pixels, "{text}");
        }
        for text in ["", "%", "-1", "-1%", "1001%", "NaN%", "1.5", "ten"] {
            let error = text.parse::<Amount>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{text}`")) && error.contains("10%"), "{error}");
        }
    }
}
