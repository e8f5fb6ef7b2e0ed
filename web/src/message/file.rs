//! Kinds of picture files, and what is asked of the worker to make one.

use serde::{Deserialize, Serialize};

/// A kind of file that pictures are read from and written to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// Lossless.
    #[default]
    Png,
    /// Lossy, without transparency.
    Jpeg,
    /// Lossy where the browser can write it.
    WebP,
}

impl FileKind {
    /// All of them, as they stand in the page.
    pub const ALL: [Self; 3] = [Self::Png, Self::Jpeg, Self::WebP];

    /// What people call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
        }
    }

    /// How the names of such files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }

    /// What the network calls it.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    /// Pixels that a side may have.
    pub fn most_side(self) -> usize {
        match self {
            Self::Png => i32::MAX as usize,
            Self::Jpeg => 65_535,
            Self::WebP => 16_383,
        }
    }
}

/// A picture file to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteRequest {
    /// Told back with the file.
    pub number: u32,
    /// Width of the picture in pixels.
    pub width: usize,
    /// Height of the picture in pixels.
    pub height: usize,
    /// Saturation, percent of what the pixels have.
    pub saturation: u16,
    /// The kind of the file.
    pub kind: FileKind,
    /// Quality of a lossy file, 1 to 100.
    pub quality: u8,
    /// The pixels with this saturation are wanted beside the file.
    pub with_pixels: bool,
}
