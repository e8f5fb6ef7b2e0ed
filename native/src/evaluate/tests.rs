//! Tests of an evaluation as a whole, on pictures made here and a tiny net with random weights.

use std::path::PathBuf;

use burn::tensor::Device;
use image::{Rgb, RgbImage};
use infill::config::{ModelConfig, Prediction, Sampling};
use infill::denoiser::Model;
use infill::picture::Picture;
use infill::sampler::SamplerSettings;
use infill::task::TaskKind;
use tempfile::TempDir;

use super::evaluation::Evaluation;
use super::feature_net::{FeatureNet, Origin, Seen};
use super::net::Tile;
use super::output::{NUMBERS, TABLE, UNFINISHED};
use super::report::{ModelSummary, Report};
use super::*;
use crate::interrupt::Interrupt;
use crate::pictures::Dataset;

fn pictures(count: u32) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for number in 0..count {
        RgbImage::from_fn(40 + number, 36, |x, y| Rgb([(x * 5) as u8, (y * 6 + number * 9) as u8, ((x / 4 + y / 4) % 2 * 90 + 40) as u8]))
            .save(folder.path().join(format!("{number}.png")))
            .expect("a picture");
    }
    folder
}

fn model() -> Model {
    Model::new(ModelConfig::preset("tiny").expect("the preset for tests"), 1, &Device::default()).expect("a model")
}

fn summary(model: &Model) -> ModelSummary {
    ModelSummary { file: "tiny.safetensors".to_owned(), sha256: "0".to_owned(), size: model.config.size, parameters: 1, pictures_seen: 0 }
}

fn settings(folder: &TempDir, samples: usize) -> EvaluationPlan {
    EvaluationPlan {
        data: vec![folder.path().to_str().expect("a path in UTF-8").to_owned()],
        cases: Case::of_tasks(&TaskKind::ALL, false),
        count: 3,
        samples,
        sampler: SamplerSettings { seed: 4, ..SamplerSettings::default() },
        sampling: TaskKind::ALL.iter().map(|task| (*task, Sampling { steps: 2, ..Sampling::default() })).collect(),
        batch: 4,
        one_evaluation: false,
        detail: 0.0,
        paper: false,
        masks: None,
        keep_in: None,
    }
}

fn run(model: &Model, settings: &EvaluationPlan) -> anyhow::Result<Evaluation> {
    evaluate(
        &Tools {
            model,
            summary: summary(model),
            trained_on: None,
            device: &Device::default(),
            regression: None,
            yardsticks: Yardsticks::default(),
        },
        settings,
        &Interrupt::default(),
    )
}

#[test]
fn an_evaluation_is_complete_and_repeats() {
    let (folder, model) = (pictures(5), model());
    let settings = settings(&folder, 3);
    let first = run(&model, &settings).expect("an evaluation");
    let mut report = first.report.clone();
    assert_eq!(report.cases.len(), 9);
    assert_eq!(report.net_evaluations, (9 * 3 * 3 * 2) as u64);
    for case in &report.cases {
        assert_eq!(case.answers.len(), 3);
        assert_eq!(&case.methods[case.methods.len() - 2..], ["net, one sample", "net, mean of 3"]);
        for answer in &case.answers {
            assert_eq!(answer.scores.len(), case.methods.len());
            assert!(answer.scores.iter().all(|score| score.psnr.is_finite() && score.ssim <= 1.0));
            assert!(answer.area > 0.05 && answer.spread > 0.0, "{answer:?}");
        }
    }
    let again = run(&model, &settings).expect("an evaluation").report;
    (report.seconds, report.sampling_seconds) = (again.seconds, again.sampling_seconds);
    assert_eq!(report, again);

    let other = EvaluationPlan { sampler: SamplerSettings { seed: 5, ..settings.sampler.clone() }, ..settings };
    assert_ne!(run(&model, &other).expect("an evaluation").report.cases[0].answers, report.cases[0].answers);
}

