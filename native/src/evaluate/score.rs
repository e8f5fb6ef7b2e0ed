//! From samples to scores: the net's answers and the baselines' beside the original.

use infill::mask::Mask;
use infill::metric::{psnr, ssim};
use infill::picture::Picture;
use infill::task::TaskKind;

use super::Subject;
use super::cases::{Case, Question};
use super::report::{Answer, ONE_SAMPLE, PERFECT, Score};

/// Columns of a picture sheet.
const SHEET_COLUMNS: u64 = 8;

/// Rows of a picture sheet with samples; further samples count but are not shown.
const SHEET_SAMPLES: usize = 3;

/// A question with the samples drawn so far.
pub struct Asked {
    /// The picture's place in the evaluation.
    pub rank: u64,
    /// What is asked.
    pub question: Question,
    /// The net's answers, each `[3, size, size]`.
    pub samples: Vec<Vec<f32>>,
}

/// A scored question.
pub struct Answered {
    /// Its scores.
    pub answer: Answer,
    /// Names of the answers.
    pub methods: Vec<String>,
    /// A sheet's column from the top, for the first questions.
    pub column: Vec<(String, Picture)>,
}

/// Scores the baselines, the first sample, and the mean of all samples if there are several.
pub fn score(case: Case, asked: &Asked, subject: &Subject) -> Answered {
    let Asked { question, samples, rank } = asked;
    let size = question.original.width();
    let picture = |planes: &[f32]| Picture::from_planes(size, size, planes);
    let mut answers: Vec<(String, Picture)> =
        case.baselines().into_iter().map(|(name, fill)| (name.to_owned(), fill(&question.given, &question.mask))).collect();
    answers.push((ONE_SAMPLE.to_owned(), picture(&samples[0])));
    let (mean, spread) = mean_and_spread(samples, question);
    if samples.len() > 1 {
        answers.push((format!("net, mean of {}", samples.len()), picture(&mean)));
    }
    let mask = case.keeps_known().then_some(&question.mask);
    let scores = answers
        .iter()
        .map(|(_, answer)| Score {
            psnr: psnr(answer, &question.original, mask).min(PERFECT),
            ssim: similarity(case, answer, &question.original, mask),
        })
        .collect();
    let answer = Answer { picture: subject.name.clone(), class: subject.class.clone(), area: question.mask.area(), scores, spread };
    let methods = answers.iter().map(|(name, _)| name.clone()).collect();
    let mut column = Vec::new();
    if *rank < SHEET_COLUMNS {
        // What is given is itself the baseline for colour and JPEG.
        if case.keeps_known() {
            column.push(("given".to_owned(), question.given.clone()));
        }
        let place = answers.iter().position(|(name, _)| name == ONE_SAMPLE).map_or(0, |place| place + 1);
        let further = samples.iter().take(SHEET_SAMPLES).skip(1);
        answers.splice(place..place, further.map(|planes| ("net, another sample".to_owned(), picture(planes))));
        column.append(&mut answers);
        column.push(("original".to_owned(), question.original.clone()));
    }
    Answered { answer, methods, column }
}

/// SSIM, which is of luma; luma says nothing about colours, so that for those it is the mean of the
/// three channels.
fn similarity(case: Case, answer: &Picture, original: &Picture, mask: Option<&Mask>) -> f64 {
    if case.kind() != TaskKind::Colorize {
        return ssim(answer, original, mask);
    }
    let channel = |picture: &Picture, channel: usize| {
        let pixels = picture.pixels().chunks_exact(3).flat_map(|pixel| [pixel[channel]; 3]).collect();
        Picture::new(picture.width(), picture.height(), pixels).expect("as many pixels as the picture has")
    };
    let of = |number| ssim(&channel(answer, number), &channel(original, number), mask);
    (of(0) + of(1) + of(2)) / 3.0
}

/// The mean of samples, which minimises the squared error, and the mean over what was filled of the
/// standard deviation between samples, in 8-bit values.
fn mean_and_spread(samples: &[Vec<f32>], question: &Question) -> (Vec<f32>, f64) {
    let size = question.original.width();
    let count = samples.len() as f64;
    let (mut mean, mut spread, mut filled) = (Vec::with_capacity(samples[0].len()), 0.0, 0.0);
    for place in 0..samples[0].len() {
        let values = || samples.iter().map(|planes| f64::from(planes[place]));
        let centre = values().sum::<f64>() / count;
        mean.push(centre as f32);
        let (x, y) = (place % size, place / size % size);
        if samples.len() > 1 && question.mask.covers(x, y) {
            let squares: f64 = values().map(|value| (value - centre).powi(2)).sum();
            spread += (squares / (count - 1.0)).sqrt() * 127.5;
            filled += 1.0;
        }
    }
    (mean, if filled == 0.0 { 0.0 } else { spread / filled })
}
