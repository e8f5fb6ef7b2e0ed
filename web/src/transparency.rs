//! A picture's transparency, out of the way while the net works and back in the result. A pixel that is wholly transparent has
//! a colour too, which nobody has seen: the net is not led by it, and where the pixel stays, the file keeps it.

use infill::{picture::Picture, task::Task};

/// What a picture has beside its visible colours.
pub struct Transparency {
    size: (usize, usize),
    /// Row by row; 255 is opaque.
    opacity: Vec<u8>,
    /// The own colours of the transparent pixels, in their order; none where the pixel is to be another.
    hidden: Vec<Option<[u8; 3]>>,
}

impl Transparency {
    /// Takes it from a picture: where it is wholly transparent the picture has the colour of what is visible nearby then.
    pub fn take(picture: &mut Picture, opacity: Vec<u8>, task: &Task) -> Self {
        let size = (picture.width(), picture.height());
        let places = (0..opacity.len()).filter(|place| opacity[*place] == 0).map(|place| (place % size.0, place / size.0));
        let hidden = places.map(|(x, y)| (!task.changes(x, y)).then(|| picture.get(x, y))).collect();
        picture.cover_hidden(&opacity);
        Self { size, opacity, hidden }
    }

    /// Whether every pixel is opaque.
    pub fn is_none(&self) -> bool {
        self.opacity.iter().all(|opacity| *opacity == 255)
    }

    /// The rows of a result, on which the picture's left upper corner lies at `offset`, as RGBA. What is beyond the picture is
    /// opaque.
    pub fn rows(self, result: &Picture, offset: (usize, usize)) -> Rows<'_> {
        Rows { size: self.size, opacity: self.opacity, hidden: self.hidden.into_iter(), result, offset, y: 0 }
    }
}

/// Rows of a result, from the first to the last.
pub struct Rows<'a> {
    size: (usize, usize),
    opacity: Vec<u8>,
    hidden: std::vec::IntoIter<Option<[u8; 3]>>,
    result: &'a Picture,
    offset: (usize, usize),
    y: usize,
}

impl Rows<'_> {
    /// Appends the next row.
    pub fn append_next(&mut self, to: &mut Vec<u8>) {
        let (width, height) = self.size;
        let row = self.y.checked_sub(self.offset.1).filter(|y| *y < height);
        for (x, colour) in self.result.row(self.y).as_chunks::<3>().0.iter().enumerate() {
            let place = x.checked_sub(self.offset.0).filter(|x| *x < width).zip(row).map(|(x, y)| y * width + x);
            let opacity = place.map_or(255, |place| self.opacity[place]);
            let own = if opacity == 0 { self.hidden.next().flatten() } else { None };
            to.extend_from_slice(&own.unwrap_or(*colour));
            to.push(opacity);
        }
        self.y += 1;
    }
}

#[cfg(test)]
mod tests {
    use infill::{mask::Mask, task::Border};

    use super::*;

    const SECRET: [u8; 3] = [250, 0, 250];

    /// Grey where it is visible, and another colour where it is not: in the right half.
    fn half_hidden() -> (Picture, Vec<u8>) {
        let mut picture = Picture::filled(4, 2, [90; 3]);
        let opacity: Vec<u8> = (0..8).map(|place| if place % 4 < 2 { 60 } else { 0 }).collect();
        (0..8).filter(|place| place % 4 >= 2).for_each(|place| picture.set(place % 4, place / 4, SECRET));
        (picture, opacity)
    }

    fn rgba(transparency: Transparency, result: &Picture, offset: (usize, usize)) -> Vec<[u8; 4]> {
        let (mut rows, mut rgba) = (transparency.rows(result, offset), Vec::new());
        (0..result.height()).for_each(|_| rows.append_next(&mut rgba));
        rgba.as_chunks().0.to_vec()
    }

    #[test]
    fn the_net_sees_no_hidden_colour_and_the_file_keeps_those_that_stay() {
        let (mut picture, opacity) = half_hidden();
        let mask = Mask::new(4, 2, vec![0, 0, 0, 255, 0, 0, 0, 0]).unwrap();
        let transparency = Transparency::take(&mut picture, opacity, &Task::Inpaint { mask });
        assert_eq!(picture, Picture::filled(4, 2, [90; 3]));
        assert!(!transparency.is_none());
        let mut result = picture;
        result.set(3, 0, [1, 2, 3]);
        let (seen, secret) = ([90, 90, 90, 60], [250, 0, 250, 0]);
        assert_eq!(rgba(transparency, &result, (0, 0)), [seen, seen, secret, [1, 2, 3, 0], seen, seen, secret, secret]);
    }

    #[test]
    fn what_is_beyond_the_picture_is_opaque() {
        let (mut picture, opacity) = half_hidden();
        let border = Border { left: 1, top: 1, right: 0, bottom: 0 };
        let transparency = Transparency::take(&mut picture, opacity, &Task::Uncrop(border));
        let (new, seen, secret) = ([7, 7, 7, 255], [7, 7, 7, 60], [250, 0, 250, 0]);
        let row = [new, seen, seen, secret, secret];
        assert_eq!(rgba(transparency, &Picture::filled(5, 3, [7; 3]), (1, 1)), [[new; 5], row, row].concat());
    }

    #[test]
    fn an_opaque_picture_has_none() {
        let mut picture = Picture::filled(2, 1, [5; 3]);
        let transparency = Transparency::take(&mut picture, vec![255; 2], &Task::colorize());
        assert!(transparency.is_none());
        assert_eq!(rgba(transparency, &Picture::filled(2, 1, [9; 3]), (0, 0)), [[9, 9, 9, 255]; 2]);
    }
}
