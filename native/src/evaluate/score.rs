//! From samples to scores: the net's answers and the baselines' beside the original.

use infill::mask::Mask;
use infill::metric::{mean_absolute_error, ms_ssim, psnr, ssim};
use infill::picture::Picture;
use infill::task::TaskKind;

use super::cases::{Case, Question};
use super::report::{Answer, ONE_EVALUATION, ONE_SAMPLE, PERFECT, REGRESSION, Score};
use super::subjects::Subject;

/// Columns of a picture sheet.
const SHEET_COLUMNS: u64 = 8;

/// Rows of a picture sheet with samples; further samples count but are not shown.
const SHEET_SAMPLES: usize = 3;

/// A question with the answers drawn so far.
pub struct OpenQuestion {
    /// The picture's place in the evaluation.
    pub rank: u64,
    /// What is asked.
    pub question: Question,
    /// What a regression net says, where one is given.
    pub regression: Option<Picture>,
    /// What the net says in a single evaluation, where that is asked.
    pub one_evaluation: Option<Picture>,
    /// The net's samples.
    pub samples: Vec<Picture>,
}

/// A scored question.
pub struct Answered {
    /// Its scores.
    pub answer: Answer,
    /// Names of the answers and the answers themselves.
    pub methods: Vec<(String, Picture)>,
    /// How many of them, the first, are not the net's.
    pub baselines: usize,
    /// All samples of the net.
    pub samples: Vec<Picture>,
    /// A sheet's column from the top, for the first questions.
    pub column: Vec<(String, Picture)>,
}

/// Scores the baselines, the single evaluation, the first sample, and the mean of all samples if there
/// are several.
pub fn score(case: Case, asked: &OpenQuestion, subject: &Subject) -> Answered {
    let OpenQuestion { question, samples, rank, .. } = asked;
    let mut methods: Vec<(String, Picture)> =
        case.baselines().into_iter().map(|(name, fill)| (name.to_owned(), fill(&question.given, &question.mask))).collect();
    methods.extend(asked.regression.iter().map(|picture| (REGRESSION.to_owned(), picture.clone())));
    let baselines = methods.len();
    methods.extend(asked.one_evaluation.iter().map(|picture| (ONE_EVALUATION.to_owned(), picture.clone())));
    methods.push((ONE_SAMPLE.to_owned(), samples[0].clone()));
    let (mean, spread) = mean_and_spread(samples, question);
    if samples.len() > 1 {
        methods.push((format!("net, mean of {}", samples.len()), mean));
    }
    let mask = case.keeps_known().then_some(&question.mask);
    let against = |mask: Option<&Mask>| methods.iter().map(|(_, answer)| compare(case, answer, &question.original, mask)).collect();
    let answer = Answer {
        picture: subject.name.clone(),
        class: subject.class.clone(),
        area: question.mask.area(),
        scores: against(mask),
        whole: against(None),
        spread,
        ms_ssim_between_samples: mean_over_pairs(samples, |one, other| similarity(case.kind(), one, other, mask, ms_ssim)),
        feature_distance_between_samples: None,
        taken_for: Vec::new(),
        right: Vec::new(),
        feature_distance: Vec::new(),
        lpips: Vec::new(),
    };
    let column = if *rank < SHEET_COLUMNS { column(case, question, &methods, samples) } else { Vec::new() };
    Answered { answer, methods, baselines, samples: samples.clone(), column }
}

/// The mean over all pairs; `None` without a pair.
pub fn mean_over_pairs<T>(values: &[T], of: impl Fn(&T, &T) -> f64) -> Option<f64> {
    let pairs: Vec<f64> = (0..values.len())
        .flat_map(|one| (0..one).map(move |other| (one, other)))
        .map(|(one, other)| of(&values[one], &values[other]))
        .collect();
    (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64)
}

/// What is given, the answers with further samples between them, and the original.
fn column(case: Case, question: &Question, methods: &[(String, Picture)], samples: &[Picture]) -> Vec<(String, Picture)> {
    let mut column = Vec::new();
    // What is given is itself the baseline for colour and JPEG.
    if case.keeps_known() {
        column.push(("given".to_owned(), question.given.clone()));
    }
    for method in methods {
        column.push(method.clone());
        if method.0 == ONE_SAMPLE {
            let further = samples.iter().take(SHEET_SAMPLES).skip(1);
            column.extend(further.map(|picture| ("net, another sample".to_owned(), picture.clone())));
        }
    }
    column.push(("original".to_owned(), question.original.clone()));
    column
}

fn compare(case: Case, answer: &Picture, original: &Picture, mask: Option<&Mask>) -> Score {
    Score {
        psnr: psnr(answer, original, mask).min(PERFECT),
        ssim: similarity(case.kind(), answer, original, mask, ssim),
        ms_ssim: similarity(case.kind(), answer, original, mask, ms_ssim),
        l1: mean_absolute_error(answer, original, mask),
    }
}

/// SSIM or MS-SSIM, which are of luma; luma says nothing about colours, so that for those it is the mean of
/// the three channels.
pub fn similarity(
    kind: TaskKind,
    answer: &Picture,
    original: &Picture,
    mask: Option<&Mask>,
    of: fn(&Picture, &Picture, Option<&Mask>) -> f64,
) -> f64 {
    if kind != TaskKind::Colorize {
        return of(answer, original, mask);
    }
    let channel = |picture: &Picture, channel: usize| {
        let pixels = picture.pixels().chunks_exact(3).flat_map(|pixel| [pixel[channel]; 3]).collect();
        Picture::new(picture.width(), picture.height(), pixels).expect("as many pixels as the picture has")
    };
    (0..3).map(|number| of(&channel(answer, number), &channel(original, number), mask)).sum::<f64>() / 3.0
}

/// The mean of samples, which minimises the squared error, and the mean over what was filled of the
/// standard deviation between samples, in 8-bit values.
fn mean_and_spread(samples: &[Picture], question: &Question) -> (Picture, f64) {
    let (width, count) = (question.original.width(), samples.len() as f64);
    let mut mean = samples[0].clone();
    let (mut spread, mut filled) = (0.0, 0.0);
    for (place, value) in mean.pixels_mut().iter_mut().enumerate() {
        let values = || samples.iter().map(|sample| f64::from(sample.pixels()[place]));
        let centre = values().sum::<f64>() / count;
        *value = centre.round() as u8;
        let (x, y) = (place / 3 % width, place / 3 / width);
        if samples.len() > 1 && question.mask.covers(x, y) {
            let squares: f64 = values().map(|value| (value - centre).powi(2)).sum();
            spread += (squares / (count - 1.0)).sqrt();
            filled += 1.0;
        }
    }
    (mean, if filled == 0.0 { 0.0 } else { spread / filled })
}

#[cfg(test)]
mod tests {
    use super::mean_over_pairs;

    #[test]
    fn every_pair_counts_once() {
        assert_eq!(mean_over_pairs(&[1.0, 4.0, 10.0], |one: &f64, other| one - other), Some((3.0 + 9.0 + 6.0) / 3.0));
        assert_eq!(mean_over_pairs(&[1.0], |one: &f64, other| one - other), None);
    }
}
