//! A change of the mask that may take longer than the page may stand still, made slice by slice: an area drawn by an outline, the
//! pixels that are like one, or all of it. What cannot be sliced the worker does. It changes what is marked, which remembers what was before.

use std::{ops::Range, rc::Rc};

use infill::mask::{Shape, Similar};

use super::{
    document::Document,
    history::By,
    picture::Pixels,
    tool::{Point, Tool},
};

/// Pixels of a slice: a few milliseconds.
pub const SLICE: usize = 1 << 19;

/// A change under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    work: Work,
    /// By what.
    by: By,
    /// It marks; else it takes marks away.
    marks: bool,
    /// Of which picture.
    pixels: Pixels,
    /// It was said that it goes on soon.
    pub due: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Work {
    /// A shape, and the rows that are not drawn yet.
    Shape(Shape, Range<usize>),
    /// A search.
    Similar(Similar),
    /// The rows that are not inverted yet.
    Invert(Range<usize>),
    /// By how much the edge is moved outwards, and which worker was asked for that.
    Grow(i32, Option<u32>),
}

impl Change {
    /// Draws a shape, or takes away inside it.
    pub fn shape(document: &mut Document, tool: Tool, shape: Shape, marks: bool) -> Self {
        let rows = document.marks.rows(&shape);
        Self::new(document, By::Tool(tool), Work::Shape(shape, rows), marks)
    }

    /// Marks what is joined to a point of the picture and like it in colour, or takes marks away there; none outside of the picture.
    pub fn similar(document: &mut Document, (x, y): Point, tolerance: u8, marks: bool) -> Option<Self> {
        let picture = &document.picture;
        let size = (picture.width, picture.height);
        if !(0.0..size.0 as f32).contains(&x) || !(0.0..size.1 as f32).contains(&y) {
            return None;
        }
        let search = Similar::new(size, (x as usize, y as usize), tolerance, |place| colour(&picture.pixels, place));
        Some(Self::new(document, By::Tool(Tool::Similar), Work::Similar(search), marks))
    }

    /// Marks what was not marked, and the other way round.
    pub fn invert(document: &mut Document) -> Self {
        let rows = 0..document.picture.height;
        Self::new(document, By::Invert, Work::Invert(rows), true)
    }

    /// Moves the edge of what is marked outwards, or inwards where negative.
    pub fn grow(document: &mut Document, pixels: i32) -> Self {
        Self::new(document, if pixels < 0 { By::Shrink } else { By::Grow }, Work::Grow(pixels, None), true)
    }

    /// Whether it is the work of a tool.
    pub fn is_drawn(&self) -> bool {
        matches!(self.work, Work::Shape(..) | Work::Similar(_))
    }

    /// By how much the worker is to move the edge, if it is not asked yet, and what it was asked by; where it is the worker's to do.
    pub fn asks(&mut self) -> Option<(i32, &mut Option<u32>)> {
        if let Work::Grow(pixels, asked) = &mut self.work { Some((*pixels, asked)) } else { None }
    }

    fn new(document: &mut Document, by: By, work: Work, marks: bool) -> Self {
        document.marks.begin();
        Self { work, by, marks, pixels: document.picture.pixels.clone(), due: false }
    }

    /// Whether it is one of this picture's.
    pub fn is_of(&self, document: &Document) -> bool {
        Rc::ptr_eq(&self.pixels, &document.picture.pixels)
    }

    /// By what it is made.
    pub fn by(&self) -> By {
        self.by
    }

    /// Goes on for about so many pixels; whether it is done.
    pub fn go_on(&mut self, document: &mut Document, pixels: usize) -> bool {
        match &mut self.work {
            Work::Shape(shape, rows) => {
                let count = (pixels / document.picture.width).max(1);
                let now = rows.start..rows.end.min(rows.start.saturating_add(count));
                rows.start = now.end;
                document.marks.draw_rows(shape, self.marks, now);
                rows.start >= rows.end
            }
            Work::Invert(rows) => {
                let count = (pixels / document.picture.width).max(1);
                let now = rows.start..rows.end.min(rows.start.saturating_add(count));
                rows.start = now.end;
                document.marks.invert_rows(now);
                rows.start >= rows.end
            }
            Work::Grow(by, _) => {
                let here = pixels >= document.picture.width * document.picture.height;
                if here {
                    document.marks.grow(*by);
                }
                here
            }
            Work::Similar(search) => document.marks.spread(search, self.marks, pixels, |place| colour(&self.pixels, place)),
        }
    }
}

fn colour(pixels: &[u8], place: usize) -> [u8; 3] {
    [pixels[4 * place], pixels[4 * place + 1], pixels[4 * place + 2]]
}
