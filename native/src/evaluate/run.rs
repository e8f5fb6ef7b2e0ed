//! One case after another: batches of tiles through the net, answers scored as they become complete.

use std::time::{Duration, Instant};

use burn::tensor::Device;
use infill::denoiser::Model;
use rayon::prelude::*;

use super::cases::Case;
use super::net::{self, Tile};
use super::score::{Answered, Asked, score};
use super::{Settings, Subject};
use crate::progress::StepProgress;

/// An evaluation under way.
pub struct Run<'a> {
    /// The model that is asked.
    pub model: &'a Model,
    /// Where it runs.
    pub device: &'a Device,
    /// What is measured.
    pub settings: &'a Settings,
    /// Told of every evaluation of the net.
    pub progress: StepProgress,
    /// Evaluations so far, each sample at each step counted.
    pub evaluations: u64,
    /// Time spent in sampling so far.
    pub sampling: Duration,
}

impl Run<'_> {
    /// One case for every picture.
    ///
    /// # Errors
    /// A case that cannot be prepared or sampled.
    pub fn ask(&mut self, case: Case, subjects: &[Subject]) -> anyhow::Result<Vec<Answered>> {
        let samples = self.settings.samples as u64;
        let seed = self.settings.sampler.seed;
        let all: Vec<(u64, u64)> = (0..subjects.len() as u64).flat_map(|rank| (0..samples).map(move |sample| (rank, sample))).collect();
        let mut open: Vec<Asked> = Vec::new();
        let mut answers = Vec::new();
        for chunk in all.chunks(self.settings.batch) {
            for &(rank, _) in chunk.iter().filter(|(_, sample)| *sample == 0) {
                let question = case.ask(subjects[rank as usize].picture.clone(), self.model.config.hole, seed, rank)?;
                open.push(Asked { rank, question, samples: Vec::new() });
            }
            self.sample(case, chunk, &mut open)?;
            let complete = open.iter().take_while(|asked| asked.samples.len() as u64 == samples).count();
            let done: Vec<Asked> = open.drain(..complete).collect();
            answers.par_extend(done.par_iter().map(|asked| score(case, asked, &subjects[asked.rank as usize])));
        }
        Ok(answers)
    }

    /// Draws the samples of one batch and hands them to their questions.
    fn sample(&mut self, case: Case, chunk: &[(u64, u64)], open: &mut [Asked]) -> anyhow::Result<()> {
        let Some(first) = open.first().map(|asked| asked.rank) else {
            return Ok(());
        };
        let started = Instant::now();
        let tiles: Vec<Tile<'_>> =
            chunk.iter().map(|&(rank, sample)| Tile { question: &open[(rank - first) as usize].question, rank, sample }).collect();
        let name = case.name();
        let evaluated = || {
            self.evaluations += chunk.len() as u64;
            self.progress.set(self.evaluations, &name);
        };
        let drawn = net::sample(self.model, self.device, case, &tiles, &self.settings.sampler, evaluated)?;
        self.sampling += started.elapsed();
        for (&(rank, _), planes) in chunk.iter().zip(drawn) {
            open[(rank - first) as usize].samples.push(planes);
        }
        Ok(())
    }
}
