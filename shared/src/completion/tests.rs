//! Completions of pictures that are made up.

use proptest::prelude::*;

use super::*;
use crate::{
    mask::{Mask, Shape},
    picture::Picture,
};

/// Whole numbers that look like chance, the same everywhere.
fn scramble(number: usize) -> usize {
    let mixed = (number as u32).wrapping_mul(2_654_435_761);
    ((mixed ^ mixed >> 15).wrapping_mul(2_246_822_519) >> 13) as usize
}

/// Bricks with a grain.
fn wall(width: usize, height: usize) -> Picture {
    let pixel = |place: usize| {
        let (x, y) = (place % width, place / width);
        let shift = if y / 8 % 2 == 0 { 0 } else { 8 };
        let grain = (scramble(place) % 24) as u8;
        if y % 8 == 0 || (x + shift) % 16 == 0 { [170 + grain, 165 + grain, 160] } else { [140 + grain, 60, 40 + grain / 2] }
    };
    Picture::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

fn disc(width: usize, height: usize, x: f32, y: f32, radius: f32) -> Mask {
    let mut mask = Mask::empty(width, height);
    mask.draw(&Shape::Disc { x, y, radius }, true);
    mask
}

/// To the end, with a fill that leads.
fn complete(picture: &Picture, mask: &Mask, fill: &Picture, scale: f32, lead: Lead, detail: f32, each: impl FnMut(&Completion)) -> Picture {
    finish(picture, mask, fill, |hole| Completion::new(&Hole { scale, lead, ..hole }, detail).unwrap(), each)
}

/// The same, begun in some way.
fn finish(
    picture: &Picture,
    mask: &Mask,
    fill: &Picture,
    begin: impl Fn(Hole) -> Completion,
    mut each: impl FnMut(&Completion),
) -> Picture {
    let mut filled = picture.clone();
    let mut partly = Vec::new();
    for (place, coverage) in mask.values().iter().enumerate().filter(|(_, coverage)| **coverage > 0) {
        let (x, y) = (place % mask.width(), place / mask.width());
        filled.set(x, y, fill.get(x, y));
        if *coverage < 255 {
            partly.push((place, picture.get(x, y)));
        }
    }
    let mut completion = begin(Hole { picture: &filled, mask, partly: &partly, scale: 1.0, lead: Lead::ENCLOSED, seed: 0 });
    while !completion.step() {
        each(&completion);
    }
    assert_eq!(completion.progress(), 1.0);
    completion.write(&mut filled);
    filled
}

fn run(picture: &Picture, mask: &Mask, fill: &Picture, scale: f32) -> Picture {
    complete(picture, mask, fill, scale, Lead::ENCLOSED, 1.0, |_| ())
}

/// A guide of one colour.
fn flat(picture: &Picture) -> Picture {
    Picture::filled(picture.width(), picture.height(), [140, 80, 60])
}

/// The mean square of differences to the right, inside the hole: how sharp it is.
fn sharpness(picture: &Picture, mask: &Mask) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for y in 0..mask.height() {
        for x in (1..mask.width()).filter(|x| mask.coverage(*x, y) == 255 && mask.coverage(*x - 1, y) == 255) {
            let apart = f64::from(picture.get(x, y)[0]) - f64::from(picture.get(x - 1, y)[0]);
            sum += apart * apart;
            count += 1.0;
        }
    }
    sum / count
}

#[test]
fn a_wall_goes_on_behind_a_disc() {
    let (picture, mask) = (wall(120, 96), disc(120, 96, 60.0, 48.0, 18.0));
    let result = run(&picture, &mask, &flat(&picture), 8.0);
    let sharp = sharpness(&result, &mask) / sharpness(&picture, &mask);
    assert!((0.6..1.4).contains(&sharp), "sharpness {sharp}");
    let mortar = |picture: &Picture| (40..56).filter(|y| picture.get(60, *y)[1] > 120).collect::<Vec<_>>();
    assert!(mortar(&picture).iter().all(|row| mortar(&result).contains(row)), "{:?} is not {:?}", mortar(&result), mortar(&picture));
}

