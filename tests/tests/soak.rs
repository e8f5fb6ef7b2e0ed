//! Many runs in one tab. Not part of the suite: it takes minutes. Run it with
//! `cargo test -p infill-tests --test soak -- --ignored --nocapture`.

use anyhow::ensure;
use infill_tests::{
    page::Gpu,
    scene::{block_on, prepare, ready},
    site::Site,
};

const RUNS: usize = 200;

/// Memory in bytes: the page's JavaScript heap, and the worker's WebAssembly.
const MEMORY: &str = "const done = arguments[0], channel = new BroadcastChannel('test'); \
     channel.onmessage = ({data}) => done([performance.memory.usedJSHeapSize, data.memory]); channel.postMessage('what')";

#[test]
#[ignore = "takes minutes; memory is looked at by people"]
fn memory_is_flat_over_many_runs() {
    block_on(async {
        let site = Site::tiny("")?;
        site.before_worker(include_str!("../src/hooks.js"))?;
        let page = ready(&site, Gpu::Software).await?;
        prepare(&page, 2).await?;
        let mut taken: Vec<[f64; 2]> = Vec::new();
        for run in 0..RUNS {
            page.click("run").await?;
            page.wait_for("done").await?;
            page.click("discard").await?;
            page.wait_for("ready").await?;
            if run % 20 == 19 {
                page.browser.cdp().send_raw("HeapProfiler.collectGarbage", serde_json::json!({})).await?;
                let [heap, worker]: [f64; 2] = page.browser.execute_async(MEMORY, Vec::new()).await?.convert()?;
                println!("after {:>3} runs: page {:.1} MB, worker {:.1} MB", run + 1, heap / 1e6, worker / 1e6);
                taken.push([heap, worker]);
            }
        }
        // The first runs fill pools and caches.
        let (early, late) = (taken[1], taken[taken.len() - 1]);
        for (what, early, late) in [("page", early[0], late[0]), ("worker", early[1], late[1])] {
            ensure!(late < early * 1.2 + 4e6, "memory of the {what} went from {early} to {late} bytes");
        }
        Ok(())
    });
}
