//! What can be wrong with a model's configuration.

/// A configuration that no net can be built from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A preset name that does not exist.
    #[error("no preset is called `{name}`; there are {known}")]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The picture side does not survive the halvings.
    #[error("a size of {size} px is not divisible by {divisor}, which this net's patch and levels need; choose a multiple of {divisor}")]
    Size {
        /// The side asked for.
        size: usize,
        /// What it must be divisible by.
        divisor: usize,
    },
    /// A count that does not fit another.
    #[error("{what} is {value}, which does not fit {other}; {way_out}")]
    Mismatch {
        /// The setting at fault.
        what: &'static str,
        /// Its value.
        value: String,
        /// What it must fit.
        other: String,
        /// What to choose instead.
        way_out: &'static str,
    },
}
