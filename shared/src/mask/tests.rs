//! The rasteriser against areas and brute force, and the random masks' statistics.

use proptest::prelude::*;

use super::*;
use crate::noise::{Purpose, stream};

fn drawn(width: usize, height: usize, shape: &Shape) -> Mask {
    let mut mask = Mask::empty(width, height);
    mask.draw(shape, true);
    mask
}

fn area_in_pixels(mask: &Mask) -> f64 {
    mask.area() * (mask.width() * mask.height()) as f64
}

#[test]
fn discs_have_the_area_of_discs() {
    for radius in [1.0f32, 1.7, 4.0, 11.3, 29.0] {
        for offset in [0.0f32, 0.25, 0.5, 0.9] {
            let mask = drawn(64, 64, &Shape::Disc { x: 31.0 + offset, y: 32.0 - offset, radius });
            let expected = std::f64::consts::PI * f64::from(radius).powi(2);
            let error = (area_in_pixels(&mask) / expected - 1.0).abs();
            assert!(error < 0.1 / f64::from(radius), "radius {radius} at {offset}: {error}");
        }
    }
}

#[test]
fn a_brush_of_one_pixel_draws_one_row() {
    let mask = drawn(12, 7, &Shape::Segment { from: (2.5, 3.5), to: (8.5, 3.5), radius: 0.5 });
    for y in 0..7 {
        for x in 0..12 {
            let expected = if y == 3 && (2..=8).contains(&x) { 255 } else { 0 };
            assert_eq!(mask.coverage(x, y), expected, "{x}, {y}");
        }
    }
    let thin = drawn(12, 7, &Shape::Segment { from: (2.5, 3.5), to: (8.5, 3.5), radius: 0.1 });
    assert!((1..80).contains(&thin.coverage(5, 3)), "a fifth of a pixel: {}", thin.coverage(5, 3));
}

#[test]
fn a_shape_drawn_in_parts_is_the_same_shape() {
    let shapes = [
        Shape::Disc { x: 9.3, y: 8.8, radius: 6.1 },
        Shape::Segment { from: (-3.0, 2.0), to: (17.5, 19.0), radius: 2.4 },
        Shape::Rectangle { x: 2.5, y: 3.25, width: 9.0, height: 40.0 },
        Shape::Polygon { points: vec![(1.0, 1.5), (16.0, 3.0), (12.0, 17.7), (3.0, 9.0)] },
    ];
    for shape in &shapes {
        for rows in 1..7 {
            let mut mask = Mask::empty(18, 20);
            (0..20).step_by(rows).for_each(|top| mask.draw_rows(shape, true, top..(top + rows).min(20)));
            assert_eq!(mask, drawn(18, 20, shape), "{shape:?} in parts of {rows} rows");
        }
    }
}

#[test]
fn rectangles_cover_exactly() {
    let mask = drawn(6, 5, &Shape::Rectangle { x: 1.5, y: 1.0, width: 2.0, height: 2.25 });
    let expected = [[0, 0, 0, 0, 0, 0], [0, 128, 255, 128, 0, 0], [0, 128, 255, 128, 0, 0], [0, 32, 64, 32, 0, 0], [0, 0, 0, 0, 0, 0]];
    assert_eq!(mask.values(), expected.as_flattened());
    let dragged_up = Shape::Rectangle { x: 3.5, y: 3.25, width: -2.0, height: -2.25 };
    assert_eq!(drawn(6, 5, &dragged_up), mask);
}

#[test]
fn polygons_agree_with_rectangles_and_triangles() {
    let corners = vec![(2.25, 1.0), (9.5, 1.0), (9.5, 6.5), (2.25, 6.5)];
    let rectangle = drawn(12, 8, &Shape::Rectangle { x: 2.25, y: 1.0, width: 7.25, height: 5.5 });
    assert_eq!(drawn(12, 8, &Shape::Polygon { points: corners.clone() }), rectangle);
    let backwards = corners.into_iter().rev().collect();
    assert_eq!(drawn(12, 8, &Shape::Polygon { points: backwards }), rectangle);
    let triangle = drawn(40, 40, &Shape::Polygon { points: vec![(3.0, 5.0), (35.0, 9.0), (14.0, 37.0)] });
    let expected = 0.5 * (32.0 * 32.0 - 4.0 * 11.0);
    assert!((area_in_pixels(&triangle) / expected - 1.0).abs() < 0.005);
}