#[test]
fn a_batch_size_changes_nothing_and_fewer_pictures_are_a_part() {
    let (folder, model) = (pictures(5), model());
    let settings = EvaluationPlan { cases: Case::of_tasks(&[TaskKind::Inpaint], false), ..settings(&folder, 2) };
    let many = run(&model, &settings).expect("an evaluation").report;
    let few = EvaluationPlan { count: 2, batch: 1, ..settings };
    let few = run(&model, &few).expect("an evaluation").report;
    for (few, many) in few.cases.iter().zip(&many.cases) {
        for (few, many) in few.answers.iter().zip(&many.answers) {
            assert_eq!((&few.picture, few.area), (&many.picture, many.area));
            // Batches of another size may round differently in the last bits.
            for (few, many) in few.scores.iter().zip(&many.scores) {
                assert!((few.psnr - many.psnr).abs() < 0.05, "{few:?} {many:?}");
            }
        }
    }
}

#[test]
fn known_pixels_of_the_nets_answer_are_the_originals() {
    let (folder, model) = (pictures(1), model());
    let settings = settings(&folder, 1);
    let dataset = Dataset::open(&settings.data).expect("a data set");
    let subjects = subjects::choose(&dataset, model.config.size, settings.count, settings.sampler.seed).expect("a picture");
    let given = cases::rectangle(model.config.size, model.config.size, [3, 2, 7, 9]);
    for case in Case::ALL.into_iter().filter(|case| case.keeps_known()) {
        let question = case.ask(subjects[0].picture.clone(), Some(&given), 4, 0).expect("a question");
        let tile = [Tile { question: &question, rank: 0, sample: 0 }];
        let drawn = net::sample(&model, case, &tile, &settings.sampler(case), 0.0, |_| ()).expect("a sample");
        let answer = drawn[0].clone();
        let restored = baseline::compose(&answer, &question.mask, |x, y| question.original.get(x, y));
        assert_eq!(restored, question.original, "{}", case.name());
        assert_ne!(answer, question.original, "{}", case.name());
    }
}

#[test]
fn samples_get_detail_of_their_own_in_the_hole_alone() {
    let folder = pictures(1);
    let regression = ModelConfig { prediction: Prediction::Regression, ..ModelConfig::preset("tiny").expect("the preset for tests") };
    let model = Model::new(regression, 1, &Device::default()).expect("a model");
    let settings = settings(&folder, 1);
    let dataset = Dataset::open(&settings.data).expect("a data set");
    let subjects = subjects::choose(&dataset, model.config.size, 1, settings.sampler.seed).expect("a picture");
    let case = Case::UncropRight;
    let question = case.ask(subjects[0].picture.clone(), None, 4, 0).expect("a question");
    let mut told = Vec::new();
    let mut draw = |sample: u64, detail: f32| {
        let tile = [Tile { question: &question, rank: 0, sample }];
        net::sample(&model, case, &tile, &settings.sampler(case), detail, |done| told.push(done)).expect("a sample").remove(0)
    };
    let [plain, again, first, second] = [draw(0, 0.0), draw(1, 0.0), draw(0, 1.0), draw(1, 1.0)];
    assert_eq!(plain, again, "the net has one answer");
    assert!(first != plain && second != plain && first != second);
    assert!(told.iter().all(|done| *done <= 1), "{told:?}: one evaluation each");
    assert_eq!(baseline::compose(&first, &question.mask, |x, y| question.original.get(x, y)), question.original);
}

#[test]
fn fixed_cases_hide_what_they_say() {
    let picture = Picture::new(64, 64, vec![90; 64 * 64 * 3]).expect("a picture");
    for (case, area) in [(Case::InpaintCentre, 0.25), (Case::UncropRight, 0.5), (Case::UncropFrame, 0.5)] {
        let found = case.ask(picture.clone(), None, 0, 0).expect("a question").mask.area();
        assert!((found - area).abs() < 0.02, "{}: {found}", case.name());
    }
    let question = Case::UncropRight.ask(picture, None, 0, 0).expect("a question");
    assert!(question.mask.covers(32, 0) && !question.mask.covers(31, 63));
}

