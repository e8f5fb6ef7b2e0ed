//! All that was done, as one list: the steps of every task and picture, from the first picture to the last step that can be redone.

use super::{
    document::Document,
    history::{Line, Step},
    state::State,
};

/// The list, and the place of what was done last; what follows it was undone.
pub fn list(state: &State) -> (Vec<Line<'_>>, usize) {
    let Some(document) = &state.document else { return (Vec::new(), 0) };
    let mut lines = vec![Line::Opened];
    let mut before: Option<&Document> = None;
    for earlier in &state.earlier {
        lines.extend(before.map(|before| kept(before, earlier)));
        lines.extend(all(earlier));
        before = Some(earlier);
    }
    lines.extend(before.map(|before| kept(before, document)));
    let (done, undone) = document.history.steps();
    lines.extend(done.iter().map(Line::Done));
    let present = lines.len() - 1;
    lines.extend(undone.iter().rev().map(Line::Done));
    before = Some(document);
    for later in state.later.iter().rev() {
        lines.extend(before.map(|before| kept(before, later)));
        lines.extend(all(later));
        before = Some(later);
    }
    (lines, present)
}

/// A picture's steps, with those that were undone.
fn all(document: &Document) -> impl Iterator<Item = Line<'_>> {
    let (done, undone) = document.history.steps();
    done.iter().chain(undone.iter().rev()).map(Line::Done)
}

/// Which answer of a picture became another picture, in the order of its runs.
fn kept<'a>(before: &Document, after: &Document) -> Line<'a> {
    let (done, undone) = before.history.steps();
    let mut runs =
        done.iter().chain(undone.iter().rev()).filter_map(|step| if let Step::Run { file, .. } = step { Some(*file) } else { None });
    Line::Kept(runs.position(|file| file == after.picture.file).map(|place| place + 1))
}
