//! The page in a real browser: one program, so that its tests share the machine's cores until the last of them is done. Each test has a
//! browser and a site of its own. What is tested without a browser stands beside this folder.

mod answers;
mod bench;
mod checkpoints;
mod colouring;
mod controls;
mod devices;
mod embedding;
mod faults;
mod kernels;
mod languages;
mod lasting;
mod masks;
mod offline;
mod paths;
mod pictures;
mod pointers;
mod repair;
mod saving;
mod screens;
mod study;
mod visit;
