//! What dabs of colour are painted with: the tools, the colour, those that were used last, and what a colour is called.

/// A colour, red, green, blue.
pub type Colour = [u8; 3];

/// What the pointer does at the task of colouring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourTool {
    /// Paints dabs.
    Brush,
    /// Takes dabs away that it touches.
    Eraser,
    /// Takes a colour out of the picture.
    Eyedropper,
}

impl ColourTool {
    /// All of them, as they stand in the page.
    pub const ALL: [Self; 3] = [Self::Brush, Self::Eraser, Self::Eyedropper];

    /// The id of its button.
    pub fn id(self) -> &'static str {
        match self {
            Self::Brush => "colour-brush",
            Self::Eraser => "colour-eraser",
            Self::Eyedropper => "eyedropper",
        }
    }
}

/// The ids of the buttons of the colours that were used last.
pub const SWATCHES: [&str; 8] = ["swatch-1", "swatch-2", "swatch-3", "swatch-4", "swatch-5", "swatch-6", "swatch-7", "swatch-8"];

/// What dabs are painted with.
#[derive(Clone, Debug, PartialEq)]
pub struct Palette {
    /// The tool.
    pub tool: ColourTool,
    /// The colour.
    pub colour: Colour,
    /// Those that dabs were painted with, the latest first.
    pub recent: Vec<Colour>,
}

impl Default for Palette {
    fn default() -> Self {
        Self { tool: ColourTool::Brush, colour: [176, 64, 56], recent: Vec::new() }
    }
}

impl Palette {
    /// As it was remembered, see [`Self::to_text`]. What is no colour is left out.
    pub fn of_text(text: &str) -> Self {
        let recent: Vec<Colour> = text.split(',').filter_map(parse).take(SWATCHES.len()).collect();
        let own = Self::default();
        Self { colour: recent.first().copied().unwrap_or(own.colour), recent, ..own }
    }

    /// The colours that were used last.
    pub fn to_text(&self) -> String {
        self.recent.iter().copied().map(code).collect::<Vec<_>>().join(",")
    }

    /// A dab was painted with the colour; whether the list is another now.
    pub fn used(&mut self) -> bool {
        let before = self.recent.clone();
        self.recent.retain(|colour| *colour != self.colour);
        self.recent.insert(0, self.colour);
        self.recent.truncate(SWATCHES.len());
        self.recent != before
    }
}

/// A colour as pages write it: `#b04038`.
pub fn code([red, green, blue]: Colour) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colour that is written so.
pub fn parse(code: &str) -> Option<Colour> {
    let digits = code.trim().strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    Some([red, green, blue])
}

/// What a colour is called by those who see it, as far as words go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hue {
    /// No colour at all, and so on around the circle.
    Black,
    Grey,
    White,
    Red,
    Orange,
    Brown,
    Yellow,
    Green,
    Turquoise,
    Blue,
    Purple,
    Pink,
}

/// Whether a colour is a light or a dark one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shade {
    /// Dark.
    Dark,
    /// Neither.
    Plain,
    /// Light.
    Light,
}

/// What a colour is called: by its hue in the HSL model, and its lightness there.
pub fn describe(colour: Colour) -> (Shade, Hue) {
    let [red, green, blue] = colour.map(f32::from);
    let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
    let (lightness, spread) = ((low + high) / 2.0, high - low);
    let shade = match lightness {
        ..85.0 => Shade::Dark,
        ..175.0 => Shade::Plain,
        _ => Shade::Light,
    };
    if spread < 24.0 {
        return match lightness {
            ..32.0 => (Shade::Plain, Hue::Black),
            ..232.0 => (shade, Hue::Grey),
            _ => (Shade::Plain, Hue::White),
        };
    }
    let sixth = if high == red {
        (green - blue) / spread
    } else if high == green {
        (blue - red) / spread + 2.0
    } else {
        (red - green) / spread + 4.0
    };
    match (60.0 * sixth).rem_euclid(360.0) {
        15.0..45.0 if lightness < 110.0 => (shade, Hue::Brown),
        15.0..45.0 => (shade, Hue::Orange),
        45.0..70.0 => (shade, Hue::Yellow),
        70.0..165.0 => (shade, Hue::Green),
        165.0..195.0 => (shade, Hue::Turquoise),
        195.0..255.0 => (shade, Hue::Blue),
        255.0..295.0 => (shade, Hue::Purple),
        295.0..345.0 => (shade, Hue::Pink),
        _ => (shade, Hue::Red),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_colours_are_remembered_once_each_and_no_more_than_there_are_swatches() {
        let mut palette = Palette::of_text("#102030,nonsense,#ffffff");
        assert_eq!((palette.colour, palette.recent.len()), ([16, 32, 48], 2));
        assert!(!palette.used());
        palette.colour = [255; 3];
        assert!(palette.used());
        assert_eq!(palette.to_text(), "#ffffff,#102030");
        for red in 0..20 {
            palette.colour = [red, 0, 0];
            palette.used();
        }
        assert_eq!((palette.recent.len(), palette.recent[0]), (SWATCHES.len(), [19, 0, 0]));
        assert_eq!(Palette::of_text(""), Palette::default());
        assert_eq!((parse("#12"), parse("102030"), parse(&code([1, 2, 254]))), (None, None, Some([1, 2, 254])));
    }

    #[test]
    fn colours_have_the_names_that_people_give_them() {
        let named = [
            ([0, 0, 0], (Shade::Plain, Hue::Black)),
            ([250, 250, 245], (Shade::Plain, Hue::White)),
            ([128, 130, 128], (Shade::Plain, Hue::Grey)),
            ([200, 30, 30], (Shade::Plain, Hue::Red)),
            ([240, 140, 20], (Shade::Plain, Hue::Orange)),
            ([100, 60, 20], (Shade::Dark, Hue::Brown)),
            ([230, 220, 40], (Shade::Plain, Hue::Yellow)),
            ([20, 90, 30], (Shade::Dark, Hue::Green)),
            ([160, 200, 250], (Shade::Light, Hue::Blue)),
            ([120, 40, 160], (Shade::Plain, Hue::Purple)),
            ([250, 150, 220], (Shade::Light, Hue::Pink)),
        ];
        named.into_iter().for_each(|(colour, name)| assert_eq!(describe(colour), name, "{colour:?}"));
    }

    #[test]
    fn tools_and_swatches_stand_in_the_page() {
        let page = include_str!("../../../index.html");
        let ids = ColourTool::ALL.map(ColourTool::id).into_iter().chain(SWATCHES);
        ids.for_each(|id| assert!(page.contains(&format!("id=\"{id}\"")), "{id}"));
        assert!(page.contains(&format!("value=\"{}\"", code(Palette::default().colour))));
    }
}
