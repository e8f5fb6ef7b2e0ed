//! Files of pictures: PNG with what the picture's own file says of its colours.

use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};
use infill::picture::{SATURATION, saturate};
use js_sys::Uint8Array;

use super::{readback::refused, scope::say};
use crate::{
    decode,
    message::{About, Failure, FromWorker, WriteRequest},
};

/// A PNG file of samples, RGB or RGBA, with an ICC profile (empty where there is none) and chunks.
///
/// # Errors
/// What the encoder refuses.
pub fn png(samples: &[u8], size: (usize, usize), colour: ExtendedColorType, profile: Vec<u8>, chunks: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut png = Vec::new();
    let mut encoder = PngEncoder::new(&mut png);
    if !profile.is_empty() {
        encoder.set_icc_profile(profile).map_err(refused)?;
    }
    encoder.write_image(samples, size.0 as u32, size.1 as u32, colour).map_err(refused)?;
    Ok(decode::with_chunks(png, chunks))
}

/// Says the file that was asked for, or why there is none.
pub fn write(request: WriteRequest, buffers: &[Uint8Array]) {
    match make(request, buffers) {
        Ok((rgba, png)) => {
            let buffers = [Uint8Array::from(rgba.as_slice()), Uint8Array::from(png.as_slice())];
            say(&FromWorker::Written { number: request.number }, &buffers);
        }
        Err(failure) => say(&FromWorker::failed(About::Worker, failure), &[]),
    }
}

/// Its pixels as RGBA, and the file.
fn make(request: WriteRequest, buffers: &[Uint8Array]) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let [pixels, profile, chunks] = buffers else { return Err(refused("the picture did not come")) };
    let (width, height) = (request.width, request.height);
    let mut rgba = pixels.to_vec();
    if rgba.len() != 4 * width * height {
        return Err(refused(format!("{} bytes came for {width} × {height} pixels", rgba.len())));
    }
    if request.saturation != SATURATION {
        for [red, green, blue, _] in rgba.as_chunks_mut::<4>().0 {
            [*red, *green, *blue] = saturate([*red, *green, *blue], request.saturation);
        }
    }
    let pixels = rgba.as_chunks::<4>().0;
    let png = if pixels.iter().all(|pixel| pixel[3] == 255) {
        let rgb: Vec<u8> = pixels.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
        png(&rgb, (width, height), ExtendedColorType::Rgb8, profile.to_vec(), &chunks.to_vec())?
    } else {
        png(&rgba, (width, height), ExtendedColorType::Rgba8, profile.to_vec(), &chunks.to_vec())?
    };
    Ok((rgba, png))
}
