//! PSNR, L1, SSIM and MS-SSIM against closed forms.

use super::*;
use crate::{
    mask::{Mask, Shape},
    picture::Picture,
};

fn left_half(width: usize, height: usize) -> Mask {
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Rectangle { x: 0.0, y: 0.0, width: width as f32 / 2.0, height: height as f32 }, true);
    mask
}

/// Pixels of a fixed texture around 128, `contrast` away from it.
fn texture(contrast: i32) -> Picture {
    let pixels = (0..24 * 20 * 3).map(|index: i32| {
        let sign = if (index / 3 * 7919) % 13 < 6 { 1 } else { -1 };
        (128 + sign * contrast) as u8
    });
    Picture::new(24, 20, pixels.collect()).unwrap()
}

#[test]
fn psnr_of_a_constant_error() {
    let (first, second) = (Picture::filled(9, 7, [100; 3]), Picture::filled(9, 7, [110; 3]));
    assert!((psnr(&first, &second, None) - 20.0 * 25.5f64.log10()).abs() < 1e-9);
    // An error in one channel of three.
    let third = Picture::filled(9, 7, [100, 110, 100]);
    assert!((psnr(&first, &third, None) - 10.0 * (3.0 * 25.5f64.powi(2)).log10()).abs() < 1e-9);
    assert_eq!(psnr(&first, &first, None), f64::INFINITY);
}

#[test]
fn only_the_hole_counts_where_there_is_one() {
    let first = Picture::filled(8, 6, [100; 3]);
    let mut second = first.clone();
    for y in 0..6 {
        second.set(6, y, [0; 3]);
        second.set(1, y, [110; 3]);
    }
    let mask = left_half(8, 6);
    // Of the 4 columns on the left one is off by 10.
    let expected = 10.0 * (4.0 * 25.5f64.powi(2)).log10();
    assert!((psnr(&first, &second, Some(&mask)) - expected).abs() < 1e-9);
    assert!(psnr(&first, &second, Some(&Mask::empty(8, 6))).is_nan());
    assert!(ssim(&first, &second, Some(&Mask::empty(8, 6))).is_nan());
}

#[test]
fn ssim_of_flat_pictures_is_its_luminance_term() {
    for (a, b) in [(100u8, 110u8), (0, 255), (50, 50)] {
        let (first, second) = (Picture::filled(13, 12, [a; 3]), Picture::filled(13, 12, [b; 3]));
        let (a, b) = (f64::from(a), f64::from(b));
        let expected = (2.0 * a * b + 6.5025) / (a * a + b * b + 6.5025);
        for mask in [None, Some(&left_half(13, 12))] {
            assert!((ssim(&first, &second, mask) - expected).abs() < 1e-6);
        }
    }
}

#[test]
fn ssim_sees_structure() {
    let texture_20 = texture(20);
    assert!((ssim(&texture_20, &texture_20, None) - 1.0).abs() < 1e-12);
    assert!(ssim(&texture_20, &texture(-20), None) < -0.5, "inverted structure is negative");
    let halved = ssim(&texture_20, &texture(10), None);
    // Perfectly correlated, deviations s and s/2: 2·½/(1 + ¼) = 0.8 but for C2 and the means.
    assert!((0.77..0.85).contains(&halved), "{halved}");
}

#[test]
fn ssim_in_a_hole_looks_there() {
    let first = texture(20);
    let mut second = first.clone();
    for y in 0..20 {
        for x in 18..24 {
            second.set(x, y, [128; 3]);
        }
    }
    let mask = left_half(24, 20);
    let (hole, everything) = (ssim(&first, &second, Some(&mask)), ssim(&first, &second, None));
    assert!((hole - 1.0).abs() < 1e-12, "the window reaches 5 pixels, the change is 7 away: {hole}");
    assert!(everything < 0.9, "{everything}");
}

#[test]
fn absolute_error_of_a_constant_error_and_in_a_hole() {
    let first = Picture::filled(8, 6, [100; 3]);
    assert!((mean_absolute_error(&first, &Picture::filled(8, 6, [90, 100, 105]), None) - 5.0).abs() < 1e-12);
    let mut second = first.clone();
    (0..6).for_each(|y| second.set(1, y, [140; 3]));
    assert!((mean_absolute_error(&first, &second, Some(&left_half(8, 6))) - 10.0).abs() < 1e-12);
    assert!(mean_absolute_error(&first, &second, Some(&Mask::empty(8, 6))).is_nan());
}

#[test]
fn ms_ssim_of_flat_pictures_is_the_coarsest_luminance_term() {
    // Contrast and structure are 1 at every scale; the coarsest exponent remains.
    for (side, exponent) in [(64, 0.3001 / (0.0448 + 0.2856 + 0.3001)), (8, 1.0), (176, 0.1333 / 1.0001)] {
        let (first, second) = (Picture::filled(side, side, [60; 3]), Picture::filled(side, side, [140; 3]));
        let luminance = (2.0 * 60.0 * 140.0 + 6.5025) / (60.0f64.powi(2) + 140.0f64.powi(2) + 6.5025);
        let expected = luminance.powf(exponent * 1.0001);
        for mask in [None, Some(&left_half(side, side))] {
            assert!((ms_ssim(&first, &second, mask) - expected).abs() < 1e-6, "at {side}");
        }
    }
}

#[test]
fn ms_ssim_is_1_for_equals_0_for_opposites_and_looks_into_the_hole() {
    let (first, opposite) = (texture(20), texture(-20));
    assert!((ms_ssim(&first, &first, None) - 1.0).abs() < 1e-12);
    assert_eq!(ms_ssim(&first, &opposite, None), 0.0);
    let mut second = first.clone();
    for y in 0..20 {
        for x in 18..24 {
            second.set(x, y, [128; 3]);
        }
    }
    assert!((ms_ssim(&first, &second, Some(&left_half(24, 20))) - 1.0).abs() < 1e-12);
    assert!(ms_ssim(&first, &second, None) < 0.95);
    assert!(ms_ssim(&first, &second, Some(&Mask::empty(24, 20))).is_nan());
}

#[test]
fn ms_ssim_in_a_thin_hole_is_a_number() {
    let first = Picture::filled(64, 64, [60; 3]);
    let mut mask = Mask::empty(64, 64);
    mask.draw(&Shape::Rectangle { x: 33.0, y: 5.0, width: 1.0, height: 40.0 }, true);
    let found = ms_ssim(&first, &Picture::filled(64, 64, [140; 3]), Some(&mask));
    assert!((0.5..0.95).contains(&found), "{found}");
}

#[test]
fn ms_ssim_forgives_fine_noise_more_than_ssim_does() {
    let picture = |grain: i32| {
        let pixels = (0..64 * 64).flat_map(|place: i32| {
            let (x, y) = (place % 64, place / 64);
            let noise = if (place * 7919) % 13 < 6 { grain } else { -grain };
            [(60 + 2 * (x + y) / 2 + noise).clamp(0, 255) as u8; 3]
        });
        Picture::new(64, 64, pixels.collect()).unwrap()
    };
    let (clean, noisy) = (picture(0), picture(15));
    let (single, multiple) = (ssim(&clean, &noisy, None), ms_ssim(&clean, &noisy, None));
    assert!(multiple > single + 0.1 && multiple < 0.99, "{multiple} against {single}");
}
