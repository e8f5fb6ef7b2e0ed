//! Buttons, inputs, and the slider between before and after.

use infill::{sampler::SamplerKind, task::TaskKind};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event as Told, EventTarget, HtmlInputElement, HtmlSelectElement, KeyboardEvent, PointerEvent};

use super::canvas::pressed;
use crate::message::{DeviceChoice, FileKind};
use crate::page::{
    dom,
    event::{Event, Sink},
    field::{self, Field},
    keys,
    listener::Listener,
    palette::{self, ColourTool, SWATCHES},
    strip, tasks,
    tool::Tool,
};

/// Buttons that say one thing.
const BUTTONS: [(&str, Event); 29] = [
    ("further", Event::Further),
    ("sample", Event::Sample),
    ("undo", Event::Undo),
    ("redo", Event::Redo),
    ("clear", Event::Clear),
    ("clear-dabs", Event::ClearDabs),
    ("invert", Event::Invert),
    ("open-mask", Event::ChooseMask),
    ("save-mask", Event::SaveMask),
    ("panorama", Event::Panorama),
    ("grow", Event::Grow(1)),
    ("shrink", Event::Grow(-1)),
    ("zoom-in", Event::Zoom { factor: 1.25, at: None }),
    ("zoom-out", Event::Zoom { factor: 0.8, at: None }),
    ("zoom-fit", Event::Fit),
    ("run", Event::Run),
    ("cancel", Event::Cancel),
    ("keep", Event::Keep),
    ("another", Event::Another),
    ("change-area", Event::ChangeArea),
    ("discard", Event::Discard),
    ("new", Event::BeginAnew),
    ("replace", Event::Replace),
    ("download", Event::Download),
    ("dismiss", Event::Dismiss),
    ("retry", Event::Retry),
    ("use-cpu", Event::UseCpu),
    ("open", Event::ChooseFile),
    ("open-other", Event::ChooseFile),
];

/// Listens to all of them.
pub fn listen(sink: &Sink) -> Vec<Listener> {
    let mut listeners: Vec<Listener> = BUTTONS.into_iter().map(|(id, event)| click(sink, id, event)).collect();
    listeners.push(click(sink, "choose-other", Event::ChooseFile));
    for task in TaskKind::ALL {
        listeners.extend([click(sink, tasks::id(task), Event::Task(task)), turn(sink, tasks::id(task), Event::TurnTask)]);
    }
    for tool in Tool::ALL {
        listeners.extend([click(sink, tool.id(), Event::Tool(tool)), turn(sink, tool.id(), Event::TurnTool)]);
    }
    for tool in ColourTool::ALL {
        listeners.extend([click(sink, tool.id(), Event::ColourTool(tool)), turn(sink, tool.id(), Event::TurnColourTool)]);
    }
    for (place, id) in SWATCHES.into_iter().enumerate() {
        listeners.push(click(sink, id, Event::Swatch(place)));
    }
    listeners.push(on(sink, "colour", "input", || palette::parse(&dom::element::<HtmlInputElement>("colour").value()).map(Event::Colour)));
    for (place, (id, _)) in strip::BUTTONS.into_iter().enumerate() {
        listeners.extend([click(sink, id, Event::ShowAnswer(place)), turn(sink, id, Event::TurnAnswer)]);
    }
    listeners.push(on(sink, "subtract", "click", || {
        let pressed = dom::element::<Element>("subtract").get_attribute("aria-pressed");
        Some(Event::Subtract(pressed.as_deref() != Some("true")))
    }));
    listeners.push(on(sink, "clean-too", "change", || Some(Event::CleanToo(dom::element::<HtmlInputElement>("clean-too").checked()))));
    listeners.push(on(sink, "as-i-paint", "change", || Some(Event::AsIPaint(dom::element::<HtmlInputElement>("as-i-paint").checked()))));
    listeners.extend(steps(sink));
    listeners.push(on(sink, "keep-exif", "change", || Some(Event::KeepExif(dom::element::<HtmlInputElement>("keep-exif").checked()))));
    listeners.push(on(sink, "save-as", "change", || {
        let chosen = dom::element::<HtmlSelectElement>("save-as").value();
        FileKind::ALL.into_iter().find(|kind| kind.ending() == chosen).map(Event::SaveAs)
    }));
    for field in Field::ALL {
        listeners.extend(number(sink, field));
    }
    listeners.extend(lists(sink));
    listeners.extend(compare(sink));
    listeners
}

