//! What pointers are doing on the canvas, and what an event says of one of them. Canvas coordinates are CSS pixels from
//! the canvas's left upper corner.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    tool::{Point, Tool},
    viewport::Grip,
};
use crate::message::Dab;

/// What kind of pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointerKind {
    /// A mouse, or what passes for one.
    Mouse,
    /// A pen, which has pressure.
    Pen,
    /// A finger.
    Touch,
}

/// One pointer at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pointer {
    /// The browser's number for it.
    pub id: i32,
    /// What it is.
    pub kind: PointerKind,
    /// The first of its kind that is down.
    pub primary: bool,
    /// Where, on the canvas.
    pub at: (f64, f64),
    /// 0 to 1; meaningful for pens.
    pub pressure: f64,
    /// 0 the main one, 1 the middle one, 2 the one for menus.
    pub button: i16,
    /// The shift key is down.
    pub shift: bool,
}

impl Pointer {
    /// A pen's pressure makes the brush thinner; mouse and finger have none.
    pub fn radius_share(&self) -> f64 {
        match self.kind {
            PointerKind::Pen => 0.25 + 0.75 * self.pressure,
            PointerKind::Mouse | PointerKind::Touch => 1.0,
        }
    }
}

/// What is under way. Each gesture but the last belongs to one pointer, and no other has a part in it.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Gesture {
    /// Nothing.
    #[default]
    None,
    /// A tool changes the mask.
    Mark {
        /// Whose.
        pointer: i32,
        /// With which tool it began.
        tool: Tool,
        /// Where the pointer was, on the picture.
        path: Vec<Point>,
    },
    /// A dab of colour is painted.
    Dab {
        /// Whose.
        pointer: i32,
        /// As it is so far.
        dab: Dab,
    },
    /// Dabs are taken away.
    TakeDabs {
        /// Whose.
        pointer: i32,
        /// Where the pointer was, on the picture.
        last: Point,
        /// All dabs before it.
        before: Vec<Rc<Dab>>,
    },
    /// The picture is moved.
    Pan {
        /// Whose.
        pointer: i32,
        /// The last point on the canvas.
        last: (f64, f64),
    },
    /// The line between before and after is pulled.
    Compare {
        /// Whose.
        pointer: i32,
    },
    /// The picture before is shown as long as the pointer stays down where it is.
    Hold {
        /// Whose.
        pointer: i32,
        /// Where, on the canvas.
        at: (f64, f64),
    },
    /// Sides of the frame are pulled.
    Side {
        /// Whose.
        pointer: i32,
        /// Which.
        grip: Grip,
        /// The frame before it.
        before: [usize; 4],
    },
    /// Two fingers move and zoom: points on the canvas by pointer.
    Pinch(BTreeMap<i32, (f64, f64)>),
}

impl Gesture {
    /// Whether this pointer's moves belong to it.
    pub fn belongs_to(&self, id: i32) -> bool {
        match self {
            Self::None => false,
            Self::Mark { pointer, .. }
            | Self::Dab { pointer, .. }
            | Self::TakeDabs { pointer, .. }
            | Self::Pan { pointer, .. }
            | Self::Compare { pointer }
            | Self::Hold { pointer, .. }
            | Self::Side { pointer, .. } => *pointer == id,
            Self::Pinch(points) => points.contains_key(&id),
        }
    }
}
