//! Sharpness, patch statistics and rim steps against closed forms and what they must see.

use proptest::prelude::*;
use rand::RngExt;

use super::*;
use crate::{
    mask::{Mask, Shape},
    noise::{self, Purpose},
    picture::{Picture, from_unit},
};

/// A picture of one value a pixel, 0 to 255.
fn picture(width: usize, height: usize, value: impl Fn(usize, usize) -> f64) -> Picture {
    let values = (0..width * height).flat_map(|place| [value(place % width, place / width).round().clamp(0.0, 255.0) as u8; 3]);
    Picture::new(width, height, values.collect()).unwrap()
}

/// Grain of all octaves: white noise and the same noise smoothed ever more.
fn grain(seed: u64) -> Picture {
    let mut random = noise::stream(seed, Purpose::Evaluation, 0, 0);
    let mut sum = vec![0.0f64; 96 * 96];
    for (octave, strength) in [(1usize, 14.0), (2, 14.0), (4, 14.0), (8, 14.0), (16, 14.0)] {
        let cells: Vec<f64> = (0..96 * 96).map(|_| random.random_range(-1.0..1.0)).collect();
        let cell = |place: usize| cells[place / 96 / octave * 96 + place % 96 / octave];
        sum.iter_mut().enumerate().for_each(|(place, value)| *value += strength * cell(place));
    }
    picture(96, 96, |x, y| 128.0 + sum[y * 96 + x])
}

/// The mean of the 3×3 pixels around each, `times` over.
fn blurred(source: &Picture, times: usize) -> Picture {
    let mut current = source.clone();
    for _ in 0..times {
        let (width, height) = (current.width(), current.height());
        let mean = |x: usize, y: usize| {
            let near = |place: usize, length: usize| [place.saturating_sub(1), place, (place + 1).min(length - 1)];
            let sum: f64 = near(y, height).iter().flat_map(|y| near(x, width).map(|x| f64::from(current.get(x, *y)[0]))).sum();
            sum / 9.0
        };
        current = picture(width, height, mean);
    }
    current
}

fn disc(width: usize, height: usize, radius: f32) -> Mask {
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Disc { x: width as f32 / 2.0, y: height as f32 / 2.0, radius }, true);
    mask
}

/// `inside` where the mask covers, else `outside`.
fn compose(inside: &Picture, outside: &Picture, mask: &Mask) -> Picture {
    let mut result = outside.clone();
    for (x, y) in (0..outside.height()).flat_map(|y| (0..outside.width()).map(move |x| (x, y))) {
        if mask.covers(x, y) {
            result.set(x, y, inside.get(x, y));
        }
    }
    result
}

#[test]
fn halved_contrast_has_a_quarter_of_the_energy_in_every_octave() {
    let truth = grain(1);
    let half = picture(96, 96, |x, y| 128.0 + (f64::from(truth.get(x, y)[0]) - 128.0) / 2.0);
    for mask in [None, Some(&disc(96, 96, 30.0))] {
        for value in sharpness(&half, &truth, mask) {
            assert!((value - 0.25).abs() < 0.01, "{value}");
        }
    }
}

#[test]
fn a_wave_is_seen_in_its_own_octave_and_at_a_border_in_both() {
    let flat = Picture::filled(256, 8, [128; 3]);
    let of_wave = |wavelength: f64| {
        let wave = picture(256, 8, |x, _| 128.0 + 100.0 * (std::f64::consts::TAU * (x as f64 + 0.3) / wavelength).sin());
        sharpness(&wave, &flat, None)
    };
    for (octave, wavelength) in [2.8, 5.7, 11.3, 22.6].into_iter().enumerate() {
        let found = of_wave(wavelength);
        let most = (0..OCTAVES).max_by(|one, other| found[*one].total_cmp(&found[*other]));
        assert_eq!(most, Some(octave), "{wavelength} px: {found:?}");
    }
    for (octave, wavelength) in [4.0, 8.0, 16.0].into_iter().enumerate() {
        let found = of_wave(wavelength);
        assert!((found[octave] / found[octave + 1] - 1.0).abs() < 0.05, "{wavelength} px: {found:?}");
    }
}

#[test]
fn blur_takes_the_fine_octaves_first() {
    let truth = grain(2);
    let mut before = [1.0; OCTAVES];
    for times in [1, 4, 16] {
        let found = sharpness(&blurred(&truth, times), &truth, None);
        assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "the finer the less: {found:?}");
        assert!(found.iter().zip(&before).all(|(now, before)| now < before), "the more blur the less: {found:?} after {before:?}");
        before = found;
    }
    assert!(before[0] < 0.01 && before[3] > 0.1, "{before:?}");
}