#[test]
fn a_loop_that_crosses_itself_has_no_hole() {
    let star = |index: usize| {
        let angle = index as f32 * 2.0 * std::f32::consts::TAU / 5.0;
        (20.0 + 18.0 * angle.sin(), 20.0 - 18.0 * angle.cos())
    };
    let mask = drawn(40, 40, &Shape::Polygon { points: (0..5).map(star).collect() });
    assert!(mask.covers(20, 20), "the pentagon in the middle is wound around twice");
}

#[test]
fn nonsense_draws_nothing_and_the_outside_is_cut() {
    for shape in [
        Shape::Disc { x: f32::NAN, y: 1.0, radius: 4.0 },
        Shape::Disc { x: 3.0, y: 3.0, radius: -1.0 },
        Shape::Disc { x: 3.0, y: 3.0, radius: f32::INFINITY },
        Shape::Segment { from: (0.0, 0.0), to: (f32::INFINITY, 0.0), radius: 2.0 },
        Shape::Rectangle { x: 0.0, y: 0.0, width: f32::NAN, height: 2.0 },
        Shape::Polygon { points: vec![(0.0, 0.0), (9.0, f32::NAN), (0.0, 9.0)] },
        Shape::Polygon { points: vec![(0.0, 0.0), (9.0, 9.0)] },
        Shape::Disc { x: -50.0, y: 3.0, radius: 20.0 },
        Shape::Rectangle { x: 90.0, y: -90.0, width: 4.0, height: 4.0 },
    ] {
        assert!(drawn(8, 8, &shape).is_empty(), "{shape:?}");
    }
    let huge = Shape::Segment { from: (-1e6, 2e5), to: (1e6, -1e5), radius: 1e7 };
    assert_eq!(drawn(300, 200, &huge), Mask::full(300, 200));
}

#[test]
fn bounds_area_and_emptiness() {
    for place in 0..19 * 7 {
        let mut values = vec![0; 19 * 7];
        values[place] = 1;
        values[place / 2] = 3;
        let mask = Mask::new(19, 7, values).expect("19 × 7");
        let (left, right) = ((place % 19).min(place / 2 % 19), (place % 19).max(place / 2 % 19));
        let (top, bottom) = (place / 2 / 19, place / 19);
        let around = Rect { left, top, width: right - left + 1, height: bottom - top + 1 };
        assert_eq!((mask.bounds(), mask.is_empty()), (Some(around), false));
    }
    assert_eq!((Mask::empty(5, 4).bounds(), Mask::empty(5, 4).is_empty()), (None, true));
    let mask = drawn(20, 10, &Shape::Rectangle { x: 3.0, y: 2.0, width: 5.0, height: 4.0 });
    assert_eq!(mask.bounds(), Some(Rect { left: 3, top: 2, width: 5, height: 4 }));
    assert!((mask.area() - 0.1).abs() < 1e-12 && !mask.is_empty() && !mask.is_full());
    assert!(Mask::full(3, 3).is_full());
    let message = Mask::new(3, 3, vec![0; 8]).unwrap_err().to_string();
    assert!(message.contains("3×3") && message.contains('8') && message.contains('9'), "{message}");
}

#[test]
fn shrinking_undoes_growing_of_a_convex_hole() {
    let mask = drawn(60, 60, &Shape::Rectangle { x: 20.0, y: 15.0, width: 20.0, height: 25.0 });
    let mut changed = mask.clone();
    changed.grow(7);
    assert!(changed.covers(13, 20) && !changed.covers(12, 20));
    changed.grow(-7);
    let different = changed.to_plane().iter().zip(mask.to_plane()).filter(|(a, b)| **a != *b).count();
    assert!(different <= 4, "all but the four corner pixels come back: {different}");
}

