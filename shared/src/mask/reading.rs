//! What the pixels of a mask file mean: the one reading of program, evaluation and page. It knows no file formats; who
//! opens the file hands over its pixels as they are.

use super::coverage::{Mask, THRESHOLD};
use crate::picture::luma;

/// Black and white of video range, and the noise of a compressed mask, lie within so much of 0 and 255.
const NOISE: u8 = 20;

/// Ringing around the hard edges of a compressed mask reaches at most so far.
const RINGING: u8 = 64;

/// Alpha from which a pixel's colour is seen.
const SEEN: u8 = 64;

/// Samples that are further apart than this make a colour, not a grey.
const COLOURED: u8 = 32;

/// How far a pixel of one paint, at any brightness, may be from that paint.
const SAME_PAINT: f32 = 48.0;

/// The part of the pixels that may be something else than what a mask is taken for.
const STRAY: f64 = 0.05;

/// The part of a mask that may lie between black and white.
const BETWEEN: f64 = 0.5;

/// A mask file as it was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskReading {
    /// What is to be filled. Noise near black is 0 and noise near white 255; soft edges are as they were.
    pub mask: Mask,
    /// What may be another than it was meant, to be said to whoever gave the file.
    pub doubt: Option<MaskDoubt>,
}

/// What may be another than it was meant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MaskDoubt {
    /// Nothing is white.
    #[error(
        "the brightest value of the mask is {brightest} of {most}, so the original shines through what is filled; \
         paint white ({most}) where to fill"
    )]
    Faint {
        /// The brightest value.
        brightest: u16,
        /// What white would be.
        most: u16,
    },
    /// More lies between black and white than is white.
    #[error(
        "{percent:.0} % of the mask is neither black nor white, far more than is white; there the original and what is filled are mixed"
    )]
    MostlySoft {
        /// Percent of the pixels.
        percent: f64,
    },
}

/// Pixels that no mask can be read from.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MaskReadingError {
    /// Not as many pixels as the size asks for, or none.
    #[error("{found} pixels were given for a mask of {width}×{height}")]
    Length {
        /// The width given.
        width: usize,
        /// The height given.
        height: usize,
        /// Pixels given.
        found: usize,
    },
    /// Such as a label mask of 0 and 1.
    #[error(
        "the brightest value of the mask is {brightest} of {most}, which marks nothing; white ({most}) is to be filled: \
         scale the mask's values up"
    )]
    Dark {
        /// The brightest value.
        brightest: u16,
        /// What white would be.
        most: u16,
    },
    /// The paint is in the alpha channel, and black.
    #[error(
        "the mask is black with transparency (its brightest visible value is {brightest} of {most}), and black is kept; \
         white is to be filled: paint white on transparent or on black"
    )]
    BlackOnTransparent {
        /// The brightest value that is not transparent.
        brightest: u16,
        /// What white would be.
        most: u16,
    },
    /// A photograph, or another picture that is no mask.
    #[error(
        "{percent:.0} % of the mask is neither black nor white (its values go from {darkest} to {brightest} of {most}), as in a \
         photograph; a mask is white where to fill and black or transparent where to keep"
    )]
    NeitherBlackNorWhite {
        /// Percent of the pixels.
        percent: f64,
        /// The darkest value.
        darkest: u16,
        /// The brightest value.
        brightest: u16,
        /// What white would be.
        most: u16,
    },
    /// More than one colour beside black.
    #[error(
        "the mask has several colours ({} and {}, for example), and which of them is to be filled is not known; paint what is to \
         be filled in one colour on black or on transparent",
        hex(one),
        hex(other)
    )]
    SeveralColours {
        /// One of them, as 8-bit RGB.
        one: [u8; 3],
        /// Another.
        other: [u8; 3],
    },
}

