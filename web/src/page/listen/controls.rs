//! Buttons, inputs, and the slider between before and after.

use infill::{sampler::SamplerKind, task::TaskKind};
use web_sys::{Element, Event as Told, EventTarget, HtmlInputElement, HtmlSelectElement, KeyboardEvent, PointerEvent};

use super::canvas::pressed;
use crate::page::{
    dom,
    event::{Event, Sink},
    field::Field,
    keys,
    listener::Listener,
    tasks,
    tool::Tool,
};

/// Buttons that say one thing.
const BUTTONS: [(&str, Event); 16] = [
    ("undo", Event::Undo),
    ("redo", Event::Redo),
    ("clear", Event::Clear),
    ("invert", Event::Invert),
    ("zoom-in", Event::Zoom { factor: 1.25, at: None }),
    ("zoom-out", Event::Zoom { factor: 0.8, at: None }),
    ("zoom-fit", Event::Fit),
    ("run", Event::Run),
    ("cancel", Event::Cancel),
    ("keep", Event::Keep),
    ("discard", Event::Discard),
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

fn number(sink: &Sink, field: Field) -> [Listener; 3] {
    let entered = move || {
        let number = dom::element::<HtmlInputElement>(field.id()).value_as_number();
        Some(Event::Typed(field, Some(number).filter(|number| number.is_finite())))
    };
    let complete = || Some(Event::Entered);
    [on(sink, field.id(), "input", entered), on(sink, field.id(), "change", complete), on(sink, field.id(), "blur", complete)]
}

fn lists(sink: &Sink) -> [Listener; 2] {
    let value = |id: &str| dom::element::<HtmlSelectElement>(id).value();
    [
        on(sink, "model", "change", move || Some(Event::Model(value("model")))),
        on(sink, "sampler", "change", move || value("sampler").parse::<SamplerKind>().ok().map(Event::Sampler)),
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
