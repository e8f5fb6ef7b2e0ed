//! What `cargo xtask` and the tests across packages share: paths, tools, the page's builds, and the server that shows it.

pub mod bench;
pub mod browser;
pub mod demo;
pub mod hosting;
pub mod icon;
pub mod licences;
#[path = "../../shared/src/manifest.rs"]
pub mod manifest;
pub mod models;
pub mod offline;
pub mod page_files;
pub mod pictures;
pub mod rows;
pub mod server;
pub mod stages;
pub mod tools;
pub mod web;
