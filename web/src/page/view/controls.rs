//! Texts, buttons and inputs as the state wants them.

use infill::{picture::SATURATION, task::TaskKind};
use web_sys::{HtmlElement, HtmlInputElement, HtmlOptionElement, HtmlSelectElement};

use super::{
    colours, saving, steps,
    written::{self, Written},
};
use crate::page::{
    dom,
    field::{self, Field},
    notice::Notice,
    palette::ColourTool,
    state::State,
    strip, tasks,
    title::title,
    tool::Tool,
    words,
};

/// Writes what changed.
pub fn show(written: &mut Written, state: &State) {
    let focused = written::focused();
    page(written, state);
    notice(written, state);
    tools(written, state);
    inputs(written, state);
    run(written, state);
    answer(written, state);
    colours::show(written, state);
    saving::show(written, state);
    steps::show(written, state);
    answers(written, state);
    models(written, state);
    keep_focus(written, state, &focused);
}

fn page(written: &mut Written, state: &State) {
    if let Some(body) = dom::document().body() {
        if written.is_new("body", "data-state", state.phase()) {
            let _ = body.set_attribute("data-state", state.phase());
        }
        if written.is_new("body", "dragging", if state.dragging { "yes" } else { "no" }) {
            let _ = body.class_list().toggle_with_force("dragging", state.dragging);
        }
    }
    let title = title(state);
    if written.is_new("document", "title", &title) {
        dom::document().set_title(&title);
    }
    written.show("starting", false);
    written.show("empty", state.document.is_none() && state.kept.restoring.is_none());
    written.show("work", state.document.is_some());
    written.show("open-other", state.document.is_some());
    written.show("new-version", state.new_version);
    written.show("new", state.document.is_some());
    let models = &state.models;
    written.text("device", &words::device(&state.language, models.device.as_ref(), models.model.as_ref(), &state.kept.keeping));
    written.text("status", &words::status(&state.language, &state.status));
}

fn notice(written: &mut Written, state: &State) {
    if let Some(notice) = &state.notice {
        let advice = words::notice(&state.language, notice, state.models.on_gpu());
        written.text("message-text", &advice.text);
        written.show("retry", advice.retry);
        written.show("use-cpu", advice.use_cpu);
        written.show("choose-other", advice.choose_other);
        written.show("replace", matches!(notice, Notice::Replace { .. }));
    }
    written.show("message", state.notice.is_some());
}

fn tools(written: &mut Written, state: &State) {
    let (free, done) = (!state.runs.is_busy(), state.answer().is_some());
    for task in TaskKind::ALL {
        written.choose(tasks::id(task), state.task == task);
        written.enable(tasks::id(task), state.offers(task));
    }
    for tool in Tool::ALL {
        written.choose(tool.id(), state.tool == tool);
    }
    written.attribute("subtract", "aria-pressed", if state.subtract { "true" } else { "false" });
    written.enable("subtract", !state.tool.has_width());
    written.show("tolerance-row", state.tool == Tool::Similar);
    let colouring = state.task == TaskKind::Colorize;
    let has_width = if colouring { state.palette.tool != ColourTool::Eyedropper } else { state.tool.has_width() };
    // With an answer to look at, its saturation takes the place of the width of the brush.
    written.show("size-row", has_width && (colouring && !done || state.task == TaskKind::Inpaint));
    // A result's pixels come with the notes of its picture.
    let notes = state.document.as_ref().map_or(&[][..], |document| &document.picture.notes);
    let nothing = state.task == TaskKind::Restore && !done && state.estimate.is_nothing();
    written.text("hint", &words::hint(&state.language, state.task, state.tool, (done, nothing), notes));
    written.show("mask-tools", state.task == TaskKind::Inpaint);
    written.show("mask-changes", state.task == TaskKind::Inpaint);
    if let Some(document) = &state.document {
        let (size, [_, _, width, height]) = ((document.picture.width, document.picture.height), document.frame());
        let chosen = field::ASPECTS.iter().find(|(_, aspect)| field::frame_of_aspect(size, *aspect) == document.extend);
        written::select("aspect", chosen.map_or("", |(value, _)| *value));
        written.text("extend-size", &format!("{width} × {height}"));
    }
    written.show("restore-tools", state.task == TaskKind::Restore && !done);
    written.show("extend-tools", state.task == TaskKind::Uncrop && !done);
    let (undo, redo) = state.travels();
    for (id, enabled) in [
        ("undo", undo),
        ("redo", redo),
        ("clear", free && !done),
        ("clear-dabs", free && !done && state.document.as_ref().is_some_and(|document| !document.dabs.list().is_empty())),
        ("invert", free && !done),
        ("grow", free && !done),
        ("shrink", free && !done),
        ("open-mask", free && !done),
        ("aspect", free && !done),
        ("panorama", free && !done),
        ("open-other", free),
        ("new", free),
        ("model", free),
        ("computes-on", free),
    ] {
        written.enable(id, enabled);
    }
}

