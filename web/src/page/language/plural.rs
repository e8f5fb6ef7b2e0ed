//! The forms that a sentence has for numbers, by the Unicode CLDR's rules for whole numbers. Browsers know them as `Intl.PluralRules`,
//! beside which tests/tests/browser/languages.rs puts these; here they are known without a browser.

use serde::Deserialize;

/// A kind of number, by CLDR's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plural {
    /// One thing.
    One,
    /// All else.
    Other,
}

impl Plural {
    /// The kind of a number in a language. Numbers of a million and more, which some languages treat apart, are counted by nothing here.
    pub fn of(tag: &str, count: usize) -> Self {
        match (tag, count) {
            ("ja" | "zh-Hans", _) => Self::Other,
            ("fr", 0 | 1) | (_, 1) => Self::One,
            _ => Self::Other,
        }
    }
}
