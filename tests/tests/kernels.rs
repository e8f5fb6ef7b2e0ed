//! The kernels for GPUs in a real browser, on its software adapter, each against the CPU.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    site::Site,
};

/// Random shapes beside the edges. More find nothing new and cost a compilation each.
const RANDOM: usize = 12;

/// Asks a worker of its own, beside the page's.
async fn reports(page: &Page) -> Result<serde_json::Value> {
    page.script::<serde_json::Value>(&format!(
        "const worker = new Worker('worker-start.js', {{ type: 'module' }}); \
         worker.onerror = event => {{ window.kernels = JSON.stringify({{ type: 'failed', failure: event.message }}) }}; \
         worker.onmessage = event => {{ \
             const message = JSON.parse(event.data.json); \
             if (message.type === 'ready') {{ \
                 const json = JSON.stringify({{ type: 'check_kernels', seed: 1, random: {RANDOM} }}); \
                 worker.postMessage({{ json, buffers: [] }}); \
             }} else {{ window.kernels = event.data.json; }} \
         }}; return null",
    ))
    .await?;
    for _ in 0..600 {
        let said: Option<String> = page.script("return window.kernels ?? null").await?;
        if let Some(said) = said {
            return Ok(serde_json::from_str(&said)?);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    page.screenshot("kernels").await?;
    anyhow::bail!("the worker says nothing about the kernels; the console says {:?}", page.console().await?)
}

async fn agree() -> Result<()> {
    let site = Site::tiny("")?;
    let page = Page::open(&site.address(), Gpu::Software, site.folder()).await?;
    page.wait_for("ready", 90).await?;
    let said = reports(&page).await?;
    ensure!(said["type"] == "kernels", "it says {said}");
    ensure!(said["webgpu"] == true, "WebGPU was passed over, so nothing was compared");
    let tolerance = said["tolerance"].as_f64().context("no tolerance")?;
    let reports = said["reports"].as_array().context("no reports")?;
    ensure!(reports.len() > 25 + RANDOM, "only {} cases", reports.len());
    let wrong: Vec<_> =
        reports.iter().filter(|report| report["difference"].as_f64().is_none_or(|difference| difference > tolerance)).collect();
    ensure!(wrong.is_empty(), "{} of {} kernels compute something else than the CPU: {wrong:#?}", wrong.len(), reports.len());
    // The same arithmetic in another order is not the same to the last bit: something else was compared.
    ensure!(reports.iter().any(|report| report["difference"].as_f64().is_some_and(|difference| difference > 0.0)), "all equal");
    Ok(())
}

#[test]
fn kernels_compute_what_the_cpu_computes() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if let Err(error) = runtime.block_on(agree()) {
        panic!("{error:#}");
    }
}
