//! The kernels for GPUs in a real browser, on its software adapter, each against the CPU.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::block_on,
    site::Site,
};

/// Random shapes beside the edges. More find nothing new and cost a compilation each.
const RANDOM: usize = 8;

/// Asks a worker.
async fn reports(page: &Page, start: &str) -> Result<serde_json::Value> {
    page.script::<serde_json::Value>(&format!(
        "const worker = new Worker('{start}', {{ type: 'module' }}); \
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
    for _ in 0..3000 {
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
    let site = Site::shipped("")?;
    site.add_bench_worker()?;
    // Not the page itself, whose own worker would compile beside this one: any document of the site will do.
    let page = Page::lent(&format!("{}bench/worker-start.js", site.address()), Gpu::Software).await?;
    let said = reports(&page, "worker-start.js").await?;
    ensure!(said["type"] == "kernels", "it says {said}");
    ensure!(said["webgpu"] == true, "WebGPU was passed over, so nothing was compared");
    let milliseconds = |report: &serde_json::Value| report["milliseconds"].as_f64().unwrap_or(f64::NAN);
    let reports = said["reports"].as_array().context("no reports")?;
    ensure!(reports.len() > 25 + RANDOM, "only {} cases", reports.len());
    let right = |report: &&serde_json::Value| {
        let number = |name: &str| report[name].as_f64();
        number("difference").zip(number("tolerance")).is_some_and(|(difference, tolerance)| difference <= tolerance)
    };
    let wrong: Vec<_> = reports.iter().filter(|report| !right(report)).collect();
    ensure!(wrong.is_empty(), "{} of {} kernels compute something else than the CPU: {wrong:#?}", wrong.len(), reports.len());
    for report in reports {
        println!("{:>8.0} ms  {:.1e}  {}", milliseconds(report), report["difference"].as_f64().unwrap_or(f64::NAN), report["case"]);
    }
    println!("{} cases in {:.1} s", reports.len(), reports.iter().map(milliseconds).sum::<f64>() / 1e3);
    // The same arithmetic in another order is not the same to the last bit: something else was compared.
    ensure!(reports.iter().any(|report| report["difference"].as_f64().is_some_and(|difference| difference > 0.0)), "all equal");
    Ok(())
}

#[test]
fn kernels_compute_what_the_cpu_computes() {
    block_on(agree());
}
