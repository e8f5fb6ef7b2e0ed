//! A large picture in bands, one below the other, each for a canvas of its own. A browser limits the size of a canvas, and copies all of one
//! that changes after it was shown; of bands only those that change are copied, and only those that are to be seen are drawn. This is
//! where they lie; the canvases are the view's.

/// Pixels of a band.
const BAND: usize = 1 << 20;

/// Rows that a band shows of its neighbours, so that neither smoothing nor a picture in small finds an end between two.
const SHARED: usize = 16;

/// The bands of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    width: usize,
    height: usize,
}

/// A part of a band and where it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Piece {
    /// From which of the rows that it shows to which.
    pub rows: [f64; 2],
    /// From which row of the screen's pixels to which.
    pub edges: [f64; 2],
}

impl Bands {
    /// Of a picture of this size.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height }
    }

    /// Width and height of the picture in pixels.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.height.div_ceil(self.rows())
    }

    /// Rows of a band, without those of its neighbours.
    fn rows(&self) -> usize {
        (BAND / self.width.max(1)).max(4 * SHARED)
    }

    /// Rows of the largest canvas that a band needs.
    pub fn largest(&self) -> usize {
        self.height.min(self.rows() + 2 * SHARED)
    }

    /// The first row of a band, and the one after its last.
    fn own(&self, band: usize) -> (usize, usize) {
        (band * self.rows(), self.height.min((band + 1) * self.rows()))
    }

    /// The same with the rows that it shows of its neighbours.
    pub fn shown(&self, band: usize) -> (usize, usize) {
        let (top, bottom) = self.own(band);
        (top.saturating_sub(SHARED), self.height.min(bottom + SHARED))
    }

    /// Where a band is drawn if the picture is drawn from a row of the screen's pixels, so many of them high, as far as a row of them; none
    /// where nothing is to be seen of it. Where two meet is an edge between pixels, or both would shine through.
    pub fn piece(&self, band: usize, y: f64, height: f64, end: f64) -> Option<Piece> {
        let scale = height / self.height as f64;
        let ((first, last), (begin, over)) = (self.own(band), self.shown(band));
        let edge = |row: usize| {
            let edge = y + row as f64 * scale;
            if row == 0 || row == self.height { edge } else { edge.round() }
        };
        let edges @ [top, bottom] = [first, last].map(edge);
        let row = |edge: f64| ((edge - y) / scale - begin as f64).clamp(0.0, (over - begin) as f64);
        (top < bottom && bottom > 0.0 && top < end).then(|| Piece { rows: edges.map(row), edges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_meet_at_edges_of_pixels_and_show_every_row_where_it_belongs() {
        for (width, height) in [(6000, 4000), (100, 80), (30_000, 500), (1, 3)] {
            let bands = Bands::new(width, height);
            assert!((0..bands.count()).all(|band| {
                let (top, bottom) = bands.shown(band);
                bottom - top <= bands.largest()
            }));
            for (y, scale) in [(0.0, 1.0), (-700.3, 0.13), (12.5, 0.031), (-9000.75, 3.7)] {
                let seen_height = height as f64 * scale;
                let pieces: Vec<(usize, Piece)> =
                    (0..bands.count()).filter_map(|band| Some((band, bands.piece(band, y, seen_height, f64::INFINITY)?))).collect();
                for (band, Piece { rows, edges }) in &pieces {
                    let (begin, end) = bands.shown(*band);
                    for (row, edge) in rows.iter().zip(edges) {
                        assert!((0.0..=(end - begin) as f64).contains(row), "{row} of {begin}..{end}");
                        assert!((y + (row + begin as f64) * scale - edge).abs() < 1e-6, "row {row} of band {band} is not at {edge}");
                    }
                }
                for pair in pieces.windows(2) {
                    let [(_, above), (_, below)] = pair else { panic!("a window of two") };
                    assert_eq!(above.edges[1], below.edges[0]);
                    assert_eq!(above.edges[1].fract(), 0.0);
                }
                let seen = pieces.iter().map(|(_, piece)| piece.edges[1] - piece.edges[0]).sum::<f64>();
                // What is above the canvas's pixels is left out.
                let above = pieces.first().map_or(seen_height, |(_, piece)| piece.edges[0] - y);
                assert!((above + seen - seen_height).abs() < 1e-6, "{seen} rows of pixels are not {}", seen_height);
            }
        }
        let bands = Bands::new(6000, 4000);
        let seen = |y: f64, end: f64| (0..bands.count()).filter(|band| bands.piece(*band, y, 4000.0, end).is_some()).count();
        assert!(seen(0.0, 150.0) == 1 && seen(-3990.0, 150.0) == 1 && seen(-1000.0, 150.0) <= 2, "others are not drawn");
    }
}
