//! The one place where the page's sentences are: what is under way, what to do, and (`advice`) what went wrong, with a way on.

mod advice;
mod phrase;

use infill::task::TaskKind;

use super::{
    answers::Answer,
    history::{By, Line, Step},
    keeping::Keeping,
    language::{Language, Text, say},
    notice::Status,
    palette::{self, Colour, Hue, Shade},
    tasks,
    tool::Tool,
};
use crate::message::{Assumed, DeviceReport, FileKind, ModelReport, NoGpu, Note};

pub use advice::notice;
use phrase::{first_line, sentence};

/// The status line.
pub fn status(language: &Language, status: &Status) -> String {
    match status {
        Status::Nothing => String::new(),
        Status::Fetching { done, total } => {
            let megabytes = |bytes: &u64| language.number(*bytes as f64 / 1e6, 1);
            say!(language, "Fetching the model: {done} of {total} MB", done = megabytes(done), total = megabytes(total))
        }
        Status::Importing { done, total } => {
            say!(language, "Importing the checkpoint: {percent} %", percent = 100 * done / total.max(&1))
        }
        Status::Ready(report) => ready(language, report),
        Status::Opening { name } => say!(language, "Opening “{name}”…", name = name),
        Status::Opened { width, height } => say!(language, "{width} × {height} pixels", width = width, height = height),
        Status::Restoring { name } => say!(language, "Bringing back your work on “{name}”…", name = name),
        Status::Restored { name } => say!(language, "Your work on “{name}” is as you left it.", name = name),
        Status::AllMarked => language.text(Text("Nothing was marked: now the whole picture is. Undo brings it back.")),
        Status::MaskRead { name, doubt } => {
            let read = say!(language, "The mask of “{name}” is marked as it is; it does not grow.", name = name);
            doubt.as_ref().map_or(read.clone(), |doubt| format!("{read} {}", sentence(doubt)))
        }
        Status::Working | Status::Writing => language.text(Text("Working…")),
        Status::LosslessWebP => language.text(Text("This browser writes no lossy WebP: the file is lossless, and larger.")),
        Status::Step { done, total, left } => {
            say!(language, "Step {done} of {total}, {time} left", done = done, total = total, time = duration(language, *left))
        }
        Status::Done { width, height, milliseconds } => {
            let seconds = language.number(milliseconds / 1000.0, 1);
            say!(language, "Done in {seconds} s: {width} × {height} pixels", seconds = seconds, width = width, height = height)
        }
        Status::Cancelled => language.text(Text("Cancelled; picture and mask are as before.")),
        Status::GoingOn { running: true } => {
            language.text(Text("The graphics card stopped answering; asking for it again, to go on from the last step…"))
        }
        Status::GoingOn { running: false } => language.text(Text("The graphics card stopped answering; asking for it again…")),
    }
}

/// How long something takes, about: no finer than it can be known.
pub fn duration(language: &Language, milliseconds: f64) -> String {
    let seconds = milliseconds / 1000.0;
    match seconds {
        ..1.0 => language.text(Text("less than a second")),
        ..10.0 => say!(language, "about {count} s", count = seconds.round() as usize),
        ..55.0 => say!(language, "about {count} s", count = 5 * (seconds / 5.0).round() as usize),
        ..5400.0 => say!(language, "about {count} min", count = (seconds / 60.0).ceil() as usize),
        _ => say!(language, "about {hours} hours", hours = language.number(seconds / 3600.0, 1)),
    }
}

/// What stands below an answer in the strip.
pub fn answer(language: &Language, answer: &Answer) -> String {
    say!(language, "Seed {seed}", seed = answer.seed)
}

/// What to do at a task, and what is to be known of the picture's file. `stands` says whether a result is looked at, and whether there is
/// nothing to be done.
pub fn hint(language: &Language, task: TaskKind, tool: Tool, stands: (bool, bool), notes: &[Note]) -> String {
    let (done, nothing) = stands;
    let hint = if nothing {
        Text("No blocks of JPEG are seen in this picture: there is nothing to repair.")
    } else if done && !task.has_hole() {
        // There is no area, and the nets of one task have one answer.
        Text("Pull the line to compare, or hold the picture to see it as it was. Keep this answer, or go back.")
    } else if done {
        Text("Pull the line to compare, or hold the picture to see it as it was. Keep this answer, ask for another, or change the area.")
    } else {
        tasks::hint(task, tool)
    };
    // How strongly a file is compressed matters where that is repaired.
    let told = notes.iter().filter(|known| task == TaskKind::Restore || !matches!(known, Note::Jpeg(_)));
    [language.text(hint)].into_iter().chain(told.map(|known| note(language, *known))).collect::<Vec<_>>().join(" ")
}

