//! `Plane`: colours of one level of the pyramid with room around them, so that the patch of every pixel can be read; and
//! `Source`, a place of it in 32 bits.

use super::{
    area::{RADIUS, whole_patches},
    expected::Expected,
    preference::Preference,
};

/// Pixels along a patch.
pub const SIDE: usize = 2 * RADIUS + 1;
/// Bytes of a patch's row that are read: a multiple of eight, one pixel more than it has.
pub const ROW: usize = 3 * (SIDE + 1);
/// Room on each side of a plane, in pixels: a patch and the pixel more.
const ROOM: usize = RADIUS + 1;

/// The centre of a patch, as column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(u32);

impl Source {
    /// No patch.
    pub const NONE: Self = Self(u32::MAX);

    /// Both below 65,535.
    pub fn new(x: usize, y: usize) -> Self {
        Self((y as u32) << 16 | x as u32)
    }

    pub fn x(self) -> usize {
        (self.0 & 0xffff) as usize
    }

    pub fn y(self) -> usize {
        (self.0 >> 16) as usize
    }

    pub fn is_some(self) -> bool {
        self != Self::NONE
    }

    /// The place as far from this one as the arguments say; `None` left of the first column or above the first row.
    pub fn moved(self, across: isize, down: isize) -> Option<Self> {
        let (x, y) = (self.x() as isize + across, self.y() as isize + down);
        (self.is_some() && x >= 0 && y >= 0).then(|| Self::new(x as usize, y as usize))
    }
}

/// RGB bytes with room around them, what of them can be a source, and the guide at the same places.
#[derive(Debug)]
pub struct Plane {
    pub width: usize,
    pub height: usize,
    rgb: Vec<u8>,
    /// Low-passed; its edges are repeated into the room. Empty where it does not count.
    guide: Vec<u8>,
    /// Whether the patch around a pixel is wholly known.
    whole: Vec<bool>,
    /// Mean square of what a 3×3 mean takes from the patch around a pixel: how much detail it has.
    detail: Vec<u16>,
    /// The detail that the known surroundings of a place have.
    expected: Expected,
    /// Which sources are liked less.
    pub preference: Preference,
}

impl Plane {
    /// Colours of the known part, anything in the hole; `[height, width, 3]` both.
    pub fn new(rgb: Vec<u8>, guide: Option<Vec<u8>>, hole: &[bool], width: usize) -> Self {
        let height = hole.len() / width;
        let mut plane = Self {
            width,
            height,
            rgb: padded(rgb, width, height),
            guide: guide.map(|guide| padded(guide, width, height)).unwrap_or_default(),
            whole: whole_patches(hole, width),
            detail: Vec::new(),
            expected: Expected::default(),
            preference: Preference::default(),
        };
        plane.detail = plane.measure_detail();
        plane.expected = Expected::new(&plane.detail, &plane.whole, width);
        plane
    }

    /// Lets go of what only matching needs.
    pub fn end_matching(&mut self) {
        (self.whole, self.detail, self.expected) = (Vec::new(), Vec::new(), Expected::default());
    }

    /// Bytes from a row to the next.
    pub fn stride(&self) -> usize {
        3 * (self.width + 2 * ROOM)
    }

    /// Where a pixel's bytes begin.
    fn start(&self, x: usize, y: usize) -> usize {
        (y + ROOM) * self.stride() + 3 * (x + ROOM)
    }

    /// Where the bytes of the patch around a pixel begin.
    pub fn patch_start(&self, x: usize, y: usize) -> usize {
        (y + ROOM - RADIUS) * self.stride() + 3 * (x + ROOM - RADIUS)
    }

    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    pub fn guide(&self) -> &[u8] {
        &self.guide
    }

