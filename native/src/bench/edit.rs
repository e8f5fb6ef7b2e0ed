//! What filling a hole takes: the program itself, run on one picture of several sizes, without detail and with it. Its time and memory are
//! those of everything, from file to file; what the detail adds is the difference.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use infill::{
    mask::{Mask, Shape},
    picture::Picture,
};

use super::timing::{median, peak_memory};
use crate::{
    exit::input,
    interrupt::Interrupt,
    pictures::{self, picture_file},
    stdout,
};

/// What is timed.
pub struct EditBenchPlan {
    /// The picture that is brought to each size.
    pub picture: PathBuf,
    /// Which model fills, where it is not the program's own choice.
    pub model: Option<PathBuf>,
    /// Runs of each.
    pub runs: usize,
    /// Pictures: width and height, and the side of the square hole in the middle.
    pub sizes: Vec<[usize; 3]>,
}

/// Between two looks at a run's memory.
const LOOK: Duration = Duration::from_millis(4);

/// Prints a table.
///
/// # Errors
/// A picture that cannot be read, a run that fails, or a stop that was asked for.
pub fn run(plan: &EditBenchPlan, interrupt: &Interrupt) -> Result<()> {
    let picture = picture_file::read(&plan.picture)?.picture()?;
    let folder = tempfile::tempdir().context("a folder for the pictures")?;
    let mut lines = String::from(
        "| picture | hole | without detail: seconds | MB | with detail: seconds | MB | the detail: seconds | MB |\n|---|---|---|---|---|---|---|---|",
    );
    for size @ [width, height, side] in &plan.sizes {
        prepare(&picture, *size, folder.path())?;
        let mut times = [Vec::new(), Vec::new()];
        let mut peaks = [0u64; 2];
        // In turn, so that what else the machine does falls on both.
        for _ in 0..plan.runs {
            for (detail, (times, peak)) in times.iter_mut().zip(&mut peaks).enumerate() {
                let (seconds, memory) = once(plan.model.as_deref(), detail, folder.path(), interrupt)?;
                times.push(seconds);
                *peak = memory.max(*peak);
            }
        }
        let seconds = times.map(|mut times| median(&mut times));
        let [without, with] = peaks.map(|peak| peak as f64 / 1e6);
        let memory = |megabytes: f64| if without > 0.0 { format!("{megabytes:.0}") } else { "–".to_owned() };
        lines += &format!(
            "\n| {width}×{height} | {side}×{side} | {:.2} | {} | {:.2} | {} | {:.2} | {} |",
            seconds[0],
            memory(without),
            seconds[1],
            memory(with),
            seconds[1] - seconds[0],
            memory(with - without)
        );
    }
    stdout::markdown(&lines);
    Ok(())
}

/// Writes the picture of a size and its mask.
fn prepare(picture: &Picture, [width, height, side]: [usize; 3], folder: &Path) -> Result<()> {
    let resized = picture.resize(width, height);
    let mut mask = Mask::empty(width, height);
    let middle = |length: usize| (length.saturating_sub(side) / 2) as f32;
    mask.draw(&Shape::Rectangle { x: middle(width), y: middle(height), width: side as f32, height: side as f32 }, true);
    pictures::write_with_mask(&resized, &mask, &folder.join("picture.png"), &folder.join("mask.png"))
}

/// The seconds of one run and the most memory that it held, in bytes; 0 where the system does not tell.
fn once(model: Option<&Path>, detail: usize, folder: &Path, interrupt: &Interrupt) -> Result<(f64, u64)> {
    let mut command = Command::new(std::env::current_exe().context("where this program is")?);
    command.args(["inpaint", "--quiet", "--force", "--device", "cpu", "--detail"]).arg(detail.to_string());
    command.arg(folder.join("picture.png")).arg("--mask").arg(folder.join("mask.png")).arg("--output").arg(folder.join("filled.png"));
    if let Some(model) = model {
        command.arg("--model").arg(model);
    }
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).spawn().context("this program does not start a second time")?;
    let mut peak = 0;
    let status = loop {
        // It counts up to the end, so that the last look has nearly all of it.
        peak = peak_memory(&child.id().to_string()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().context("waiting for the run")? {
            break status;
        }
        if let Err(stopped) = interrupt.check(|| "stopped; nothing is kept".to_owned()) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(stopped);
        }
        std::thread::sleep(LOOK);
    };
    if !status.success() {
        bail!(input(format!("a run ended with {status}")));
    }
    Ok((begun.elapsed().as_secs_f64(), peak))
}
