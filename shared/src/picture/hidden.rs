//! What colours transparent pixels have: none that is hidden below, which nobody has seen.

use super::Picture;

/// No visible pixel was found yet.
const NONE: u32 = u32::MAX;

impl Picture {
    /// Gives every wholly transparent pixel the colour of one that is visible and about nearest; white where nothing is visible.
    ///
    /// # Shapes
    /// - opacity: `[height, width]`, 0 where a pixel is hidden
    ///
    /// # Panics
    /// When there is not one opacity a pixel.
    pub fn cover_hidden(&mut self, opacity: &[u8]) {
        assert_eq!(opacity.len(), self.width * self.height, "one opacity a pixel");
        if !opacity.contains(&0) {
            return;
        }
        if opacity.iter().all(|opacity| *opacity == 0) {
            self.pixels.fill(255);
            return;
        }
        for (place, source) in nearest_visible(opacity, self.width).into_iter().enumerate().filter(|(place, _)| opacity[*place] == 0) {
            let source = 3 * source as usize;
            self.pixels.copy_within(source..source + 3, 3 * place);
        }
    }
}

/// The place of the nearest visible pixel for every pixel, spread in two sweeps (dead reckoning; exact but for a pixel or so).
fn nearest_visible(opacity: &[u8], width: usize) -> Vec<u32> {
    let height = opacity.len() / width;
    let mut nearest: Vec<u32> = (0..).zip(opacity).map(|(place, opacity)| if *opacity == 0 { NONE } else { place }).collect();
    let mut take = |x: usize, y: usize, neighbours: &[(isize, isize)]| {
        let place = y * width + x;
        if opacity[place] != 0 {
            return;
        }
        for (across, down) in neighbours {
            let (Some(column), Some(row)) = (x.checked_add_signed(*across), y.checked_add_signed(*down)) else { continue };
            if column >= width || row >= height {
                continue;
            }
            let found = nearest[row * width + column];
            let squared = |found: u32| (found as usize % width).abs_diff(x).pow(2) + (found as usize / width).abs_diff(y).pow(2);
            if found != NONE && (nearest[place] == NONE || squared(found) < squared(nearest[place])) {
                nearest[place] = found;
            }
        }
    };
    for y in 0..height {
        (0..width).for_each(|x| take(x, y, &[(-1, 0), (-1, -1), (0, -1), (1, -1)]));
        (0..width).rev().for_each(|x| take(x, y, &[(1, 0)]));
    }
    for y in (0..height).rev() {
        (0..width).rev().for_each(|x| take(x, y, &[(1, 0), (1, 1), (0, 1), (-1, 1)]));
        (0..width).for_each(|x| take(x, y, &[(-1, 0)]));
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_pixels_take_the_nearest_visible_colour_and_no_other() {
        let (width, height) = (9, 7);
        let visible = [(0, 0, 10), (8, 0, 20), (4, 6, 30)];
        let mut picture = Picture::filled(width, height, [99; 3]);
        let mut opacity = vec![0; width * height];
        for (x, y, value) in visible {
            opacity[y * width + x] = 1;
            picture.set(x, y, [value; 3]);
        }
        picture.cover_hidden(&opacity);
        for y in 0..height {
            for x in 0..width {
                let distance = |(column, row, _): &(usize, usize, u8)| column.abs_diff(x).pow(2) + row.abs_diff(y).pow(2);
                let least = visible.iter().map(distance).min().unwrap();
                let [found, ..] = picture.get(x, y);
                assert!(visible.iter().any(|pixel| pixel.2 == found && distance(pixel) == least), "{found} at {x}, {y}");
            }
        }
        picture.cover_hidden(&vec![0; width * height]);
        assert!(picture.pixels().iter().all(|value| *value == 255));
    }
}