    pub fn get(&self, x: usize, y: usize) -> [u8; 3] {
        let start = self.start(x, y);
        [self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]]
    }

    pub fn set(&mut self, x: usize, y: usize, pixel: [u8; 3]) {
        let start = self.start(x, y);
        self.rgb[start..start + 3].copy_from_slice(&pixel);
    }

    /// Whether a place is the centre of a wholly known patch.
    pub fn is_source(&self, source: Source) -> bool {
        source.x() < self.width && source.y() < self.height && self.whole[source.y() * self.width + source.x()]
    }

    /// All of them, row by row.
    pub fn sources(&self) -> Vec<Source> {
        let places = self.whole.iter().enumerate().filter(|(_, whole)| **whole);
        places.map(|(place, _)| Source::new(place % self.width, place / self.width)).collect()
    }

    /// See the field.
    pub fn detail(&self, source: Source) -> f32 {
        f32::from(self.detail[source.y() * self.width + source.x()])
    }

    /// The detail that is to be expected around a place, from the wholly known patches nearest to it.
    pub fn expected_detail(&self, x: usize, y: usize) -> f32 {
        self.expected.at(x, y)
    }

    fn measure_detail(&self) -> Vec<u16> {
        let (width, height, stride) = (self.width, self.height, self.stride());
        // Sums of columns of seven, so that a patch costs seven additions and not 49.
        let mut squares = vec![0u32; width * height];
        for y in 0..height {
            for x in 0..width {
                let start = self.start(x, y);
                let square = |channel: usize| {
                    let at = start + channel;
                    let around = [at - stride, at, at + stride]
                        .map(|row| i32::from(self.rgb[row - 3]) + i32::from(self.rgb[row]) + i32::from(self.rgb[row + 3]));
                    let apart = 9 * i32::from(self.rgb[at]) - around.iter().sum::<i32>();
                    (apart * apart) as u32 / 81
                };
                squares[y * width + x] = square(0) + square(1) + square(2);
            }
        }
        let mut detail = vec![0; width * height];
        for (place, detail) in detail.iter_mut().enumerate().filter(|(place, _)| self.whole[*place]) {
            let first = place - RADIUS * width - RADIUS;
            let sum: u32 = (0..SIDE).flat_map(|row| &squares[first + row * width..][..SIDE]).sum();
            *detail = (sum / (SIDE * SIDE) as u32).min(u32::from(u16::MAX)) as u16;
        }
        detail
    }
}

/// `[height, width, 3]` with room on all sides, into which the edges are repeated.
fn padded(rgb: Vec<u8>, width: usize, height: usize) -> Vec<u8> {
    let mut all = Vec::with_capacity(3 * (width + 2 * ROOM) * (height + 2 * ROOM));
    for y in 0..height + 2 * ROOM {
        let row = &rgb[3 * width * y.saturating_sub(ROOM).min(height - 1)..][..3 * width];
        for _ in 0..ROOM {
            all.extend_from_slice(&row[..3]);
        }
        all.extend_from_slice(row);
        for _ in 0..ROOM {
            all.extend_from_slice(&row[3 * width - 3..]);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_keeps_its_place() {
        let source = Source::new(65_000, 12);
        assert_eq!((source.x(), source.y()), (65_000, 12));
        assert_eq!(source.moved(-5, 1), Some(Source::new(64_995, 13)));
        assert_eq!(source.moved(0, -13), None);
        assert_eq!(Source::NONE.moved(1, 1), None);
    }

    #[test]
    fn a_flat_patch_has_no_detail_and_stripes_have_some() {
        let stripes: Vec<u8> = (0..24 * 16).flat_map(|place| [if place % 24 < 8 { 90 } else { 80 + 20 * (place % 2) as u8 }; 3]).collect();
        let plane = Plane::new(stripes, None, &[false; 24 * 16], 24);
        assert_eq!(plane.detail(Source::new(3, 8)), 0.0);
        // Each is 40 / 3 from the mean of its row of three, in three channels.
        assert!((plane.detail(Source::new(14, 8)) - 3.0 * 1600.0 / 9.0).abs() < 3.0, "{}", plane.detail(Source::new(14, 8)));
    }
}
