//! The one place where the page's sentences are: what can go wrong, with a way on, and what is under way.

use infill::task::TaskKind;

use super::{
    answers::Answer,
    keeping::Keeping,
    notice::{Notice, Status},
    tasks,
    tool::Tool,
};
use crate::message::{Assumed, DeviceReport, Failure, ModelReport, Note};

/// How much fits.
const FIT: &str = "up to 25 megapixels fit";

/// A sentence, and which ways on fit it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What to show.
    pub text: String,
    /// Whether trying again makes sense.
    pub retry: bool,
    /// Whether starting anew on the CPU makes sense.
    pub use_cpu: bool,
    /// Whether another picture would help.
    pub choose_other: bool,
}

/// What is said of a failure of the worker.
fn failure(failure: &Failure) -> Advice {
    let advice = |text: String, retry, use_cpu| Advice { text, retry, use_cpu, choose_other: false };
    match failure {
        Failure::Network { path, detail } => advice(
            format!(
                "The model could not be fetched ({}: {detail}). Check the network and try again; your picture and mask are kept.",
                file_name(path)
            ),
            true,
            false,
        ),
        Failure::Corrupt { path } => advice(
            format!("A part of the model arrived damaged, twice ({path}). Try again; if it stays so, the site's copy is broken."),
            true,
            false,
        ),
        Failure::Model { detail } => advice(format!("The model cannot be used: {detail}."), true, false),
        Failure::ModelFile { name, detail } => {
            advice(format!("“{name}” cannot be used as a model: {detail}. The model that was in use stays."), false, false)
        }
        Failure::Request { detail } => advice(sentence(detail), false, false),
        Failure::DeviceLost { detail } => advice(
            format!(
                "The graphics card stopped answering again ({detail}). Your picture and mask are kept: try again, or go on with the slower CPU."
            ),
            true,
            true,
        ),
        Failure::NotFinite { detail } => advice(format!("{} Your picture and mask are kept.", sentence(detail)), true, true),
        Failure::Memory { detail } => advice(
            format!(
                "There was not enough memory ({}). Your picture and mask are kept: close other tabs and try again, or take a smaller picture.",
                first_line(detail)
            ),
            true,
            true,
        ),
        Failure::Start { detail } => advice(
            format!("The program that computes did not start ({}). Check the network and try again.", first_line(detail)),
            true,
            false,
        ),
        Failure::Panic { detail } => {
            advice(format!("Something went wrong inside ({}). Your picture and mask are kept: try again.", first_line(detail)), true, true)
        }
    }
}

/// What stands above the page, and the ways on that fit; a way to the CPU is none for who is on it.
pub fn notice(notice: &Notice, on_gpu: bool) -> Advice {
    let advice = |text: String, choose_other| Advice { text, retry: false, use_cpu: false, choose_other };
    match notice {
        Notice::Failure(cause) => {
            let advice = failure(cause);
            Advice { use_cpu: advice.use_cpu && on_gpu, ..advice }
        }
        Notice::NotAPicture { name } => {
            advice(format!("“{name}” is not a picture that this browser can read. Choose a PNG, JPEG or WebP file."), true)
        }
        Notice::Damaged { name, detail } => {
            advice(format!("“{name}” is damaged or cut short ({}). Open another copy of it.", first_line(detail)), true)
        }
        Notice::Unreadable { name } => advice(
            format!(
                "“{name}” can be read by the browser alone, and this browser gives pages other pixels than the picture's, against \
                 fingerprinting. Save it as PNG, JPEG or WebP, or allow this page to read canvases."
            ),
            true,
        ),
        Notice::TooLarge { width, height } => {
            advice(format!("This picture has {width} × {height} pixels; {FIT}. Scale it down first."), true)
        }
        Notice::ResultTooLarge { width, height } => {
            advice(format!("The result would have {width} × {height} pixels; {FIT}. Add less, or begin with a smaller picture."), false)
        }
        Notice::NoCanvas { width, height } => advice(
            format!(
                "This browser has no canvas of {width} × {height} pixels, so it could show nothing. Take a smaller picture, or add less."
            ),
            true,
        ),
        Notice::MaskSize { name, mask, picture } => advice(
            format!(
                "The mask “{name}” has {} × {} pixels and the picture {} × {}. Take a mask of the picture's size.",
                mask.0, mask.1, picture.0, picture.1
            ),
            false,
        ),
        Notice::NoMask { name, detail } => advice(format!("“{name}” cannot be used as a mask: {detail}."), false),
        Notice::Replace { name: Some(name) } => {
            advice(format!("Your work on this picture is not saved. Opening “{name}” takes its place."), false)
        }
        Notice::Replace { name: None } => advice("Your work on this picture is not saved, and would be gone.".to_owned(), false),
        Notice::NotKept { detail } => advice(
            format!(
                "This browser has no room to keep your work ({}). You can go on; save what you need before you close the page.",
                first_line(detail)
            ),
            false,
        ),
        Notice::NotRestored { name } => {
            advice(format!("Your last work, on “{name}”, cannot be brought back. Open the picture again."), true)
        }
        Notice::Busy { name } => {
            advice(format!("“{name}” is not opened while a run is under way. Wait for its end or cancel it, then open the file."), false)
        }
        Notice::NotOpened { name } => {
            advice(format!("“{name}” was not opened, because a run was under way. It is over: open the file now."), true)
        }
    }
}