/// Numbers show what is used, but where one is being entered.
fn inputs(written: &mut Written, state: &State) {
    let extend = state.document.as_ref().map_or([0; 4], |document| document.extend);
    let size = state.document.as_ref().map_or((1, 1), |document| (document.picture.width, document.picture.height));
    written::select("unit", if state.percent { "percent" } else { "" });
    let settings = &state.settings;
    let saturation = state.answer().map_or(SATURATION, |answer| answer.saturation);
    for field in Field::ALL {
        if let Field::Side(_) = field {
            written.enable(field.id(), state.is_editable());
        }
        if state.typing.is_some_and(|typing| typing.field == field) {
            continue;
        }
        let used = match field {
            Field::Brush => field::place_of_brush(state.brush).to_string(),
            Field::Tolerance => state.tolerance.to_string(),
            Field::Saturation => saturation.to_string(),
            Field::Quality => state.output.quality.to_string(),
            Field::Side(side) if state.percent => field::to_percent(side, size, extend[side]).to_string(),
            Field::Side(side) => extend[side].to_string(),
            Field::Seed => settings.seed.to_string(),
            Field::Steps => settings.steps.map_or_else(String::new, |steps| steps.to_string()),
            Field::Grow => settings.grow.map_or_else(String::new, |pixels| pixels.to_string()),
            Field::Feather => settings.feather.to_string(),
            Field::Strength => settings.strength.to_string(),
            Field::Temperature => settings.temperature.map_or_else(String::new, |temperature| temperature.to_string()),
        };
        written::set_value(field.id(), &used);
    }
    written.attribute("grow-by", "placeholder", &state.growth().to_string());
    let width = words::width(&state.language, state.brush_on_picture() * state.look.viewport.scale);
    written.attribute("size", "aria-valuetext", &width);
    written.text("size-value", &width);
    written.show("saturation-row", state.answer().is_some_and(|answer| answer.task == TaskKind::Colorize));
    written.text("saturation-value", &format!("{saturation} %"));
    written.attribute("saturation", "aria-valuetext", &format!("{saturation} %"));
    written.text("tolerance-value", &state.tolerance.to_string());
    written.text("strength-value", &words::percent(&state.language, settings.strength));
    dom::element::<HtmlInputElement>("clean-too").set_checked(settings.clean_too);
    written::select("sampler", &settings.sampler.map_or_else(String::new, |sampler| sampler.to_string()));
}

fn run(written: &mut Written, state: &State) {
    let (busy, done) = (state.runs.is_busy(), state.answer().is_some());
    written.text("run", &state.language.text(tasks::verb(state.task)));
    written.enable("run", !busy && state.models.model.is_some() && state.document.is_some());
    written.show("run", !done);
    let estimate = state.estimate.milliseconds(state.models.pace()).filter(|_| !busy && !done);
    written.text("estimate", &estimate.map_or_else(String::new, |time| words::duration(&state.language, time)));
    // A model on its way cannot be cancelled.
    let fetched = state.status.share().filter(|_| !busy);
    written.show("progress-row", busy || fetched.is_some());
    written.show("cancel", busy);
    written.attribute("progress", "value", &fetched.unwrap_or(state.runs.progress).to_string());
}

