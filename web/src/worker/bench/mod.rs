//! What tests and measurements ask of a worker and no page does: the feature `bench`, which the page that is shipped
//! is built without. `cargo xtask` builds this worker for the tests' own pages.

mod evaluate;
mod kernels;
mod message;

use std::rc::Rc;

use js_sys::Uint8Array;
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use super::{scope::say, state::State};
use crate::{
    envelope,
    message::{About, Failure, FromWorker},
};
use message::{Answer, Question};

/// Answers a measurement's message; whether it was one.
pub fn answer(state: &Rc<State>, event: &MessageEvent) -> bool {
    let Ok((question, buffers)) = envelope::receive::<Question>(event) else { return false };
    let state = state.clone();
    spawn_local(async move {
        match find(&state, question, &buffers).await {
            Ok((answer, buffers)) => say(&answer, &buffers),
            Err(failure) => say(&FromWorker::failed(About::Worker, failure), &[]),
        }
    });
    true
}

async fn find(state: &State, question: Question, buffers: &[Uint8Array]) -> Result<(Answer, Vec<Uint8Array>), Failure> {
    match question {
        Question::CheckKernels { seed, random } => Ok((kernels::check(seed, random).await?, Vec::new())),
        Question::Evaluate { side, level } => {
            let model = state.model()?;
            let (milliseconds, output) = evaluate::evaluate(&model, side, level, buffers).await?;
            Ok((Answer::Evaluated { milliseconds }, vec![output]))
        }
    }
}