#[test]
fn the_guide_decides_between_two_textures() {
    // Left of the hole bricks, right of it a dark grain; nothing but the guide says which belongs inside.
    let mut picture = wall(160, 80);
    for (x, y) in (80..160).flat_map(|x| (0..80).map(move |y| (x, y))) {
        picture.set(x, y, [20 + (scramble(y * 160 + x) % 16) as u8; 3]);
    }
    let mask = disc(160, 80, 80.0, 40.0, 20.0);
    let mean = |colour: [u8; 3]| {
        let result = run(&picture, &mask, &Picture::filled(160, 80, colour), 2.0);
        let inside = (70..90).flat_map(|x| (30..50).map(move |y| (x, y)));
        inside.map(|(x, y)| f64::from(result.get(x, y)[0])).sum::<f64>() / 400.0
    };
    let (bricks, grain) = (mean([145, 75, 55]), mean([28; 3]));
    assert!(bricks > 110.0 && grain < 60.0, "{bricks} with a guide like bricks, {grain} with a dark one");
}

#[test]
fn new_area_takes_the_colours_of_its_guide_and_keeps_its_detail() {
    // A wall whose right third is missing and lies in the shade.
    let picture = wall(150, 70);
    let mut mask = Mask::empty(150, 70);
    mask.draw(&Shape::Rectangle { x: 100.0, y: 0.0, width: 50.0, height: 70.0 }, true);
    let shade = Picture::filled(150, 70, [100, 50, 36]);
    let with = |lead: Lead| complete(&picture, &mask, &shade, 4.0, lead, 1.0, |_| ());
    let far = |picture: &Picture| {
        let inside = (125..145).flat_map(|x| (5..65).map(move |y| (x, y)));
        inside.map(|(x, y)| f64::from(picture.get(x, y)[0])).sum::<f64>() / 1200.0
    };
    let (enclosed, open) = (with(Lead::ENCLOSED), with(Lead::OPEN));
    assert!(far(&enclosed) > 135.0 && far(&open) < 120.0, "{} and {}", far(&enclosed), far(&open));
    let sharp = [&open, &picture].map(|picture| sharpness(picture, &mask));
    assert!(sharp[0] > 0.5 * sharp[1], "{sharp:?}");
}

#[test]
fn near_the_rim_the_guide_is_believed_more_than_deep_inside() {
    // A guide that says that what is missing lies in the light, which a stroke shows and the middle of a disc does not.
    let picture = wall(160, 128);
    let light = Picture::filled(160, 128, [200, 110, 85]);
    let mut stroke = Mask::empty(160, 128);
    stroke.draw(&Shape::Segment { from: (20.0, 40.0), to: (140.0, 90.0), radius: 3.0 }, true);
    let mean = |mask: &Mask, lead: Lead, inside: &dyn Fn(usize, usize) -> bool| {
        let result = complete(&picture, mask, &light, 2.0, lead, 1.0, |_| ());
        let places = (0..160 * 128).map(|place| (place % 160, place / 160));
        let places: Vec<_> = places.filter(|(x, y)| mask.coverage(*x, *y) == 255 && inside(*x, *y)).collect();
        places.iter().map(|(x, y)| f64::from(result.get(*x, *y)[0])).sum::<f64>() / places.len() as f64
    };
    let (led, alone) = (Lead::ENCLOSED, Lead { near: 0.0, ..Lead::ENCLOSED });
    let thin = mean(&stroke, led, &|_, _| true) - mean(&stroke, alone, &|_, _| true);
    let disc = disc(160, 128, 80.0, 64.0, 40.0);
    let middle = |x: usize, y: usize| x.abs_diff(80) < 10 && y.abs_diff(64) < 10;
    let deep = mean(&disc, led, &middle) - mean(&disc, alone, &middle);
    assert!(thin > 5.0 && deep.abs() < 0.6 * thin, "{thin} lighter in the stroke, {deep} in the disc");
}

