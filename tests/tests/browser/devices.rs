//! What happens to the browser's device in the middle of a run: it is lost, it is out of memory, it is less
//! than others are. Nothing of the picture, the mask or the run is lost with it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, PATIENCE, Page},
    scene::{block_on, expect_filled, listen, prepare, ready, show, tell_worker_past, told},
    site::Site,
};

/// Enough steps to be disturbed twice; the software adapter is slow.
const STEPS: usize = 8;

/// Keeps the devices within reach of [`ask_worker`].
const HOOKS: &str = include_str!("../../src/hooks.js");

/// A device with the smallest limits that WebGPU guarantees, and without the features whose names match.
fn withheld(limits: bool, feature: &str) -> String {
    format!(
        "const own = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'features'); \
         Object.defineProperty(GPUAdapter.prototype, 'features', {{ \
           configurable: true, get() {{ return new Set([...own.get.call(this)].filter(name => !({feature}).test(name))); }} \
         }}); \
         const requestAdapter = GPU.prototype.requestAdapter; \
         GPU.prototype.requestAdapter = async function (...options) {{ \
           const adapter = await requestAdapter.apply(this, options); \
           if ({limits}) {{ \
             const least = (await (await requestAdapter.apply(this, options)).requestDevice()).limits; \
             Object.defineProperty(adapter, 'limits', {{ value: least }}); \
           }} \
           return adapter; \
         }};\n{HOOKS}"
    )
}

async fn ask_worker(page: &Page, what: &str) -> Result<()> {
    page.script::<serde_json::Value>(&format!("new BroadcastChannel('test').postMessage('{what}')")).await?;
    Ok(())
}

/// The last value of the bar.
async fn reached(page: &Page) -> Result<f64> {
    page.script("return document.getElementById('progress').value").await
}

#[test]
fn row_33_a_device_lost_between_runs_or_in_one_costs_no_step_and_after_two_the_cpu_is_offered() {
    block_on(async {
        let site = Site::bare("")?;
        site.before_worker(HOOKS)?;
        let page = ready(&site, Gpu::Software).await?;
        prepare(&page, STEPS).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let undisturbed = expect_filled(&site, &page).await?;
        page.click("discard").await?;

        listen(&page).await?;
        ask_worker(&page, "destroy").await?;
        page.until("return told.states.includes('loading')").await?;
        page.wait_for("ready").await?;

        listen(&page).await?;
        tell_worker_past(&page, &[0.3], "destroy").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let (bar, status) = told(&page).await?;
        ensure!(status.iter().any(|text| text.contains("asking for it again")), "no device was lost: {status:?}");
        ensure!(bar.len() > 4 && bar[1..].is_sorted(), "the run began again: {bar:?}");
        let made = expect_filled(&site, &page).await?;
        ensure!(made == undisturbed, "the picture is not that of an undisturbed run");
        page.click("discard").await?;

        // The second time when the new device has made steps.
        tell_worker_past(&page, &[0.3, 0.6], "destroy").await?;
        page.click("run").await?;
        page.wait_for("failed").await?;
        let reached = reached(&page).await?;
        let said = page.text("message-text").await?;
        ensure!(page.shown("use-cpu").await? && said.contains("again") && said.contains("mask are kept"), "it says: {said}");
        page.screenshot("device-lost-twice").await?;
        listen(&page).await?;
        page.click("use-cpu").await?;
        page.wait_for("done").await?;
        ensure!(page.text("device").await?.contains("CPU"));
        let (bar, _) = told(&page).await?;
        ensure!(bar.first().is_some_and(|first| *first >= reached), "the run began again: {bar:?} after {reached}");
        expect_filled(&site, &page).await?;
        Ok(())
    });
}

#[test]
fn without_memory_there_is_a_way_on() {
    block_on(async {
        let site = Site::bare("")?;
        site.before_worker(HOOKS)?;
        let page = ready(&site, Gpu::Software).await?;
        prepare(&page, STEPS).await?;
        // The device is out of memory: the program is told, and reports its last step.
        tell_worker_past(&page, &[0.2], "out of memory").await?;
        page.click("run").await?;
        page.wait_for("failed").await?;
        let reached = reached(&page).await?;
        let said = page.text("message-text").await?;
        ensure!(page.shown("use-cpu").await? && said.contains("not enough memory"), "it says: {said}");
        listen(&page).await?;
        // The program is out of memory: it can report nothing, and the run is repeated.
        tell_worker_past(&page, &[reached], "allocate").await?;
        page.click("retry").await?;
        page.wait_for("failed").await?;
        let (bar, _) = told(&page).await?;
        ensure!(bar.iter().any(|value| *value > reached), "the program was not told: {bar:?} after {reached}");
        ensure!(bar.first().is_some_and(|first| *first >= reached), "the run began again: {bar:?} after {reached}");
        let said = page.text("message-text").await?;
        ensure!(said.contains("not enough memory"), "it says: {said}");
        page.click("use-cpu").await?;
        page.wait_for("done").await?;
        expect_filled(&site, &page).await?;
        Ok(())
    });
}

/// What the worker's device has.
#[derive(Debug, serde::Deserialize)]
struct Has {
    features: Vec<String>,
    buffer: u64,
    binding: u64,
    invocations: u32,
    /// Pipelines that were made so far.
    pipelines: usize,
    /// Buffers that it waits for.
    pending: usize,
}

/// Asks the worker.
async fn has(page: &Page) -> Result<Has> {
    let ask = "const done = arguments[0], channel = new BroadcastChannel('test'); \
         channel.onmessage = ({data}) => done(data); channel.postMessage('what')";
    Ok(page.browser.execute_async(ask, Vec::new()).await?.convert()?)
}

