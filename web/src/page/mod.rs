//! The page: the document, the picture, the mask. It computes nothing on a device.

mod app;
mod document;
mod dom;
mod editor;
mod history;
mod keys;
mod listener;
mod models;
mod offline;
mod open;
mod recovery;
mod runs;
mod view;
mod viewport;
mod wiring;
mod words;
mod worker_client;

/// Starts the page.
pub fn start() {
    console_error_panic_hook::set_once();
    app::App::start();
}
