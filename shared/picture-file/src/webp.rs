//! WebP files part by part: whether one is whole, and the same with other words beside its pixels.

use crate::Fault;

/// Checks that a file is as long as it says, and that every part ends inside it: the decoder does not miss parts that are
/// absent, and takes memory for what a part claims to be.
pub fn check_whole(bytes: &[u8]) -> Result<(), Fault> {
    let said = length(bytes.get(4..8)).ok_or(Fault::Cut)?.saturating_add(8);
    // The last padding byte is missing in some files.
    if bytes.len().saturating_add(1) < said {
        return Err(Fault::Cut);
    }
    let mut rest = bytes.get(12..said.min(bytes.len())).ok_or(Fault::Cut)?;
    while let Some((head, tail)) = rest.split_first_chunk::<8>() {
        let length = length(Some(&head[4..])).ok_or(Fault::Cut)?;
        if tail.len() < length {
            return Err(Fault::Cut);
        }
        rest = tail.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    Ok(())
}

/// What the first chunk of an extended file says that it has: a profile, opacity, EXIF.
const PROFILE: u8 = 0x20;
const OPACITY: u8 = 0x10;
const EXIF: u8 = 0x08;

/// A still picture's file with another profile and EXIF, each empty where there is to be none: as an extended file where there is one.
/// Nothing where the bytes are no such file, or are of a size that the format does not have.
pub fn with_words(bytes: &[u8], (width, height): (u32, u32), profile: &[u8], exif: &[u8]) -> Option<Vec<u8>> {
    check_whole(bytes).ok()?;
    let chunks: Vec<(&[u8; 4], &[u8])> = chunks(bytes).collect();
    let picture: Vec<_> = chunks.iter().filter(|(name, _)| [b"ALPH", b"VP8 ", b"VP8L"].contains(name)).collect();
    let lossless_opacity = |content: &[u8]| content.get(4).is_some_and(|byte| byte & 0x10 != 0);
    let opacity = picture.iter().any(|(name, content)| *name == b"ALPH" || *name == b"VP8L" && lossless_opacity(content));
    let mut body = b"WEBP".to_vec();
    let mut put = |name: &[u8; 4], content: &[u8]| {
        body.extend(name);
        body.extend((content.len() as u32).to_le_bytes());
        body.extend(content);
        body.extend(&[0][..content.len() % 2]);
    };
    if !profile.is_empty() || !exif.is_empty() || opacity {
        let flag = |there: bool, flag: u8| if there { flag } else { 0 };
        let flags = flag(!profile.is_empty(), PROFILE) | flag(opacity, OPACITY) | flag(!exif.is_empty(), EXIF);
        let [across, down] = [width, height].map(|side| side.checked_sub(1).filter(|side| *side < 1 << 14).map(u32::to_le_bytes));
        put(b"VP8X", &[&[flags, 0, 0, 0], &across?[..3], &down?[..3]].concat());
    }
    if !profile.is_empty() {
        put(b"ICCP", profile);
    }
    picture.iter().for_each(|(name, content)| put(name, content));
    if !exif.is_empty() {
        put(b"EXIF", exif);
    }
    let length = u32::try_from(body.len()).ok()?;
    (!picture.is_empty()).then(|| [b"RIFF", &length.to_le_bytes()[..], &body].concat())
}

/// The parts of a whole file.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, tail) = rest.split_first_chunk::<4>()?;
        let length = length(tail.get(..4))?;
        let content = tail.get(4..length.checked_add(4)?)?;
        rest = tail.get(4 + length + length % 2..).unwrap_or_default();
        Some((name, content))
    })
}

fn length(bytes: Option<&[u8]>) -> Option<usize> {
    Some(u32::from_le_bytes(bytes?.try_into().ok()?) as usize)
}

#[cfg(test)]
mod tests {
    use image::{
        ExtendedColorType, ImageDecoder, ImageEncoder,
        codecs::webp::{WebPDecoder, WebPEncoder},
    };

    use super::*;

    #[test]
    fn a_profile_and_exif_come_and_go_and_pixels_and_opacity_stay() {
        for (colour, channels) in [(ExtendedColorType::Rgb8, 3), (ExtendedColorType::Rgba8, 4)] {
            let samples: Vec<u8> = (0..20 * 11 * channels).map(|place| (place * 7) as u8).collect();
            let mut plain = Vec::new();
            WebPEncoder::new_lossless(&mut plain).write_image(&samples, 20, 11, colour).unwrap();
            let words = with_words(&plain, (20, 11), b"a profile", b"II*\0exif").unwrap();
            let again = with_words(&words, (20, 11), b"", b"II*\0").unwrap();
            for (bytes, profile, exif) in [(&words, Some(&b"a profile"[..]), &b"II*\0exif"[..]), (&again, None, b"II*\0")] {
                check_whole(bytes).unwrap();
                let mut decoder = WebPDecoder::new(std::io::Cursor::new(bytes)).unwrap();
                assert_eq!(decoder.icc_profile().unwrap().as_deref(), profile);
                assert_eq!(decoder.exif_metadata().unwrap().as_deref(), Some(exif));
                let mut read = vec![0; decoder.total_bytes() as usize];
                decoder.read_image(&mut read).unwrap();
                assert!(read == samples, "{channels} channels");
            }
        }
        assert_eq!(with_words(b"RIFF\x04\0\0\0WEBP", (1, 1), b"", b""), None);
        assert_eq!(with_words(b"nonsense", (1, 1), b"", b""), None);
    }
}
