//! The strip of answers as it stands in the page: the ids of its buttons, and the small pictures on them.

use super::answers::Answer;

/// The buttons, each with what stands below its picture.
pub const BUTTONS: [(&str, &str); 8] = [
    ("answer-1", "answer-1-text"),
    ("answer-2", "answer-2-text"),
    ("answer-3", "answer-3-text"),
    ("answer-4", "answer-4-text"),
    ("answer-5", "answer-5-text"),
    ("answer-6", "answer-6-text"),
    ("answer-7", "answer-7-text"),
    ("answer-8", "answer-8-text"),
];

/// The canvases on them.
pub const PICTURES: [&str; 8] = [
    "answer-1-picture",
    "answer-2-picture",
    "answer-3-picture",
    "answer-4-picture",
    "answer-5-picture",
    "answer-6-picture",
    "answer-7-picture",
    "answer-8-picture",
];

/// Side of a small picture, pixels; the canvases in index.html are as large.
pub const SIDE: usize = 96;

/// Samples across a pixel of a small picture: their mean is shown.
const SAMPLES: usize = 4;

/// The centre of an answer in small, RGBA, whole and in the middle; what it leaves free is transparent.
pub fn small(answer: &Answer) -> Vec<u8> {
    let part = answer.centre;
    let longer = part.width.max(part.height).max(1);
    let (width, height) = ((part.width * SIDE / longer).max(1), (part.height * SIDE / longer).max(1));
    let (left, top) = ((SIDE - width) / 2, (SIDE - height) / 2);
    let mut pixels = vec![0; 4 * SIDE * SIDE];
    for y in 0..height {
        for x in 0..width {
            let mut sums = [0; 4];
            for sample in 0..SAMPLES * SAMPLES {
                let across = part.left + part.width * (SAMPLES * x + sample % SAMPLES) / (SAMPLES * width);
                let down = part.top + part.height * (SAMPLES * y + sample / SAMPLES) / (SAMPLES * height);
                let from = 4 * (down * answer.width + across);
                for (sum, value) in sums.iter_mut().zip(&answer.pixels[from..from + 4]) {
                    *sum += usize::from(*value);
                }
            }
            let to = 4 * ((top + y) * SIDE + left + x);
            for (value, sum) in pixels[to..to + 4].iter_mut().zip(sums) {
                *value = (sum / (SAMPLES * SAMPLES)) as u8;
            }
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use infill::{mask::Rect, task::TaskKind};

    use super::*;
    use crate::page::{answers::MOST, handle::Handle, picture::Metadata};

    #[test]
    fn every_place_has_a_button_and_a_picture_in_the_page() {
        let page = include_str!("../../../index.html");
        assert_eq!((BUTTONS.len(), PICTURES.len()), (MOST, MOST));
        for id in BUTTONS.iter().flat_map(|(button, text)| [*button, *text]) {
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        }
        for id in PICTURES {
            assert!(page.contains(&format!("id=\"{id}\" width=\"{SIDE}\" height=\"{SIDE}\"")), "{id}");
        }
    }

    #[test]
    fn a_small_picture_shows_the_centre_alone_and_whole() {
        let (width, height) = (40, 20);
        let centre = Rect { left: 10, top: 4, width: 8, height: 4 };
        let value = |x: usize, y: usize| if centre.contains(x, y) { [200, 100, 50, 255] } else { [0, 0, 0, 255] };
        let pixels = Rc::new((0..width * height).flat_map(|place| value(place % width, place / width)).collect::<Vec<u8>>());
        let answer = Answer {
            task: TaskKind::Inpaint,
            name: "p".to_owned(),
            pixels,
            metadata: Metadata::default(),
            notes: Vec::new(),
            width,
            height,
            origin: (0, 0),
            file: Handle(0),
            seed: 0,
            centre,
            saturation: 100,
        };
        let small = small(&answer);
        let at = |x: usize, y: usize| &small[4 * (y * SIDE + x)..][..4];
        assert_eq!((at(0, SIDE / 2), at(SIDE - 1, SIDE / 2)), (&[200, 100, 50, 255][..], &[200, 100, 50, 255][..]));
        assert_eq!((at(0, 0), at(SIDE / 2, SIDE - 1)), (&[0; 4][..], &[0; 4][..]), "twice as wide as high");
    }
}
