//! Measures how the page feels. Started by `cargo xtask bench page`, which says how often.

use anyhow::{Context, Result};

fn main() -> Result<()> {
    let repeats =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).context("this program is started by `cargo xtask bench page`")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(infill_tests::bench::feel::run(repeats))
}
