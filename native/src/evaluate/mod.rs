//! How good a model is: questions with known answers, put to the net and to baselines that need none,
//! scored where something was filled. It chooses no model and draws no conclusion.

mod arguments;
mod baseline;
mod cases;
mod net;
mod report;
mod sheet;

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use burn::tensor::Device;
use indicatif::ProgressBar;
use infill::denoiser::Model;
use infill::mask::Mask;
use infill::metric::{psnr, ssim};
use infill::noise::{self, Purpose};
use infill::picture::Picture;
use infill::sampler::SamplerSettings;
use infill::task::TaskKind;
use rand::Rng;
use rayon::prelude::*;

use crate::pictures::Dataset;
use cases::{Case, Question};
use net::Tile;
use report::{Answer, CaseReport, ONE_SAMPLE, PERFECT, Score};
pub use arguments::{EvaluateArguments, run};
pub use report::{ModelSummary, Report};

/// Columns of a picture sheet.
const SHEET_COLUMNS: u64 = 8;

/// Rows of a picture sheet with samples; further samples count but are not shown.
const SHEET_SAMPLES: usize = 3;

/// The table's file.
const TABLE: &str = "evaluation.md";

/// The numbers' file.
const NUMBERS: &str = "evaluation.json";

/// What is measured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folders, shards and patterns of pictures that the model was not trained on.
    pub data: Vec<String>,
    /// Tasks whose cases are asked.
    pub tasks: Vec<TaskKind>,
    /// Pictures; all of them when there are fewer.
    pub count: usize,
    /// Samples of each question.
    pub samples: usize,
    /// Sampler, steps and the seed of everything random.
    pub sampler: SamplerSettings,
    /// Tiles that go through the net at once.
    pub batch: usize,
}

/// A report with the picture sheets that it names.
pub struct Evaluation {
    /// The numbers.
    pub report: Report,
    /// File names and PNG bytes.
    pub sheets: Vec<(String, Vec<u8>)>,
}

/// Puts every case of the tasks to the model and to the baselines.
///
/// # Errors
/// No picture to ask about, a task that the model was not trained on, settings that make no sense, or
/// a net that gives numbers that are not finite.
pub fn evaluate(
    model: &Model,
    device: &Device,
    summary: ModelSummary,
    device_name: &str,
    settings: &Settings,
    progress: &ProgressBar,
) -> anyhow::Result<Evaluation> {
    let started = Instant::now();
    check(model, settings)?;
    let dataset = Dataset::open(&settings.data)?;
    let subjects = choose(&dataset, model.config.size, settings)?;
    let cases: Vec<Case> = Case::ALL.into_iter().filter(|case| settings.tasks.contains(&case.kind())).collect();
    let tiles = cases.len() * subjects.len() * settings.samples;
    progress.set_length((tiles * settings.sampler.steps) as u64);

    let mut run = Run { model, device, settings, progress, sampling: Duration::ZERO };
    let (mut reports, mut sheets) = (Vec::new(), Vec::new());
    for case in cases {
        progress.set_message(case.name());
        let answers = run.ask(case, &subjects)?;
        let (report, sheet) = summarise(case, answers)?;
        sheets.push((report.sheet.clone(), sheet));
        reports.push(report);
    }
    let report = Report {
        model: summary,
        device: device_name.to_owned(),
        sampler: settings.sampler.clone(),
        samples: settings.samples,
        count: subjects.len(),
        data: dataset.describe(),
        net_evaluations: progress.position(),
        seconds: started.elapsed().as_secs_f64(),
        sampling_seconds: run.sampling.as_secs_f64(),
        cases: reports,
    };
    Ok(Evaluation { report, sheets })
}

impl Evaluation {
    /// Writes the table, the numbers and the sheets into a folder, each beside its place first and then
    /// renamed into it.
    ///
    /// # Errors
    /// The folder holds an evaluation and `force` is off, or writing fails.
    pub fn write(&self, folder: &Path, force: bool) -> anyhow::Result<()> {
        refuse_to_replace(folder, force)?;
        std::fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        for (name, bytes) in &self.sheets {
            write_whole(&folder.join(name), bytes)?;
        }
        let numbers = serde_json::to_vec_pretty(&self.report).context("encoding the numbers")?;
        write_whole(&folder.join(NUMBERS), &numbers)?;
        write_whole(&folder.join(TABLE), self.report.markdown().as_bytes())
    }
}

/// Asked before the work as well as after it.
///
/// # Errors
/// The folder holds an evaluation and `force` is off.
pub fn refuse_to_replace(folder: &Path, force: bool) -> anyhow::Result<()> {
    let table = folder.join(TABLE);
    if table.exists() && !force {
        bail!("{} exists; give another folder, or --force to replace it", table.display());
    }
    Ok(())
}

fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> anyhow::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("writing {}", path.display()))
}

fn check(model: &Model, settings: &Settings) -> anyhow::Result<()> {
    if settings.count == 0 || settings.samples == 0 || settings.batch == 0 {
        let Settings { count, samples, batch, .. } = settings;
        bail!("count is {count}, samples is {samples}, batch is {batch}; each must be 1 or more");
    }
    if let Some(task) = settings.tasks.iter().find(|task| !model.config.tasks.contains(task)) {
        let known: Vec<_> = model.config.tasks.iter().map(TaskKind::to_string).collect();
        bail!("this model was not trained on {task}; it knows {}", known.join(", "));
    }
    Ok(())
}

