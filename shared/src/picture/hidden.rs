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
    // Down and then up; in each row there and back. The way up is the way down of a picture that is turned by half.
    for sign in [1, -1] {
        for row in 0..height {
            let y = if sign > 0 { row } else { height - 1 - row };
            for step in 0..2 * width {
                let (x, neighbours) = if step < width { (step, &FIRST[..]) } else { (2 * width - 1 - step, &BACK[..]) };
                let x = if sign > 0 { x } else { width - 1 - x };
                if opacity[y * width + x] == 0 {
                    take(&mut nearest, width, (x, y), neighbours, sign);
                }
            }
        }
    }
    nearest
}

/// Neighbours whose nearest pixel is known on the way through a row, and on the way back.
const FIRST: [(isize, isize); 4] = [(-1, 0), (-1, -1), (0, -1), (1, -1)];
const BACK: [(isize, isize); 1] = [(1, 0)];

/// Takes what a neighbour has found where that is nearer. Once in the page's code, and not once for every way.
#[inline(never)]
fn take(nearest: &mut [u32], width: usize, (x, y): (usize, usize), neighbours: &[(isize, isize)], sign: isize) {
    let squared = |found: u32| (found as usize % width).abs_diff(x).pow(2) + (found as usize / width).abs_diff(y).pow(2);
    let place = y * width + x;
    for (across, down) in neighbours {
        let (Some(column), Some(row)) = (x.checked_add_signed(sign * across), y.checked_add_signed(sign * down)) else { continue };
        if column >= width || row >= nearest.len() / width {
            continue;
        }
        let found = nearest[row * width + column];
        if found != NONE && (nearest[place] == NONE || squared(found) < squared(nearest[place])) {
            nearest[place] = found;
        }
    }
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