#[test]
fn a_stroke_over_grain_keeps_the_grain() {
    // No patch is like another, so that each votes for other pixels: a mean of them would be grey.
    let pixels = (0..120 * 60).flat_map(|place| [100 + (scramble(place) % 16) as u8; 3]).collect();
    let picture = Picture::new(120, 60, pixels).unwrap();
    let mut mask = Mask::empty(120, 60);
    mask.draw(&Shape::Rectangle { x: 20.0, y: 26.0, width: 80.0, height: 8.0 }, true);
    let filled = run(&picture, &mask, &Picture::filled(120, 60, [107; 3]), 3.0);
    let share = sharpness(&filled, &mask) / sharpness(&picture, &mask);
    assert!((0.87..1.2).contains(&share), "{share}");
}

#[test]
fn a_hole_in_parts_is_filled_everywhere_and_tells_how_far_it_is() {
    // Two parts, which each complete some of the other; with a margin of 256 more would not fit around them.
    let picture = wall(700, 300);
    let mut mask = Mask::empty(700, 300);
    mask.draw(&Shape::Rectangle { x: 60.0, y: 100.0, width: 580.0, height: 90.0 }, true);
    let parts = region::regions(&mask, 100_000);
    assert_eq!(parts.len(), 4, "{parts:?}");
    let mut seen = Vec::new();
    let result = finish(
        &picture,
        &mask,
        &flat(&picture),
        |hole| Completion::in_parts(&Hole { scale: 8.0, ..hole }, 1.0, 100_000).unwrap(),
        |completion| seen.push(completion.progress()),
    );
    assert!(seen.is_sorted() && seen.iter().filter(|progress| (0.2..0.8).contains(*progress)).count() > seen.len() / 4, "{seen:?}");
    for left in (60..640).step_by(58) {
        let mut strip = Mask::empty(700, 300);
        strip.draw(&Shape::Rectangle { x: left as f32, y: 100.0, width: 58.0, height: 90.0 }, true);
        let sharp = sharpness(&result, &strip) / sharpness(&picture, &strip);
        assert!((0.6..1.5).contains(&sharp), "sharpness {sharp} from column {left} on");
    }
}

#[test]
fn another_seed_makes_another_answer_of_the_same_guide() {
    let (picture, mask) = (wall(160, 120), disc(160, 120, 70.0, 60.0, 18.0));
    let with = |seed: u64| {
        finish(&picture, &mask, &flat(&picture), |hole| Completion::new(&Hole { scale: 8.0, seed, ..hole }, 1.0).unwrap(), |_| ())
    };
    let answers = [0, 1, 2].map(with);
    assert_eq!(with(1), answers[1]);
    let pixels = mask.values().iter().filter(|coverage| **coverage == 255).count();
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let pairs = answers[one].pixels().chunks_exact(3).zip(answers[other].pixels().chunks_exact(3));
        let apart = pairs.filter(|(one, other)| one != other).count();
        assert!(4 * apart > pixels, "{apart} of {pixels} pixels differ between {one} and {other}");
    }
    for answer in &answers {
        let sharp = sharpness(answer, &mask) / sharpness(&picture, &mask);
        assert!((0.6..1.4).contains(&sharp), "sharpness {sharp}");
    }
}

#[test]
fn the_bits_are_the_same_everywhere() {
    // Large enough that a tree proposes sources at the finest level.
    let (picture, mask) = (wall(132, 112), disc(132, 112, 60.0, 50.0, 20.0));
    let result = run(&picture, &mask, &flat(&picture), 3.0);
    // FNV-1a. Another number means another answer for every user: say so in the change that makes it.
    let hash = result.pixels().iter().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    assert_eq!(hash, GOLDEN, "{hash:#018x}");
}

const GOLDEN: u64 = 0x4053_7ffd_fd25_30fd;

#[cfg(feature = "rayon")]
#[test]
fn one_thread_and_three_agree() {
    let (picture, mask) = (wall(130, 110), disc(130, 110, 60.0, 50.0, 20.0));
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&picture, &mask, &flat(&picture), 4.0))
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn where_nothing_can_be_copied_the_guide_stands() {
    for (width, height) in [(1, 1), (5, 9), (40, 30)] {
        let picture = wall(width, height);
        let led = flat(&picture);
        assert_eq!(run(&picture, &Mask::full(width, height), &led, 1.0), led, "{width}×{height}");
    }
    let picture = wall(12, 12);
    let mask = disc(12, 12, 6.0, 6.0, 3.0);
    assert_eq!(run(&picture, &mask, &picture, 1.0), picture, "no patch of 7×7 is whole, and the guide is right");
}

