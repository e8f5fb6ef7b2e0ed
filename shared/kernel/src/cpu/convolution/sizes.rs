//! The extents of a convolution.

/// The shape of a convolution that keeps the resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Pictures.
    pub batch: usize,
    /// Channels that go in.
    pub input: usize,
    /// Channels that come out.
    pub output: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Taps in a row or a column, odd.
    pub side: usize,
}

impl Sizes {
    /// Pixels of a plane.
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// From one row of a plane with its border to the next.
    pub fn stride(self) -> usize {
        self.width + self.side - 1
    }

    /// Values of a plane with its border.
    pub fn padded(self) -> usize {
        self.stride() * (self.height + self.side - 1)
    }

    /// Values of a plane whose rows lie as far apart as with a border, which it does not have.
    pub fn spread(self) -> usize {
        self.stride() * (self.height - 1) + self.width
    }

    /// Taps of a pair of channels.
    pub fn taps(self) -> usize {
        self.side * self.side
    }

    /// Where the view of a tap begins.
    pub fn offset(self, tap: usize) -> usize {
        tap / self.side * self.stride() + tap % self.side
    }

    /// The numbers of one picture of so many channels.
    pub fn picture(self, values: &[f32], picture: usize, channels: usize) -> &[f32] {
        let each = channels * self.area();
        &values[picture * each..(picture + 1) * each]
    }
}
