//! One case after another: batches of tiles through the net, answers scored as they become complete,
//! and what a feature net sees in them.

use std::time::{Duration, Instant};

use infill::denoiser::Model;
use infill::mask::Mask;
use infill::picture::Picture;
use infill::sampler::{SamplerKind, SamplerSettings};
use rayon::prelude::*;

use super::cases::{Case, Question};
use super::features::{CaseFeatures, Originals};
use super::net::{self, Tile};
use super::plan::{EvaluationPlan, Tools};
use super::score::{Answered, OpenQuestion, score};
use super::subjects::Subject;
use super::yardstick::Lpips;
use crate::interrupt::Interrupt;
use crate::progress::StepProgress;

/// An evaluation under way.
pub struct Evaluator<'a> {
    /// What is asked, and what helps to judge.
    pub tools: &'a Tools<'a>,
    /// What is measured.
    pub plan: &'a EvaluationPlan,
    /// The pictures.
    pub subjects: &'a [Subject],
    /// A mask for each picture, where masks are given.
    pub masks: Option<&'a [Mask]>,
    /// What the feature net sees in the originals, where there is one.
    pub originals: Option<&'a Originals<'a>>,
    /// Told of every evaluation of the net.
    pub progress: StepProgress,
    /// Evaluations so far, each sample at each step counted.
    pub evaluations: u64,
    /// Time spent in sampling so far.
    pub sampling: Duration,
    /// Whether the user has asked to stop.
    pub interrupt: &'a Interrupt,
}

impl<'a> Evaluator<'a> {
    /// One case for every picture, and what the features say of all answers.
    ///
    /// # Errors
    /// A case that cannot be prepared or sampled, or a stop that was asked for.
    pub fn ask(&mut self, case: Case) -> anyhow::Result<(Vec<Answered>, Option<CaseFeatures<'a>>)> {
        let samples = self.plan.samples as u64;
        let all: Vec<(u64, u64)> =
            (0..self.subjects.len() as u64).flat_map(|rank| (0..samples).map(move |sample| (rank, sample))).collect();
        let mut open: Vec<OpenQuestion> = Vec::new();
        let mut answers: Vec<Answered> = Vec::new();
        let mut features = self.originals.map(CaseFeatures::new);
        for chunk in all.chunks(self.plan.batch) {
            self.interrupt.check(|| self.stopped())?;
            let ranks: Vec<u64> = chunk.iter().filter(|(_, sample)| *sample == 0).map(|(rank, _)| *rank).collect();
            self.begin(case, &ranks, &mut open)?;
            self.sample(case, chunk, &mut open)?;
            let complete = open.iter().take_while(|asked| asked.samples.len() as u64 == samples).count();
            let done: Vec<OpenQuestion> = open.drain(..complete).collect();
            let mut scored: Vec<Answered> = Vec::with_capacity(done.len());
            scored.par_extend(done.par_iter().map(|asked| score(case, asked, &self.subjects[asked.rank as usize])));
            if let Some(features) = &mut features {
                features.look(&mut scored)?;
            }
            if let Some(lpips) = self.tools.yardsticks.lpips {
                scored.iter_mut().zip(&done).try_for_each(|(answered, asked)| compare_by(lpips, answered, &asked.question.original))?;
            }
            answers.extend(scored);
        }
        Ok((answers, features))
    }

    /// Counts what an earlier call did.
    pub fn count(&mut self, evaluations: u64, sampling_seconds: f64) {
        self.evaluations += evaluations;
        self.sampling += Duration::from_secs_f64(sampling_seconds);
    }

    /// What is there when somebody stops it.
    fn stopped(&self) -> String {
        match &self.plan.keep_in {
            Some(folder) => format!("stopped; the same command goes on from the cases that are done, which are in {}", folder.display()),
            None => "stopped".to_owned(),
        }
    }

    /// Opens questions, with the answers that take a single evaluation.
    fn begin(&mut self, case: Case, ranks: &[u64], open: &mut Vec<OpenQuestion>) -> anyhow::Result<()> {
        let tools = self.tools;
        let questions = self.questions(case, ranks)?;
        let single = if self.plan.one_evaluation { Some(self.single(case, ranks, &questions, tools.model)?) } else { None };
        let regression = match tools.regression {
            Some((_, model)) if model.config.tasks.contains(&case.kind()) => Some(self.single(case, ranks, &questions, model)?),
            _ => None,
        };
        let (mut single, mut regression) = (single.map(Vec::into_iter), regression.map(Vec::into_iter));
        open.extend(ranks.iter().zip(questions).map(|(&rank, question)| OpenQuestion {
            rank,
            question,
            regression: regression.as_mut().and_then(Iterator::next),
            one_evaluation: single.as_mut().and_then(Iterator::next),
            samples: Vec::new(),
        }));
        Ok(())
    }

    fn questions(&self, case: Case, ranks: &[u64]) -> anyhow::Result<Vec<Question>> {
        let ask = |rank: u64| {
            let mask = self.masks.map(|masks| &masks[rank as usize]);
            case.ask(self.subjects[rank as usize].picture.clone(), mask, self.plan.sampler.seed, rank)
        };
        ranks.iter().map(|rank| ask(*rank)).collect()
    }

    /// One answer for each question in one evaluation of a model.
    fn single(&mut self, case: Case, ranks: &[u64], questions: &[Question], model: &Model) -> anyhow::Result<Vec<Picture>> {
        let started = Instant::now();
        let tiles: Vec<Tile<'_>> = ranks.iter().zip(questions).map(|(&rank, question)| Tile { question, rank, sample: 0 }).collect();
        let sampler = SamplerSettings { kind: SamplerKind::DpmSolver, steps: 1, ..self.plan.sampler.clone() };
        let drawn = net::sample(model, case, &tiles, &sampler, 0.0, |_| ())?;
        self.evaluations += ranks.len() as u64;
        self.sampling += started.elapsed();
        Ok(drawn)
    }

    /// Draws the samples of one batch and hands them to their questions.
    fn sample(&mut self, case: Case, chunk: &[(u64, u64)], open: &mut [OpenQuestion]) -> anyhow::Result<()> {
        let Some(first) = open.first().map(|asked| asked.rank) else {
            return Ok(());
        };
        let started = Instant::now();
        let tiles: Vec<Tile<'_>> =
            chunk.iter().map(|&(rank, sample)| Tile { question: &open[(rank - first) as usize].question, rank, sample }).collect();
        let (name, before) = (case.name(), self.evaluations);
        let sampler = self.plan.sampler(case);
        let drawn = net::sample(self.tools.model, case, &tiles, &sampler, self.plan.detail, |done| {
            self.evaluations = before + done;
            self.progress.set(self.evaluations, &name);
        })?;
        self.sampling += started.elapsed();
        for (&(rank, _), picture) in chunk.iter().zip(drawn) {
            open[(rank - first) as usize].samples.push(picture);
        }
        Ok(())
    }
}

/// Writes down how far each method's answer is from the original by LPIPS.
fn compare_by(lpips: &Lpips, answered: &mut Answered, original: &Picture) -> anyhow::Result<()> {
    let pairs: Vec<(&Picture, &Picture)> = answered.methods.iter().map(|(_, picture)| (picture, original)).collect();
    answered.answer.lpips = lpips.distances(&pairs)?;
    Ok(())
}
