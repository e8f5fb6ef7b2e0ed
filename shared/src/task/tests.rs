//! What tasks mask and what they show, and how random ones are distributed.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::{
    mask::{Mask, THRESHOLD},
    noise::{Purpose, stream},
    picture::{Picture, to_unit},
};

fn picture(width: usize, height: usize) -> Picture {
    let pixels = (0..width * height * 3).map(|index| (index * 37 % 251) as u8).collect();
    Picture::new(width, height, pixels).unwrap()
}

fn rng(seed: u64) -> ChaCha8Rng {
    stream(seed, Purpose::Task, 0, 0)
}

/// A share of `count` draws that should have probability `p`: within four deviations.
fn assert_share(found: usize, count: usize, p: f64, what: &str) {
    let share = found as f64 / count as f64;
    let deviation = (p * (1.0 - p) / count as f64).sqrt();
    assert!((share - p).abs() < 4.0 * deviation, "{what}: {share} instead of {p} ± {deviation}");
}

#[test]
fn names_go_back_and_unknown_ones_are_named() {
    for kind in TaskKind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    let message = "sharpen".parse::<TaskKind>().unwrap_err().to_string();
    assert!(message.contains("sharpen") && message.contains("uncrop"), "{message}");
}

#[test]
fn six_of_ten_holes_are_brushed() {
    let mut rng = rng(1);
    let brushed = (0..3000)
        .filter(|_| {
            let mask = inpaint::random_mask(64, 64, &mut rng);
            // Rectangles lie on whole pixels, strokes have soft edges.
            mask.values().iter().any(|value| !matches!(value, 0 | 255))
        })
        .count();
    assert_share(brushed, 3000, 0.6, "free-form masks");
}

#[test]
fn half_of_the_masks_of_edits_are_what_an_edit_s_windows_show() {
    let (mut rng, side) = (rng(8), 64);
    let mut draw = |kind| Degradation::training(kind, side, side, Masks::Edits, &mut rng).mask(side, side);
    let narrow = (0..2000).filter(|_| draw(TaskKind::Uncrop).area() < 0.49).count();
    // Of the others all cover half, and so does one narrow border of 32.
    assert_share(narrow, 2000, 0.5 * 31.0 / 32.0, "narrow borders");
    let compact = |mask: &Mask| {
        let bounds = mask.bounds().unwrap();
        let centre = (bounds.left + bounds.width / 2, bounds.top + bounds.height / 2);
        mask.covers(centre.0, centre.1) && mask.area() > 0.5 * (bounds.width * bounds.height) as f64 / (side * side) as f64
    };
    let of_edits = (0..600).filter(|_| compact(&draw(TaskKind::Inpaint))).count();
    let of_paper = (0..600).filter(|_| compact(&inpaint::random_mask(side, side, &mut rng))).count();
    assert!(of_edits > 300 && of_paper < 200, "{of_edits} compact holes of 600, {of_paper} in the paper's masks");
}

#[test]
fn uncropping_takes_half_from_five_places_alike() {
    let mut rng = rng(2);
    let mut counts = [0; 5];
    for _ in 0..3000 {
        let mask = uncrop::random_border(64, 48, &mut rng).mask(64, 48);
        assert!((mask.area() - 0.5).abs() < 0.01, "{}", mask.area());
        let corners = [(0, 0), (63, 0), (0, 47), (63, 47)].map(|(x, y)| mask.covers(x, y));
        let place = match corners {
            [true, false, true, false] => 0,
            [false, true, false, true] => 1,
            [true, true, false, false] => 2,
            [false, false, true, true] => 3,
            [true, true, true, true] => {
                assert!(!mask.covers(32, 24) && mask.covers(0, 24) && mask.covers(32, 0));
                4
            }
            _ => panic!("no side: {corners:?}"),
        };
        counts[place] += 1;
    }
    for (place, count) in counts.into_iter().enumerate() {
        assert_share(count, 3000, 0.2, &format!("place {place}"));
    }
}

#[test]
fn qualities_fall_off_exponentially() {
    let mut rng = rng(3);
    let mut counts = [0usize; 101];
    for _ in 0..20_000 {
        counts[usize::from(restore::random_quality(&mut rng))] += 1;
    }
    assert_eq!(counts[5..=60].iter().sum::<usize>(), 20_000);
    // Σ exp(−Q/15), Q = 5..=60, is a geometric series.
    let ratio = (-1.0 / 15.0f64).exp();
    let total = ratio.powi(5) * (1.0 - ratio.powi(56)) / (1.0 - ratio);
    for (quality, count) in counts.into_iter().enumerate().take(61).skip(5) {
        let p = ratio.powi(quality as i32) / total;
        assert_share(count, 20_000, p, &format!("quality {quality}"));
    }
}

