//! The pyramid: at each level the known colours, the guide's, and how much of a pixel is known.

use crate::parallel;

/// One level, before anything is matched.
#[derive(Debug)]
pub struct Raster {
    pub width: usize,
    pub height: usize,
    /// Mean of the known part of each pixel, `[height, width, 3]`; where nothing is known it does not count.
    pub rgb: Vec<u8>,
    /// The guide in the hole and the picture elsewhere, `[height, width, 3]`.
    pub guide: Vec<u8>,
    /// Known part of each pixel, 0 to 255, `[height, width]`.
    pub known: Vec<u8>,
}

/// A pixel of a coarse level belongs to the hole where less than so much of it is known.
const ENOUGH: u8 = 179;

impl Raster {
    /// Half the size, a last odd row or column by itself.
    pub fn half(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let area = width * height;
        let mut half = Self { width, height, rgb: vec![0; 3 * area], guide: vec![0; 3 * area], known: vec![0; area] };
        for place in 0..area {
            let (x, y) = (2 * (place % width), 2 * (place / width));
            let (mut rgb, mut guide, mut known, mut count) = ([0u32; 3], [0u32; 3], 0u32, 0u32);
            for v in y..(y + 2).min(self.height) {
                for u in x..(x + 2).min(self.width) {
                    let from = v * self.width + u;
                    let share = u32::from(self.known[from]);
                    known += share;
                    count += 1;
                    for channel in 0..3 {
                        rgb[channel] += share * u32::from(self.rgb[3 * from + channel]);
                        guide[channel] += u32::from(self.guide[3 * from + channel]);
                    }
                }
            }
            half.known[place] = (known / count) as u8;
            for channel in 0..3 {
                half.rgb[3 * place + channel] = (rgb[channel] + known / 2).checked_div(known).unwrap_or(0) as u8;
                half.guide[3 * place + channel] = ((guide[channel] + count / 2) / count) as u8;
            }
        }
        half
    }

    /// The hole at this level; at the finest nothing less than wholly known is outside.
    pub fn hole(&self, finest: bool) -> Vec<bool> {
        let least = if finest { 255 } else { ENOUGH };
        self.known.iter().map(|known| *known < least).collect()
    }
}

/// Box mean over 2 · `radius` + 1 pixels, twice along each axis, of `[height, width, 3]`; at the edges over what is there.
pub fn blur(rgb: Vec<u8>, width: usize, radius: usize) -> Vec<u8> {
    if radius == 0 {
        return rgb;
    }
    let mut fine: Vec<u16> = rgb.into_iter().map(|value| u16::from(value) << 7).collect();
    for _ in 0..2 {
        parallel::each_chunk(&mut fine, 3 * width, |row| blur_lines(row, 3, radius));
        blur_lines(&mut fine, 3 * width, radius);
    }
    fine.into_iter().map(|value| ((value + 64) >> 7) as u8).collect()
}

/// One box mean, of `lanes` lines side by side: `[length, lanes]`.
fn blur_lines(values: &mut [u16], lanes: usize, radius: usize) {
    let length = values.len() / lanes;
    // What was overwritten already, a line of lanes after the other, in a ring.
    let mut before = vec![0u16; (radius + 1) * lanes];
    let mut sums = vec![0u32; lanes];
    for values in values.chunks_exact(lanes).take(radius) {
        sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += u32::from(*value));
    }
    for index in 0..length {
        let (begin, end) = (index.saturating_sub(radius), (index + radius + 1).min(length));
        if let Some(entering) = values.chunks_exact(lanes).nth(index + radius) {
            sums.iter_mut().zip(entering).for_each(|(sum, value)| *sum += u32::from(*value));
        }
        let ring = &mut before[index % (radius + 1) * lanes..][..lanes];
        if index > radius {
            sums.iter_mut().zip(&*ring).for_each(|(sum, value)| *sum -= u32::from(*value));
        }
        let own = &mut values[index * lanes..][..lanes];
        ring.copy_from_slice(own);
        let count = (end - begin) as u32;
        own.iter_mut().zip(&sums).for_each(|(own, sum)| *own = ((sum + count / 2) / count) as u16);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_lends_nothing_to_a_coarse_level() {
        let raster = Raster { width: 3, height: 1, rgb: [[10; 3], [200; 3], [50; 3]].concat(), guide: vec![7; 9], known: vec![255, 0, 0] };
        let half = raster.half();
        assert_eq!((half.width, half.height), (2, 1));
        assert_eq!(half.rgb, [10, 10, 10, 0, 0, 0]);
        assert_eq!(half.known, [127, 0]);
        assert_eq!(half.guide, [7; 6]);
        assert_eq!(half.hole(false), [true, true]);
    }

    #[test]
    fn a_blur_keeps_what_is_flat_and_spreads_a_dot() {
        assert_eq!(blur(vec![200; 3 * 35], 7, 3), [200; 3 * 35]);
        let mut dot = vec![0; 3 * 81];
        dot[3 * 40..3 * 41].fill(81);
        let spread = blur(dot, 9, 1);
        // Twice a mean of three: 3/9 in the middle of each axis, 1/9 two away.
        assert_eq!((spread[3 * 40], spread[3 * 38], spread[3 * 37]), (9, 3, 0));
    }
}
