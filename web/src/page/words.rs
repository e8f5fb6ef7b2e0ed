//! The one place that turns what can go wrong into the page's words: what happened, and a way on.

use crate::message::{DeviceReport, Failure, ModelReport};

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
pub fn failure(failure: &Failure) -> Advice {
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

/// A run that was given up.
pub const CANCELLED: &str = "Cancelled; picture and mask are as before.";

/// The first time that a device is lost.
pub fn going_on(running: bool) -> &'static str {
    if running {
        "The graphics card stopped answering; asking for it again, to go on from the last step…"
    } else {
        "The graphics card stopped answering; asking for it again…"
    }
}

/// A file that is no picture.
pub fn not_a_picture(name: &str) -> Advice {
    Advice {
        text: format!("“{name}” is not a picture that this browser can read. Choose a PNG, JPEG or WebP file."),
        retry: false,
        use_cpu: false,
        choose_other: true,
    }
}

/// A picture of too many pixels.
pub fn too_large(width: u32, height: u32, limit: usize) -> Advice {
    Advice {
        text: format!("This picture has {width} × {height} pixels; up to {} megapixels fit. Scale it down first.", limit / 1_000_000),
        retry: false,
        use_cpu: false,
        choose_other: true,
    }
}

/// A file that comes while a run is under way.
pub fn busy() -> Advice {
    let text = "A run is under way: cancel it first, then open another picture.".to_owned();
    Advice { text, retry: false, use_cpu: false, choose_other: false }
}

/// What the page runs on.
pub fn device(report: &DeviceReport) -> String {
    match (report.webgpu, &report.reason) {
        (true, _) if report.adapter.is_empty() => "Runs on the graphics card (WebGPU)".to_owned(),
        (true, _) => format!("Runs on WebGPU: {}", report.adapter),
        (false, Some(reason)) => format!("Runs on the CPU: {reason}"),
        (false, None) => "Runs on the CPU".to_owned(),
    }
}

/// The model in use.
pub fn model(report: &ModelReport) -> String {
    let kept = if report.kept { "" } else { "; this browser does not keep it, so the next visit fetches it again" };
    format!("Ready: model “{}”, {:.1} million parameters{kept}", report.name, report.parameters as f64 / 1e6)
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

    #[test]
    fn failures_become_sentences_with_a_way_on() {
        let network = failure(&Failure::Network { path: "a/b/manifest.json".to_owned(), detail: "the server answered 500".to_owned() });
        assert!(network.text.contains("manifest.json: the server answered 500") && network.retry && !network.use_cpu);
        let request = failure(&Failure::Request { detail: "the mask is empty".to_owned() });
        assert_eq!(request.text, "The mask is empty.");
        assert!(failure(&Failure::DeviceLost { detail: "reset".to_owned() }).use_cpu);
        assert!(not_a_picture("notes.txt").text.contains("notes.txt"));
    }
}