/// The status line.
pub fn status(status: &Status) -> String {
    match status {
        Status::Nothing => String::new(),
        Status::Fetching { done, total } => {
            format!("Fetching the model: {:.1} of {:.1} MB", *done as f64 / 1e6, *total as f64 / 1e6)
        }
        Status::Importing { done, total } => format!("Importing the checkpoint: {} of 100 %", 100 * done / total.max(&1)),
        Status::Ready(report) => ready(report),
        Status::Opening { name } => format!("Opening “{name}”…"),
        Status::Opened { width, height } => format!("{width} × {height} pixels"),
        Status::Restoring { name } => format!("Bringing back your work on “{name}”…"),
        Status::Restored { name } => format!("Your work on “{name}” is as you left it."),
        Status::AllMarked => "Nothing was marked: now the whole picture is. Undo brings it back.".to_owned(),
        Status::MaskRead { name, doubt: None } => format!("The mask of “{name}” is marked as it is; it does not grow."),
        Status::MaskRead { name, doubt: Some(doubt) } => format!("The mask of “{name}” is marked as it is. {}", sentence(doubt)),
        Status::Working => "Working…".to_owned(),
        Status::Step { done, total, left } => format!("Step {done} of {total}, {} left", duration(*left)),
        Status::Done { width, height, milliseconds } => format!("Done in {:.1} s: {width} × {height} pixels", milliseconds / 1000.0),
        Status::Cancelled => "Cancelled; picture and mask are as before.".to_owned(),
        Status::GoingOn { running: true } => {
            "The graphics card stopped answering; asking for it again, to go on from the last step…".to_owned()
        }
        Status::GoingOn { running: false } => "The graphics card stopped answering; asking for it again…".to_owned(),
    }
}

/// How long something takes, about: no finer than it can be known.
pub fn duration(milliseconds: f64) -> String {
    let seconds = milliseconds / 1000.0;
    match seconds {
        ..1.0 => "less than a second".to_owned(),
        ..10.0 => format!("about {seconds:.0} s"),
        ..55.0 => format!("about {:.0} s", (seconds / 5.0).round() * 5.0),
        ..5400.0 => format!("about {:.0} min", (seconds / 60.0).ceil()),
        _ => format!("about {:.1} h", seconds / 3600.0),
    }
}

/// What stands below an answer in the strip.
pub fn answer(answer: &Answer) -> String {
    format!("Seed {}", answer.seed)
}

/// What to do at a task, and what is not as in the picture's file.
pub fn hint(task: TaskKind, tool: Tool, done: bool, notes: &[Note]) -> String {
    let hint = if done {
        "Pull the line to compare, or hold the picture to see it as it was. Keep this answer, ask for another, or change the area."
    } else {
        tasks::hint(task, tool)
    };
    notes.iter().fold(hint.to_owned(), |text, known| format!("{text} {}", note(*known)))
}

