//! Measures the page beside onnxruntime-web. Started by `cargo xtask bench web`, which says what with, as JSON.

use anyhow::{Context, Result};
use xtask::bench::Job;

fn main() -> Result<()> {
    let text = std::env::args().nth(1).context("this program is started by `cargo xtask bench web`")?;
    let job: Job = serde_json::from_str(&text).context("this program is started by `cargo xtask bench web`")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(infill_tests::bench::run(&job))
}
