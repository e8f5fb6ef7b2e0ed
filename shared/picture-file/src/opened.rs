//! A picture file that is opened and not decoded: its decoder, and what it says about the picture.

use image::{ImageDecoder, ImageFormat};

use crate::{Bounds, Decoder, Fault, exif};

/// A picture file that can be decoded.
pub struct Opened<'a> {
    /// Gives the samples as they are stored.
    pub decoder: Decoder<'a>,
    /// Of the file.
    pub format: ImageFormat,
    /// Whether more pictures follow the first.
    pub animated: bool,
    /// Whether four inks become three colours.
    pub inks: bool,
    /// The ICC profile, whatever samples it is for.
    pub profile: Option<Vec<u8>>,
    /// EXIF, from the TIFF header on.
    pub exif: Option<Vec<u8>>,
    /// XMP, as text.
    pub xmp: Option<Vec<u8>>,
    /// Whether there are captions (IPTC).
    pub captions: bool,
}

/// What a decoder knows beside the samples.
pub(crate) struct Words {
    profile: Option<Vec<u8>>,
    pub(crate) exif: Option<Vec<u8>>,
    pub(crate) xmp: Option<Vec<u8>>,
    captions: bool,
}

/// Asks a decoder, once its size is known to be one that can be handled.
pub(crate) fn words(decoder: &mut impl ImageDecoder, bounds: Bounds) -> Result<Words, Fault> {
    check_size(decoder.dimensions(), bounds)?;
    // A picture with unreadable metadata is still a picture.
    Ok(Words {
        exif: decoder.exif_metadata().unwrap_or_default().map(exif::without_prefix),
        xmp: decoder.xmp_metadata().unwrap_or_default(),
        captions: decoder.iptc_metadata().unwrap_or_default().is_some(),
        profile: decoder.icc_profile().unwrap_or_default(),
    })
}

impl Words {
    /// With the decoder itself and what is known of the file beside.
    pub(crate) fn with(self, decoder: Decoder<'_>, format: ImageFormat, animated: bool, inks: bool) -> Opened<'_> {
        let Self { profile, exif, xmp, captions } = self;
        Opened { decoder, format, animated, inks, profile, exif, xmp, captions }
    }
}

/// Refuses a picture beyond the bounds.
pub(crate) fn check_size((width, height): (u32, u32), bounds: Bounds) -> Result<(), Fault> {
    let pixels = u64::from(width) * u64::from(height);
    let large = pixels > bounds.pixels as u64 || width.max(height) as usize > bounds.side;
    if large { Err(Fault::TooLarge { width, height, bounds }) } else { Ok(()) }
}
