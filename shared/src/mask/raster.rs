//! The one rasteriser: shapes in pixels → coverage, anti-aliased. Pixel (x, y) is the unit square
//! from (x, y) to (x + 1, y + 1), so its centre is at one half. Work is done only inside a shape's
//! bounding box, and in one step for runs of full coverage.

use std::ops::Range;

/// Something to draw, in pixels.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A brush put down once.
    Disc {
        /// Centre, from the left.
        x: f32,
        /// Centre, from the top.
        y: f32,
        /// Half the brush's width.
        radius: f32,
    },
    /// A brush drawn along a line, with round ends.
    Segment {
        /// Where it starts, `(x, y)`.
        from: (f32, f32),
        /// Where it ends.
        to: (f32, f32),
        /// Half the brush's width.
        radius: f32,
    },
    /// An upright rectangle; negative sides reach to the left and up.
    Rectangle {
        /// One corner, from the left.
        x: f32,
        /// The same corner, from the top.
        y: f32,
        /// To the opposite corner.
        width: f32,
        /// To the opposite corner.
        height: f32,
    },
    /// A closed outline; what it winds around in either direction is inside.
    Polygon {
        /// Corners `(x, y)`; the last is joined to the first.
        points: Vec<(f32, f32)>,
    },
}

/// Sub-scanlines of a row of a polygon; along a row its coverage is exact.
const SCANLINES: usize = 16;

/// Calls `put(y, first column, coverages)` for each of these rows that the shape touches, inside `width`. Shapes with values that are not finite, or with a radius of 0 or less, touch none.
pub fn draw(shape: &Shape, width: usize, rows: Range<usize>, put: impl FnMut(usize, usize, &[u8])) {
    let point = |(x, y): (f32, f32)| (f64::from(x), f64::from(y));
    match shape {
        Shape::Disc { x, y, radius } => {
            let centre = point((*x, *y));
            Capsule::new(centre, centre, f64::from(*radius)).draw(width, rows, put);
        }
        Shape::Segment { from, to, radius } => Capsule::new(point(*from), point(*to), f64::from(*radius)).draw(width, rows, put),
        Shape::Rectangle { x, y, width: across, height: down } => {
            let (x, y, across, down) = (f64::from(*x), f64::from(*y), f64::from(*across), f64::from(*down));
            draw_rectangle([x.min(x + across), y.min(y + down), x.max(x + across), y.max(y + down)], width, rows, put);
        }
        Shape::Polygon { points } => {
            let points: Vec<_> = points.iter().map(|corner| point(*corner)).collect();
            draw_polygon(&points, width, rows, put);
        }
    }
}

/// 0 to 1 → 0 to 255.
fn byte(coverage: f64) -> u8 {
    (coverage * 255.0).round() as u8
}

/// The pixels of these that the interval from `low` to `high` touches.
fn touched(low: f64, high: f64, pixels: &Range<usize>) -> Range<usize> {
    let Range { start, end } = *pixels;
    // Casts saturate: what lies to the left or above becomes 0.
    (low.floor() as usize).clamp(start, end)..(high.ceil() as usize).clamp(start, end)
}

/// All points within a radius of a line.
struct Capsule {
    from: (f64, f64),
    to: (f64, f64),
    radius: f64,
    length: f64,
    /// Brushes thinner than a pixel cover less of it.
    weight: f64,
}

impl Capsule {
    fn new(from: (f64, f64), to: (f64, f64), radius: f64) -> Self {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        Self { from, to, radius, length, weight: (2.0 * radius).clamp(0.0, 1.0) }
    }

    fn draw(&self, width: usize, rows: Range<usize>, mut put: impl FnMut(usize, usize, &[u8])) {
        let drawable = self.length.is_finite() && self.radius.is_finite() && self.radius > 0.0;
        if !drawable {
            return;
        }
        // Coverage falls from 1 to 0 over one pixel across the edge.
        let reach = self.radius + 0.5;
        let rows = touched(self.from.1.min(self.to.1) - reach, self.from.1.max(self.to.1) + reach, &rows);
        let mut coverages = Vec::new();
        for y in rows {
            let middle = y as f64 + 0.5;
            let Some((low, high)) = self.span(middle, reach) else {
                continue;
            };
            let columns = touched(low - 0.5, high + 0.5, &(0..width));
            let inner = match self.span(middle, self.radius - 0.5) {
                Some((low, high)) => (low + 0.5).floor().max(0.0) as usize..(high - 0.5).ceil().max(0.0) as usize,
                None => 0..0,
            };
            coverages.clear();
            let mut x = columns.start;
            while x < columns.end {
                if inner.contains(&x) {
                    let end = inner.end.min(columns.end);
                    coverages.resize(coverages.len() + end - x, byte(self.weight));
                    x = end;
                } else {
                    let distance = self.distance(x as f64 + 0.5, middle);
                    coverages.push(byte((reach - distance).clamp(0.0, 1.0) * self.weight));
                    x += 1;
                }
            }
            if !coverages.is_empty() {
                put(y, columns.start, &coverages);
            }
        }
    }

