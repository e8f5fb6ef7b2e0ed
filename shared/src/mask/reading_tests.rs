//! Tests of how a mask file's pixels are read: every kind of file that people bring.

use super::*;

/// A mask of 40 × 30 with a hole of 12 × 10, from what a pixel outside and one inside is.
fn pixels(outside: [u16; 4], inside: [u16; 4]) -> Vec<[u16; 4]> {
    let hole = |place: usize| (10..22).contains(&(place % 40)) && (8..18).contains(&(place / 40));
    (0..1200).map(|place| if hole(place) { inside } else { outside }).collect()
}

fn read_bytes(pixels: &[[u16; 4]]) -> Result<MaskReading, MaskReadingError> {
    read(40, 30, 255, pixels.iter().copied())
}

/// What a clean mask of the same hole is.
fn clean() -> Mask {
    let mut mask = Mask::empty(40, 30);
    for y in 8..18 {
        mask.row_mut(y)[10..22].fill(255);
    }
    mask
}

fn grey(value: u16) -> [u16; 4] {
    [value, value, value, 255]
}

#[test]
fn black_and_white_that_are_not_exact_and_one_paint_of_any_colour_are_a_clean_mask() {
    let [red, dark_red, green] = [[255, 0, 0, 255], [128, 0, 0, 255], [10, 200, 30, 255]];
    for (outside, inside) in [
        (grey(0), grey(255)),
        (grey(1), grey(255)),
        (grey(16), grey(235)),
        (grey(20), grey(240)),
        ([2, 0, 5, 255], [250, 255, 245, 255]),
        ([0; 4], grey(255)),
        ([255, 255, 255, 0], grey(255)),
        (grey(0), red),
        (grey(0), dark_red),
        (grey(3), green),
        ([0; 4], red),
        ([9, 9, 9, 0], [90, 90, 90, 255]),
    ] {
        let reading = read_bytes(&pixels(outside, inside)).unwrap();
        assert_eq!(reading, MaskReading { mask: clean(), doubt: None }, "{outside:?} {inside:?}");
    }
    // Of 16 bits, and of one bit as decoders widen it.
    let deep = pixels([4000, 4000, 4000, 65535], [64000, 64000, 64000, 65535]);
    assert_eq!(read(40, 30, 65535, deep.iter().copied()).unwrap().mask, clean());
}

#[test]
fn what_marks_nothing_or_something_unclear_is_refused_with_the_values_seen() {
    let refused = |outside, inside| read_bytes(&pixels(outside, inside)).unwrap_err();
    assert_eq!(refused(grey(0), grey(1)), MaskReadingError::Dark { brightest: 1, most: 255 });
    assert_eq!(refused(grey(16), grey(16)), MaskReadingError::Dark { brightest: 16, most: 255 });
    assert_eq!(refused(grey(0), grey(100)), MaskReadingError::Dark { brightest: 100, most: 255 });
    assert_eq!(refused([0; 4], grey(0)), MaskReadingError::BlackOnTransparent { brightest: 0, most: 255 });
    assert_eq!(refused([255, 255, 255, 0], grey(30)), MaskReadingError::BlackOnTransparent { brightest: 30, most: 255 });
    let mut labels = pixels(grey(0), [255, 0, 0, 255]);
    labels[12 * 40 + 10..12 * 40 + 22].fill([0, 0, 255, 255]);
    assert_eq!(read_bytes(&labels), Err(MaskReadingError::SeveralColours { one: [255, 0, 0], other: [0, 0, 255] }));
    assert!(matches!(refused(grey(255), [255, 0, 0, 255]), MaskReadingError::SeveralColours { .. }));
    assert!(matches!(refused(grey(90), grey(255)), MaskReadingError::NeitherBlackNorWhite { darkest: 90, brightest: 255, .. }));
    for brightest in [1, 255] {
        let label = [brightest, brightest, brightest, 65535];
        let refused = read(40, 30, 65535, pixels([0, 0, 0, 65535], label).into_iter()).unwrap_err();
        assert_eq!(refused, MaskReadingError::Dark { brightest, most: 65535 });
        assert!(refused.to_string().contains(&format!("{brightest} of 65535")), "{refused}");
    }
    let few = pixels(grey(0), grey(255))[1..].to_vec();
    assert_eq!(read_bytes(&few), Err(MaskReadingError::Length { width: 40, height: 30, found: 1199 }));
}

