//! Masks against pictures of them that a person has looked at: ten characters from ' ' (known) to '@'
//! (to be filled). When one is meant to change, the failure prints the new one.

use infill::{
    mask::{Mask, Shape, free_form, rectangles},
    noise::{Purpose, stream},
};

const SHADES: &[u8; 10] = b" .:-=+*#%@";

fn drawn(mask: &Mask) -> String {
    (0..mask.height())
        .map(|y| {
            let row = mask.row(y).iter().map(|value| char::from(SHADES[usize::from(*value) * 9 / 255]));
            row.collect::<String>().trim_end().to_owned() + "\n"
        })
        .collect()
}

fn check(mask: &Mask, golden: &str) {
    let found = drawn(mask);
    let shades = |text: &str| -> Vec<usize> {
        text.lines()
            .flat_map(|line| format!("{line:width$}", width = mask.width()).into_bytes())
            .filter_map(|shade| SHADES.iter().position(|known| *known == shade))
            .collect()
    };
    let (expected, actual) = (shades(golden), shades(&found));
    let outliers = expected.iter().zip(&actual).filter(|(a, b)| a.abs_diff(**b) > 1).count();
    let near = expected.iter().zip(&actual).filter(|(a, b)| a != b).count();
    assert!(
        expected.len() == actual.len() && outliers == 0 && near <= 8,
        "{outliers} pixels differ by more than a shade, {near} at all; it is now\n{found}"
    );
}

#[test]
fn shapes() {
    let mut mask = Mask::empty(48, 24);
    mask.draw(&Shape::Disc { x: 8.0, y: 8.0, radius: 6.5 }, true);
    mask.draw(&Shape::Disc { x: 9.5, y: 7.5, radius: 2.5 }, false);
    mask.draw(&Shape::Segment { from: (4.0, 20.0), to: (24.0, 12.5), radius: 1.5 }, true);
    mask.draw(&Shape::Rectangle { x: 18.5, y: 2.25, width: 8.0, height: 6.0 }, true);
    let points = vec![(30.0, 2.0), (46.0, 5.0), (43.0, 21.0), (38.0, 10.0), (29.0, 19.0)];
    mask.draw(&Shape::Polygon { points }, true);
    check(&mask, include_str!("golden/shapes.txt"));
}

#[test]
fn brush_strokes() {
    let mask = free_form(64, 32, &mut stream(5, Purpose::Task, 0, 0));
    check(&mask, include_str!("golden/brush_strokes.txt"));
}

#[test]
fn random_rectangles() {
    let mask = rectangles(64, 32, &mut stream(6, Purpose::Task, 0, 0));
    check(&mask, include_str!("golden/rectangles.txt"));
}
