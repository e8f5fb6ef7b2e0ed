//! The small pictures on the buttons of the strip of answers, drawn where they changed.

use std::rc::Rc;

use super::banded::put;
use crate::page::{
    answers::Answer,
    dom,
    picture::Pixels,
    state::State,
    strip::{self, SIDE},
};

/// The pixels that each was drawn from.
#[derive(Default)]
pub struct Small(Vec<Pixels>);

impl Small {
    /// Brings all up to date. Without the memory for one it stays as it was, which is not worth a failure.
    pub fn update(&mut self, state: &State) {
        let list: &[Answer] = state.document.as_ref().map_or(&[], |document| document.answers.list());
        for (place, (answer, id)) in list.iter().zip(strip::PICTURES).enumerate() {
            if !self.0.get(place).is_some_and(|drawn| Rc::ptr_eq(drawn, &answer.pixels)) {
                let _ = put(&dom::element(id), &strip::small(answer), (SIDE, SIDE), (0, 0));
            }
        }
        self.0 = list.iter().map(|answer| answer.pixels.clone()).collect();
    }
}
