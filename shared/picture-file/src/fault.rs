//! Why a picture file is not read.

use image::ImageError;

/// How large a picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Width times height.
    pub pixels: usize,
    /// The larger of width and height.
    pub side: usize,
}

/// The formats that are read.
pub const READ: &str = if cfg!(feature = "more") { "png, jpeg, webp, bmp, gif and tiff" } else { "png, jpeg and webp" };

/// Why a picture file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// There are no bytes.
    #[error("it is empty")]
    Empty,
    /// A format that is known by its first bytes, and not read.
    #[error("it is a {0} file, which is not read; {READ} can be read: convert it")]
    Format(&'static str),
    /// Anything else.
    #[error("it is not a picture of a known format; {READ} can be read")]
    NoPicture,
    /// The header promises more than can be handled.
    #[error(
        "it is {width}×{height} ({} megapixels); at most {} megapixels and {} pixels a side can be handled: scale it down",
        (*width as u64 * *height as u64).div_ceil(1_000_000), bounds.pixels / 1_000_000, bounds.side
    )]
    TooLarge {
        /// Pixels across, as the header has it.
        width: u32,
        /// Pixels down, as the header has it.
        height: u32,
        /// What can be handled.
        bounds: Bounds,
    },
    /// The file ends before the picture does.
    #[error("it is cut short: its end is missing")]
    Cut,
    /// The decoder's format has variants that the decoder does not know.
    #[error("it is of a kind that cannot be read: convert it")]
    Unsupported(#[source] ImageError),
    /// The decoder cannot make sense of it.
    #[error("it is damaged or cut short")]
    Damaged(#[source] ImageError),
}

impl From<ImageError> for Fault {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Unsupported(_) => Self::Unsupported(error),
            _ => Self::Damaged(error),
        }
    }
}