proptest! {
    #[test]
    fn spans_change_nothing(from in (-9f32..40.0, -9f32..40.0), to in (-9f32..40.0, -9f32..40.0), radius in 0.2f32..25.0, level in any::<bool>()) {
        let to = if level { (to.0, from.1) } else { to };
        let mask = drawn(31, 29, &Shape::Segment { from, to, radius });
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        for y in 0..29 {
            for x in 0..31 {
                let (px, py) = (x as f32 + 0.5 - from.0, y as f32 + 0.5 - from.1);
                let along = ((px * across + py * down) / (across * across + down * down).max(1e-9)).clamp(0.0, 1.0);
                let distance = (px - along * across).hypot(py - along * down);
                let expected = (radius + 0.5 - distance).clamp(0.0, 1.0) * (2.0 * radius).min(1.0) * 255.0;
                prop_assert!((f32::from(mask.coverage(x, y)) - expected).abs() < 1.0, "{} against {} at {}, {}", mask.coverage(x, y), expected, x, y);
            }
        }
    }

    #[test]
    fn drawing_twice_changes_nothing_and_erasing_takes_it_away(x in -5f32..25.0, y in -5f32..25.0, radius in 0.5f32..15.0) {
        let disc = Shape::Disc { x, y, radius };
        let once = drawn(20, 21, &disc);
        let mut twice = once.clone();
        twice.draw(&disc, true);
        prop_assert_eq!(&twice, &once);
        twice.draw(&disc, false);
        prop_assert!(twice.values().iter().all(|value| *value < 128), "half-covered pixels keep at most half");
        let mut full = Mask::full(20, 21);
        full.draw(&disc, false);
        full.invert();
        prop_assert_eq!(full, once);
    }

    #[test]
    fn growing_is_the_distance_to_the_hole(points in proptest::collection::vec((0usize..23, 0usize..17), 1..5), pixels in 1i32..9) {
        let mut mask = Mask::empty(23, 17);
        for (x, y) in &points {
            mask.row_mut(*y)[*x] = 255;
        }
        mask.grow(pixels);
        for y in 0..17 {
            for x in 0..23 {
                let nearest = points.iter().map(|(px, py)| ((px.abs_diff(x).pow(2) + py.abs_diff(y).pow(2)) as f32).sqrt()).fold(f32::INFINITY, f32::min);
                let expected = (pixels as f32 + 1.0 - nearest).clamp(0.0, 1.0) * 255.0;
                prop_assert!((f32::from(mask.coverage(x, y)) - expected).abs() <= 0.51);
            }
        }
    }

    #[test]
    fn random_masks_fit_every_size(width in 1usize..50, height in 1usize..50, seed in any::<u64>()) {
        let mut rng = stream(seed, Purpose::Task, 0, 0);
        let within = free_form_within(width, height, [0.2, 0.3], &mut rng);
        for mask in [free_form(width, height, &mut rng), rectangles(width, height, &mut rng), blob(width, height, [0.1, 0.2], &mut rng), within] {
            prop_assert_eq!((mask.width(), mask.height()), (width, height));
        }
    }
}

#[test]
fn blobs_cover_what_is_asked_for_and_are_whole() {
    let mut rng = stream(2, Purpose::Task, 0, 0);
    for (width, height) in [(64, 64), (200, 140)] {
        for _ in 0..100 {
            let mask = blob(width, height, [0.1, 0.2], &mut rng);
            let bounds = mask.bounds().unwrap();
            // Rows of a blob are broken nowhere near its middle; rounding to pixels is worth half a percent.
            let middle = mask.row(bounds.top + bounds.height / 2);
            let within = middle.iter().filter(|coverage| **coverage > 0).count();
            assert!((0.095..0.205).contains(&mask.area()) && within > bounds.width / 3, "{} of {width}×{height}", mask.area());
        }
    }
}

#[test]
fn random_rectangles_cover_what_the_paper_says() {
    let mut rng = stream(1, Purpose::Task, 0, 0);
    let mut mean = 0.0;
    for (width, height) in [(64, 64), (256, 256), (100, 37)] {
        let areas: Vec<f64> = (0..500).map(|_| rectangles(width, height, &mut rng).area()).collect();
        assert!(areas.iter().all(|area| (0.1..=0.4).contains(area)));
        assert!(areas.iter().any(|area| *area < 0.14) && areas.iter().any(|area| *area > 0.33));
        mean = areas.iter().sum::<f64>() / 500.0;
    }
    assert!((0.2..0.27).contains(&mean), "{mean}");
}