#[test]
fn row_34_devices_of_every_kind_fill_the_same_hole() {
    block_on(async {
        let site = Site::tiny("")?;
        // All features; the smallest guaranteed limits and no feature; all but half precision and timestamps.
        let kinds = [(false, "/^$/"), (true, "/./"), (false, "/f16|timestamp/")];
        let mut page: Option<Page> = None;
        let mut made = Vec::new();
        for (limits, feature) in kinds {
            site.before_worker(&withheld(limits, feature))?;
            let page = match &page {
                Some(page) => {
                    page.browser.refresh().await?;
                    page
                }
                None => page.insert(Page::lent(&site.address(), Gpu::Software).await?),
            };
            show(&site, page).await?;
            let has = has(page).await?;
            println!("withheld {limits} {feature}: {has:?}");
            ensure!(page.text("device").await?.contains("WebGPU"), "WebGPU is not used with {has:?}");
            match feature {
                "/f16|timestamp/" => {
                    ensure!(
                        !has.features.is_empty() && !has.features.iter().any(|name| name.contains("f16") || name.contains("timestamp"))
                    );
                }
                "/./" => {
                    // WebGPU's own defaults.
                    let least = (256 << 20, 128 << 20, 256);
                    ensure!((has.buffer, has.binding, has.invocations) == least, "more than the least: {has:?}");
                }
                _ => {}
            }
            prepare(page, 3).await?;
            page.click("run").await?;
            page.wait_for("done").await?;
            made.push(expect_filled(&site, page).await?);
            page.expect_clean_console().await?;
        }
        for other in &made[1..] {
            let worst = made[0].as_raw().iter().zip(other.as_raw()).map(|(one, other)| one.abs_diff(*other)).max();
            ensure!(worst <= Some(2), "the pictures differ by {worst:?}");
        }
        Ok(())
    });
}

#[test]
fn row_63_an_imitated_graphics_card_is_not_taken_unless_it_is_chosen() {
    block_on(async {
        let site = Site::bare("")?;
        let page = ready(&site, Gpu::Offered).await?;
        let says = page.text("device").await?;
        ensure!(says.contains("CPU") && says.contains("imitates"), "it says: {says}");
        page.until("return document.getElementById('computes-cpu').textContent.includes('s a step')").await?;
        prepare(&page, 2).await?;
        page.script::<serde_json::Value>(
            "document.querySelector('details').open = true; const list = document.getElementById('computes-on'); list.value = 'gpu'; \
             list.dispatchEvent(new Event('change', {bubbles: true}))",
        )
        .await?;
        page.until("return document.getElementById('computes-gpu').textContent.includes('s a step')").await?;
        let (says, cpu) = (page.text("device").await?, page.text("computes-cpu").await?);
        ensure!(says.contains("WebGPU") && cpu.contains("s a step"), "it says: {says}; {cpu}");
        // Picture and mask are as they were.
        page.click("run").await?;
        page.wait_for("done").await?;
        expect_filled(&site, &page).await?;
        page.screenshot("devices").await?;
        page.browser.refresh().await?;
        page.until("return document.getElementById('device').textContent.includes('WebGPU')").await
    });
}

#[test]
fn nothing_is_downloaded_before_it_is_known_what_it_runs_on() {
    block_on(async {
        let site = Site::bare("")?;
        let wait = "const requestAdapter = GPU.prototype.requestAdapter; \
            GPU.prototype.requestAdapter = async function (...options) { \
              fetch('asked'); \
              await new Promise(resolve => new BroadcastChannel('go').onmessage = resolve); \
              return requestAdapter.apply(this, options); \
            };";
        site.before_worker(wait)?;
        let page = Page::lent(&site.address(), Gpu::Software).await?;
        let models = || site.server.requests().iter().filter(|path| path.contains("models/")).count();
        let begun = Instant::now();
        while !site.server.requests().iter().any(|path| path == "asked") {
            ensure!(begun.elapsed() < PATIENCE, "no adapter is asked for: {:?}", site.server.requests());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // For a download that should not be. That there is none is certain only of what was waited for.
        tokio::time::sleep(Duration::from_secs(2)).await;
        ensure!(models() == 0, "asked for {:?}", site.server.requests());
        // Each request for an adapter waits: the page's own, and burn's.
        page.script::<serde_json::Value>("window.going = setInterval(() => new BroadcastChannel('go').postMessage(1), 50)").await?;
        page.wait_for("ready").await?;
        ensure!(models() > 1);
        Ok(())
    });
}

/// Whoever paints first does not wait for the compiler afterwards.
#[test]
fn pipelines_are_made_before_they_are_needed() {
    block_on(async {
        let site = Site::tiny("")?;
        site.before_worker(HOOKS)?;
        let page = ready(&site, Gpu::Software).await?;
        prepare(&page, 3).await?;
        // Until the worker has answered five times with nothing under way: it answers between its steps, however long they take.
        let (mut before, mut same) = (0, 0);
        let begun = Instant::now();
        while same < 5 {
            ensure!(begun.elapsed() < PATIENCE, "the worker has not come to rest; {before} pipelines so far");
            tokio::time::sleep(Duration::from_millis(200)).await;
            let now = has(&page).await?;
            same = if (now.pipelines, now.pending) == (before, 0) && before > 0 { same + 1 } else { 0 };
            before = now.pipelines;
        }
        page.click("run").await?;
        page.wait_for("done").await?;
        let more = has(&page).await?.pipelines - before;
        println!("{before} pipelines before the run, {more} in it");
        // Of the picture's and the settings' own shape, such as the last step's.
        ensure!(before > 20 && more * 5 < before, "{before} pipelines before the run, {more} in it");
        expect_filled(&site, &page).await?;
        Ok(())
    });
}
