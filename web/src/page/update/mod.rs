//! What follows from an event: the only place where the state is changed. It does nothing to the world; what is to be
//! done there it gives back.

mod answers;
mod changing;
mod colouring;
mod comparing;
mod documents;
mod embedding;
mod ending;
mod estimate;
mod files;
mod framing;
mod keeping;
mod looking;
mod masks;
mod models;
mod painting;
mod pointers;
mod recovery;
mod restoring;
mod runs;
mod saving;
mod worker;

use infill::picture::SATURATION;

use super::{
    effect::Effect,
    embedding::Embedding,
    event::Event,
    field::{self, Field},
    language::Language,
    opening::Purpose,
    state::State,
    steps,
};
use crate::message::DeviceChoice;

/// Changes the state as an event wants it, and says what is to be done.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let (colours, output) = (state.palette.recent.clone(), state.output.clone());
    if event == Event::Slice {
        state.estimate.due = false;
    }
    let mut effects = change(state, event);
    effects.extend(colouring::remember(state, &colours));
    effects.extend(saving::remember(state, &output));
    effects.extend(restoring::follow(state));
    effects.extend(models::follow(state));
    effects.extend(embedding::follow(state));
    effects.extend(changing::follow(state));
    effects.extend(estimate::follow(state));
    effects.extend(keeping::follow(state));
    effects
}

fn change(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Embedded => state.embedding = Some(Embedding::default()),
        Event::Wished { origin, wish } => return embedding::wish(state, origin, wish),
        Event::Undrawn => state.look.losses += 1,
        Event::TabShown => return vec![Effect::LookForVersion],
        Event::NewVersion => state.new_version = true,
        Event::Started => {
            let mut effects = recovery::start_worker(state);
            // A site that gives pictures and gets answers keeps what it wants.
            state.kept.asked = state.embedding.is_none();
            effects.extend(state.kept.asked.then_some(Effect::LookForWork));
            return effects;
        }
        Event::Found(found) => return restoring::found(state, found),
        Event::Remind => return keeping::keep(state),
        Event::NotKept(detail) => keeping::failed(state, detail),
        Event::BeginAnew => keeping::begin_anew(state),
        Event::Replace => return restoring::replace(state),
        Event::Download => return saving::download(state),
        Event::SaveAs(kind) => state.output.kind = Some(kind),
        Event::KeepExif(wanted) => state.output.exif = wanted,
        Event::PointerDown(pointer) => pointers::down(state, pointer),
        Event::PointerMoved(points) => points.iter().for_each(|pointer| pointers::moved(state, pointer)),
        Event::PointerUp(pointer) if pointers::up(state, &pointer) => return runs::start(state),
        Event::PointerUp(_) => {}
        Event::PointerCancelled(pointer) => pointers::cancelled(state, &pointer),
        Event::PointerLeft => state.hand.hover = None,
        Event::Zoom { factor, at } => looking::zoom(&mut state.look, factor, at),
        Event::Pan(x, y) => looking::pan(&mut state.look, x, y),
        Event::Fit => looking::fit(state),
        Event::CursorMoved(x, y) => painting::move_cursor(state, x, y),
        Event::Space(down) => painting::space(state, down),
        Event::ResizeBrush(factor) => painting::resize_brush(state, factor),
        Event::Task(task) => documents::choose_task(state, task),
        Event::TurnTask(forwards) => documents::turn_task(state, forwards),
        Event::Tool(tool) => painting::take_tool(state, tool),
        Event::TurnTool(forwards) => painting::turn_tool(state, forwards),
        Event::Undo => documents::undo(state),
        Event::Redo => documents::redo(state),
        Event::Walk(count) => documents::walk(state, count),
        Event::WalkTo(place) => {
            let (lines, present) = steps::list(state);
            let count = place.min(lines.len().saturating_sub(1)) as isize - present as isize;
            documents::walk(state, count);
        }
        Event::ColourTool(tool) => colouring::take_tool(state, tool),
        Event::TurnColourTool(forwards) => colouring::turn_tool(state, forwards),
        Event::Colour(colour) => colouring::choose(state, colour),
        Event::Swatch(place) => colouring::choose_recent(state, place),
        Event::ClearDabs => colouring::clear(state),
        Event::Clear => painting::clear(state),
        Event::Invert => painting::invert(state),
        Event::Grow(pixels) => painting::grow(state, pixels),
        Event::Subtract(wanted) => state.subtract = wanted,
        Event::Typed(field, entered) => typed(state, field, entered),
        Event::Entered => framing::finish_typing(state),
        Event::Aspect(width, height) => framing::choose_aspect(state, (width, height)),
        Event::Percent(wanted) => {
            framing::finish_typing(state);
            state.percent = wanted;
        }
        Event::Panorama => framing::widen(state),
        Event::Further => return runs::further(state),
        Event::ShowKeys => return vec![Effect::ShowKeys],
        Event::Sampler(sampler) => state.settings.sampler = sampler,
        Event::Model(value) => return models::choose(state, &value),
        Event::Compare(share) => state.look.compare = 1.0 - share.clamp(0.0, 1.0),
        Event::MoveCompare(share) => state.look.compare = (state.look.compare - share).clamp(0.0, 1.0),
        Event::Run => return runs::start(state),
        Event::Confirm if changing::close(state) => {}
        Event::Confirm => return runs::start(state),
        Event::TakeCorner => drop(state.hand.corners.pop()),
        Event::Slice => {
            let mut effects = files::go_on(state);
            if changing::go_on(state) {
                effects.extend(runs::start(state));
            }
            return effects;
        }
        Event::Cancel if changing::give_up(state) => {}
        Event::Cancel => return runs::cancel(state),
        Event::Keep => return saving::keep(state),
        Event::Discard => answers::discard(state),
        Event::Another => return runs::another(state),
        Event::ChangeArea => answers::change_area(state),
        Event::ShowAnswer(place) => documents::show_answer(state, place),
        Event::TurnAnswer(forwards) => documents::turn_answer(state, forwards),
        Event::CleanToo(wanted) => state.settings.clean_too = wanted,
        Event::AsIPaint(wanted) => state.as_i_paint = wanted,
        Event::Dismiss => (state.notice, state.kept.replacement) = (None, None),
        Event::Retry => return recovery::retry(state),
        Event::UseCpu => {
            state.models.computes_on = DeviceChoice::Cpu;
            return recovery::restart_worker(state);
        }
        Event::Sample => return vec![Effect::DrawSample],
        Event::Speak(tag) => {
            state.language = Language::suited([tag.as_str()]);
            return vec![Effect::RememberLanguage(state.language.tag())];
        }
        Event::ComputeOn(device) => return recovery::compute_on(state, device),
        Event::ChooseFile => return vec![Effect::ChooseFile],
        Event::ChooseMask => return vec![Effect::ChooseMask],
        Event::SaveMask => return masks::save(state),
        Event::MaskFile { file, name } => return masks::given(state, file, name),
        Event::Dragging(over) => state.dragging = over,
        Event::File { file, name } => return files::given(state, file, name),
        Event::Decoded { load, result } => return files::decoded(state, load, result),
        Event::Probed { purpose: Purpose::Picture(load), fits, .. } if state.kept.restoring.is_some() => {
            return restoring::probed(state, load, fits);
        }
        Event::Probed { purpose: Purpose::Picture(load), fits, .. } => return files::probed(state, load, fits),
        Event::Probed { purpose: Purpose::Run, size, fits } => return runs::probed(state, size, fits),
        Event::NotShown(detail) => runs::not_shown(state, &detail),
        Event::Resized { canvas, density } => looking::resized(state, canvas, density),
        Event::Hidden => {
            state.models.alive = false;
            let mut effects = keeping::keep(state);
            effects.push(Effect::EndWorker);
            return effects;
        }
        // Back from the browser's store of pages, where no worker survives.
        Event::Shown if !state.models.alive => return recovery::restart_worker(state),
        Event::Shown => {}
        Event::Worker { worker, message, attached } => return worker::hear(state, worker, message, attached),
    }
    Vec::new()
}

