//! Where the picture lies on the canvas: plain numbers. Picture coordinates are pixels of the picture,
//! canvas coordinates CSS pixels from the canvas's left upper corner.

/// Smallest and largest size of a picture's pixel, CSS pixels.
const SCALES: [f64; 2] = [0.01, 64.0];

/// A scale and a shift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Viewport {
    /// CSS pixels for a pixel of the picture.
    pub scale: f64,
    /// Canvas coordinate of the picture's left edge.
    pub left: f64,
    /// Canvas coordinate of the picture's upper edge.
    pub top: f64,
}

impl Viewport {
    /// Shows a rectangle of the picture, x, y, width, height, whole and in the middle.
    pub fn fit(canvas: (f64, f64), shown: [f64; 4]) -> Self {
        let [x, y, width, height] = shown;
        let margin = 0.94;
        let scale = (canvas.0 / width).min(canvas.1 / height) * margin;
        let scale = scale.clamp(SCALES[0], SCALES[1].min(16.0));
        Self { scale, left: (canvas.0 - width * scale) / 2.0 - x * scale, top: (canvas.1 - height * scale) / 2.0 - y * scale }
    }

    /// From the canvas to the picture.
    pub fn to_picture(self, x: f64, y: f64) -> (f64, f64) {
        ((x - self.left) / self.scale, (y - self.top) / self.scale)
    }

    /// From the picture to the canvas.
    pub fn to_canvas(self, x: f64, y: f64) -> (f64, f64) {
        (x * self.scale + self.left, y * self.scale + self.top)
    }

    /// Enlarged by `factor`, with the canvas point (x, y) staying where it is.
    pub fn zoom(self, factor: f64, x: f64, y: f64) -> Self {
        let scale = (self.scale * factor).clamp(SCALES[0], SCALES[1]);
        let (px, py) = self.to_picture(x, y);
        Self { scale, left: x - px * scale, top: y - py * scale }
    }

    /// Moved by canvas pixels.
    pub fn pan(self, x: f64, y: f64) -> Self {
        Self { left: self.left + x, top: self.top + y, ..self }
    }
}

/// The sides of a frame that a canvas point takes hold of, one or at a corner two: 0 left, 1 top, 2 right, 3 bottom.
///
/// `frame` is left, top, right, bottom on the canvas.
pub fn grip(frame: [f64; 4], x: f64, y: f64) -> Option<Grip> {
    const REACH: f64 = 18.0;
    let [left, top, right, bottom] = frame;
    if x < left - REACH || x > right + REACH || y < top - REACH || y > bottom + REACH {
        return None;
    }
    let nearer = |place: f64, sides: [(usize, f64); 2]| {
        let near = sides.into_iter().map(|(side, line)| (side, (place - line).abs())).filter(|(_, distance)| *distance <= REACH);
        near.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(side, _)| side)
    };
    let grip = [nearer(x, [(0, left), (2, right)]), nearer(y, [(1, top), (3, bottom)])];
    (grip != [None; 2]).then_some(grip)
}

/// A side across and one down, by their numbers.
pub type Grip = [Option<usize>; 2];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitting_centres_and_both_ways_are_inverse() {
        let view = Viewport::fit((800.0, 600.0), [0.0, 0.0, 400.0, 100.0]);
        assert_eq!(view.to_canvas(200.0, 50.0), (400.0, 300.0));
        let (x, y) = view.to_canvas(13.5, 77.25);
        let (back_x, back_y) = view.to_picture(x, y);
        assert!((back_x - 13.5).abs() < 1e-9 && (back_y - 77.25).abs() < 1e-9);
    }

    #[test]
    fn zooming_keeps_the_point_and_stops_at_the_limits() {
        let view = Viewport { scale: 1.0, left: 10.0, top: 20.0 };
        let zoomed = view.zoom(3.0, 111.0, 222.0);
        assert_eq!(zoomed.to_picture(111.0, 222.0), view.to_picture(111.0, 222.0));
        assert_eq!(view.zoom(1e9, 0.0, 0.0).scale, 64.0);
        assert_eq!(view.pan(5.0, -5.0).to_picture(0.0, 0.0), (-15.0, -15.0));
    }

    #[test]
    fn grips_are_the_nearest_sides_within_reach() {
        let frame = [100.0, 50.0, 300.0, 250.0];
        assert_eq!(grip(frame, 96.0, 150.0), Some([Some(0), None]));
        assert_eq!(grip(frame, 200.0, 60.0), Some([None, Some(1)]));
        assert_eq!(grip(frame, 310.0, 150.0), Some([Some(2), None]));
        assert_eq!(grip(frame, 200.0, 245.0), Some([None, Some(3)]));
        assert_eq!(grip(frame, 305.0, 255.0), Some([Some(2), Some(3)]));
        assert_eq!(grip(frame, 200.0, 150.0), None);
        assert_eq!(grip(frame, 500.0, 150.0), None);
    }
}
