//! Random masks as the paper trains on them (arXiv 2111.05826, section 4): brush strokes of the
//! DeepFill v2 family and rectangles, written from their description. Measures in pixels are given
//! for 256² and scale with the picture's diagonal.

use std::f64::consts::{PI, SQRT_2, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::{Mask, Shape};

/// Corners of a blob's outline.
const CORNERS: usize = 64;

/// Of the whole area, what rectangles cover together.
const RECTANGLE_AREA: [f64; 2] = [0.1, 0.4];

/// One to three strokes of a brush that zigzags: 4 to 11 vertices, turning by 2π/5 ± 2π/15 to
/// alternating sides, brush 12 to 40 px wide at 256².
pub fn free_form(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Mask {
    let mut mask = Mask::empty(width, height);
    for _ in 0..rng.random_range(1..=3u32) {
        draw_stroke(&mut mask, rng);
    }
    mask
}

/// Draws that [`free_form_within`] makes before it takes the nearest of them.
const DRAWS: usize = 64;

/// As many strokes as it takes to cover between `from` and `to` of the area, 0 to 1. A draw whose last
/// stroke covers too much is thrown away; after 64 draws, which only masks of a few pixels reach, the
/// one nearest to the range is taken.
///
/// # Panics
/// When the range is empty or not within 0 to 1.
pub fn free_form_within(width: usize, height: usize, [from, to]: [f64; 2], rng: &mut ChaCha8Rng) -> Mask {
    assert!(0.0 <= from && from < to && to <= 1.0, "no mask covers {from} to {to} of its area");
    let miss = |mask: &Mask| (from - mask.area()).max(mask.area() - to).max(0.0);
    let mut nearest: Option<Mask> = None;
    for _ in 0..DRAWS {
        let mut mask = Mask::empty(width, height);
        // Strokes on masks of a few pixels are so thin that no number of them may be enough.
        for _ in 0..DRAWS {
            if mask.area() >= from {
                break;
            }
            draw_stroke(&mut mask, rng);
        }
        if miss(&mask) == 0.0 {
            return mask;
        }
        if nearest.as_ref().is_none_or(|nearest| miss(&mask) < miss(nearest)) {
            nearest = Some(mask);
        }
    }
    nearest.unwrap_or_else(|| Mask::full(width, height))
}

fn draw_stroke(mask: &mut Mask, rng: &mut ChaCha8Rng) {
    let (width, height) = (mask.width() as f64, mask.height() as f64);
    let diagonal = width.hypot(height);
    // Segment lengths are N(r, r/2), cut to [0, 2r].
    let mean = diagonal / 8.0;
    let lengths = Normal::new(mean, mean / 2.0).expect("half of a length is a deviation");
    let scale = diagonal / (256.0 * SQRT_2);
    let radius = rng.random_range(12.0..40.0) * scale / 2.0;
    let mut heading = rng.random_range(0.0..TAU);
    let mut side = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let mut from = (rng.random_range(0.0..width), rng.random_range(0.0..height));
    for _ in 1..rng.random_range(4..=11u32) {
        let length = lengths.sample(rng).clamp(0.0, 2.0 * mean);
        let to = ((from.0 + length * heading.cos()).clamp(0.0, width), (from.1 + length * heading.sin()).clamp(0.0, height));
        let point = |(x, y): (f64, f64)| (x as f32, y as f32);
        // Its round ends are the discs at the vertices.
        mask.draw(&Shape::Segment { from: point(from), to: point(to), radius: radius as f32 }, true);
        heading += side * rng.random_range(2.0 * PI / 5.0 - 2.0 * PI / 15.0..2.0 * PI / 5.0 + 2.0 * PI / 15.0);
        side = -side;
        from = to;
    }
}

/// One to five rectangles that together (overlaps counted once) cover 10 to 40 % of the area, as far
/// as whole pixels allow it.
pub fn rectangles(width: usize, height: usize, rng: &mut ChaCha8Rng) -> Mask {
    let count = rng.random_range(1..=5u32);
    // Few draws are refused; the bound only keeps pictures of a few pixels from never ending.
    for _ in 0..64 {
        let mask = draw_rectangles(width, height, count, rng);
        if (RECTANGLE_AREA[0]..=RECTANGLE_AREA[1]).contains(&mask.area()) {
            return mask;
        }
    }
    let side = |length: usize| (length as f64 / 2.0).round().max(1.0);
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Rectangle { x: 0.0, y: 0.0, width: side(width) as f32, height: side(height) as f32 }, true);
    mask
}

fn draw_rectangles(width: usize, height: usize, count: u32, rng: &mut ChaCha8Rng) -> Mask {
    let total = rng.random_range(RECTANGLE_AREA[0]..RECTANGLE_AREA[1]);
    let shares: Vec<f64> = (0..count).map(|_| rng.random_range(0.2..1.0)).collect();
    let sum: f64 = shares.iter().sum();
    let mut mask = Mask::empty(width, height);
    for share in shares {
        let area = total * share / sum;
        // Between half and twice as wide as the picture's own proportions.
        let stretch = SQRT_2.powf(rng.random_range(-1.0..1.0));
        let side = |length: usize, part: f64| ((length as f64 * part).round() as usize).clamp(1, length);
        let (across, down) = (side(width, area.sqrt() * stretch), side(height, area.sqrt() / stretch));
        let (left, top) = (rng.random_range(0..=width - across), rng.random_range(0..=height - down));
        let shape = Shape::Rectangle { x: left as f32, y: top as f32, width: across as f32, height: down as f32 };
        mask.draw(&shape, true);
    }
    mask
}

/// One outline that bulges, of a part of the area between `from` and `to`, 0 to 1, wholly inside the picture: a hole like that of an object.
pub fn blob(width: usize, height: usize, [from, to]: [f64; 2], rng: &mut ChaCha8Rng) -> Mask {
    let area = rng.random_range(from..to) * (width * height) as f64;
    // r(θ) = r·(1 + Σ a·cos(kθ + φ)) encloses π·r²·(1 + Σ a²/2).
    let waves: Vec<(f64, f64, f64)> =
        (2..=4).map(|count| (f64::from(count), rng.random_range(0.0..0.35) / f64::from(count), rng.random_range(0.0..TAU))).collect();
    let enclosed = PI * (1.0 + waves.iter().map(|(_, strength, _)| strength * strength / 2.0).sum::<f64>());
    let radius = (area / enclosed).sqrt();
    let outline: Vec<(f64, f64)> = (0..CORNERS)
        .map(|corner| {
            let angle = TAU * corner as f64 / CORNERS as f64;
            let bulge: f64 = waves.iter().map(|(count, strength, phase)| strength * (count * angle + phase).cos()).sum();
            (radius * (1.0 + bulge) * angle.cos(), radius * (1.0 + bulge) * angle.sin())
        })
        .collect();
    let mut place = |length: usize, pick: fn(&(f64, f64)) -> f64| {
        let low = outline.iter().map(pick).fold(f64::INFINITY, f64::min);
        let high = outline.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
        // A picture much longer than wide may be too narrow for it; then it is cut.
        let (first, last) = (-low, length as f64 - high);
        if first < last { rng.random_range(first..last) } else { length as f64 / 2.0 }
    };
    let (x, y) = (place(width, |point| point.0), place(height, |point| point.1));
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Polygon { points: outline.iter().map(|point| ((x + point.0) as f32, (y + point.1) as f32)).collect() }, true);
    mask
}
