//! A helper: a worker that another one started, with an own copy of the model on the CPU. It samples one window after the
//! other, and knows neither the page nor the picture.

use std::rc::Rc;

use infill::{
    denoiser::Model,
    edit::{EditModel, EditState, LentWindow},
};
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, prelude::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use super::message::{FromHelper, ToHelper};
use crate::{
    envelope,
    message::Failure,
    slot::Slot,
    worker::{
        device,
        floats::{pack, unpack},
        own_model::read,
        readback::{refused, values},
        scope::{say, scope},
    },
};

thread_local! {
    /// The handler lives as long as the helper.
    static HANDLER: Slot<Closure<dyn Fn(MessageEvent)>> = const { Slot::empty() };
}

/// Listens to the worker that started it, and says that it does.
pub fn start() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        say(&FromHelper::Failed, &[]);
    }));
    let model: Rc<Slot<Rc<Model>>> = Rc::default();
    let handler: Closure<dyn Fn(MessageEvent)> = Closure::new(move |event: MessageEvent| {
        let model = model.clone();
        match envelope::receive::<ToHelper>(&event) {
            Ok((message, buffers)) => spawn_local(async move {
                // What a run needs fails there, too, and is told of then.
                if answer(&model, message, &buffers).await.is_err() {
                    say(&FromHelper::Failed, &[]);
                }
            }),
            Err(_) => say(&FromHelper::Failed, &[]),
        }
    });
    scope().set_onmessage(Some(handler.as_ref().unchecked_ref()));
    HANDLER.with(|slot| slot.put(handler));
    say(&FromHelper::Listens, &[]);
}

async fn answer(held: &Slot<Rc<Model>>, message: ToHelper, buffers: &[Uint8Array]) -> Result<(), Failure> {
    match (message, buffers) {
        (ToHelper::Model { name }, [file]) => {
            let (model, _) = read(&name, file, |_, _| (), &device::cpu()).map_err(refused)?;
            held.put(Rc::new(model));
            say(&FromHelper::Ready, &[]);
        }
        (ToHelper::Window { window, number, task, settings }, [condition, start]) => {
            let model = held.using(|model| model.clone()).ok_or_else(|| refused("no model came before the window"))?;
            let lent = LentWindow { window, number, task, settings, condition: unpack(condition), start: unpack(start) };
            let mut run = lent.begin(&model.config, &model.device()).map_err(refused)?;
            loop {
                if let EditState::Read(tensor) = run.step(&*model) {
                    say(&FromHelper::Answer { window }, &[pack(&values(tensor).await?)]);
                    return Ok(());
                }
            }
        }
        (message, buffers) => return Err(refused(format!("{} buffers came with {message:?}", buffers.len()))),
    }
    Ok(())
}
