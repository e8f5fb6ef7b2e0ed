//! Transparency of a picture where it has no place.

use image::{DynamicImage, RgbImage};

/// A picture laid over white.
pub fn over_white(picture: &DynamicImage) -> RgbImage {
    let blend = |colour: u8, alpha: u8| {
        let (colour, alpha) = (u32::from(colour), u32::from(alpha));
        ((colour * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    let rgba = picture.to_rgba8();
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let pixel = rgba.get_pixel(x, y);
        image::Rgb([0, 1, 2].map(|channel| blend(pixel[channel], pixel[3])))
    })
}
