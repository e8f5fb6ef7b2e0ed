//! What colours transparent pixels have: none that is hidden below, which nobody has seen.

use image::{DynamicImage, RgbImage};

/// Gives every hidden pixel the colour of one that is visible and about nearest; white where nothing is visible. `pixels` are RGB
/// values, row by row.
pub fn cover(pixels: &mut [u8], width: usize, hidden: &[bool]) {
    if !hidden.contains(&true) {
        return;
    }
    if !hidden.contains(&false) {
        pixels.fill(255);
        return;
    }
    // Offsets to the nearest visible pixel, spread in two sweeps (dead reckoning; exact but for a pixel or so).
    let mut nearest: Vec<Option<(i32, i32)>> = hidden.iter().map(|hidden| (!hidden).then_some((0, 0))).collect();
    let height = hidden.len() / width;
    let forward = [(-1, 0), (-1, -1), (0, -1), (1, -1)];
    for y in 0..height {
        (0..width).for_each(|x| take(&mut nearest, (width, height), (x, y), &forward));
        (0..width).rev().for_each(|x| take(&mut nearest, (width, height), (x, y), &[(1, 0)]));
    }
    let backward = [(1, 0), (1, 1), (0, 1), (-1, 1)];
    for y in (0..height).rev() {
        (0..width).rev().for_each(|x| take(&mut nearest, (width, height), (x, y), &backward));
        (0..width).for_each(|x| take(&mut nearest, (width, height), (x, y), &[(-1, 0)]));
    }
    for (place, offset) in nearest.into_iter().enumerate().filter(|(place, _)| hidden[*place]) {
        let (dx, dy) = offset.unwrap_or_default();
        let source = (place as i64 + i64::from(dy) * width as i64 + i64::from(dx)) as usize;
        pixels.copy_within(3 * source..3 * source + 3, 3 * place);
    }
}

/// Takes what a neighbour has found where that is nearer.
fn take(nearest: &mut [Option<(i32, i32)>], (width, height): (usize, usize), (x, y): (usize, usize), neighbours: &[(isize, isize)]) {
    let length = |(dx, dy): (i32, i32)| i64::from(dx).pow(2) + i64::from(dy).pow(2);
    let place = y * width + x;
    for (across, down) in neighbours {
        let (Some(column), Some(row)) = (x.checked_add_signed(*across), y.checked_add_signed(*down)) else { continue };
        if column >= width || row >= height {
            continue;
        }
        let Some((dx, dy)) = nearest[row * width + column] else { continue };
        let found = (dx + *across as i32, dy + *down as i32);
        if nearest[place].is_none_or(|known| length(found) < length(known)) {
            nearest[place] = Some(found);
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_pixels_take_the_nearest_visible_colour_and_no_other() {
        let (width, height) = (9, 7);
        let visible = [(0, 0, 10), (8, 0, 20), (4, 6, 30)];
        let mut pixels = vec![99; 3 * width * height];
        let mut hidden = vec![true; width * height];
        for (x, y, value) in visible {
            hidden[y * width + x] = false;
            pixels[3 * (y * width + x)..][..3].fill(value);
        }
        cover(&mut pixels, width, &hidden);
        for y in 0..height {
            for x in 0..width {
                let distance = |(column, row, _): &(usize, usize, u8)| column.abs_diff(x).pow(2) + row.abs_diff(y).pow(2);
                let least = visible.iter().map(distance).min().unwrap();
                let found = pixels[3 * (y * width + x)];
                assert!(visible.iter().any(|pixel| pixel.2 == found && distance(pixel) == least), "{found} at {x}, {y}");
            }
        }
        cover(&mut pixels, width, &vec![true; width * height]);
        assert!(pixels.iter().all(|value| *value == 255));
    }
}
