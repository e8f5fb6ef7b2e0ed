//! What can go wrong, in the page's words, with the ways on that fit it. What stands there as `detail` came from a device, a file or a
//! library, and is English.

use super::phrase::{first_line, sentence};
use crate::{
    message::{Failure, LARGEST},
    page::{
        language::{Language, Text, say},
        notice::Notice,
    },
};

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

/// What stands above the page, and the ways on that fit; a way to the CPU is none for who is on it.
pub fn notice(language: &Language, notice: &Notice, on_gpu: bool) -> Advice {
    match notice {
        Notice::Failure(cause) => {
            let (retry, use_cpu) = ways_on(cause);
            Advice { text: failure(language, cause), retry, use_cpu: use_cpu && on_gpu, choose_other: false }
        }
        Notice::NotAPicture { .. }
        | Notice::Damaged { .. }
        | Notice::Unreadable { .. }
        | Notice::TooLarge { .. }
        | Notice::NoCanvas { .. }
        | Notice::NotRestored { .. }
        | Notice::NotOpened { .. } => Advice { text: picture(language, notice), retry: false, use_cpu: false, choose_other: true },
        _ => Advice { text: picture(language, notice), retry: false, use_cpu: false, choose_other: false },
    }
}

/// Whether trying again makes sense after a failure, and whether the CPU does.
fn ways_on(failure: &Failure) -> (bool, bool) {
    match failure {
        Failure::Network { .. } | Failure::Corrupt { .. } | Failure::Model { .. } | Failure::Start { .. } => (true, false),
        Failure::ModelFile { .. } | Failure::Request { .. } => (false, false),
        Failure::DeviceLost { .. } | Failure::NotFinite { .. } | Failure::Memory { .. } | Failure::Panic { .. } => (true, true),
    }
}

/// What is said of a failure of the worker.
fn failure(language: &Language, failure: &Failure) -> String {
    match failure {
        Failure::Network { path, detail } => say!(
            language,
            "The model could not be fetched ({file}: {detail}). Check the network and try again; your picture and mask are kept.",
            file = file_name(path),
            detail = detail
        ),
        Failure::Corrupt { path } => say!(
            language,
            "A part of the model arrived damaged, twice ({file}). Try again; if it stays so, the site's copy is broken.",
            file = path
        ),
        Failure::Model { detail } => say!(language, "The model cannot be used: {detail}.", detail = detail),
        Failure::ModelFile { name, detail } => {
            say!(language, "“{name}” cannot be used as a model: {detail}. The model that was in use stays.", name = name, detail = detail)
        }
        Failure::Request { detail } => sentence(detail),
        Failure::DeviceLost { detail } => say!(
            language,
            "The graphics card stopped answering again ({detail}). Your picture and mask are kept: try again, or go on with the slower CPU.",
            detail = detail
        ),
        Failure::NotFinite { detail } => {
            format!("{} {}", sentence(detail), language.text(Text("Your picture and mask are kept.")))
        }
        Failure::Memory { detail } => say!(
            language,
            "There was not enough memory ({detail}). Your picture and mask are kept: close other tabs and try again, or take a smaller picture.",
            detail = first_line(detail)
        ),
        Failure::Start { detail } => say!(
            language,
            "The program that computes did not start ({detail}). Check the network and try again.",
            detail = first_line(detail)
        ),
        Failure::Panic { detail } => say!(
            language,
            "Something went wrong inside ({detail}). Your picture and mask are kept: try again.",
            detail = first_line(detail)
        ),
    }
}

/// What is said of a file, of a size, and of work that is kept or not.
fn picture(language: &Language, notice: &Notice) -> String {
    let most = LARGEST / 1_000_000;
    match notice {
        Notice::Failure(cause) => failure(language, cause),
        Notice::NotAPicture { name } => {
            say!(language, "“{name}” is not a picture that this browser can read. Choose a PNG, JPEG or WebP file.", name = name)
        }
        Notice::Damaged { name, detail } => {
            let detail = first_line(detail);
            say!(language, "“{name}” is damaged or cut short ({detail}). Open another copy of it.", name = name, detail = detail)
        }
        Notice::Unreadable { name } => say!(
            language,
            "“{name}” can be read by the browser alone, and this browser gives pages other pixels than the picture's, against fingerprinting. Save it as PNG, JPEG or WebP, or allow this page to read canvases.",
            name = name
        ),
        Notice::TooLarge { width, height } => say!(
            language,
            "This picture has {width} × {height} pixels; up to {most} megapixels fit. Scale it down first.",
            width = width,
            height = height,
            most = most
        ),
        Notice::ResultTooLarge { width, height } => say!(
            language,
            "The result would have {width} × {height} pixels; up to {most} megapixels fit. Add less, or begin with a smaller picture.",
            width = width,
            height = height,
            most = most
        ),
        Notice::NoCanvas { width, height } => say!(
            language,
            "This browser has no canvas of {width} × {height} pixels, so it could show nothing. Take a smaller picture, or add less.",
            width = width,
            height = height
        ),
        Notice::MaskSize { name, mask, picture } => say!(
            language,
            "The mask “{name}” has {mask} pixels and the picture {picture}. Take a mask of the picture's size.",
            name = name,
            mask = format!("{} × {}", mask.0, mask.1),
            picture = format!("{} × {}", picture.0, picture.1)
        ),
        Notice::NoMask { name, detail } => say!(language, "“{name}” cannot be used as a mask: {detail}.", name = name, detail = detail),
        Notice::Replace { name: Some(name) } => {
            say!(language, "Your work on this picture is not saved. Opening “{name}” takes its place.", name = name)
        }
        Notice::Replace { name: None } => language.text(Text("Your work on this picture is not saved, and would be gone.")),
        Notice::NotKept { detail } => say!(
            language,
            "This browser has no room to keep your work ({detail}). You can go on; save what you need before you close the page.",
            detail = first_line(detail)
        ),
        Notice::NotRestored { name } => {
            say!(language, "Your last work, on “{name}”, cannot be brought back. Open the picture again.", name = name)
        }
        Notice::Busy { name } => say!(
            language,
            "“{name}” is not opened while a run is under way. Wait for its end or cancel it, then open the file.",
            name = name
        ),
        Notice::NotOpened { name } => {
            say!(language, "“{name}” was not opened, because a run was under way. It is over: open the file now.", name = name)
        }
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(cause: Failure, on_gpu: bool) -> Advice {
        notice(&Language::default(), &Notice::Failure(cause), on_gpu)
    }

    #[test]
    fn failures_become_sentences_with_a_way_on() {
        let network = said(Failure::Network { path: "a/b/manifest.json".to_owned(), detail: "the server answered 500".to_owned() }, true);
        assert!(network.text.contains("manifest.json: the server answered 500") && network.retry && !network.use_cpu);
        let request = said(Failure::Request { detail: "the mask is empty".to_owned() }, true);
        assert_eq!(request.text, "The mask is empty.");
        let file = notice(&Language::default(), &Notice::NotAPicture { name: "notes.txt".to_owned() }, true);
        assert!(file.text.contains("notes.txt") && file.choose_other);
    }

    #[test]
    fn the_cpu_is_a_way_on_for_who_is_on_a_graphics_card() {
        let lost = Failure::DeviceLost { detail: "reset".to_owned() };
        assert!(said(lost.clone(), true).use_cpu && !said(lost, false).use_cpu);
    }
}