#[test]
fn detail_goes_from_the_guide_to_the_completion() {
    let (picture, mask) = (wall(64, 64), disc(64, 64, 30.0, 30.0, 8.0));
    let with = |detail: f32| complete(&picture, &mask, &flat(&picture), 2.0, Lead::ENCLOSED, detail, |_| ()).get(30, 30);
    let (none, half, all) = (with(0.0), with(0.5), with(1.0));
    assert_eq!(none, [140, 80, 60]);
    for channel in 0..3 {
        let middle = (i32::from(none[channel]) + i32::from(all[channel])) / 2;
        assert!((i32::from(half[channel]) - middle).abs() <= 1, "{half:?} is not between {none:?} and {all:?}");
    }
}

/// A mast of crossing beams before a sky, cut by a hole, and a fill that has forgotten it: what becomes of it may be wrong, but no colour is beside it
/// that the picture does not have, whose blue is above its red by −95 to 50.
#[test]
fn a_join_brings_no_colours_that_the_picture_lacks() {
    let pixel = |place: usize| {
        let (x, y) = (place % 120, place / 120);
        let grain = (scramble(place) % 6) as u8;
        let beam = (60..84).contains(&x) && (!(62..82).contains(&x) || y % 24 < 2 || (x - 60).abs_diff(y % 24) < 2);
        if beam { [150 + grain, 110, 60] } else { [40 + grain, 55 + grain + (y / 8) as u8, 90 + grain] }
    };
    let picture = Picture::new(120, 120, (0..120 * 120).flat_map(pixel).collect()).unwrap();
    for (x, y, radius) in [(52.0, 60.0, 16.0), (72.0, 55.0, 20.0), (88.0, 66.0, 18.0)] {
        let mask = disc(120, 120, x, y, radius);
        let sky = Picture::filled(120, 120, [48, 66, 90]);
        let result = complete(&picture, &mask, &sky, 4.0, Lead::ENCLOSED, 1.0, |_| {});
        for place in 0..120 * 120 {
            let [red, _, blue] = result.get(place % 120, place / 120).map(i32::from);
            assert!(blue - red <= 76 && red - blue <= 108, "{red} red, {blue} blue at {}, {} of {x}, {y}", place % 120, place / 120);
        }
    }
}

#[test]
fn an_empty_mask_is_done_at_once_and_other_sizes_are_refused() {
    let picture = wall(20, 10);
    let hole =
        |mask: &Mask, scale| Completion::new(&Hole { picture: &picture, mask, partly: &[], scale, lead: Lead::ENCLOSED, seed: 0 }, 1.0);
    let mut completion = hole(&Mask::empty(20, 10), 1.0).unwrap();
    assert!(completion.is_finished() && completion.step() && completion.progress() == 1.0);
    let mut same = picture.clone();
    completion.write(&mut same);
    assert_eq!(same, picture);
    let message = hole(&Mask::empty(10, 20), 1.0).unwrap_err().to_string();
    assert!(message.contains("(20, 10)") && message.contains("(10, 20)"), "{message}");
    assert!(hole(&Mask::empty(20, 10), f32::NAN).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn only_what_the_mask_touches_changes(
        width in 1usize..70, height in 1usize..70, holes in prop::collection::vec((0.0f32..70.0, 0.0f32..70.0, 0.3f32..14.0), 1..4), scale in 0.5f32..9.0
    ) {
        let picture = wall(width, height);
        let mut mask = Mask::empty(width, height);
        for (x, y, radius) in holes {
            mask.draw(&Shape::Disc { x, y, radius }, true);
        }
        let mut last = 0.0;
        let result = complete(&picture, &mask, &flat(&picture), scale, Lead::ENCLOSED, 1.0, |completion| {
            let progress = completion.progress();
            assert!((last..=1.0).contains(&progress), "from {last} to {progress}");
            last = progress;
        });
        for place in 0..width * height {
            let (x, y) = (place % width, place / width);
            if mask.coverage(x, y) == 0 {
                prop_assert_eq!(result.get(x, y), picture.get(x, y));
            }
        }
    }
}