#[test]
fn a_hole_is_shown_as_noise_and_the_rest_as_it_is() {
    let picture = picture(64, 64);
    let task = Degradation::random(TaskKind::Inpaint, 64, 64, &mut rng(4));
    let mask = task.mask(64, 64);
    let condition = task.example(&picture, None, HoleCondition::Noise, &mut rng(5)).condition;
    let truth = picture.to_planes();
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    for (index, (shown, true_value)) in condition.iter().zip(&truth).enumerate() {
        if mask.values()[index % 4096] >= THRESHOLD {
            sum += f64::from(*shown);
            squares += f64::from(*shown).powi(2);
            count += 1.0;
        } else {
            assert_eq!(shown, true_value);
        }
    }
    assert!(count > 300.0);
    assert!((sum / count).abs() < 4.0 / f64::sqrt(count), "mean {}", sum / count);
    assert!((squares / count - 1.0).abs() < 4.0 * f64::sqrt(2.0 / count), "variance {}", squares / count);
    assert!(condition.iter().any(|value| value.abs() > 1.5), "noise is not cut");
}

#[test]
fn colour_and_jpeg_conditions() {
    let picture = picture(9, 5);
    let shown = |task: &Degradation| task.example(&picture, Some(&picture), HoleCondition::Smooth, &mut rng(6)).condition;
    let grey = shown(&Degradation::Colorize);
    let [red, green, blue] = picture.get(4, 2);
    let luma = (0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)).round() as u8;
    for channel in 0..3 {
        assert_eq!(grey[channel * 45 + 2 * 9 + 4], to_unit(luma));
    }
    let restore = Degradation::Restore(Jpeg { quality: 10, chroma: Chroma::Full });
    assert_eq!(shown(&restore), picture.to_planes());
    assert_eq!((restore.jpeg().map(|jpeg| jpeg.quality), Degradation::Colorize.jpeg()), (Some(10), None));
}