/// What is to be known of the file that a picture came from.
fn note(language: &Language, note: Note) -> String {
    language.text(match note {
        Note::Jpeg(quality) => return say!(language, "The file's JPEG quality is about {quality}.", quality = quality),
        Note::Deep => Text("The file has 16 bits a channel; results have 8 bits."),
        Note::Profile => {
            Text("The file has a colour profile of its own: results keep it, and this page shows the colours as if they were sRGB.")
        }
        Note::StrayProfile => Text("The file's colour profile does not fit RGB and is left out."),
        Note::Inks => Text("The file is made for print (CMYK); its colours became RGB."),
        Note::Animation => Text("The file is an animation; only its first picture is used."),
        Note::Metadata => Text("Captions and edits that the file tells of (IPTC, XMP) stay in the file; results do not have them."),
        Note::Converted => Text("The browser decoded the file: its colours are sRGB with 8 bits now."),
        Note::Inexact => {
            Text("This browser changes pixels that pages read, against fingerprinting: unmarked ones may differ a little from the file.")
        }
    })
}

/// What a step did, in a word or two.
pub fn step(language: &Language, line: &Line<'_>) -> String {
    let text = match line {
        Line::Opened => Text("Opened"),
        Line::Kept(Some(number)) => return say!(language, "Kept answer {number}", number = number),
        Line::Kept(None) => Text("Kept the answer"),
        Line::Done(Step::Marks { by, .. }) => match by {
            By::Tool(Tool::Brush) => Text("Brush"),
            By::Tool(Tool::Eraser) => Text("Eraser"),
            By::Tool(Tool::Rectangle) => Text("Rectangle"),
            By::Tool(Tool::Lasso) => Text("Lasso"),
            By::Tool(Tool::Polygon) => Text("Polygon"),
            By::Tool(Tool::Similar) => Text("Similar colour"),
            By::Clear => Text("Clear"),
            By::Invert => Text("Invert"),
            By::Grow => Text("Grow"),
            By::Shrink => Text("Shrink"),
            By::File => Text("Mask file"),
        },
        Line::Done(Step::Frame { .. }) => Text("Frame"),
        Line::Done(Step::Dabs { painted: true, .. }) => Text("Dab of colour"),
        Line::Done(Step::Dabs { painted: false, .. }) => Text("Dabs taken away"),
        Line::Done(Step::Run { task, .. }) => match task {
            TaskKind::Inpaint => Text("Filled"),
            TaskKind::Uncrop => Text("Extended"),
            TaskKind::Colorize => Text("Coloured"),
            TaskKind::Restore => Text("Repaired"),
        },
    };
    language.text(text)
}

/// What is not as on the screen in a file of a kind.
pub fn output(language: &Language, kind: FileKind) -> String {
    match kind {
        FileKind::Png => String::new(),
        FileKind::Jpeg => language
            .text(Text("In a JPEG every pixel changes a little, and what is transparent becomes white. A PNG keeps everything as it is.")),
        FileKind::WebP => language.text(Text("In a WebP every pixel changes a little. A PNG keeps everything as it is.")),
    }
}

/// What a colour is called.
pub fn colour(language: &Language, colour: Colour) -> String {
    let (shade, hue) = palette::describe(colour);
    let hue = language.text(match hue {
        Hue::Black => Text("black"),
        Hue::Grey => Text("grey"),
        Hue::White => Text("white"),
        Hue::Red => Text("red"),
        Hue::Orange => Text("orange"),
        Hue::Brown => Text("brown"),
        Hue::Yellow => Text("yellow"),
        Hue::Green => Text("green"),
        Hue::Turquoise => Text("turquoise"),
        Hue::Blue => Text("blue"),
        Hue::Purple => Text("purple"),
        Hue::Pink => Text("pink"),
    });
    let code = palette::code(colour);
    match shade {
        Shade::Dark => say!(language, "dark {hue} {code}", hue = hue, code = code),
        Shade::Plain => format!("{hue} {code}"),
        Shade::Light => say!(language, "light {hue} {code}", hue = hue, code = code),
    }
}

/// Where the line between before and after is, for those who do not see it.
pub fn compared(language: &Language, percent: u32) -> String {
    say!(language, "Before left of {percent} %, after right of it", percent = percent)
}

/// A width on the screen.
pub fn width(language: &Language, pixels: f64) -> String {
    say!(language, "{pixels} px", pixels = format!("{pixels:.0}"))
}

