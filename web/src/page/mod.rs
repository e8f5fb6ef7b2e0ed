//! The page: the document, the picture, the mask. It computes nothing on a device.
//!
//! `state`, `event`, `update` and `effect` are plain data and a function of them, and know nothing of the browser; with
//! them go what the state is made of, and what it looks like (`scene`) and says (`words`). Around them: `listen` makes
//! events of what the browser tells, `effects` does what is to be done outside, `view` writes the document and draws.

mod answers;
pub mod app;
mod bands;
mod change;
mod dabs;
mod document;
mod dom;
mod effect;
mod effects;
mod embedding;
mod estimate;
mod event;
mod field;
mod gesture;
mod handle;
mod held;
mod history;
mod keeping;
mod keys;
mod language;
mod listen;
mod listener;
mod marks;
mod models;
mod notice;
mod opening;
mod palette;
mod picture;
mod print;
mod runs;
mod sample;
mod saving;
mod scene;
mod session;
mod settings;
mod state;
mod steps;
mod strip;
mod tasks;
mod title;
mod tool;
mod update;
mod view;
mod viewport;
mod words;
mod workers;