    /// Distance of a point from the line.
    fn distance(&self, x: f64, y: f64) -> f64 {
        let (across, down) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        let along = if self.length > 0.0 {
            (((x - self.from.0) * across + (y - self.from.1) * down) / (self.length * self.length)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (x - self.from.0 - along * across).hypot(y - self.from.1 - along * down)
    }

    /// Where the horizontal line at `y` is within `reach` of this one: from the leftmost to the
    /// rightmost point.
    fn span(&self, y: f64, reach: f64) -> Option<(f64, f64)> {
        if reach <= 0.0 {
            return None;
        }
        let (across, down) = (self.to.0 - self.from.0, self.to.1 - self.from.1);
        // The part t of the line whose discs reach the horizontal: |y − from.1 − t·down| ≤ reach.
        let (mut low, mut high) = (0.0f64, 1.0f64);
        if down == 0.0 {
            if (y - self.from.1).abs() > reach {
                return None;
            }
        } else {
            let ends = [(y - self.from.1 - reach) / down, (y - self.from.1 + reach) / down];
            low = low.max(ends[0].min(ends[1]));
            high = high.min(ends[0].max(ends[1]));
            if low > high {
                return None;
            }
        }
        // x(t) = from.0 + t·across ± √(reach² − u²), u = y − from.1 − t·down, is concave (convex): its
        // extreme is where the disc's edge is tangent to the line, or the nearest end.
        let extreme = |sign: f64| {
            let t = if down == 0.0 {
                if across * sign > 0.0 { high } else { low }
            } else {
                let u = -sign * reach * across / self.length * down.signum();
                ((y - self.from.1 - u) / down).clamp(low, high)
            };
            let u = y - self.from.1 - t * down;
            self.from.0 + t * across + sign * (reach * reach - u * u).max(0.0).sqrt()
        };
        Some((extreme(-1.0), extreme(1.0)))
    }
}

/// Exact coverage of a rectangle `[left, top, right, bottom]`.
fn draw_rectangle([left, top, right, bottom]: [f64; 4], width: usize, rows: Range<usize>, mut put: impl FnMut(usize, usize, &[u8])) {
    if ![left, top, right, bottom].iter().all(|value| value.is_finite()) {
        return;
    }
    let overlap = |low: f64, high: f64, pixel: usize| (high.min(pixel as f64 + 1.0) - low.max(pixel as f64)).max(0.0);
    let columns = touched(left, right, &(0..width));
    let across: Vec<f64> = columns.clone().map(|x| overlap(left, right, x)).collect();
    let mut coverages = vec![0; across.len()];
    for y in touched(top, bottom, &rows) {
        let down = overlap(top, bottom, y);
        for (coverage, across) in coverages.iter_mut().zip(&across) {
            *coverage = byte(across * down);
        }
        put(y, columns.start, &coverages);
    }
}

/// Coverage of a polygon by the non-zero winding rule.
fn draw_polygon(points: &[(f64, f64)], width: usize, rows: Range<usize>, mut put: impl FnMut(usize, usize, &[u8])) {
    if points.len() < 3 || !points.iter().all(|(x, y)| x.is_finite() && y.is_finite()) {
        return;
    }
    let fold = |pick: fn(&(f64, f64)) -> f64, start: f64, choose: fn(f64, f64) -> f64| points.iter().map(pick).fold(start, choose);
    let columns = touched(fold(|p| p.0, f64::INFINITY, f64::min), fold(|p| p.0, f64::NEG_INFINITY, f64::max), &(0..width));
    let rows = touched(fold(|p| p.1, f64::INFINITY, f64::min), fold(|p| p.1, f64::NEG_INFINITY, f64::max), &rows);
    let edges: Vec<_> = points.iter().copied().zip(points.iter().copied().cycle().skip(1)).collect();
    let mut steps = vec![0.0; columns.len() + 2];
    let mut crossings: Vec<(f64, i32)> = Vec::new();
    let mut coverages = vec![0; columns.len()];
    for y in rows {
        let (top, bottom) = (y as f64, y as f64 + 1.0);
        let near: Vec<_> = edges.iter().filter(|(a, b)| a.1.min(b.1) < bottom && a.1.max(b.1) > top).collect();
        steps.fill(0.0);
        for line in 0..SCANLINES {
            let middle = top + (line as f64 + 0.5) / SCANLINES as f64;
            crossings.clear();
            for (a, b) in &near {
                if (a.1 <= middle) != (b.1 <= middle) {
                    let x = a.0 + (middle - a.1) / (b.1 - a.1) * (b.0 - a.0);
                    crossings.push((x, if a.1 < b.1 { 1 } else { -1 }));
                }
            }
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut winding = 0;
            for pair in crossings.windows(2) {
                winding += pair[0].1;
                if winding != 0 {
                    add_span(&mut steps, columns.start, columns.end, pair[0].0, pair[1].0);
                }
            }
        }
        let mut sum = 0.0;
        for (coverage, step) in coverages.iter_mut().zip(&steps) {
            sum += step;
            *coverage = byte((sum / SCANLINES as f64).clamp(0.0, 1.0));
        }
        put(y, columns.start, &coverages);
    }
}

/// Adds a span's coverage to `steps`, the differences from each pixel of first..end to the next.
fn add_span(steps: &mut [f64], first: usize, end: usize, low: f64, high: f64) {
    let (low, high) = (low.clamp(first as f64, end as f64), high.clamp(first as f64, end as f64));
    // An edge inside a pixel covers what lies to its right in it, and all of every pixel after it.
    let mut edge = |x: f64, sign: f64| {
        let place = x.floor() as usize - first;
        let inside = x - x.floor();
        steps[place] += sign * (1.0 - inside);
        steps[place + 1] += sign * inside;
    };
    edge(low, 1.0);
    edge(high, -1.0);
}