/// A share of all.
pub fn percent(language: &Language, percent: u8) -> String {
    say!(language, "{percent} %", percent = percent)
}

/// What the page runs on, with which model, and that the work is not kept for the next visit, where it is not.
pub fn device(language: &Language, report: Option<&DeviceReport>, model: Option<&ModelReport>, keeping: &Keeping) -> String {
    let Some(report) = report else { return language.text(Text("Starting…")) };
    let mut sentences = vec![match (report.webgpu, &report.reason) {
        (true, _) if report.adapter.is_empty() => language.text(Text("Runs on the graphics card (WebGPU).")),
        (true, _) => say!(language, "Runs on WebGPU: {adapter}.", adapter = report.adapter),
        (false, Some(reason)) => no_gpu(language, reason),
        (false, None) => language.text(Text("Runs on the CPU.")),
    }];
    sentences.extend(model.map(|model| say!(language, "Model “{name}”.", name = model.name)));
    if let Keeping::Off(detail) = keeping {
        sentences.push(say!(language, "Your work is not kept for the next visit ({detail}).", detail = first_line(detail)));
    }
    sentences.join(" ")
}

/// Why no graphics card is used.
fn no_gpu(language: &Language, reason: &NoGpu) -> String {
    match reason {
        NoGpu::Unwanted => language.text(Text("Runs on the CPU, as you chose.")),
        NoGpu::Missing => language.text(Text("Runs on the CPU: this browser has no WebGPU.")),
        NoGpu::NoAdapter => language.text(Text("Runs on the CPU: WebGPU finds no graphics card here.")),
        NoGpu::Imitated => {
            language.text(Text("Runs on the CPU: WebGPU has no graphics card here but one that the processor imitates, which is slower."))
        }
        NoGpu::Start(detail) => {
            say!(language, "Runs on the CPU: WebGPU could not be started ({detail}).", detail = first_line(detail))
        }
        NoGpu::Wrong(difference) => {
            let difference = language.number(f64::from(*difference), 4);
            say!(language, "Runs on the CPU: the graphics card computes wrong results (off by {difference}).", difference = difference)
        }
    }
}

/// What an expert may want to know of the model.
pub fn model_facts(language: &Language, model: &ModelReport) -> String {
    let millions = language.number(model.parameters as f64 / 1e6, 1);
    say!(
        language,
        "Model “{name}”: {millions} million parameters, windows of {size} pixels.",
        name = model.name,
        millions = millions,
        size = model.size
    )
}

/// A kind of device to choose, with what an evaluation took on it where that is known.
pub fn computes_on(language: &Language, gpu: bool, pace: Option<f64>) -> String {
    let name = language.text(if gpu { Text("Graphics card") } else { Text("Processor") });
    match pace {
        Some(pace) => say!(language, "{device} ({seconds} s a step)", device = name, seconds = language.number(pace / 1000.0, 2)),
        None => name,
    }
}

/// A model of the list, with its size and what is said of it.
pub fn listed_model(language: &Language, title: &str, bytes: u64, about: Option<&str>) -> String {
    let listed = say!(language, "{title} ({megabytes} MB)", title = title, megabytes = language.number(bytes as f64 / 1e6, 1));
    about.map_or(listed.clone(), |about| format!("{listed}: {about}"))
}

/// The visitor's own model.
pub fn own_model(language: &Language, name: &str) -> String {
    say!(language, "{name} (your file)", name = name)
}

/// The model can be used.
fn ready(language: &Language, report: &ModelReport) -> String {
    match (report.own, report.kept) {
        (true, _) => {
            let ready = say!(language, "Ready, with your model “{name}”.", name = report.name);
            let assumed = report.assumed.map(|Assumed { size, head_channels }| {
                say!(
                    language,
                    "Its file does not say so; assumed are pictures of {size} px and {channels} channels an attention head.",
                    size = size,
                    channels = head_channels
                )
            });
            assumed.map_or(ready.clone(), |assumed| format!("{ready} {assumed}"))
        }
        (false, true) => language.text(Text("Ready")),
        (false, false) => language.text(Text("Ready; this browser does not keep the model, so the next visit fetches it again")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_no_finer_than_they_can_be_known() {
        let said = [300.0, 1000.0, 4200.0, 23_400.0, 61_000.0, 7_200_000.0].map(|time| duration(&Language::default(), time));
        let wanted = ["less than a second", "about 1 second", "about 4 seconds", "about 25 seconds", "about 2 minutes", "about 2.0 hours"];
        assert_eq!(said, wanted);
    }
}
