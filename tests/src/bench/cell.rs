//! One cell of the table: an engine on a device at a size, on a page that was loaded for it.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use xtask::bench::Settings;

use super::memory::{self, Watch};
use crate::{page::Page, site::Site};

/// Our engine.
pub const OURS: &str = "ours";
/// The one that is measured beside it.
pub const PEER: &str = "onnxruntime-web";

/// A page of another site, so that the browser ends the process of the page before and frees its memory.
const ELSEWHERE: &str = "chrome://version";

/// How long the browser has for that.
const REST: Duration = Duration::from_secs(2);

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// [`OURS`] or [`PEER`].
    pub engine: &'static str,
    /// `webgpu` or `wasm`.
    pub device: String,
    /// Side of the picture, pixels.
    pub side: usize,
    /// What the engine says that it runs on.
    pub adapter: String,
    /// Milliseconds until the engine could be used: code and model fetched, compiled and put in place.
    pub start: Option<f64>,
    /// Milliseconds of the first evaluation, in which pipelines are compiled.
    pub first: Option<f64>,
    /// Milliseconds of each further evaluation.
    pub evaluations: Vec<f64>,
    /// Private memory of renderers and GPU process at its highest, bytes.
    pub peak_memory: Option<u64>,
    /// The same before the engine was started.
    pub memory_before: Option<u64>,
    /// Numbers of the output.
    #[serde(skip)]
    pub sample: Vec<f64>,
    /// Why there are fewer figures than asked for.
    pub skipped: Option<String>,
    /// An evaluation was given up; the browser may still be busy with it.
    pub given_up: bool,
}

/// Why the page gave no figure.
#[derive(Debug)]
enum NoAnswer {
    Failed(String),
    Late(u64),
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(reason) => formatter.write_str(reason),
            Self::Late(seconds) => write!(formatter, "no answer within {seconds} s"),
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    milliseconds: Option<f64>,
    #[serde(default)]
    adapter: String,
    #[serde(default)]
    sample: Vec<f64>,
    error: Option<String>,
}

impl Cell {
    /// The middle of the evaluations' times, if there are any.
    pub fn median(&self) -> Option<f64> {
        let mut sorted = self.evaluations.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        match sorted.len() {
            0 => None,
            count if count % 2 == 1 => Some(sorted[middle]),
            _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
        }
    }

    /// One line about it, to be printed as soon as it was measured.
    pub fn line(&self) -> String {
        let time = |milliseconds: Option<f64>| milliseconds.map_or("-".to_owned(), |milliseconds| format!("{milliseconds:.0} ms"));
        let skipped = self.skipped.as_ref().map(|reason| format!("; {reason}")).unwrap_or_default();
        format!(
            "{:<16}{:<7}{:>4} px  start {}, first {}, median of {} {}{skipped}",
            self.engine,
            self.device,
            self.side,
            time(self.start),
            time(self.first),
            self.evaluations.len(),
            time(self.median())
        )
    }
}

/// How far an output is from the one of `reference`, as a share of that one's largest number.
pub fn difference(cell: &Cell, reference: &Cell) -> Option<f64> {
    let largest = reference.sample.iter().fold(0f64, |largest, value| largest.max(value.abs()));
    let differences = cell.sample.iter().zip(&reference.sample).map(|(value, reference)| (value - reference).abs());
    (!cell.sample.is_empty() && cell.sample.len() == reference.sample.len() && largest > 0.0)
        .then(|| differences.fold(0f64, f64::max) / largest)
}

/// Measures a cell.
///
/// # Errors
/// When the browser is gone. What fails in the page is a reason in the cell.
pub async fn measure(page: &Page, site: &Site, settings: &Settings, engine: &'static str, device: &str, side: usize) -> Result<Cell> {
    page.browser.goto(ELSEWHERE).await?;
    tokio::time::sleep(REST).await;
    page.browser.goto(&format!("{}bench.html", site.address())).await?;
    page.until("return typeof bench === 'object'").await?;
    let mut cell = Cell {
        engine,
        device: device.to_owned(),
        side,
        adapter: String::new(),
        start: None,
        first: None,
        evaluations: Vec::new(),
        peak_memory: None,
        memory_before: memory::now(page.driver_id()),
        sample: Vec::new(),
        skipped: None,
        given_up: false,
    };
    let watch = Watch::start(page.driver_id());
    let outcome = fill(page, settings, &mut cell).await;
    cell.peak_memory = watch.finish();
    page.browser.goto(ELSEWHERE).await?;
    outcome.map(|()| cell)
}

async fn fill(page: &Page, settings: &Settings, cell: &mut Cell) -> Result<()> {
    let longest = Duration::from_secs(3 * settings.limit);
    let begin = format!("bench.begin('{}', '{}', {})", cell.engine, cell.device, cell.side);
    match ask(page, &begin, longest).await? {
        Ok(answer) => (cell.start, cell.adapter) = (answer.milliseconds, answer.adapter),
        Err(reason) => {
            cell.given_up = matches!(reason, NoAnswer::Late(_));
            cell.skipped = Some(format!("it did not start: {reason}"));
            return Ok(());
        }
    }
    let begun = Instant::now();
    for number in 0..=settings.evaluations {
        if number > 1 && begun.elapsed().as_secs() >= settings.limit {
            let skipped = settings.evaluations + 1 - number;
            cell.skipped = Some(format!("{skipped} evaluations left out after {} s", settings.limit));
            break;
        }
        match ask(page, &format!("bench.evaluate({})", cell.side), longest).await? {
            Ok(answer) if number == 0 => (cell.first, cell.sample) = (answer.milliseconds, answer.sample),
            Ok(answer) => cell.evaluations.extend(answer.milliseconds),
            Err(reason) => {
                cell.given_up = matches!(reason, NoAnswer::Late(_));
                cell.skipped = Some(reason.to_string());
                break;
            }
        }
    }
    Ok(())
}

/// Begins something on the page and waits for its answer, or the reason why there is none.
async fn ask(page: &Page, script: &str, longest: Duration) -> Result<std::result::Result<Answer, NoAnswer>> {
    page.script::<serde_json::Value>(script).await?;
    let begun = Instant::now();
    while begun.elapsed() < longest {
        if let Some(answer) = page.script::<Option<Answer>>("return bench.answer").await? {
            return Ok(match answer.error {
                None => Ok(answer),
                Some(error) => Err(NoAnswer::Failed(error)),
            });
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(Err(NoAnswer::Late(longest.as_secs())))
}
