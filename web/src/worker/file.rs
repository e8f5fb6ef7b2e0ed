//! Files of pictures, in the format that is asked for, with what the picture's own file says of its colours and of how it was taken.

use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};
use infill::picture::{SATURATION, saturate};
use infill_picture_file::{exif, webp};
use js_sys::Uint8Array;

use super::{
    lossy_webp,
    readback::refused,
    scope::{say, say_with_file},
};
use crate::{
    decode,
    message::{About, Failure, FileKind, FromWorker, WriteRequest},
};

/// What a file says beside its samples. Each is empty where there is none.
pub struct Words {
    /// An ICC profile.
    pub profile: Vec<u8>,
    /// Chunks of a PNG file that say how its colours are meant.
    pub chunks: Vec<u8>,
    /// EXIF, as the picture's own file has it.
    pub exif: Vec<u8>,
}

impl Words {
    /// Out of the buffers that come with a message.
    pub fn of(buffers: &[Uint8Array]) -> Option<Self> {
        let [profile, chunks, exif] = buffers else { return None };
        Some(Self { profile: profile.to_vec(), chunks: chunks.to_vec(), exif: exif.to_vec() })
    }
}

/// A PNG file of samples, RGB or RGBA.
///
/// # Errors
/// What the encoder refuses.
pub fn png(samples: &[u8], size: (usize, usize), colour: ExtendedColorType, words: Words) -> Result<Vec<u8>, Failure> {
    let mut png = Vec::new();
    let chunks = words.chunks.clone();
    encode(PngEncoder::new(&mut png), samples, size, colour, words)?;
    Ok(decode::with_chunks(png, &chunks))
}

fn encode(
    mut encoder: impl ImageEncoder,
    samples: &[u8],
    size: (usize, usize),
    colour: ExtendedColorType,
    words: Words,
) -> Result<(), Failure> {
    let (width, height) = (size.0 as u32, size.1 as u32);
    if !words.profile.is_empty() {
        encoder.set_icc_profile(words.profile).map_err(refused)?;
    }
    if !words.exif.is_empty() {
        encoder.set_exif_metadata(exif::of_result(words.exif, width, height)).map_err(refused)?;
    }
    encoder.write_image(samples, width, height, colour).map_err(refused)
}

/// Says the file that was asked for, or why there is none.
pub async fn write(request: WriteRequest, buffers: Vec<Uint8Array>) {
    let made = make(request, buffers).await.and_then(|(rgba, file, lossless)| {
        let message = FromWorker::Written { number: request.number, kind: request.kind, lossless };
        let pixels = request.with_pixels.then(|| Uint8Array::from(rgba.as_slice()));
        say_with_file(&message, pixels.as_slice(), &file, request.kind)
    });
    if let Err(failure) = made {
        say(&FromWorker::failed(About::Worker, failure), &[]);
    }
}

/// Its pixels as RGBA, the file, and whether it is lossless.
async fn make(request: WriteRequest, mut buffers: Vec<Uint8Array>) -> Result<(Vec<u8>, Vec<u8>, bool), Failure> {
    let words = buffers.split_off(buffers.len().min(1));
    let (Some(pixels), Some(words)) = (buffers.pop(), Words::of(&words)) else { return Err(refused("the picture did not come")) };
    let size = (request.width, request.height);
    let mut rgba = pixels.to_vec();
    drop(pixels);
    if rgba.len() != 4 * size.0 * size.1 {
        return Err(refused(format!("{} bytes came for {} × {} pixels", rgba.len(), size.0, size.1)));
    }
    if request.saturation != SATURATION {
        for [red, green, blue, _] in rgba.as_chunks_mut::<4>().0 {
            [*red, *green, *blue] = saturate([*red, *green, *blue], request.saturation);
        }
    }
    let opaque = rgba.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 255);
    let mut file = Vec::new();
    let mut lossless = true;
    match request.kind {
        FileKind::Png if opaque => file = png(&over_white(&rgba), size, ExtendedColorType::Rgb8, words)?,
        FileKind::Png => file = png(&rgba, size, ExtendedColorType::Rgba8, words)?,
        FileKind::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut file, request.quality);
            encode(encoder, &over_white(&rgba), size, ExtendedColorType::Rgb8, words)?;
            lossless = false;
        }
        FileKind::WebP => match lossy_webp::encode(&rgba, size, request.quality).await {
            Some(lossy) => {
                let (width, height) = (size.0 as u32, size.1 as u32);
                let exif = if words.exif.is_empty() { Vec::new() } else { exif::of_result(words.exif, width, height) };
                file = webp::with_words(&lossy, (width, height), &words.profile, &exif)
                    .ok_or_else(|| refused("the browser's WebP is damaged"))?;
                lossless = false;
            }
            None if opaque => encode(WebPEncoder::new_lossless(&mut file), &over_white(&rgba), size, ExtendedColorType::Rgb8, words)?,
            None => encode(WebPEncoder::new_lossless(&mut file), &rgba, size, ExtendedColorType::Rgba8, words)?,
        },
    }
    Ok((rgba, file, lossless))
}

/// RGBA over white: RGB.
fn over_white(rgba: &[u8]) -> Vec<u8> {
    let over = |value: u8, opacity: u8| ((u32::from(value) * u32::from(opacity) + 255 * (255 - u32::from(opacity)) + 127) / 255) as u8;
    rgba.as_chunks::<4>()
        .0
        .iter()
        .flat_map(|[red, green, blue, opacity]| [*red, *green, *blue].map(|value| over(value, *opacity)))
        .collect()
}
