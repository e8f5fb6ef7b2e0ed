//! Answers that need no training: what a net must beat to be worth its size. Each takes the picture
//! and the mask of what is missing, and never looks at the missing pixels.

use infill::mask::Mask;
use infill::picture::{self, Picture};

/// The hole in the mean colour of the known pixels; mid-grey where nothing is known.
pub fn mean_fill(picture: &Picture, mask: &Mask) -> Picture {
    let mean = mean_of_known(picture, mask).map(round);
    compose(picture, mask, |_, _| mean)
}

/// The hole as the smoothest continuation of its rim: the solution of Laplace's equation with the known
/// pixels given and no flow through the picture's edge (the discrete harmonic fill).
pub fn smooth_fill(picture: &Picture, mask: &Mask) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let mut planes = picture.to_planes();
    picture::smooth_fill(&mut planes, width, &missing(picture, mask));
    Picture::from_planes(width, height, &planes)
}

/// Every missing pixel as the nearest known one: the edge repeated.
pub fn repeat_edge(picture: &Picture, mask: &Mask) -> Picture {
    by_nearest(picture, mask, |_, _, nearest| nearest)
}

/// Every missing pixel as its mirror image behind the nearest known one; where that is missing too, or
/// outside, the nearest known one itself.
pub fn mirror(picture: &Picture, mask: &Mask) -> Picture {
    let width = picture.width();
    by_nearest(picture, mask, |missing, place, nearest| picture::mirror_image(missing, width, place, nearest))
}

/// Every missing pixel as the known one that `choose` names, from which are missing, its place and the nearest known one.
fn by_nearest(picture: &Picture, mask: &Mask, choose: impl Fn(&[bool], usize, usize) -> usize) -> Picture {
    let width = picture.width();
    let missing = missing(picture, mask);
    let Some(nearest) = picture::nearest_known(&missing, width) else {
        return mean_fill(picture, mask);
    };
    compose(picture, mask, |x, y| {
        let place = y * width + x;
        let chosen = choose(&missing, place, nearest[place]);
        picture.get(chosen % width, chosen / width)
    })
}

fn missing(picture: &Picture, mask: &Mask) -> Vec<bool> {
    let width = picture.width();
    (0..width * picture.height()).map(|place| mask.covers(place % width, place / width)).collect()
}

/// The known pixels, and for the missing ones what `fill` says, asked row by row.
pub fn compose(picture: &Picture, mask: &Mask, mut fill: impl FnMut(usize, usize) -> [u8; 3]) -> Picture {
    let mut pixels = picture.pixels().to_vec();
    for y in 0..picture.height() {
        for x in 0..picture.width() {
            if mask.covers(x, y) {
                let start = (y * picture.width() + x) * 3;
                pixels[start..start + 3].copy_from_slice(&fill(x, y));
            }
        }
    }
    Picture::new(picture.width(), picture.height(), pixels).expect("as many pixels as the picture has")
}

fn round(value: f64) -> u8 {
    value.round().clamp(0.0, 255.0) as u8
}

fn mean_of_known(picture: &Picture, mask: &Mask) -> [f64; 3] {
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    for y in 0..picture.height() {
        for x in (0..picture.width()).filter(|x| !mask.covers(*x, y)) {
            let pixel = picture.get(x, y);
            for channel in 0..3 {
                sum[channel] += f64::from(pixel[channel]);
            }
            count += 1.0;
        }
    }
    if count == 0.0 { [127.5; 3] } else { sum.map(|sum| sum / count) }
}

#[cfg(test)]
mod tests {
    use infill::mask::{Mask, Shape};

    use super::*;

    fn picture(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
        let pixels = (0..width * height).flat_map(|place| pixel(place % width, place / width)).collect();
        Picture::new(width, height, pixels).expect("a picture")
    }

    fn rectangle(picture: &Picture, x: usize, y: usize, width: usize, height: usize) -> Mask {
        super::super::cases::rectangle(picture.width(), picture.height(), [x, y, width, height])
    }

    /// The picture with nonsense under the mask, so that a baseline that peeks is found out.
    fn spoiled(picture: &Picture, mask: &Mask) -> Picture {
        compose(picture, mask, |x, y| [(x * 91 + y * 57) as u8, 3, (y * 29) as u8])
    }

    #[test]
    fn smooth_fill_continues_a_linear_ramp_exactly() {
        let ramp = picture(24, 20, |x, y| [(x * 10) as u8, (y * 12) as u8, (x * 4 + y * 5) as u8]);
        let mut mask = rectangle(&ramp, 5, 4, 9, 11);
        mask.draw(&Shape::Disc { x: 16.0, y: 9.0, radius: 4.0 }, true);
        assert_eq!(smooth_fill(&spoiled(&ramp, &mask), &mask), ramp);
    }

    #[test]
    fn smooth_fill_of_an_open_half_is_harmonic() {
        // The right half is missing: with no flow through the edges and a constant rim it is constant.
        let flat = picture(16, 16, |_, _| [40, 90, 200]);
        let mask = rectangle(&flat, 8, 0, 8, 16);
        assert_eq!(smooth_fill(&spoiled(&flat, &mask), &mask), flat);
    }

    #[test]
    fn mean_fill_takes_the_known_pixels_only() {
        let halves = picture(8, 8, |x, _| if x < 4 { [10, 20, 30] } else { [250, 250, 250] });
        let mask = rectangle(&halves, 4, 0, 4, 8);
        assert_eq!(mean_fill(&halves, &mask), picture(8, 8, |_, _| [10, 20, 30]));
        let all = rectangle(&halves, 0, 0, 8, 8);
        for fill in [mean_fill, smooth_fill, repeat_edge, mirror] {
            assert_eq!(fill(&halves, &all), picture(8, 8, |_, _| [128; 3]));
        }
    }

    #[test]
    fn edges_are_repeated_to_all_sides() {
        let source = picture(12, 12, |x, y| [(x * 20) as u8, (y * 20) as u8, 7]);
        let mut mask = rectangle(&source, 0, 0, 12, 12);
        mask.draw(&Shape::Rectangle { x: 3.0, y: 3.0, width: 6.0, height: 6.0 }, false);
        let expected = picture(12, 12, |x, y| [(x.clamp(3, 8) * 20) as u8, (y.clamp(3, 8) * 20) as u8, 7]);
        assert_eq!(repeat_edge(&spoiled(&source, &mask), &mask), expected);
    }

    #[test]
    fn mirrors_reflect_about_the_last_known_pixel() {
        let source = picture(12, 4, |x, y| [(x * 20) as u8, (y * 20) as u8, 7]);
        let mask = rectangle(&source, 7, 0, 5, 4);
        let expected = picture(12, 4, |x, y| [(if x < 7 { x } else { 12 - x } * 20) as u8, (y * 20) as u8, 7]);
        assert_eq!(mirror(&spoiled(&source, &mask), &mask), expected);
    }
}
