//! The formats that pictures are written in, and what they can hold.

use std::path::Path;

use anyhow::{Result, bail};

use crate::exit::input;

/// How an output file is written, by its ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputFormat {
    /// Lossless, any depth.
    Png,
    /// Lossy, 8 bits, no transparency.
    Jpeg,
    /// Lossless, 8 bits.
    WebP,
}

impl OutputFormat {
    /// The format of a file name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }

    /// Checks, before any work, that a file of this format can be so large.
    ///
    /// # Errors
    /// A side beyond the format's limit.
    pub fn check_size(self, width: usize, height: usize) -> Result<()> {
        let (name, side) = match self {
            Self::Png => ("png", i32::MAX as usize),
            Self::Jpeg => ("jpeg", 65_535),
            Self::WebP => ("webp", 16_383),
        };
        if width.max(height) > side {
            bail!(input(format!("the result would be {width}×{height}; a {name} has at most {side} pixels a side: choose a .png")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_s_limits_are_known_before_the_work() {
        for (format, side) in [(OutputFormat::WebP, 16_383), (OutputFormat::Jpeg, 65_535)] {
            format.check_size(side, 3).unwrap();
            let message = format.check_size(3, side + 1).unwrap_err().to_string();
            assert!(message.contains(&side.to_string()) && message.contains(&(side + 1).to_string()), "{message}");
        }
        OutputFormat::Png.check_size(1_000_000, 1).unwrap();
    }
}
