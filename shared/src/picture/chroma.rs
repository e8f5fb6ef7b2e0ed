//! Colour apart from brightness: chroma (Rec.601, full range, as JFIF has it) of pixels, the pixel of a luma and a chroma, and more or
//! less of it.

use super::values::{luma, to_unit};

/// Saturation that leaves a picture as it is, and the most, percent.
pub const SATURATION: u16 = 100;
/// See [`SATURATION`].
pub const MOST_SATURATION: u16 = 200;

/// Cb and Cr of a colour in [−1, 1], about −127.5 to 127.5 (JFIF, from Rec.601).
pub fn chroma([red, green, blue]: [f32; 3]) -> [f32; 2] {
    let luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    [127.5 * (blue - luma) / 1.772, 127.5 * (red - luma) / 1.402]
}

/// The same of a pixel.
pub fn pixel_chroma(pixel: [u8; 3]) -> [f32; 2] {
    chroma(pixel.map(to_unit))
}

/// The pixel of a luma and chroma. Where no such colour exists chroma is reduced, never luma changed.
pub fn colour(luma: f32, [blue, red]: [f32; 2]) -> [u8; 3] {
    let change = [1.402 * red, -(0.114 * 1.772 * blue + 0.299 * 1.402 * red) / 0.587, 1.772 * blue];
    let mut part = 1.0f32;
    for change in change {
        let room = if change > 0.0 { 255.0 - luma } else { luma };
        if change.abs() > room {
            part = part.min(room.max(0.0) / change.abs());
        }
    }
    change.map(|change| (luma + part * change).round() as u8)
}

/// A pixel with its chroma scaled to so many percent, around its own luma: 0 is grey, 100 the pixel itself.
pub fn saturate(pixel: [u8; 3], percent: u16) -> [u8; 3] {
    if percent == SATURATION {
        return pixel;
    }
    let scale = f32::from(percent) / f32::from(SATURATION);
    colour(luma(pixel), pixel_chroma(pixel).map(|chroma| scale * chroma))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::picture::Picture;

    proptest! {
        #[test]
        fn chroma_and_luma_make_the_colour_again(pixel in any::<[u8; 3]>()) {
            let made = colour(luma(pixel), pixel_chroma(pixel));
            for channel in 0..3 {
                prop_assert!(made[channel].abs_diff(pixel[channel]) <= 1, "{:?} from {:?}", made, pixel);
            }
        }

        #[test]
        fn luma_is_kept_whatever_the_chroma(value in 0f32..=255.0, blue in -200f32..200.0, red in -200f32..200.0) {
            let made = luma(colour(value, [blue, red]));
            prop_assert!((made - value).abs() <= 0.51, "{} became {}", value, made);
        }

        #[test]
        fn saturation_keeps_luma_and_scales_chroma_as_far_as_there_are_such_colours(pixel in any::<[u8; 3]>(), percent in 0u16..=200) {
            let made = saturate(pixel, percent);
            prop_assert!((luma(made) - luma(pixel)).abs() <= 0.51, "{:?} became {:?}", pixel, made);
            let (wanted, found) = (pixel_chroma(pixel).map(|chroma| chroma * f32::from(percent) / 100.0), pixel_chroma(made));
            for channel in 0..2 {
                let near = (found[channel] - wanted[channel]).abs() <= 1.0;
                prop_assert!(near || (percent > 100 && found[channel].abs() < wanted[channel].abs()), "{:?} became {:?}", pixel, made);
            }
        }
    }

    #[test]
    fn no_saturation_is_grey_and_the_whole_is_the_picture_itself() {
        let mut picture = Picture::new(2, 1, vec![200, 100, 50, 10, 20, 30]).unwrap();
        let before = picture.clone();
        picture.saturate(SATURATION);
        assert_eq!(picture, before);
        picture.saturate(0);
        assert_eq!(picture, Picture::new(2, 1, vec![124, 124, 124, 18, 18, 18]).unwrap());
    }
}