fn on(sink: &Sink, id: &str, name: &'static str, event: impl Fn() -> Option<Event> + 'static) -> Listener {
    let sink = sink.clone();
    Listener::new(&dom::element::<EventTarget>(id), name, move |_: Told| {
        if let Some(event) = event() {
            sink(event);
        }
    })
}

fn click(sink: &Sink, id: &str, event: Event) -> Listener {
    on(sink, id, "click", move || Some(event.clone()))
}

/// Arrow keys go from one button of a group to the next.
fn turn(sink: &Sink, id: &str, event: fn(bool) -> Event) -> Listener {
    key(sink, id, move |told| keys::turn(&pressed(told)).map(event))
}

fn key(sink: &Sink, id: &str, meaning: impl Fn(&KeyboardEvent) -> Option<Event> + 'static) -> Listener {
    let sink = sink.clone();
    Listener::new(&dom::element::<EventTarget>(id), "keydown", move |told: KeyboardEvent| {
        if let Some(event) = meaning(&told) {
            told.prevent_default();
            sink(event);
        }
    })
}

/// The list of steps: a click goes to one, arrow keys go from one to the next.
fn steps(sink: &Sink) -> [Listener; 2] {
    let clicked = sink.clone();
    let place = |told: &Told| {
        let pressed = told.target()?.dyn_into::<Element>().ok()?.get_attribute("data-step")?;
        pressed.parse().ok().map(Event::WalkTo)
    };
    [
        Listener::new(&dom::element::<EventTarget>("done-steps"), "click", move |told: Told| {
            place(&told).into_iter().for_each(|event| clicked(event))
        }),
        key(sink, "done-steps", |told| keys::turn(&pressed(told)).map(|forwards| Event::Walk(if forwards { 1 } else { -1 }))),
    ]
}

fn number(sink: &Sink, field: Field) -> [Listener; 3] {
    let entered = move || {
        let number = dom::element::<HtmlInputElement>(field.id()).value_as_number();
        Some(Event::Typed(field, Some(number).filter(|number| number.is_finite())))
    };
    let complete = || Some(Event::Entered);
    [on(sink, field.id(), "input", entered), on(sink, field.id(), "change", complete), on(sink, field.id(), "blur", complete)]
}

fn lists(sink: &Sink) -> [Listener; 6] {
    let value = |id: &str| dom::element::<HtmlSelectElement>(id).value();
    [
        on(sink, "unit", "change", move || Some(Event::Percent(value("unit") == "percent"))),
        on(sink, "language", "change", move || Some(Event::Speak(value("language")))),
        on(sink, "model", "change", move || Some(Event::Model(value("model")))),
        on(sink, "computes-on", "change", move || Some(Event::ComputeOn(DeviceChoice::named(&value("computes-on"))))),
        on(sink, "aspect", "change", move || {
            let chosen = value("aspect");
            field::ASPECTS.into_iter().find(|(value, _)| *value == chosen).map(|(_, (width, height))| Event::Aspect(width, height))
        }),
        on(sink, "sampler", "change", move || Some(Event::Sampler(value("sampler").parse::<SamplerKind>().ok()))),
    ]
}

fn compare(sink: &Sink) -> [Listener; 3] {
    let slider: EventTarget = dom::element("compare");
    let (down, moved) = (sink.clone(), sink.clone());
    let follow = |told: &PointerEvent| {
        let place = dom::element::<Element>("compare").get_bounding_client_rect();
        Event::Compare((f64::from(told.client_x()) - place.left()) / place.width().max(1.0))
    };
    [
        Listener::new(&slider, "pointerdown", move |told: PointerEvent| {
            let _ = dom::element::<Element>("compare").set_pointer_capture(told.pointer_id());
            down(follow(&told));
        }),
        Listener::new(&slider, "pointermove", move |told: PointerEvent| {
            if told.buttons() & 1 == 1 {
                moved(follow(&told));
            }
        }),
        key(sink, "compare", |told| keys::compare(&pressed(told))),
    ]
}
