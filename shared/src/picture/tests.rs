//! Conversions and resampling against closed forms.

use proptest::prelude::*;

use super::*;

fn picture(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
    let pixels = (0..width * height).flat_map(|place| pixel(place % width, place / width)).collect();
    Picture::new(width, height, pixels).unwrap()
}

#[test]
fn sizes_that_do_not_fit_are_refused_with_both_numbers() {
    let message = Picture::new(3, 2, vec![0; 17]).unwrap_err().to_string();
    assert!(message.contains("17") && message.contains("18") && message.contains("3×2"), "{message}");
    assert_eq!(Picture::new(0, 2, vec![]), Err(PictureError::Empty { width: 0, height: 2 }));
}

#[test]
fn every_byte_survives_the_way_to_the_net_and_back() {
    for value in 0..=255 {
        assert_eq!(from_unit(to_unit(value)), value);
    }
    assert_eq!((to_unit(0), to_unit(255)), (-1.0, 1.0));
    assert_eq!((from_unit(-3.0), from_unit(3.0), from_unit(f32::NAN)), (0, 255, 0));
}

#[test]
fn planes_are_channel_after_channel() {
    let source = picture(2, 1, |x, _| [[0, 255, 51], [255, 0, 204]][x]);
    assert_eq!(source.to_planes(), [-1.0, 1.0, 1.0, -1.0, to_unit(51), to_unit(204)]);
}

#[test]
fn shrinking_takes_the_mean_over_the_area() {
    let source = picture(4, 4, |x, y| [(x * 10 + y) as u8, 7, 200]);
    let small = source.resize(2, 2);
    // Mean of 0, 10, 1, 11 is 5.5, and so on.
    assert_eq!(small.get(0, 0), [6, 7, 200]);
    assert_eq!(small.get(1, 1), [28, 7, 200]);
    // 3 → 2 samples: two thirds of a pixel and one third of the next.
    let uneven = picture(3, 1, |x, _| [[0, 90, 180][x]; 3]).resize(2, 1);
    assert_eq!((uneven.get(0, 0)[0], uneven.get(1, 0)[0]), (30, 150));
}

#[test]
fn growing_continues_a_ramp() {
    let source = picture(8, 1, |x, _| [(x * 20 + 20) as u8; 3]);
    let large = source.resize(16, 1);
    for x in 4..12 {
        let expected = (x as f64 + 0.5) / 2.0 - 0.5;
        assert!((f64::from(large.get(x, 0)[0]) - expected * 20.0 - 20.0).abs() <= 0.51, "column {x}");
    }
}

#[test]
fn resampling_weights_add_up_to_one() {
    for (source, target) in [(1, 9), (2, 7), (3, 64), (64, 3), (100, 99), (99, 100), (5, 5), (6000, 64)] {
        let resampler = Resampler::new(source, target);
        for index in 0..target {
            let sum: f32 = resampler.taps(index).map(|(_, weight)| weight).sum();
            assert!((sum - 1.0).abs() < 1e-4, "{source} → {target}, sample {index}: {sum}");
            assert!(resampler.source_range(index).end <= source);
        }
    }
}

#[test]
fn grey_is_rec_601() {
    let source = picture(3, 1, |x, _| [[255, 0, 0], [0, 255, 0], [0, 0, 255]][x]);
    let grey = source.grey();
    assert_eq!([0, 1, 2].map(|x| grey.get(x, 0)), [[76; 3], [150; 3], [29; 3]]);
}

proptest! {
    #[test]
    fn planes_crops_and_flips_go_back(width in 1usize..12, height in 1usize..12, seed in any::<u8>()) {
        let source = picture(width, height, |x, y| [(x * 31 + y * 7) as u8, seed, (x * y) as u8 ^ seed]);
        prop_assert_eq!(&Picture::from_planes(width, height, &source.to_planes()), &source);
        prop_assert_eq!(&source.flip().flip(), &source);
        prop_assert_eq!(source.flip().get(0, 0), source.get(width - 1, 0));
        let part = source.crop(width / 2, height / 3, width - width / 2, height - height / 3);
        prop_assert_eq!(part.get(0, 0), source.get(width / 2, height / 3));
    }

    #[test]
    fn one_colour_stays_at_every_size(width in 1usize..40, height in 1usize..40, to in (1usize..40, 1usize..40), value in any::<[u8; 3]>()) {
        let resized = Picture::filled(width, height, value).resize(to.0, to.1);
        prop_assert_eq!(resized, Picture::filled(to.0, to.1, value));
        let planes = resize_planes(&Picture::filled(width, height, value).to_planes(), (width, height), to);
        prop_assert_eq!(Picture::from_planes(to.0, to.1, &planes), Picture::filled(to.0, to.1, value));
    }
}