#[test]
fn free_form_masks_cover_what_is_asked_for() {
    let mut rng = stream(3, Purpose::Task, 0, 0);
    for [from, to] in [[0.1, 0.2], [0.2, 0.3], [0.3, 0.4]] {
        for side in [32, 64, 128] {
            let areas: Vec<f64> = (0..60).map(|_| free_form_within(side, side, [from, to], &mut rng).area()).collect();
            assert!(areas.iter().all(|area| (from..=to).contains(area)), "{areas:?}");
            let middle = (from + to) / 2.0;
            assert!(areas.iter().any(|area| *area < middle) && areas.iter().any(|area| *area > middle), "{areas:?}");
        }
    }
    // Two pixels cannot be covered by a tenth: the nearest that was drawn is taken.
    assert!(free_form_within(2, 1, [0.1, 0.11], &mut rng).area() <= 1.0);
}

#[test]
fn free_form_masks_scale_and_lie_everywhere() {
    let areas = |side: usize| {
        let mut rng = stream(2, Purpose::Task, 0, 0);
        let masks: Vec<Mask> = (0..400).map(|_| free_form(side, side, &mut rng)).collect();
        let mean = masks.iter().map(Mask::area).sum::<f64>() / 400.0;
        let quarters: Vec<f64> = [(0, 0), (side / 2, 0), (0, side / 2), (side / 2, side / 2)]
            .iter()
            .map(|(left, top)| masks.iter().map(|mask| mask.crop(*left, *top, side / 2, side / 2).area()).sum::<f64>() / 400.0)
            .collect();
        (mean, quarters)
    };
    let ((large, quarters), (small, _)) = (areas(256), areas(64));
    // The same strokes at a quarter of the size cover the same part of the picture.
    assert!((large - small).abs() < 0.005, "{large} at 256², {small} at 64²");
    assert!((0.1..0.3).contains(&large), "{large}");
    for quarter in &quarters {
        assert!((quarter / large - 1.0).abs() < 0.15, "{quarters:?} of {large}");
    }
}

#[test]
fn growing_closes_slivers_and_nothing_else() {
    let mut mask = Mask::empty(80, 60);
    // Two strokes with three columns between them, and one far away.
    for x in [20.0, 33.0, 65.0] {
        mask.draw(&Shape::Rectangle { x, y: 10.0, width: 10.0, height: 30.0 }, true);
    }
    let before = mask.clone();
    mask.grow_and_close(2);
    assert!((12..38).all(|y| (20..43).all(|x| mask.coverage(x, y) == 255)), "the sliver is closed");
    assert!((0..60).all(|y| (46..62).all(|x| mask.coverage(x, y) == 0)), "what is far apart stays so");
    assert!(before.values().iter().zip(mask.values()).all(|(before, after)| after >= before), "nothing is lost");
    let touched = mask.bounds().expect("a hole");
    assert!(touched.left >= 16 && touched.top >= 6 && touched.bottom() <= 44, "it grew by two pixels and a soft edge: {touched:?}");
    let mut off = before.clone();
    off.grow_and_close(0);
    assert_eq!(off, before);
}

#[test]
fn a_feathered_edge_falls_outwards_evenly() {
    let mut mask = Mask::empty(60, 20);
    mask.draw(&Shape::Rectangle { x: 0.0, y: 0.0, width: 20.0, height: 20.0 }, true);
    mask.feather(9);
    assert!((0..20).all(|x| mask.coverage(x, 10) == 255));
    let fall: Vec<u8> = (19..31).map(|x| mask.coverage(x, 10)).collect();
    assert!(fall.is_sorted_by(|one, other| one >= other) && fall[5] == 128 && fall[10] == 0, "{fall:?}");
}

#[test]
fn growing_a_small_hole_in_a_large_mask_is_growing_it_anywhere() {
    let mut small = Mask::empty(40, 40);
    small.draw(&Shape::Disc { x: 20.0, y: 20.0, radius: 6.0 }, true);
    let mut large = Mask::empty(400, 300);
    large.draw(&Shape::Disc { x: 220.0, y: 120.0, radius: 6.0 }, true);
    for pixels in [3, -2] {
        small.grow(pixels);
        large.grow(pixels);
        assert_eq!(large.crop(200, 100, 40, 40), small);
    }
}
