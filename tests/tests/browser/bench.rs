//! The bench's own page in a real browser: that what it times is the net, on the device that it says.

use anyhow::ensure;
use infill_tests::{
    bench::{
        add_page,
        cell::{self, OURS},
    },
    page::{Gpu, Page},
    scene::block_on,
    site::Site,
};
use xtask::bench::Settings;

#[test]
fn both_devices_compute_the_same_and_wrong_sizes_are_refused() {
    block_on(async {
        let site = Site::tiny("")?;
        add_page(&site)?;
        let page = Page::lent("about:blank", Gpu::Software).await?;
        let settings =
            Settings { sizes: vec![20], devices: Vec::new(), evaluations: 2, limit: 600, output: None, without_page: true, built: true };
        let gpu = cell::measure(&page, &site, &settings, OURS, "webgpu", 20).await?;
        let cpu = cell::measure(&page, &site, &settings, OURS, "wasm", 20).await?;
        for cell in [&gpu, &cpu] {
            ensure!(cell.skipped.is_none() && cell.evaluations.len() == 2 && cell.start.is_some() && cell.first.is_some(), "{cell:?}");
            ensure!(cell.evaluations.iter().all(|time| *time > 0.0) && cell.sample.len() == 3 * 20 * 20, "{cell:?}");
        }
        ensure!(!gpu.adapter.is_empty() && cpu.adapter.is_empty(), "`{}` and `{}`", gpu.adapter, cpu.adapter);
        let largest = cpu.sample.iter().fold(0f64, |largest, value| largest.max(value.abs()));
        let difference = cell::difference(&gpu, &cpu);
        ensure!(
            largest > 1e-3 && difference.is_some_and(|difference| difference < 1e-3),
            "outputs up to {largest} differ by {difference:?}"
        );
        let refused = cell::measure(&page, &site, &settings, OURS, "wasm", 17).await?;
        let reason = refused.skipped.unwrap_or_default();
        ensure!(reason.contains("17") && reason.contains("multiple of 4"), "it says `{reason}`");
        page.expect_clean_console().await
    });
}