/// A picture to ask about.
struct Subject {
    name: String,
    class: Option<String>,
    picture: Picture,
}

/// The first `count` whole pictures of a random order, so that a shorter evaluation asks about a part
/// of what a longer one asks about.
fn choose(dataset: &Dataset, size: usize, settings: &Settings) -> anyhow::Result<Vec<Subject>> {
    let mut rng = noise::stream(settings.sampler.seed, Purpose::Evaluation, u64::MAX, 0);
    let mut order: Vec<(u64, usize)> = (0..dataset.len()).map(|index| (rng.next_u64(), index)).collect();
    order.sort_unstable();
    let mut subjects = Vec::new();
    for (_, index) in order {
        if subjects.len() == settings.count {
            break;
        }
        match dataset.decode(index) {
            Ok(picture) => subjects.push(Subject {
                name: dataset.name(index),
                class: dataset.class(index).map(str::to_owned),
                picture: cases::centre_square(&picture, size),
            }),
            Err(error) => tracing::warn!("skipped: {error:#}"),
        }
    }
    if subjects.is_empty() {
        bail!("every one of the {} pictures is broken (one of them: {})", dataset.len(), dataset.name(0));
    }
    if subjects.len() < settings.count {
        tracing::warn!("{} pictures asked for, {} found", settings.count, subjects.len());
    }
    Ok(subjects)
}

struct Run<'a> {
    model: &'a Model,
    device: &'a Device,
    settings: &'a Settings,
    progress: &'a ProgressBar,
    sampling: Duration,
}

/// A question with the samples drawn so far.
struct Asked {
    rank: u64,
    question: Question,
    samples: Vec<Vec<f32>>,
}

/// A scored question.
struct Answered {
    answer: Answer,
    /// Names of the answers.
    methods: Vec<String>,
    /// A sheet's column from the top, for the first questions.
    column: Vec<(String, Picture)>,
}

impl Run<'_> {
    /// One case for every picture.
    fn ask(&mut self, case: Case, subjects: &[Subject]) -> anyhow::Result<Vec<Answered>> {
        let samples = self.settings.samples as u64;
        let seed = self.settings.sampler.seed;
        let all: Vec<(u64, u64)> =
            (0..subjects.len() as u64).flat_map(|rank| (0..samples).map(move |sample| (rank, sample))).collect();
        let mut open: Vec<Asked> = Vec::new();
        let mut answers = Vec::new();
        for chunk in all.chunks(self.settings.batch) {
            for &(rank, _) in chunk.iter().filter(|(_, sample)| *sample == 0) {
                let question = case.ask(subjects[rank as usize].picture.clone(), seed, rank)?;
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
        let tiles: Vec<Tile<'_>> = chunk
            .iter()
            .map(|&(rank, sample)| Tile { question: &open[(rank - first) as usize].question, rank, sample })
            .collect();
        let evaluated = || self.progress.inc(chunk.len() as u64);
        let drawn = net::sample(self.model, self.device, case, &tiles, &self.settings.sampler, evaluated)?;
        self.sampling += started.elapsed();
        for (&(rank, _), planes) in chunk.iter().zip(drawn) {
            open[(rank - first) as usize].samples.push(planes);
        }
        Ok(())
    }
}

/// Scores the baselines, the first sample, and the mean of all samples if there are several.
fn score(case: Case, asked: &Asked, subject: &Subject) -> Answered {
    let Asked { question, samples, rank } = asked;
    let size = question.original.width();
    let picture = |planes: &[f32]| Picture::from_planes(size, size, planes);
    let mut answers: Vec<(String, Picture)> = case
        .baselines()
        .into_iter()
        .map(|(name, fill)| (name.to_owned(), fill(&question.given, &question.mask)))
        .collect();
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
    let answer = Answer {
        picture: subject.name.clone(),
        class: subject.class.clone(),
        area: question.mask.area(),
        scores,
        spread,
    };
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

/// The report and the sheet of a case.
fn summarise(case: Case, answered: Vec<Answered>) -> anyhow::Result<(CaseReport, Vec<u8>)> {
    let first = answered.first().context("a case without answers")?;
    let methods = first.methods.clone();
    let sheet_rows: Vec<String> = first.column.iter().map(|(name, _)| name.clone()).collect();
    let mut rows: Vec<Vec<Picture>> = vec![Vec::new(); sheet_rows.len()];
    let mut answers = Vec::with_capacity(answered.len());
    for answered in answered {
        for (row, (_, picture)) in rows.iter_mut().zip(answered.column) {
            row.push(picture);
        }
        answers.push(answered.answer);
    }
    let name = case.name();
    let report =
        CaseReport { sheet: format!("{name}.png"), description: case.description(), case: name, sheet_rows, methods, answers };
    Ok((report, sheet::png(&rows)?))
}

#[cfg(test)]
mod tests;
