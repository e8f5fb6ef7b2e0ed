//! The page's fields for numbers: their ids, and which numbers are used of those that people enter.

use infill::picture::MOST_SATURATION;

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Where the slider of the brush's width is: each step makes it wider by the same factor.
    Brush,
    /// By how much channels may differ where similar colours are looked for.
    Tolerance,
    /// Saturation of the answer, percent.
    Saturation,
    /// Quality of lossy files.
    Quality,
    /// Pixels to add: 0 left, 1 top, 2 right, 3 bottom.
    Side(usize),
    /// Seed of the noise.
    Seed,
    /// Evaluations of the net for each crop.
    Steps,
    /// Factor of all noise.
    Temperature,
    /// Pixels that the area grows by before it is filled.
    Grow,
    /// Pixels over which the area's edge is soft.
    Feather,
    /// How much of a repair is used, percent.
    Strength,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Brush,
        Self::Tolerance,
        Self::Saturation,
        Self::Quality,
        Self::Side(0),
        Self::Side(1),
        Self::Side(2),
        Self::Side(3),
        Self::Seed,
        Self::Steps,
        Self::Temperature,
        Self::Grow,
        Self::Feather,
        Self::Strength,
    ];

    /// The id of its input.
    pub fn id(self) -> &'static str {
        match self {
            Self::Brush => "size",
            Self::Tolerance => "tolerance",
            Self::Saturation => "saturation",
            Self::Quality => "quality",
            Self::Side(side) => ["extend-left", "extend-top", "extend-right", "extend-bottom"][side % 4],
            Self::Seed => "seed",
            Self::Steps => "steps",
            Self::Temperature => "temperature",
            Self::Grow => "grow-by",
            Self::Feather => "feather",
            Self::Strength => "strength",
        }
    }

    /// The least and the largest number that is used; the inputs' own limits in index.html are the same.
    pub fn limits(self) -> [f64; 2] {
        match self {
            Self::Brush => [0.0, 300.0],
            Self::Tolerance => [0.0, 255.0],
            Self::Saturation => [0.0, f64::from(MOST_SATURATION)],
            Self::Quality => [1.0, 100.0],
            Self::Side(_) => [0.0, 10_000.0],
            Self::Seed => [0.0, f64::from(u32::MAX)],
            Self::Steps => [1.0, 1000.0],
            Self::Temperature => [0.0, 1.0],
            Self::Grow | Self::Feather | Self::Strength => [0.0, 100.0],
        }
    }

    /// Whether it is a slider, which has no number that is half entered.
    pub fn is_slider(self) -> bool {
        matches!(self, Self::Brush | Self::Tolerance | Self::Saturation | Self::Strength | Self::Quality)
    }

    /// What is used of an entered number: within the limits, and whole where parts mean nothing.
    pub fn used(self, entered: f64) -> f64 {
        let [low, high] = self.limits();
        let within = entered.clamp(low, high);
        if self == Self::Temperature { within } else { within.trunc() }
    }
}

/// Steps of the brush's slider for ten times the width.
const DECADE: f64 = 100.0;

/// The brush's width at a place of its slider, CSS pixels: 1 to 1000.
pub fn brush_at(place: f64) -> f64 {
    10f64.powf(Field::Brush.used(place) / DECADE)
}

/// The place of the slider that is nearest to a width.
pub fn place_of_brush(width: f64) -> f64 {
    Field::Brush.used((DECADE * width.max(1.0).log10()).round())
}

/// Pixels that are so many percent of a picture's side: across for the left and the right side of the frame, else down.
pub fn of_percent(side: usize, (width, height): (usize, usize), percent: f64) -> f64 {
    (percent / 100.0 * if side.is_multiple_of(2) { width } else { height } as f64).round()
}

/// How many percent so many pixels are, with one decimal place.
pub fn to_percent(side: usize, (width, height): (usize, usize), pixels: usize) -> f64 {
    (1000.0 * pixels as f64 / if side.is_multiple_of(2) { width } else { height } as f64).round() / 10.0
}

/// Widths to heights that a frame can be given at once, and the values of their options in the page.
pub const ASPECTS: [(&str, (usize, usize)); 5] = [("1:1", (1, 1)), ("4:3", (4, 3)), ("3:2", (3, 2)), ("16:9", (16, 9)), ("9:16", (9, 16))];

/// What is to be added to a picture of this size, left, top, right, bottom, so that its width to its height becomes this.
pub fn frame_of_aspect((width, height): (usize, usize), (across, down): (usize, usize)) -> [usize; 4] {
    let wider = (height * across).div_ceil(down).saturating_sub(width);
    let higher = (width * down).div_ceil(across).saturating_sub(height);
    [wider / 2, higher / 2, wider - wider / 2, higher - higher / 2].map(|pixels| Field::Side(0).used(pixels as f64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_an_aspect_adds_to_one_direction_only() {
        for (_, (across, down)) in ASPECTS {
            for (width, height) in [(40, 30), (30, 40), (101, 7)] {
                let [left, top, right, bottom] = frame_of_aspect((width, height), (across, down));
                assert!(left + right == 0 || top + bottom == 0);
                let (wide, high) = ((left + width + right) as f64, (top + height + bottom) as f64);
                assert!((wide * down as f64 - high * across as f64).abs() <= across.max(down) as f64, "{wide}×{high}");
            }
        }
    }

    #[test]
    fn the_brush_s_slider_goes_by_factors() {
        let widths = [0.0, 100.0, 200.0, 300.0].map(brush_at);
        assert!(widths.iter().zip([1.0, 10.0, 100.0, 1000.0]).all(|(width, wanted)| (width / wanted - 1.0).abs() < 1e-9), "{widths:?}");
        assert!((0..=300).all(|place| place_of_brush(brush_at(f64::from(place))) == f64::from(place)));
        assert_eq!((place_of_brush(0.2), place_of_brush(5000.0)), (0.0, 300.0));
    }

    #[test]
    fn limits_are_those_of_the_page_and_what_is_used_lies_within() {
        let page = include_str!("../../../index.html");
        for field in Field::ALL {
            let [low, high] = field.limits();
            let input = format!(
                "id=\"{}\" type=\"{}\" min=\"{low}\" max=\"{high}\"",
                field.id(),
                if field.is_slider() { "range" } else { "number" }
            );
            assert!(page.contains(&input), "index.html has no `{input}`");
            assert_eq!([field.used(-50.0), field.used(1e12)], [low, high]);
        }
        assert_eq!((Field::Steps.used(7.9), Field::Temperature.used(0.3)), (7.0, 0.3));
    }
}
