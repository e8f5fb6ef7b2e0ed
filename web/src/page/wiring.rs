//! What the buttons and inputs do, and how files come in.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    ClipboardEvent, DragEvent, Element, Event, EventTarget, File, HtmlButtonElement, HtmlInputElement, KeyboardEvent, PointerEvent,
};

use super::{
    app::{App, SIDES, TASKS, TOOLS, canvas_size},
    dom, editor, keys,
    listener::Listener,
    open, words,
};

/// Connects everything but the canvas.
pub fn wire(app: &Rc<App>) {
    buttons(app);
    inputs(app);
    files(app);
    compare(app);
    let window: EventTarget = dom::window().into();
    on(app, &window, "resize", |app, _: Event| {
        let fitted = app.state().fitted;
        if fitted { app.fit() } else { app.draw() }
    });
    // The device is freed with the worker.
    on(app, &window, "pagehide", |app, _: Event| app.change().worker = None);
    on(app, &window, "pageshow", |app, _: Event| {
        // Back from the browser's store of pages, where no worker survives.
        let gone = app.state().worker.is_none();
        if gone {
            app.restart_worker();
        }
    });
}

fn on<E: JsCast>(app: &Rc<App>, target: &EventTarget, name: &'static str, handler: impl Fn(&Rc<App>, E) + 'static) {
    let held = app.clone();
    app.keep(Listener::new(target, name, move |event: E| handler(&held, event)));
}

fn click(app: &Rc<App>, id: &str, handler: impl Fn(&Rc<App>) + 'static) {
    on(app, &dom::element(id), "click", move |app, _: Event| handler(app));
}

fn buttons(app: &Rc<App>) {
    radio_keys(app, &TASKS.map(|(_, id, _)| id));
    radio_keys(app, &TOOLS.map(|(_, id)| id));
    for (task, id, _) in TASKS {
        click(app, id, move |app| {
            app.change().task = task;
            app.fit();
            app.refresh();
        });
    }
    for (tool, id) in TOOLS {
        click(app, id, move |app| {
            app.change().tool = tool;
            app.refresh();
        });
    }
    click(app, "undo", |app| {
        keys::undo(app);
    });
    click(app, "redo", |app| {
        keys::redo(app);
    });
    click(app, "clear", |app| change_mask(app, |mask| *mask = infill::mask::Mask::empty(mask.width(), mask.height())));
    click(app, "invert", |app| change_mask(app, infill::mask::Mask::invert));
    let middle = |factor: f64| {
        move |app: &Rc<App>| {
            let (width, height) = canvas_size();
            editor::zoom(app, factor, (width / 2.0, height / 2.0));
        }
    };
    click(app, "zoom-in", middle(1.25));
    click(app, "zoom-out", middle(0.8));
    click(app, "zoom-fit", |app| app.fit());
    click(app, "run", |app| app.run());
    click(app, "cancel", |app| app.cancel());
    click(app, "keep", |app| app.keep_result());
    click(app, "discard", |app| app.discard_result());
    click(app, "dismiss", |app| app.hide_message());
    click(app, "retry", |app| app.retry());
    click(app, "use-cpu", |app| {
        app.change().force_cpu = true;
        app.restart_worker();
    });
    for id in ["open", "open-other", "choose-other"] {
        click(app, id, |_| dom::element::<HtmlInputElement>("file").click());
    }
}