fn answer(written: &mut Written, state: &State) {
    let shown = state.answer();
    for id in ["download", "keep", "discard", "compare-row"] {
        written.show(id, shown.is_some());
    }
    written.show("another", shown.is_some() && state.models.vary(state.task));
    let change = shown.and_then(|answer| tasks::change(answer.task));
    written.show("change-area", change.is_some());
    change.into_iter().for_each(|text| written.text("change-area", &state.language.text(text)));
    written.enable("another", state.models.model.is_some());
    written.show("further", shown.is_some_and(|answer| answer.task == TaskKind::Uncrop));
    written.enable("further", state.models.model.is_some());
    let percent = ((1.0 - state.look.compare) * 100.0).round() as u32;
    written.attribute("compare", "aria-valuenow", &percent.to_string());
    written.attribute("compare", "aria-valuetext", &words::compared(&state.language, percent));
    if written.is_new("compare-thumb", "left", &percent.to_string()) {
        let _ = dom::element::<HtmlElement>("compare-thumb").style().set_property("left", &format!("{percent}%"));
    }
}

/// The answers side by side. The Tab key stops at the one that is looked at, else at the first.
fn answers(written: &mut Written, state: &State) {
    let (list, shown) = state.document.as_ref().map_or((&[][..], None), |document| (document.answers.list(), document.answers.place()));
    written.show("answers", !list.is_empty());
    for (place, (id, caption)) in strip::BUTTONS.into_iter().enumerate() {
        written.show(id, place < list.len());
        written.enable(id, !state.runs.is_busy());
        written.choose(id, shown == Some(place));
        if shown.is_none() && place == 0 {
            written.attribute(id, "tabindex", "0");
        }
        written.text(caption, &list.get(place).map_or_else(String::new, |answer| words::answer(&state.language, answer)));
    }
}

/// The list of models, where there is something to choose, and what is known of the one in use.
fn models(written: &mut Written, state: &State) {
    let facts = state.models.model.as_ref().map_or_else(String::new, |model| words::model_facts(&state.language, model));
    written.text("model-facts", &facts);
    let options = state.models.options(state.task, &state.language);
    if written.is_new("model", "options", &format!("{options:?}")) {
        let list: HtmlSelectElement = dom::element("model");
        list.set_text_content(None);
        for (value, text) in &options {
            if let Ok(option) = HtmlOptionElement::new_with_text_and_value(text, value) {
                let _ = list.append_child(&option);
            }
        }
    }
    written::select("model", state.models.chosen());
    written::select("language", state.language.tag());
    written::select("computes-on", state.models.computes_on.name());
    for (id, gpu) in [("computes-cpu", false), ("computes-gpu", true)] {
        written.text(id, &words::computes_on(&state.language, gpu, state.models.paces[usize::from(gpu)]));
    }
    written.show("model-row", options.len() > 1);
}

/// The focus goes with what is chosen of a group. Whoever pressed a button that is gone now goes on at the one that took
/// its place.
fn keep_focus(written: &mut Written, state: &State, focused: &str) {
    // Who opened a picture goes on with it. A frame of another site does not take the focus from that site.
    if state.document.is_some()
        && written.is_new("canvas", "opened", &state.load.to_string())
        && dom::document().has_focus().unwrap_or(false)
        && (focused.is_empty() || !written::is_usable(focused))
    {
        written::focus("canvas");
    }
    let chosen = tasks::id(state.task);
    if TaskKind::ALL.iter().any(|task| tasks::id(*task) == focused) && focused != chosen && written::is_usable(chosen) {
        written::focus(chosen);
    }
    let chosen = state.tool.id();
    if Tool::ALL.iter().any(|tool| tool.id() == focused) && focused != chosen {
        written::focus(chosen);
    }
    let chosen = state.palette.tool.id();
    if ColourTool::ALL.iter().any(|tool| tool.id() == focused) && focused != chosen {
        written::focus(chosen);
    }
    if let Some(place) = state.document.as_ref().and_then(|document| document.answers.place()) {
        let (chosen, _) = strip::BUTTONS[place];
        if strip::BUTTONS.iter().any(|(id, _)| *id == focused) && focused != chosen {
            written::focus(chosen);
        }
    }
    if ["run", "cancel", "keep", "another", "further", "change-area", "discard"].contains(&focused) && !written::is_usable(focused) {
        written::focus(match (state.runs.is_busy(), state.answer()) {
            (true, _) => "cancel",
            (false, Some(_)) => "download",
            (false, None) => "run",
        });
    }
}