#[test]
fn a_step_at_the_rim_is_no_detail() {
    let truth = Picture::filled(64, 64, [100; 3]);
    let mask = disc(64, 64, 14.0);
    let patch = compose(&Picture::filled(64, 64, [140; 3]), &truth, &mask);
    assert_eq!(sharpness(&patch, &truth, Some(&mask)), [1.0; OCTAVES]);
    assert!(sharpness(&patch, &truth, None)[0] > 10.0, "over everything it is an edge");
    assert!(sharpness(&patch, &truth, Some(&Mask::empty(64, 64)))[0].is_nan());
}

#[test]
fn a_brighter_picture_is_as_far_as_it_is_brighter() {
    let truth = picture(40, 30, |x, y| 60.0 + ((x * 7 + y * 13) % 50) as f64);
    for mask in [None, Some(&disc(40, 30, 9.0))] {
        let brighter = picture(40, 30, |x, y| f64::from(truth.get(x, y)[0]) + 17.0);
        let found = patch_distance(&brighter, &truth, mask, 3);
        assert!((found - 17.0).abs() < 1e-3, "{found}");
    }
}

#[test]
fn a_shifted_texture_keeps_its_patches_and_a_smooth_one_does_not() {
    let texture = |shift: usize| picture(80, 80, |x, y| if ((x + shift) / 3 + y / 3).is_multiple_of(2) { 90.0 } else { 170.0 });
    let (truth, mask) = (texture(0), disc(80, 80, 24.0));
    let (shifted, smooth) = (texture(2), Picture::filled(80, 80, [130; 3]));
    assert!(psnr(&shifted, &truth, Some(&mask)) < psnr(&smooth, &truth, Some(&mask)), "by its error the smooth one is better");
    let (near, far) = (patch_distance(&shifted, &truth, Some(&mask), 0), patch_distance(&smooth, &truth, Some(&mask), 0));
    assert!(near < 0.1 * far, "{near} against {far}");
    assert_ne!(near, patch_distance(&shifted, &truth, Some(&mask), 1), "the seed chooses the directions");
    assert!(patch_distance(&truth, &truth, Some(&Mask::empty(80, 80)), 0).is_nan());
    assert!(patch_distance(&Picture::filled(6, 9, [1; 3]), &Picture::filled(6, 9, [1; 3]), None, 0).is_nan(), "no patch fits");
}

#[test]
fn a_seam_is_as_large_as_it_is() {
    // Known is a ramp of 2 a column; the fill is off by 10 on one side of the rim and on the other.
    let truth = picture(30, 12, |x, _| 100.0 + 2.0 * x as f64);
    let mut mask = Mask::empty(30, 12);
    mask.draw(&Shape::Rectangle { x: 10.0, y: 0.0, width: 8.0, height: 12.0 }, true);
    let seam = compose(&picture(30, 12, |x, _| 110.0 + 2.0 * x as f64), &truth, &mask);
    // Steps of 12 on the left and 8 on the right against 2 on both.
    let expected = (10.0 + 0.5) / (2.0 + 0.5);
    assert!((rim_step(&seam, &truth, &mask) - expected).abs() < 1e-9);
    assert!(rim_step(&truth, &truth, &Mask::full(30, 12)).is_nan());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn equal_pictures_are_equal_by_every_measure(seed in any::<u64>(), radius in 4.0f32..9.0) {
        let values = noise::uniform(&mut noise::stream(seed, Purpose::Evaluation, 1, 0), 32 * 32 * 3);
        let truth = Picture::new(32, 32, values.into_iter().map(|value| from_unit(2.0 * value - 1.0)).collect()).unwrap();
        let mask = disc(32, 32, radius);
        prop_assert_eq!(sharpness(&truth, &truth, Some(&mask)), [1.0; OCTAVES]);
        prop_assert_eq!(patch_distance(&truth, &truth, Some(&mask), seed), 0.0);
        prop_assert_eq!(rim_step(&truth, &truth, &mask), 1.0);
    }

    #[test]
    fn a_hole_is_judged_by_what_is_in_it(seed in any::<u64>()) {
        let (truth, mask) = (grain(7), disc(96, 96, 20.0));
        let mut random = noise::stream(seed, Purpose::Evaluation, 2, 0);
        let other = picture(96, 96, |_, _| 0.0);
        let mut answer = compose(&grain(8), &truth, &mask);
        let before = sharpness(&answer, &truth, Some(&mask));
        // Nonsense far from the hole changes nothing.
        let (x, y) = (random.random_range(0..20), random.random_range(0..20));
        answer.set(x, y, other.get(x, y));
        prop_assert_eq!(sharpness(&answer, &truth, Some(&mask)), before);
    }
}