/// Arrow keys go from one button of a group to the next that can be chosen, and choose it.
fn radio_keys<const COUNT: usize>(app: &Rc<App>, ids: &[&'static str; COUNT]) {
    let ids = *ids;
    for (index, id) in ids.into_iter().enumerate() {
        on(app, &dom::element(id), "keydown", move |_, event: KeyboardEvent| {
            let stride = match event.key().as_str() {
                "ArrowRight" | "ArrowDown" => 1,
                "ArrowLeft" | "ArrowUp" => COUNT - 1,
                _ => return,
            };
            event.prevent_default();
            let others = (1..COUNT).map(|turn| dom::element::<HtmlButtonElement>(ids[(index + turn * stride) % COUNT]));
            if let Some(next) = others.into_iter().find(|button| !button.disabled()) {
                let _ = next.focus();
                next.click();
            }
        });
    }
}

fn change_mask(app: &App, change: impl FnOnce(&mut infill::mask::Mask)) {
    if let Some(document) = &mut app.change().document {
        document.change(change);
    }
    app.refresh();
}

fn inputs(app: &Rc<App>) {
    on(app, &dom::element("size"), "input", |app, _: Event| {
        app.change().brush = dom::number("size").unwrap_or(40.0).clamp(1.0, 400.0);
        app.refresh();
    });
    for (id, side) in SIDES {
        on(app, &dom::element(id), "input", move |app, _: Event| {
            if let Some(document) = &mut app.change().document {
                document.extend[side] = dom::number(id).unwrap_or(0.0).clamp(0.0, 10_000.0) as usize;
            }
            app.fit();
        });
    }
}

fn files(app: &Rc<App>) {
    on(app, &dom::element("file"), "change", |app, _: Event| {
        let input: HtmlInputElement = dom::element("file");
        let file = input.files().and_then(|files| files.get(0));
        if let Some(file) = file {
            load(app, file);
        }
        // The same file can be chosen again.
        input.set_value("");
    });
    let document: EventTarget = dom::document().into();
    let dragging = |shown: bool| {
        if let Some(body) = dom::document().body() {
            let _ = body.class_list().toggle_with_force("dragging", shown);
        }
    };
    on(app, &document, "dragover", move |_, event: DragEvent| {
        event.prevent_default();
        dragging(true);
    });
    on(app, &document, "dragleave", move |_, _: DragEvent| dragging(false));
    on(app, &document, "drop", move |app, event: DragEvent| {
        event.prevent_default();
        dragging(false);
        if let Some(file) = event.data_transfer().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            load(app, file);
        }
    });
    on(app, &document, "paste", |app, event: ClipboardEvent| {
        if let Some(file) = event.clipboard_data().and_then(|data| data.files()).and_then(|files| files.get(0)) {
            event.prevent_default();
            load(app, file);
        }
    });
}

fn load(app: &Rc<App>, file: File) {
    if app.state().running {
        app.show_message(&words::busy());
        return;
    }
    let app = app.clone();
    if file.name().ends_with(".infill") {
        app.use_own_model(file);
        return;
    }
    spawn_local(async move {
        match open::open(&file).await {
            Ok(document) => {
                let size = format!("{} × {} pixels", document.width, document.height);
                app.change().earlier.clear();
                app.set_document(document);
                dom::set_state(if app.state().model.is_some() { "ready" } else { "loading" });
                dom::text("status", &size);
            }
            Err(advice) => app.show_message(&advice),
        }
    });
}

fn compare(app: &Rc<App>) {
    fn set(app: &App, share: f64) {
        app.change().compare = 1.0 - share.clamp(0.0, 1.0);
        let percent = (share.clamp(0.0, 1.0) * 100.0).round();
        dom::attribute("compare", "aria-valuenow", &percent.to_string());
        let words = format!("Before left of {percent} %, after right of it");
        dom::attribute("compare", "aria-valuetext", &words);
        let thumb: web_sys::HtmlElement = dom::element("compare-thumb");
        let _ = thumb.style().set_property("left", &format!("{percent}%"));
        app.draw();
    }
    fn follow(app: &App, event: &PointerEvent) {
        let place = dom::element::<Element>("compare").get_bounding_client_rect();
        set(app, (f64::from(event.client_x()) - place.left()) / place.width().max(1.0));
    }
    let slider: EventTarget = dom::element("compare");
    on(app, &slider, "pointerdown", |app, event: PointerEvent| {
        let _ = dom::element::<Element>("compare").set_pointer_capture(event.pointer_id());
        follow(app, &event);
    });
    on(app, &slider, "pointermove", |app, event: PointerEvent| {
        if event.buttons() & 1 == 1 {
            follow(app, &event);
        }
    });
    on(app, &slider, "keydown", |app, event: KeyboardEvent| {
        let now = 1.0 - app.state().compare;
        let wanted = match event.key().as_str() {
            "ArrowLeft" | "ArrowDown" => now - 0.05,
            "ArrowRight" | "ArrowUp" => now + 0.05,
            "Home" => 0.0,
            "End" => 1.0,
            _ => return,
        };
        event.prevent_default();
        set(app, wanted);
    });
}
