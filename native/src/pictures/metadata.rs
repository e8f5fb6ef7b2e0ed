//! What a picture file says about itself, from one file into another: profile, EXIF, XMP, and what only PNG can say. What the
//! other file has no place for is named, never dropped in silence.

use image::{ColorType, DynamicImage};
use infill_picture_file::{
    exif,
    png::{self, XMP_KEYWORD},
    profile,
};

use super::{format::OutputFormat, png_chunks::Chunk};

/// The largest content of a JPEG segment.
const SEGMENT: usize = 65_533;

/// What stands before XMP in a JPEG segment.
pub const XMP_IN_JPEG: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Chunks that another PNG file takes as they are: how colours are meant, the pixels' density, texts.
const CARRIED: [&[u8; 4]; 10] = [b"cICP", b"mDCV", b"cLLI", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"tEXt", b"zTXt", b"iTXt"];

/// What a file says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The ICC profile. Samples are never converted; the profile goes with them.
    pub profile: Option<Vec<u8>>,
    /// EXIF, from the TIFF header on.
    pub exif: Option<Vec<u8>>,
    /// XMP, as text.
    pub xmp: Option<Vec<u8>>,
    /// What else a PNG file says.
    pub chunks: Vec<Chunk>,
    /// Pixels per unit of a JPEG file: unit, across, down.
    pub density: Option<(u8, u16, u16)>,
    /// What is in the file and cannot be carried over at all.
    pub lost: Vec<String>,
}

impl Metadata {
    /// What a file in this format with these samples takes, and the names of what it does not.
    pub fn for_output(mut self, format: OutputFormat, picture: &DynamicImage) -> (Self, Vec<String>) {
        let mut lost = std::mem::take(&mut self.lost);
        self.exif = self.exif.map(|exif| exif::of_result(exif, picture.width(), picture.height()));
        self.xmp = self.xmp.map(upright);
        if let Some(kind) = self.profile.as_deref().map(profile::samples).filter(|kind| *kind != wanted(picture.color())) {
            let kind = if kind.is_empty() { "nothing known".into() } else { String::from_utf8_lossy(kind) };
            let kind = kind.trim();
            let samples = if picture.color().has_color() { "RGB" } else { "grey" };
            lost.push(format!("the profile, which is for {kind} and not for {samples} samples"));
            self.profile = None;
        }
        let chunks = std::mem::take(&mut self.chunks);
        for (name, content) in chunks {
            let kept = CARRIED.contains(&&name) && !is_copy_of_metadata(&content);
            if kept && format == OutputFormat::Png {
                self.chunks.push((name, content));
            } else if !(kept && png::means_srgb(name, &content)) {
                lost.push(String::from_utf8_lossy(&name).into_owned());
            }
        }
        let fits = |content: &Option<Vec<u8>>, before: usize| content.as_ref().is_none_or(|content| content.len() + before <= SEGMENT);
        if format == OutputFormat::Jpeg {
            if !fits(&self.exif, 6) {
                lost.push("EXIF, which is too large for a jpeg".to_owned());
                self.exif = None;
            }
            if !fits(&self.xmp, XMP_IN_JPEG.len()) {
                lost.push("XMP, which is too large for a jpeg".to_owned());
                self.xmp = None;
            }
            if self.profile.as_ref().is_some_and(|profile| profile.len() > 255 * (SEGMENT - 14)) {
                lost.push("the profile, which is too large for a jpeg".to_owned());
                self.profile = None;
            }
        } else if self.density.take().is_some_and(|(unit, across, down)| unit != 0 && (across, down) != (72, 72)) {
            lost.push("the pixels' density".to_owned());
        }
        lost.dedup();
        (self, lost)
    }
}

fn wanted(samples: ColorType) -> &'static [u8] {
    if samples.has_color() { b"RGB " } else { b"GRAY" }
}

/// Texts that some programs write with a whole EXIF or profile inside, which would turn the result again.
fn is_copy_of_metadata(content: &[u8]) -> bool {
    content.starts_with(b"Raw profile type ") || content.starts_with(XMP_KEYWORD.as_bytes())
}