/// A number was entered: the nearest that can be used is used at once.
fn typed(state: &mut State, field: Field, entered: Option<f64>) {
    if matches!(field, Field::Side(_)) && !state.is_editable() {
        return;
    }
    if !field.is_slider() {
        framing::begin_typing(state, field);
    }
    let used = entered.map(|entered| field.used(framing::in_pixels(state, field, entered)));
    match field {
        Field::Brush => (state.brush, state.painted) = (field::brush_at(used.unwrap_or(160.0)), None),
        Field::Tolerance => state.tolerance = used.unwrap_or(32.0) as u8,
        Field::Saturation => colouring::saturate(state, used.unwrap_or(f64::from(SATURATION)) as u16),
        Field::Quality => state.output.quality = used.unwrap_or(90.0) as u8,
        Field::Side(side) => framing::set_side(state, side, used.unwrap_or(0.0) as usize),
        Field::Seed => state.settings.seed = used.unwrap_or(0.0) as u64,
        Field::Steps => state.settings.steps = used.map(|steps| steps as usize),
        Field::Temperature => state.settings.temperature = used,
        Field::Grow => state.settings.grow = used.map(|pixels| pixels as usize),
        Field::Feather => state.settings.feather = used.unwrap_or(0.0) as usize,
        Field::Strength => state.settings.strength = used.unwrap_or(100.0) as u8,
    }
}

#[cfg(test)]
mod tests;
