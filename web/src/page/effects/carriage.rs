//! How pixels cross between this program's memory and the browser's: slice by slice, with a turn of the browser's loop between two,
//! because the page stands still meanwhile. What is said with them waits, and so does what is said after it.

use std::{cell::Cell, collections::VecDeque, rc::Rc};

use js_sys::Uint8Array;
use wasm_bindgen_futures::spawn_local;

use super::wait;
use crate::slot::Slot;

/// Bytes of a slice: a few milliseconds.
const SLICE: usize = 4 << 20;

/// Takes things, and does something with one after the other, in their order, however long each takes.
pub fn in_turn<T: 'static>(does: impl AsyncFn(T) + 'static) -> impl Fn(T) + Clone {
    let line = Rc::new((Slot::with(VecDeque::new()), Cell::new(false), does));
    move |thing| {
        line.0.using(|waiting| waiting.push_back(thing));
        if line.1.replace(true) {
            return;
        }
        let line = line.clone();
        spawn_local(async move {
            while let Some(thing) = line.0.using(VecDeque::pop_front).flatten() {
                (line.2)(thing).await;
            }
            line.1.set(false);
        });
    }
}

/// A copy in this program's memory. Whoever asks has heard of a message, and with much to copy even the room for it has a turn of its own.
pub async fn from_browser(bytes: &Uint8Array) -> Vec<u8> {
    let length = bytes.length() as usize;
    let much = if length > SLICE { length } else { 0 };
    pause(much).await;
    let mut copy = Vec::with_capacity(length);
    while copy.len() < length {
        pause(much).await;
        let (from, to) = (copy.len(), length.min(copy.len() + SLICE));
        copy.resize(to, 0);
        bytes.subarray(from as u32, to as u32).copy_to(&mut copy[from..]);
    }
    // What is made of so much, too.
    pause(much).await;
    copy
}

/// A copy in the browser's memory.
pub async fn to_browser(bytes: &[u8]) -> Uint8Array {
    let copy = Uint8Array::new_with_length(bytes.len() as u32);
    for (place, slice) in bytes.chunks(SLICE).enumerate() {
        let from = place * SLICE;
        pause(from).await;
        copy.subarray(from as u32, (from + slice.len()) as u32).copy_from(slice);
    }
    copy
}

/// Before all slices but the first.
async fn pause(from: usize) {
    if from > 0 {
        wait::milliseconds(0).await;
    }
}