/// What is not as in the file that a picture came from.
fn note(note: Note) -> &'static str {
    match note {
        Note::Deep => "The file has 16 bits a channel; results have 8 bits.",
        Note::Profile => "The file has a colour profile of its own: results keep it, and this page shows the colours as if they were sRGB.",
        Note::StrayProfile => "The file's colour profile does not fit RGB and is left out.",
        Note::Inks => "The file is made for print (CMYK); its colours became RGB.",
        Note::Animation => "The file is an animation; only its first picture is used.",
        Note::Metadata => "Date, place and camera stay in the file; results do not have them.",
        Note::Converted => "The browser decoded the file: its colours are sRGB with 8 bits now.",
        Note::Inexact => {
            "This browser changes pixels that pages read, against fingerprinting: unmarked ones may differ a little from the file."
        }
    }
}

/// Where the line between before and after is, for those who do not see it.
pub fn compared(percent: u32) -> String {
    format!("Before left of {percent} %, after right of it")
}

/// What the page runs on, and with which model.
pub fn device(report: Option<&DeviceReport>, model: Option<&ModelReport>) -> String {
    let Some(report) = report else { return "Starting…".to_owned() };
    let device = match (report.webgpu, &report.reason) {
        (true, _) if report.adapter.is_empty() => "Runs on the graphics card (WebGPU)".to_owned(),
        (true, _) => format!("Runs on WebGPU: {}", report.adapter),
        (false, Some(reason)) => format!("Runs on the CPU: {reason}"),
        (false, None) => "Runs on the CPU".to_owned(),
    };
    let model = model.map(|model| format!(". Model “{}”", model.name));
    device + &model.unwrap_or_default()
}

/// What an expert may want to know of the model.
pub fn model_facts(model: &ModelReport) -> String {
    format!("Model “{}”: {:.1} million parameters, windows of {} pixels.", model.name, model.parameters as f64 / 1e6, model.size)
}

/// A kind of device to choose, with what an evaluation took on it where that is known.
pub fn computes_on(gpu: bool, pace: Option<f64>) -> String {
    let name = if gpu { "Graphics card" } else { "Processor" };
    pace.map_or(name.to_owned(), |pace| format!("{name} ({:.2} s a step)", pace / 1000.0))
}

/// That the work is not kept for the next visit, where it is not.
pub fn not_kept(keeping: &Keeping) -> String {
    match keeping {
        Keeping::Off(detail) => format!(". Your work is not kept for the next visit ({})", first_line(detail)),
        Keeping::Unknown | Keeping::On => String::new(),
    }
}

/// The model can be used.
fn ready(report: &ModelReport) -> String {
    match (report.own, report.kept) {
        (true, _) => {
            let assumed = report.assumed.map(|Assumed { size, head_channels }| {
                format!(". Its file does not say so; assumed are pictures of {size} px and {head_channels} channels an attention head")
            });
            format!("Ready, with your model “{}”{}", report.name, assumed.unwrap_or_default())
        }
        (false, true) => "Ready".to_owned(),
        (false, false) => "Ready; this browser does not keep the model, so the next visit fetches it again".to_owned(),
    }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", characters.as_str())
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::LARGEST;

    #[test]
    fn durations_are_no_finer_than_they_can_be_known() {
        let said = [300.0, 4200.0, 23_400.0, 61_000.0, 7_200_000.0].map(duration);
        assert_eq!(said, ["less than a second", "about 4 s", "about 25 s", "about 2 min", "about 2.0 h"]);
    }

    #[test]
    fn how_much_fits_is_what_fits() {
        assert_eq!(FIT, format!("up to {} megapixels fit", LARGEST / 1_000_000));
    }

    #[test]
    fn failures_become_sentences_with_a_way_on() {
        let network = failure(&Failure::Network { path: "a/b/manifest.json".to_owned(), detail: "the server answered 500".to_owned() });
        assert!(network.text.contains("manifest.json: the server answered 500") && network.retry && !network.use_cpu);
        let request = failure(&Failure::Request { detail: "the mask is empty".to_owned() });
        assert_eq!(request.text, "The mask is empty.");
        assert!(failure(&Failure::DeviceLost { detail: "reset".to_owned() }).use_cpu);
        assert!(notice(&Notice::NotAPicture { name: "notes.txt".to_owned() }, true).text.contains("notes.txt"));
        let lost = Notice::Failure(Failure::DeviceLost { detail: "reset".to_owned() });
        assert!(notice(&lost, true).use_cpu && !notice(&lost, false).use_cpu);
    }
}
