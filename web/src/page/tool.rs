//! The tools that change the mask. A new tool is a variant here, with the arms that the compiler asks for, and a button
//! with its id in index.html.

use infill::mask::Shape;
use serde::{Deserialize, Serialize};

/// A point on the picture, pixels.
pub type Point = (f32, f32);

/// What the pointer does to the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Marks along a line.
    Brush,
    /// Takes marks away along a line.
    Eraser,
    /// Marks a rectangle, or takes marks away in it.
    Rectangle,
    /// Marks what a line goes around, or takes marks away in it.
    Lasso,
    /// The same for corners that are put down one by one.
    Polygon,
    /// Marks what is joined to a point and like it in colour, or takes marks away there.
    Similar,
}

impl Tool {
    /// All of them, as they stand in the page.
    pub const ALL: [Self; 6] = [Self::Brush, Self::Eraser, Self::Rectangle, Self::Lasso, Self::Polygon, Self::Similar];

    /// The id of its button.
    pub fn id(self) -> &'static str {
        match self {
            Self::Brush => "brush",
            Self::Eraser => "eraser",
            Self::Rectangle => "rectangle",
            Self::Lasso => "lasso",
            Self::Polygon => "polygon",
            Self::Similar => "similar",
        }
    }

    /// The key that takes it, with the focus on the picture.
    pub fn key(self) -> &'static str {
        match self {
            Self::Brush => "b",
            Self::Eraser => "e",
            Self::Rectangle => "r",
            Self::Lasso => "l",
            Self::Polygon => "p",
            Self::Similar => "w",
        }
    }

    /// Whether it marks; else it takes marks away, as areas do where that is wished for.
    pub fn marks(self, subtract: bool) -> bool {
        match self {
            Self::Brush => true,
            Self::Eraser => false,
            Self::Rectangle | Self::Lasso | Self::Polygon | Self::Similar => !subtract,
        }
    }

    /// Whether the brush's width matters to it.
    pub fn has_width(self) -> bool {
        match self {
            Self::Brush | Self::Eraser => true,
            Self::Rectangle | Self::Lasso | Self::Polygon | Self::Similar => false,
        }
    }

    /// What it draws at once when the pointer goes from one point to the next.
    pub fn along(self, from: Point, to: Point, radius: f32) -> Option<Shape> {
        match self {
            Self::Brush | Self::Eraser => Some(Shape::Segment { from, to, radius }),
            Self::Rectangle | Self::Lasso | Self::Polygon | Self::Similar => None,
        }
    }

    /// What it draws when the pointer goes up, from all points of the gesture; until then its outline is shown. Corners are put together
    /// elsewhere, and colours are looked for.
    pub fn at_the_end(self, path: &[Point]) -> Option<Shape> {
        let (first, last) = (path.first()?, path.last()?);
        match self {
            Self::Brush | Self::Eraser | Self::Polygon | Self::Similar => None,
            Self::Rectangle => {
                let (width, height) = ((last.0 - first.0).abs(), (last.1 - first.1).abs());
                Some(Shape::Rectangle { x: first.0.min(last.0), y: first.1.min(last.1), width, height })
            }
            Self::Lasso => (path.len() > 2).then(|| Shape::Polygon { points: path.to_vec() }),
        }
    }
}