fn hex([red, green, blue]: &[u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// Reads a mask from pixels of any kind: red, green, blue and alpha, row by row, each from 0 to `most` (255 or 65,535). Grey
/// pixels have three equal colours, and pixels of a picture without alpha have `most`.
///
/// White is to be filled, black and transparent are kept. One colour on black or on transparent is as good as white. Noise near
/// black and near white is cut off: up to 20 of 255, and up to 64 where compression left ringing around hard edges. A mask that
/// marks nothing because it is black is read as empty.
///
/// # Errors
/// Pixels of which it is not clear what is to be filled, with the values seen.
pub fn read<P>(width: usize, height: usize, most: u16, pixels: P) -> Result<MaskReading, MaskReadingError>
where
    P: Iterator<Item = [u16; 4]> + Clone,
{
    let mut seen = Seen::default();
    let mut values = Vec::with_capacity(width.saturating_mul(height));
    for pixel in pixels.clone() {
        seen.add(pixel, most);
        let [red, green, blue, alpha] = pixel.map(|sample| to_byte(sample, most));
        values.push(scale(luma([red, green, blue]), alpha));
    }
    let found = values.len();
    if found == 0 || found != width.saturating_mul(height) {
        return Err(MaskReadingError::Length { width, height, found });
    }
    let mut range = Range { darkest: seen.darkest, brightest: seen.brightest, most };
    match seen.paint(&pixels, most) {
        Ok(None) => {}
        Ok(Some(paint)) => {
            for (value, pixel) in values.iter_mut().zip(pixels) {
                let [red, green, blue, alpha] = pixel.map(|sample| to_byte(sample, most));
                // On transparent the paint's own brightness says nothing; on black it is how much of the pixel is painted.
                let part = if seen.one_paint() { 255.0 } else { 255.0 * f32::from(red.max(green).max(blue)) / f32::from(paint) };
                *value = scale(part.min(255.0), alpha);
            }
            let largest = values.iter().copied().max().unwrap_or(0);
            range.brightest = (u32::from(largest) * u32::from(most) / 255) as u16;
        }
        // A photograph has several colours too, and is better called one.
        Err(error @ MaskReadingError::SeveralColours { .. }) => return Err(range.not_a_mask(&values).unwrap_or(error)),
        Err(error) => return Err(error),
    }
    judge(width, height, values, range)
}

/// The values of a file's pixels.
#[derive(Clone, Copy)]
struct Range {
    darkest: u16,
    brightest: u16,
    most: u16,
}

impl Range {
    /// What is wrong with values most of which are neither black nor white.
    fn not_a_mask(self, values: &[u8]) -> Option<MaskReadingError> {
        let Self { darkest, brightest, most } = self;
        let between = values.iter().filter(|value| (NOISE + 1..255 - NOISE).contains(*value)).count() as f64 / values.len() as f64;
        (between > BETWEEN).then_some(MaskReadingError::NeitherBlackNorWhite { percent: 100.0 * between, darkest, brightest, most })
    }
}

/// Cuts the noise off and asks whether what is left is a mask.
fn judge(width: usize, height: usize, mut values: Vec<u8>, range: Range) -> Result<MaskReading, MaskReadingError> {
    let Range { brightest, most, .. } = range;
    let mut counts = [0usize; 256];
    values.iter().for_each(|value| counts[usize::from(*value)] += 1);
    let (black, white) = (noise(&counts), 255 - noise(&std::array::from_fn(|value| counts[255 - value])));
    let largest = values.iter().copied().max().unwrap_or(0);
    if (1..THRESHOLD).contains(&largest) || largest == 0 && brightest > 0 {
        return Err(MaskReadingError::Dark { brightest, most });
    }
    let part = |range: std::ops::RangeInclusive<u8>| {
        let count: usize = range.map(|value| counts[usize::from(value)]).sum();
        count as f64 / values.len() as f64
    };
    if let Some(error) = range.not_a_mask(&values) {
        return Err(error);
    }
    let (between, full) = (part(black + 1..=white - 1), part(white..=255));
    let doubt = if (1..white).contains(&largest) {
        Some(MaskDoubt::Faint { brightest, most })
    } else {
        (between > 2.0 * full).then_some(MaskDoubt::MostlySoft { percent: 100.0 * between })
    };
    for value in &mut values {
        *value = match *value {
            value if value <= black => 0,
            value if value >= white => 255,
            value => value,
        };
    }
    let found = values.len();
    let mask = Mask::new(width, height, values).map_err(|_| MaskReadingError::Length { width, height, found })?;
    Ok(MaskReading { mask, doubt })
}

/// Up to which value pixels near black are noise, from how many pixels have each value.
///
/// A soft edge has about as many pixels of one value as of another. Ringing is most around black and less with every value:
/// where there are far more pixels than of a middle value, they are no edge.
fn noise(counts: &[usize; 256]) -> u8 {
    let edge = counts[96..160].iter().sum::<usize>() as f64 / 64.0;
    let total: usize = counts.iter().sum();
    // So few pixels say nothing about noise.
    let least = total as f64 * 1e-5 + 0.5;
    let around = |value: u8| counts[usize::from(value)..usize::from(value) + 8].iter().sum::<usize>() as f64 / 8.0;
    (NOISE..RINGING).find(|value| around(value + 1) <= 4.0 * edge + least).unwrap_or(RINGING)
}

fn to_byte(sample: u16, most: u16) -> u8 {
    if most == 255 { sample.min(255) as u8 } else { ((u32::from(sample) * 255 + u32::from(most) / 2) / u32::from(most).max(1)) as u8 }
}

fn scale(value: f32, alpha: u8) -> u8 {
    (value * f32::from(alpha) / 255.0).round() as u8
}

/// What was seen of all pixels.
#[derive(Default)]
struct Seen {
    /// Whether any pixel is not visible.
    transparent: bool,
    /// Extremes of the largest sample of pixels that are visible, as the file has them.
    darkest: u16,
    brightest: u16,
    /// The same of 8 bits, beside the number of visible pixels.
    least: u8,
    largest: u8,
    count: usize,
    /// Pixels that are brighter than noise, of those the coloured ones, and the sum of their samples.
    bright: usize,
    coloured: usize,
    sums: [u64; 3],
    /// The largest sample of a coloured pixel, and the first coloured pixel.
    paint: u8,
    first: Option<[u8; 3]>,
}

impl Seen {
    fn add(&mut self, pixel: [u16; 4], most: u16) {
        let [red, green, blue, _] = pixel;
        let bytes = pixel.map(|sample| to_byte(sample, most));
        if bytes[3] < SEEN {
            self.transparent = true;
            return;
        }
        let (high, first) = (red.max(green).max(blue), self.count == 0);
        let (largest, spread) = extent(bytes);
        self.darkest = if first { high } else { self.darkest.min(high) };
        self.brightest = self.brightest.max(high);
        self.least = if first { largest } else { self.least.min(largest) };
        self.largest = self.largest.max(largest);
        self.count += 1;
        if largest > NOISE {
            self.bright += 1;
            if spread > COLOURED && u16::from(spread) * 4 > u16::from(largest) {
                self.coloured += 1;
                self.paint = self.paint.max(largest);
                self.first.get_or_insert([bytes[0], bytes[1], bytes[2]]);
                (0..3).for_each(|channel| self.sums[channel] += u64::from(bytes[channel]));
            }
        }
    }

    /// Whether what is visible on transparent has one brightness.
    fn one_paint(&self) -> bool {
        self.transparent && self.count > 0 && self.largest - self.least <= COLOURED
    }

    /// The largest sample of the one paint; `None` where grey values are read as they are.
    fn paint<P>(&self, pixels: &P, most: u16) -> Result<Option<u8>, MaskReadingError>
    where
        P: Iterator<Item = [u16; 4]> + Clone,
    {
        if self.transparent && self.count > 0 && self.largest < RINGING {
            return Err(MaskReadingError::BlackOnTransparent { brightest: self.brightest, most });
        }
        if (self.coloured as f64) <= STRAY * self.bright as f64 {
            return Ok(self.one_paint().then_some(self.largest));
        }
        let largest = self.sums.iter().copied().max().unwrap_or(1).max(1) as f32;
        let paint = self.sums.map(|sum| sum as f32 / largest);
        let one = self.first.unwrap_or_default();
        let (mut strays, mut furthest) = (0, (0, one));
        for pixel in pixels.clone() {
            let bytes = pixel.map(|sample| to_byte(sample, most));
            let (largest, _) = extent(bytes);
            if bytes[3] < SEEN || largest <= NOISE {
                continue;
            }
            let off = |channel: usize| (f32::from(bytes[channel]) - f32::from(largest) * paint[channel]).abs();
            if (0..3).any(|channel| off(channel) > SAME_PAINT) {
                strays += 1;
            }
            let other = [bytes[0], bytes[1], bytes[2]];
            let distance = (0..3).map(|channel| one[channel].abs_diff(other[channel])).max().unwrap_or(0);
            furthest = furthest.max((distance, other));
        }
        if strays as f64 > STRAY * self.bright as f64 {
            return Err(MaskReadingError::SeveralColours { one, other: furthest.1 });
        }
        Ok(Some(self.paint))
    }
}

/// The largest sample of a pixel's colour, and how far apart its samples are.
fn extent([red, green, blue, _]: [u8; 4]) -> (u8, u8) {
    let largest = red.max(green).max(blue);
    (largest, largest - red.min(green).min(blue))
}
