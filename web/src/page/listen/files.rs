//! Files that are chosen, dropped and pasted.

use web_sys::{ClipboardEvent, DragEvent, Event as Told, EventTarget, FileList, HtmlInputElement};

use crate::page::{
    dom,
    event::{Event, Sink},
    held::Held,
    listener::Listener,
};

/// Listens wherever files can come from.
pub fn listen(sink: &Sink, held: &Held) -> Vec<Listener> {
    let document: EventTarget = dom::document().into();
    let give = {
        let (sink, held) = (sink.clone(), held.clone());
        move |files: Option<FileList>| {
            let Some(file) = files.and_then(|files| files.get(0)) else { return false };
            let name = file.name();
            sink(Event::File { file: held.add_file(file.into()), name });
            true
        }
    };
    let masks = {
        let (sink, held) = (sink.clone(), held.clone());
        move |files: Option<FileList>| {
            if let Some(file) = files.and_then(|files| files.get(0)) {
                let name = file.name();
                sink(Event::MaskFile { file: held.add_file(file.into()), name });
            }
        }
    };
    let (chosen, dropped, pasted) = (give.clone(), give.clone(), give);
    let (over, left, down) = (sink.clone(), sink.clone(), sink.clone());
    vec![
        Listener::new(&dom::element::<EventTarget>("file"), "change", move |_: Told| {
            let input: HtmlInputElement = dom::element("file");
            chosen(input.files());
            // The same file can be chosen again.
            input.set_value("");
        }),
        Listener::new(&dom::element::<EventTarget>("mask-file"), "change", move |_: Told| {
            let input: HtmlInputElement = dom::element("mask-file");
            masks(input.files());
            input.set_value("");
        }),
        Listener::new(&document, "dragover", move |told: DragEvent| {
            told.prevent_default();
            over(Event::Dragging(true));
        }),
        Listener::new(&document, "dragleave", move |_: DragEvent| left(Event::Dragging(false))),
        Listener::new(&document, "drop", move |told: DragEvent| {
            told.prevent_default();
            down(Event::Dragging(false));
            dropped(told.data_transfer().and_then(|data| data.files()));
        }),
        Listener::new(&document, "paste", move |told: ClipboardEvent| {
            if pasted(told.clipboard_data().and_then(|data| data.files())) {
                told.prevent_default();
            }
        }),
    ]
}