#[test]
fn results_are_written_whole_and_not_replaced_unasked() {
    let (folder, model) = (pictures(2), model());
    let settings = EvaluationPlan { cases: Case::of_tasks(&[TaskKind::Restore], false), ..settings(&folder, 1) };
    let evaluation = run(&model, &settings).expect("an evaluation");
    let target: PathBuf = folder.path().join("out/deep");
    evaluation.write(&target, false).expect("a folder that is made");
    let table = std::fs::read_to_string(target.join(TABLE)).expect("the table");
    assert!(table.contains("| the JPEG itself |") && table.contains("restore-jpeg-5.png"), "{table}");
    let numbers = std::fs::read(target.join(NUMBERS)).expect("the numbers");
    let read: Report = serde_json::from_slice(&numbers).expect("a report");
    assert_eq!(read.cases.len(), 3);
    let sheet = image::open(target.join("restore-jpeg-5.png")).expect("the sheet");
    assert!(sheet.width() > 2 * model.config.size as u32);
    let refused = evaluation.write(&target, false).expect_err("a folder in use").to_string();
    assert!(refused.contains("--force"), "{refused}");
    evaluation.write(&target, true).expect("a replacement that was asked for");
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_leaves_nothing_behind() {
    let (folder, model) = (pictures(1), model());
    let settings = EvaluationPlan { cases: Case::of_tasks(&[TaskKind::Colorize], false), ..settings(&folder, 1) };
    let evaluation = run(&model, &settings).expect("an evaluation");
    let target = folder.path().join("out");
    // A folder where the file should go fails like a full disk, at the last step.
    std::fs::create_dir_all(target.join(NUMBERS)).expect("a folder");
    let message = format!("{:#}", evaluation.write(&target, false).expect_err("no file there"));
    assert!(message.contains(NUMBERS), "{message}");
    // What was written before, the sheet, is whole; nothing unfinished is beside it.
    let mut left: Vec<String> =
        std::fs::read_dir(&target).expect("the folder").map(|entry| entry.expect("a file").file_name().display().to_string()).collect();
    left.sort();
    assert_eq!(left, ["colorize.png", NUMBERS]);
}

#[test]
fn cases_that_are_done_are_not_asked_again() {
    let (folder, model) = (pictures(2), model());
    // Not among the pictures, which would become more by the sheets.
    let output = TempDir::new().expect("a folder");
    let target = output.path().join("out");
    let cases = Case::of_tasks(&[TaskKind::Colorize, TaskKind::Restore], false);
    let settings = EvaluationPlan { cases, keep_in: Some(target.clone()), ..settings(&folder, 1) };
    let first = run(&model, &settings).expect("an evaluation").report;
    // What only somebody who reads the file can know.
    let change = |name: &str, from: &str, to: &str| {
        let path = target.join(UNFINISHED).join(name);
        let text = std::fs::read_to_string(&path).expect("a case that is done");
        assert!(text.contains(from), "no {from} in {text}");
        std::fs::write(path, text.replace(from, to)).expect("a changed file");
    };
    change("colorize.json", &first.cases[0].description, "read from its file");
    change("restore-jpeg-5.json", "\"answers\":[", "\"answers\":[,");
    std::fs::remove_file(target.join(UNFINISHED).join("restore-jpeg-10.png")).expect("a sheet");
    let again = run(&model, &settings).expect("an evaluation").report;
    assert_eq!(again.cases[0].description, "read from its file");
    assert_eq!(again.cases[1..3], first.cases[1..3]);
    assert_eq!(again.net_evaluations, first.net_evaluations);

    let other = EvaluationPlan { sampler: SamplerSettings { seed: 5, ..settings.sampler.clone() }, ..settings.clone() };
    assert_eq!(run(&model, &other).expect("an evaluation").report.cases[0].description, first.cases[0].description);
    let evaluation = run(&model, &settings).expect("an evaluation");
    evaluation.write(&target, false).expect("a folder in which only cases are");
    assert!(target.join(TABLE).exists() && !target.join(UNFINISHED).exists());
}

#[test]
fn senseless_settings_are_named() {
    let folder = pictures(1);
    let mut model = model();
    let failure = |model: &Model, settings: &EvaluationPlan| format!("{:#}", run(model, settings).err().expect("an error"));
    let zero = EvaluationPlan { count: 0, ..settings(&folder, 1) };
    assert!(failure(&model, &zero).contains("count is 0"));
    model.config.tasks = vec![TaskKind::Inpaint];
    let message = failure(&model, &settings(&folder, 1));
    assert!(message.contains("not trained on uncrop") && message.contains("inpaint"), "{message}");
}

#[test]
fn strokes_cover_what_the_case_says_and_given_masks_are_used() {
    let picture = Picture::new(64, 64, vec![90; 64 * 64 * 3]).expect("a picture");
    for (case, from, to) in [(10, 20), (20, 30), (30, 40)].map(|(from, to)| (Case::InpaintStrokes(from, to), from, to)) {
        let area = |rank| case.ask(picture.clone(), None, 0, rank).expect("a question").mask.area();
        let areas: Vec<f64> = (0..20).map(area).collect();
        assert!(areas.iter().all(|area| (f64::from(from) / 100.0..=f64::from(to) / 100.0).contains(area)), "{areas:?}");
        assert!(areas.iter().any(|area| *area != areas[0]) && area(0) == areas[0]);
    }
    let given = cases::rectangle(64, 64, [10, 20, 30, 8]);
    let question = Case::InpaintMasks.ask(picture.clone(), Some(&given), 0, 0).expect("a question");
    assert_eq!(question.mask, given);
    assert!(Case::InpaintMasks.ask(picture, None, 0, 0).is_err());
}

#[test]
fn the_papers_cases_have_single_evaluations_and_a_regression_net() {
    let (folder, model) = (pictures(2), model());
    let mut other = Model::new(model.config.clone(), 9, &Device::default()).expect("a model");
    other.config.tasks = vec![TaskKind::Colorize];
    let cases = Case::of_tasks(&[TaskKind::Colorize, TaskKind::Restore], true);
    let settings = EvaluationPlan { cases, paper: true, one_evaluation: true, count: 2, ..settings(&folder, 2) };
    let device = Device::default();
    let regression = Some((summary(&other), &other));
    let tools =
        Tools { model: &model, summary: summary(&model), trained_on: None, device: &device, regression, yardsticks: Yardsticks::default() };
    let report = evaluate(&tools, &settings, &Interrupt::default()).expect("an evaluation").report;
    let names: Vec<&str> = report.cases.iter().map(|case| case.case.as_str()).collect();
    assert_eq!(names, ["colorize", "restore-jpeg-5", "restore-jpeg-10", "restore-jpeg-20"]);
    assert_eq!(report.cases[0].methods, ["grey", "regression net", "net, one evaluation", "net, one sample", "net, mean of 2"]);
    assert_eq!(report.cases[0].baselines, 2);
    assert_eq!(report.cases[1].methods, ["the JPEG itself", "net, one evaluation", "net, one sample", "net, mean of 2"]);
    // Two pictures, two samples of two steps and a single one for each of four cases, and the regression net for one.
    assert_eq!(report.net_evaluations, 2 * (4 * 5 + 1));
    let table = report.summary();
    assert!(table.contains("| colorize | regression net |") && !table.contains("FID"), "{table}");
    let overview = "| case | PSNR ↑: best baseline | one sample | mean of 2 |\n|---|---|---|---|\n| colorize | ";
    assert!(table.contains(overview) && table.lines().last().is_some_and(|row| row.matches('|').count() == 5), "{table}");
    let verdicts = report.verdicts();
    assert!(verdicts.contains("| cases won |") && verdicts.lines().count() == 2 + 4 + 1, "{verdicts}");

    let mut small = Model::new(model.config.clone(), 9, &Device::default()).expect("a model");
    small.config.size *= 2;
    let tools = Tools { regression: Some((summary(&small), &small)), ..tools };
    let message = format!("{:#}", evaluate(&tools, &settings, &Interrupt::default()).err().expect("an error"));
    assert!(message.contains("one size"), "{message}");
}

/// A net that sees a picture's mean colour, and takes it for its strongest.
struct Colours {
    origin: Origin,
    names: Vec<String>,
}

impl FeatureNet for Colours {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn kind(&self) -> &str {
        "mean colour"
    }

    fn size(&self) -> usize {
        1
    }

    fn dimensions(&self) -> usize {
        3
    }

    fn classes(&self) -> &[String] {
        &self.names
    }

    fn look(&self, pictures: &[&Picture]) -> anyhow::Result<Vec<Seen>> {
        let colour = |picture: &&Picture| {
            let mean = |channel| picture.pixels().iter().skip(channel).step_by(3).map(|value| f64::from(*value)).sum::<f64>();
            let sums: Vec<f64> = (0..3).map(mean).collect();
            let all: f64 = sums.iter().sum::<f64>().max(1.0);
            let features = sums.iter().map(|sum| sum / (picture.width() * picture.height()) as f64).collect();
            Seen { features, probabilities: sums.iter().map(|sum| sum / all).collect() }
        };
        Ok(pictures.iter().map(colour).collect())
    }
}

#[test]
fn one_net_compares_features_and_another_counts_classes() {
    let folder = TempDir::new().expect("a folder");
    for (number, class) in ["red", "green", "blue"].into_iter().enumerate() {
        let place = folder.path().join(class);
        std::fs::create_dir(&place).expect("a folder");
        let pixel = |x: u32, y: u32| Rgb([0, 1, 2].map(|channel| if channel == number { 200 } else { (x * 2 + y) as u8 }));
        RgbImage::from_fn(40, 36, pixel).save(place.join("one.png")).expect("a picture");
    }
    // A class that the net does not know counts in no figure.
    std::fs::create_dir(folder.path().join("other")).expect("a folder");
    RgbImage::from_pixel(40, 36, Rgb([90, 90, 200])).save(folder.path().join("other/one.png")).expect("a picture");
    let net = |file: &str, names: &[&str]| Colours {
        origin: Origin { file: file.to_owned(), sha256: "5".repeat(64) },
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let (features, judge, model) = (net("pool.pth", &[]), net("classes.pth", &["red", "green", "blue"]), model());
    let yardsticks = Yardsticks { features: Some(&features), judge: Some(&judge), lpips: None };
    let tools =
        Tools { model: &model, summary: summary(&model), trained_on: None, device: &Device::default(), regression: None, yardsticks };
    let plan = EvaluationPlan { cases: Case::of_tasks(&[TaskKind::Colorize], false), count: 4, ..settings(&folder, 2) };
    let report = evaluate(&tools, &plan, &Interrupt::default()).expect("an evaluation").report;
    let (compared, judged) = (report.features.as_ref().expect("a net"), report.judge.as_ref().expect("a net"));
    assert_eq!((compared.accuracy_of_originals, judged.accuracy_of_originals), (None, Some(1.0)));
    let case = &report.cases[0];
    // Grey has no strongest colour, and takes the last one for it.
    assert_eq!(case.features[0].accuracy, Some(1.0 / 3.0));
    assert!(case.features[0].fid.is_some_and(|distance| distance > 1.0));
    assert!(case.answers.iter().all(|answer| answer.taken_for[0] == "blue"), "{:?}", case.answers[0].taken_for);
    for (method, estimates) in case.estimates.iter().enumerate() {
        let right = case.answers.iter().filter(|answer| !answer.right.is_empty()).map(|answer| f64::from(u8::from(answer.right[method])));
        assert_eq!(estimates["accuracy"].value, right.sum::<f64>() / 3.0);
        for (name, estimate) in estimates {
            let holds = |interval: interval::Interval| interval.low <= estimate.value + 1e-9 && interval.high >= estimate.value - 1e-9;
            assert!(estimate.interval.is_none_or(holds), "{name} of {method}: {estimate:?}");
        }
    }
    let text = report.markdown();
    for words in
        ["FID, KID, IS and PD are of whole pictures in the features of pool.pth (555555555555)", "CA is of whole pictures by classes.pth"]
    {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // The same pictures by one net that does both.
    let yardsticks = Yardsticks { features: Some(&judge), ..Yardsticks::default() };
    let alone = evaluate(&Tools { yardsticks, ..tools }, &plan, &Interrupt::default()).expect("an evaluation").report;
    assert_eq!(alone.cases[0].features, case.features);
    assert!(alone.judge.is_none());
}
