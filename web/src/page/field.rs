//! The page's fields for numbers: their ids, and which numbers are used of those that people enter.

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The brush's width, pixels of the picture.
    Brush,
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
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Brush,
        Self::Side(0),
        Self::Side(1),
        Self::Side(2),
        Self::Side(3),
        Self::Seed,
        Self::Steps,
        Self::Temperature,
        Self::Grow,
        Self::Feather,
    ];

    /// The id of its input.
    pub fn id(self) -> &'static str {
        match self {
            Self::Brush => "size",
            Self::Side(side) => ["extend-left", "extend-top", "extend-right", "extend-bottom"][side % 4],
            Self::Seed => "seed",
            Self::Steps => "steps",
            Self::Temperature => "temperature",
            Self::Grow => "grow-by",
            Self::Feather => "feather",
        }
    }

    /// The least and the largest number that is used; the inputs' own limits in index.html are the same.
    pub fn limits(self) -> [f64; 2] {
        match self {
            Self::Brush => [1.0, 400.0],
            Self::Side(_) => [0.0, 10_000.0],
            Self::Seed => [0.0, f64::from(u32::MAX)],
            Self::Steps => [1.0, 1000.0],
            Self::Temperature => [0.0, 1.0],
            Self::Grow | Self::Feather => [0.0, 100.0],
        }
    }

    /// What is used of an entered number: within the limits, and whole where parts mean nothing.
    pub fn used(self, entered: f64) -> f64 {
        let [low, high] = self.limits();
        let within = entered.clamp(low, high);
        if self == Self::Temperature { within } else { within.trunc() }
    }
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
    fn limits_are_those_of_the_page_and_what_is_used_lies_within() {
        let page = include_str!("../../../index.html");
        for field in Field::ALL {
            let [low, high] = field.limits();
            let input = format!(
                "id=\"{}\" type=\"{}\" min=\"{low}\" max=\"{high}\"",
                field.id(),
                if field == Field::Brush { "range" } else { "number" }
            );
            assert!(page.contains(&input), "index.html has no `{input}`");
            assert_eq!([field.used(-50.0), field.used(1e12)], [low, high]);
        }
        assert_eq!((Field::Steps.used(7.9), Field::Temperature.used(0.3)), (7.0, 0.3));
    }
}
