//! One answer against the truth by every measure.

use infill::mask::{Mask, Rect};
use infill::metric::{patch_distance, psnr, rim_step, sharpness, ssim};
use infill::picture::Picture;
use infill::task::TaskKind;

use super::cases::{PhotoCase, PhotoQuestion};
use super::report::PhotoScore;
use crate::evaluate::distribution::distance;
use crate::evaluate::feature_net::FeatureNet;
use crate::evaluate::report::PERFECT;
use crate::evaluate::score::similarity;

/// Seed of the directions on which patches are projected: always the same, so that all evaluations compare.
const DIRECTIONS: u64 = 0;

/// How much more than the hole a feature net sees, on every side.
const SURROUNDINGS: f64 = 0.25;

/// Scores an answer; what its features say comes later, see [`feature_distances`].
pub fn score(case: PhotoCase, question: &PhotoQuestion, answer: &Picture, seconds: f64) -> PhotoScore {
    let (truth, hole) = (&question.truth, question.hole.as_ref());
    let number = |value: f64| value.is_finite().then_some(value);
    let octaves = (case.kind() != TaskKind::Colorize).then(|| sharpness(answer, truth, hole));
    PhotoScore {
        psnr: psnr(answer, truth, hole).min(PERFECT),
        ssim: similarity(case.kind(), answer, truth, hole, ssim),
        feature_distance: None,
        sharpness: octaves.filter(|octaves| octaves.iter().all(|value| value.is_finite())),
        patch_distance: number(patch_distance(answer, truth, hole, DIRECTIONS)),
        rim_step: hole.and_then(|hole| number(rim_step(answer, truth, hole))),
        seconds,
    }
}

/// The distance of each answer from the truth in the feature net's space, each seen as the square around the hole or, without a
/// hole, the largest centred one.
///
/// # Errors
/// A net that gives numbers that are not finite.
pub fn feature_distances(net: &dyn FeatureNet, question: &PhotoQuestion, answers: &[&Picture]) -> anyhow::Result<Vec<f64>> {
    let view = view(question.hole.as_ref(), question.truth.width(), question.truth.height());
    let crops: Vec<Picture> = answers
        .iter()
        .copied()
        .chain([&question.truth])
        .map(|picture| picture.crop(view.left, view.top, view.width, view.height))
        .collect();
    let seen = net.look(&crops.iter().collect::<Vec<_>>())?;
    let (truth, answers) = seen.split_last().expect("the truth is among them");
    Ok(answers.iter().map(|answer| distance(&answer.features, &truth.features)).collect())
}

/// The square that a feature net sees.
fn view(hole: Option<&Mask>, width: usize, height: usize) -> Rect {
    let short = width.min(height);
    let whole = Rect { left: 0, top: 0, width, height };
    let hole = hole.and_then(Mask::bounds);
    let side =
        hole.map_or(short, |hole| (hole.width.max(hole.height) as f64 * (1.0 + 2.0 * SURROUNDINGS)).round() as usize).clamp(1, short);
    let hole = hole.unwrap_or(whole);
    let place = |from: usize, length: usize, limit: usize| (from + length / 2).saturating_sub(side / 2).min(limit - side);
    Rect { left: place(hole.left, hole.width, width), top: place(hole.top, hole.height, height), width: side, height: side }
}

#[cfg(test)]
mod tests {
    use infill::mask::Shape;

    use super::*;

    #[test]
    fn a_feature_net_sees_the_hole_and_stays_inside() {
        assert_eq!(view(None, 48, 30), Rect { left: 9, top: 0, width: 30, height: 30 });
        let mut mask = Mask::empty(100, 60);
        mask.draw(&Shape::Rectangle { x: 80.0, y: 2.0, width: 16.0, height: 10.0 }, true);
        let found = view(Some(&mask), 100, 60);
        assert_eq!(found, Rect { left: 76, top: 0, width: 24, height: 24 });
        assert_eq!(view(Some(&Mask::full(100, 60)), 100, 60), Rect { left: 20, top: 0, width: 60, height: 60 });
    }
}
