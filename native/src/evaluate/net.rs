//! Many questions through the net at once, each as the edit that a person would get. It measures nothing.

use anyhow::Context;
use infill::denoiser::Model;
use infill::edit::{Edit, EditRequest, SampleStreams};
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use infill::sampler::SamplerSettings;
use rand::Rng;
use rayon::prelude::*;

use super::cases::{Case, Question};
use crate::draw;

/// One sample to be drawn for one question.
pub struct Tile<'a> {
    /// The question.
    pub question: &'a Question,
    /// The picture's place in the evaluation.
    pub rank: u64,
    /// Which of its samples.
    pub sample: u64,
}

/// Samples of one question are numbered below this, so that each has its own stream of noise.
const SAMPLES: u64 = 1 << 20;

/// Draws a sample for each tile, with so much detail from the picture itself (0 to 1) in its holes; `evaluated` is told the number
/// of evaluations of the net so far, each tile at each step counted. All noise belongs to the case, the question and the sample, in
/// whatever batch a tile is.
///
/// # Errors
/// Sampler settings out of range, or a net that gives numbers that are not finite.
pub fn sample(
    model: &Model,
    case: Case,
    tiles: &[Tile<'_>],
    settings: &SamplerSettings,
    detail: f32,
    mut evaluated: impl FnMut(u64),
) -> anyhow::Result<Vec<Picture>> {
    let series = case.number();
    let fresh = noise::stream(settings.seed, Purpose::Step, series, 0).next_u64();
    let edit = |tile: &Tile<'_>| {
        let Question { asked, task, .. } = tile.question;
        let request =
            EditRequest { picture: asked.clone(), task: task.clone(), settings: SamplerSettings { seed: fresh, ..settings.clone() } };
        let streams = SampleStreams {
            seed: settings.seed,
            series,
            question: tile.rank,
            sample: tile.rank * SAMPLES + tile.sample,
            answer: tile.sample,
        };
        anyhow::Ok(Edit::new(request, &model.config)?.with_streams(streams))
    };
    let edits = tiles.par_iter().map(edit).collect::<anyhow::Result<Vec<Edit>>>()?;
    let steps = |edits: &[Edit]| edits.iter().map(Edit::total_steps).sum::<usize>();
    let of_net = steps(&edits);
    let edits: Vec<Edit> = edits.into_iter().map(|edit| edit.with_detail(detail)).collect();
    let all = steps(&edits).max(1);
    let stepped = |done: usize| {
        // The detail's steps are none of the net's: its time is spread over these.
        evaluated((done * of_net / all) as u64);
        Ok(())
    };
    draw::draw(edits, model, stepped).with_context(|| format!("sampling answers to {}", case.name()))
}
