//! What a person asks to be done to a picture.

use super::{
    colorize, error::TaskError, hints::Hints, holes, inpaint, restore, restore::Repair, uncrop, uncrop::Border, work::Net, work::Work,
};
use crate::{config::TaskKind, mask::Mask, picture::Picture};

/// Pixels that a result may have; more would not fit into a browser tab.
pub const PIXEL_LIMIT: usize = 100_000_000;

/// Pixels that a side may have: JPEG's limit, and small enough that no product of two sides overflows where addresses have
/// 32 bits, as in a browser.
pub const SIDE_LIMIT: usize = 65_535;

/// What is to be done to a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Fill a hole.
    Inpaint {
        /// The hole; of the picture's size. Pixels that it does not touch stay as they are.
        mask: Mask,
    },
    /// Continue the picture beyond its edges.
    Uncrop(Border),
    /// Give the picture new colours; its luma stays.
    Colorize {
        /// Colours that are known; for a picture of the same size, or none.
        hints: Hints,
    },
    /// Remove what JPEG compression did.
    Restore(Repair),
}

impl Task {
    /// New colours, of which none is known.
    pub fn colorize() -> Self {
        Self::Colorize { hints: Hints::default() }
    }

    /// A repair of the whole picture, in full.
    pub fn restore() -> Self {
        Self::Restore(Repair::default())
    }

    /// Which of the tasks this is: a model must know it.
    pub fn kind(&self) -> TaskKind {
        match self {
            Self::Inpaint { .. } => TaskKind::Inpaint,
            Self::Uncrop(_) => TaskKind::Uncrop,
            Self::Colorize { .. } => TaskKind::Colorize,
            Self::Restore(_) => TaskKind::Restore,
        }
    }

    /// Width and height of the result, from those of the picture.
    pub fn result_size(&self, width: usize, height: usize) -> (usize, usize) {
        match self {
            Self::Uncrop(border) => {
                let sum = |before: usize, length: usize, after: usize| before.saturating_add(length).saturating_add(after);
                (sum(border.left, width, border.right), sum(border.top, height, border.bottom))
            }
            Self::Inpaint { .. } | Self::Colorize { .. } | Self::Restore(_) => (width, height),
        }
    }

    /// Whether a pixel of the picture itself may be another in the result. All others stay as they are, to the bit.
    pub fn changes(&self, x: usize, y: usize) -> bool {
        match self {
            Self::Inpaint { mask } => mask.coverage(x, y) > 0,
            Self::Uncrop(_) => false,
            Self::Colorize { .. } | Self::Restore(_) => true,
        }
    }

    /// How many windows a net of this side, in pixels, is asked about for a picture of this size: what [`Self::begin`] plans, without the
    /// picture. Parts that a repair leaves out are not known then; see [`repaired_tiles`](super::repaired_tiles).
    pub fn windows(&self, width: usize, height: usize, size: usize) -> usize {
        match self {
            Self::Inpaint { mask } if mask.is_empty() => 0,
            Self::Inpaint { mask } => holes::plan(mask, size).len(),
            Self::Uncrop(border) if *border == Border::default() => 0,
            Self::Uncrop(border) => uncrop::count((width, height), border, size),
            Self::Colorize { .. } => colorize::windows((width, height), size).1,
            Self::Restore(_) => {
                let (columns, rows) = restore::tiles((width, height), size);
                columns * rows
            }
        }
    }

    /// The task on a picture, as windows for a net.
    ///
    /// # Errors
    /// A mask that is empty or of another size, a border of nothing, a result beyond [`PIXEL_LIMIT`] or [`SIDE_LIMIT`].
    pub fn begin(self, picture: Picture, net: Net) -> Result<Box<dyn Work>, TaskError> {
        check_size(picture.width(), picture.height())?;
        let (width, height) = self.result_size(picture.width(), picture.height());
        Ok(match self {
            Self::Inpaint { mask } => {
                let (of_mask, of_picture) = ((mask.width(), mask.height()), (picture.width(), picture.height()));
                if of_mask != of_picture {
                    return Err(TaskError::MaskSize { mask: of_mask, picture: of_picture });
                }
                if mask.is_empty() {
                    return Err(TaskError::EmptyMask);
                }
                Box::new(inpaint::begin(picture, mask, net))
            }
            Self::Uncrop(border) => {
                if border == Border::default() {
                    return Err(TaskError::NothingToAdd);
                }
                check_size(width, height)?;
                Box::new(uncrop::begin(&picture, &border, net))
            }
            Self::Colorize { hints } => {
                if !hints.is_empty() && hints.size() != (width, height) {
                    return Err(TaskError::HintsSize { hints: hints.size(), picture: (width, height) });
                }
                Box::new(colorize::Colorize::new(picture, hints, net.size))
            }
            Self::Restore(repair) => Box::new(restore::Restore::new(picture, repair, net.size)),
        })
    }
}

fn check_size(width: usize, height: usize) -> Result<(), TaskError> {
    if width.max(height) > SIDE_LIMIT || width.saturating_mul(height) > PIXEL_LIMIT {
        return Err(TaskError::TooLarge { width, height, limit: PIXEL_LIMIT, side: SIDE_LIMIT });
    }
    Ok(())
}