#[test]
fn examples_hold_what_training_needs() {
    let picture = picture(12, 12);
    let degraded = picture.grey();
    for kind in TaskKind::ALL {
        let task = Degradation::random(kind, 12, 12, &mut rng(7));
        let example = task.example(&picture, Some(&degraded), HoleCondition::Smooth, &mut rng(8));
        assert_eq!((example.kind, example.picture.clone()), (kind, picture.to_planes()));
        assert_eq!(example.mask, task.mask(12, 12).to_plane());
        let area = example.mask.iter().sum::<f32>();
        match kind {
            TaskKind::Inpaint | TaskKind::Uncrop => assert!((1.0..144.0).contains(&area)),
            TaskKind::Colorize | TaskKind::Restore => assert_eq!(area, 144.0),
        }
        if kind == TaskKind::Restore {
            assert_eq!(example.condition, degraded.to_planes());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// What a net is trained on is what it is asked about when a person uses it.
    #[test]
    fn training_shows_what_a_window_shows(side in prop::sample::select(vec![16usize, 32]), seed in any::<u64>(), noise in any::<bool>(), edits in any::<bool>()) {
        let picture = picture(side, side);
        let jpeg = picture.flip();
        let hole = if noise { HoleCondition::Noise } else { HoleCondition::Smooth };
        for kind in TaskKind::ALL {
            let masks = if edits { Masks::Edits } else { Masks::Paper };
            let degradation = Degradation::training(kind, side, side, masks, &mut rng(seed));
            let example = degradation.example(&picture, Some(&jpeg), hole, &mut rng(seed ^ 1));
            let (given, task) = degradation.asked(&picture, Some(&jpeg));
            prop_assert_eq!(example.asked(), (given.clone(), task.clone()));
            let work = task.begin(given, Net { size: side, hole, guess: false }).unwrap();
            prop_assert_eq!(work.windows(), 1, "{}", kind);
            let prepared = work.prepare(0, &mut rng(seed ^ 1));
            prop_assert!(prepared.condition == example.condition, "{}", kind);
            match prepared.known {
                None => prop_assert!(example.mask.iter().all(|value| *value == 1.0)),
                Some((known, missing)) => {
                    prop_assert!(missing == example.mask, "{}", kind);
                    let missing = |place: usize| missing[place % missing.len()] == 1.0;
                    prop_assert!((0..known.len()).all(|place| missing(place) || known[place] == example.picture[place]), "{}", kind);
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn holes_are_never_nothing_and_never_everything(width in 2usize..40, height in 2usize..40, seed in any::<u64>()) {
        for kind in [TaskKind::Inpaint, TaskKind::Uncrop] {
            for masks in [Masks::Paper, Masks::Edits] {
                let mask = Degradation::training(kind, width, height, masks, &mut rng(seed)).mask(width, height);
                let covered = mask.to_plane().iter().sum::<f32>() as usize;
                prop_assert!((1..width * height).contains(&covered), "{} of {}×{} for {}", covered, width, height, kind);
            }
        }
    }
}

#[test]
fn windows_are_counted_as_they_are_planned() {
    let size = 32;
    for (width, height) in [(32, 32), (150, 60), (61, 203), (20, 31)] {
        let mut mask = Mask::empty(width, height);
        for (x, y) in [(4.0, 5.0), (width as f32 - 9.0, height as f32 - 7.0)] {
            mask.draw(&crate::mask::Shape::Disc { x, y, radius: 6.0 }, true);
        }
        let border = Border { left: 40, top: 0, right: 7, bottom: 90 };
        for task in [Task::Inpaint { mask }, Task::Uncrop(border), Task::colorize(), Task::restore()] {
            let counted = task.windows(width, height, size);
            let net = Net { size, hole: HoleCondition::Smooth, guess: false };
            let work = task.clone().begin(Picture::filled(width, height, [90; 3]), net).expect("a task that can be done");
            assert_eq!(counted, work.windows(), "{:?} of {width}×{height}", task.kind());
        }
    }
}

/// An answer of 16 pixels that is wrong by one shade in all that it made, and beside it the known colours: joined to a picture of 96 pixels it is right at the rim, and what it says of the
/// inside, a lighter middle, is still there.
#[test]
fn an_enlarged_answer_meets_its_rim_and_keeps_what_it_says() {
    let (side, size) = (96, 16);
    let shade = |x: usize, y: usize| -0.4 + 0.006 * x as f32 - 0.003 * y as f32;
    let pixels = (0..side * side).flat_map(|place| [crate::picture::from_unit(shade(place % side, place / side)); 3]).collect();
    let picture = Picture::new(side, side, pixels).unwrap();
    let mut mask = Mask::empty(side, side);
    mask.draw(&crate::mask::Shape::Rectangle { x: 24.0, y: 24.0, width: 48.0, height: 48.0 }, true);
    let net = work::Net { size, hole: HoleCondition::Smooth, guess: false };
    let mut fill = inpaint::begin(picture.clone(), mask.clone(), net);
    let window = fill.window(0);
    let scale = window.side as f32 / size as f32;
    let answer: Vec<f32> = (0..3 * size * size)
        .map(|place| {
            let at = |place: usize, from: isize| from as f32 + (place as f32 + 0.5) * scale;
            let (x, y) = (at(place % size, window.left), at(place / size % size, window.top));
            let middle = if (x - 48.0).hypot(y - 48.0) < 14.0 { 0.3 } else { 0.0 };
            let made = if mask.covers(x as usize, y as usize) { 0.25 } else { 0.0 };
            shade(x as usize, y as usize) + made + middle
        })
        .collect();
    fill.accept(0, &answer);
    let wrong = |x: usize, y: usize| to_unit(fill.picture().get(x, y)[0]) - shade(x, y);
    for along in 26..70 {
        for (x, y) in [(along, 24), (along, 71), (24, along), (71, along)] {
            assert!(wrong(x, y).abs() < 0.03, "{} at {x}, {y}", wrong(x, y));
        }
    }
    assert!((0.2..0.4).contains(&wrong(48, 48)), "{}", wrong(48, 48));
    assert!((0..side * side).all(|place| mask.covers(place % side, place / side)
        || fill.picture().get(place % side, place / side) == picture.get(place % side, place / side)));
}

/// A JPEG that lost columns and rows: the net knows blocks only where they begin with the tile.
#[test]
fn tiles_begin_with_the_blocks_wherever_the_picture_was_cut() {
    let grey = |x: usize, y: usize| (x / 8 % 2 * 60 + y / 8 % 2 * 60) as u8;
    let whole = Picture::new(120, 70, (0..120 * 70).flat_map(|place| [grey(place % 120, place / 120); 3]).collect()).unwrap();
    for (left, top) in [(0, 0), (3, 6), (0, 1)] {
        let picture = whole.crop(left, top, 120 - left, 70 - top);
        let net = Net { size: 64, hole: HoleCondition::Smooth, guess: false };
        let mut work = Task::restore().begin(picture.clone(), net).unwrap();
        for index in 0..work.windows() {
            let window = work.window(index);
            let first = (window.left + left as isize, window.top + top as isize);
            assert!(first.0 % 8 == 0 && first.1 % 8 == 0, "{first:?} of {left}, {top}");
            let condition = work.prepare(index, &mut rng(1)).condition;
            work.accept(index, &condition);
        }
        assert!(work.into_picture() == picture, "cut at {left}, {top}");
    }
}