#[test]
fn a_photograph_is_no_mask_with_or_without_a_transparent_hole() {
    let photo = |x: u16, y: u16| [40 + x * 5, 30 + y * 6, 200 - x * 3, 255];
    let whole: Vec<[u16; 4]> = (0..1200).map(|place| photo(place % 40, place / 40)).collect();
    let mut holed = whole.clone();
    for y in 8..18 {
        holed[y * 40 + 10..y * 40 + 22].iter_mut().for_each(|pixel| pixel[3] = 0);
    }
    for pixels in [whole, holed] {
        let refused = read_bytes(&pixels).unwrap_err();
        assert!(matches!(refused, MaskReadingError::NeitherBlackNorWhite { percent, .. } if percent > 60.0), "{refused}");
    }
}

#[test]
fn soft_edges_are_kept_and_faint_or_mostly_soft_masks_are_said() {
    // An edge of five pixels.
    let ramp = [0, 0, 60, 100, 140, 180, 220, 255];
    let edge: Vec<[u16; 4]> = (0..1200).map(|place| grey(ramp[(place % 40usize).saturating_sub(16).min(7)])).collect();
    let reading = read_bytes(&edge).unwrap();
    assert_eq!(reading.mask.row(3)[16..24], [0, 0, 60, 100, 140, 180, 220, 255]);
    assert_eq!(reading.doubt, None);

    // A brush of half opacity lets the original through, on black and on transparent.
    for (outside, inside) in [(grey(0), grey(150)), ([0; 4], [255, 255, 255, 150])] {
        let reading = read_bytes(&pixels(outside, inside)).unwrap();
        assert_eq!(reading.doubt, Some(MaskDoubt::Faint { brightest: 150, most: 255 }));
        assert_eq!(reading.mask.coverage(12, 10), 150);
    }
    let mut soft = pixels(grey(0), grey(130));
    soft[10 * 40 + 12] = grey(255);
    assert!(matches!(read_bytes(&soft).unwrap().doubt, Some(MaskDoubt::MostlySoft { percent }) if percent < 11.0));
    assert_eq!(read_bytes(&pixels(grey(0), grey(0))).unwrap(), MaskReading { mask: Mask::empty(40, 30), doubt: None });
    assert_eq!(read_bytes(&pixels([0; 4], [0; 4])).unwrap().mask, Mask::empty(40, 30));
}

/// Ringing of a compressed hard edge: much near black and white, next to nothing between.
#[test]
fn ringing_around_hard_edges_is_cut_off_and_a_blurred_edge_is_not() {
    let (width, height) = (64usize, 64usize);
    let ringing: Vec<[u16; 4]> = (0..width * height)
        .map(|place| {
            let distance = (place % width) as i32 - 32;
            let wave = (38 * i32::from(distance.abs() < 9) * (distance * 7 + (place / width) as i32 * 3).rem_euclid(11) / 10) as u16;
            if distance < 0 { grey(wave) } else { grey(255 - wave) }
        })
        .collect();
    let reading = read(width, height, 255, ringing.into_iter()).unwrap();
    for y in 0..height {
        let row = reading.mask.row(y);
        assert!(row[..32].iter().all(|value| *value == 0) && row[32..].iter().all(|value| *value == 255), "{row:?}");
    }

    // A Gaussian blur of five pixels.
    let cumulative = |distance: f64| 1.0 / (1.0 + (-1.702 * distance / 5.0).exp());
    let blurred: Vec<[u16; 4]> =
        (0..width * height).map(|place| grey((255.0 * cumulative((place % width) as f64 - 31.5)).round() as u16)).collect();
    let values: Vec<u8> = blurred.iter().map(|pixel| pixel[0] as u8).collect();
    let mask = read(width, height, 255, blurred.into_iter()).unwrap().mask;
    for (found, value) in mask.values().iter().zip(values).filter(|(_, value)| (24..232).contains(value)) {
        assert_eq!(*found, value);
    }
}