/// XMP may say the orientation too.
fn upright(mut xmp: Vec<u8>) -> Vec<u8> {
    for before in [b"tiff:Orientation=\"".as_slice(), b"tiff:Orientation='", b"<tiff:Orientation>"] {
        let mut from = 0;
        while let Some(found) = xmp[from..].windows(before.len()).position(|part| part == before) {
            from += found + before.len();
            if let Some(digit @ b'1'..=b'8') = xmp.get_mut(from) {
                *digit = b'1';
            }
        }
    }
    xmp
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, RgbImage};

    use super::*;

    fn profile(kind: &[u8; 4]) -> Vec<u8> {
        [&[0; 16], kind.as_slice(), &[0; 108]].concat()
    }

    fn lost(metadata: Metadata, format: OutputFormat, picture: impl Into<DynamicImage>) -> (Metadata, String) {
        let (kept, lost) = metadata.for_output(format, &picture.into());
        (kept, lost.join("; "))
    }

    #[test]
    fn a_profile_stays_with_samples_of_its_kind_and_no_others() {
        for (name, picture, stays) in [
            (b"RGB ", DynamicImage::from(RgbImage::new(2, 2)), true),
            (b"GRAY", RgbImage::new(2, 2).into(), false),
            (b"CMYK", RgbImage::new(2, 2).into(), false),
            (b"GRAY", GrayImage::new(2, 2).into(), true),
            (b"RGB ", GrayImage::new(2, 2).into(), false),
        ] {
            let (kept, said) = lost(Metadata { profile: Some(profile(name)), ..Metadata::default() }, OutputFormat::Png, picture);
            assert_eq!((kept.profile.is_some(), said.is_empty()), (stays, stays), "{said}");
        }
        let short = Metadata { profile: Some(b"short".to_vec()), ..Metadata::default() };
        assert!(lost(short, OutputFormat::Png, RgbImage::new(2, 2)).0.profile.is_none());
    }

    #[test]
    fn what_a_format_has_no_place_for_is_named() {
        let chunk = |name: &[u8; 4], content: &[u8]| (*name, content.to_vec());
        let chunks = vec![
            chunk(b"cICP", &[12, 13, 0, 1]),
            chunk(b"gAMA", &45455u32.to_be_bytes()),
            chunk(b"tEXt", b"Author\0somebody"),
            chunk(b"zTXt", b"Raw profile type exif\0\0xyz"),
            chunk(b"caBX", b"signature"),
        ];
        let metadata = Metadata { chunks: chunks.clone(), lost: vec!["captions (IPTC)".to_owned()], ..Metadata::default() };
        let (kept, said) = lost(metadata.clone(), OutputFormat::Png, RgbImage::new(2, 2));
        assert_eq!((kept.chunks, said.as_str()), (chunks[..3].to_vec(), "captions (IPTC); zTXt; caBX"));
        let (kept, said) = lost(metadata, OutputFormat::WebP, RgbImage::new(2, 2));
        assert_eq!((kept.chunks.len(), said.as_str()), (0, "captions (IPTC); cICP; tEXt; zTXt; caBX"));
        let large = Metadata { exif: Some(vec![0; 70_000]), xmp: Some(vec![0; 70_000]), ..Metadata::default() };
        let (kept, said) = lost(large, OutputFormat::Jpeg, RgbImage::new(2, 2));
        assert!(kept.exif.is_none() && kept.xmp.is_none() && said.contains("EXIF") && said.contains("XMP"), "{said}");
    }

    #[test]
    fn xmp_turns_nothing_again() {
        let before = br#"<x tiff:Orientation="6"><tiff:Orientation>8</tiff:Orientation> tiff:Orientation="#.to_vec();
        assert_eq!(upright(before), br#"<x tiff:Orientation="1"><tiff:Orientation>1</tiff:Orientation> tiff:Orientation="#.to_vec());
    }
}
