//! Downloads that break off, browsers without storage, models that compute NaN: the page says so and continues.

use std::time::Duration;

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::{block_on, expect_filled, listen, prepare, ready, show, told},
    site::Site,
};
use xtask::server::Fault;

/// Bytes of a chunk, so that the tiny model has several.
const CHUNK: usize = 40_000;

async fn reload(page: &Page) -> Result<()> {
    // The browser's ordinary cache is not what is tested.
    page.browser.cdp().send_raw("Network.clearBrowserCache", serde_json::json!({})).await?;
    Ok(page.browser.refresh().await?)
}

#[test]
fn row_36_39_a_download_in_chunks_that_breaks_off_goes_on_where_it_broke() {
    block_on(async {
        let site = Site::in_chunks("", CHUNK)?;
        let chunks = site.chunks()?;
        ensure!(chunks.len() > 2, "the model has {} chunks", chunks.len());
        site.wait_until_received()?;
        // Twice in the same chunk, and once more in the next.
        site.server.fail(&chunks[0], Fault::BreakOff(5000), 2);
        site.server.fail(&chunks[1], Fault::BreakOff(7), 1);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        ensure!(site.server.starts(&chunks[0]) == [0, 5000, 10_000], "{:?}", site.server.starts(&chunks[0]));
        ensure!(site.server.starts(&chunks[1]) == [0, 7], "{:?}", site.server.starts(&chunks[1]));
        drop(page);

        // A host without ranges sends the whole chunk again.
        site.server.send_whole_files_only(true);
        site.server.fail(&chunks[0], Fault::BreakOff(5000), 1);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        ensure!(site.server.starts(&chunks[0])[3..] == [0, 5000], "{:?}", site.server.starts(&chunks[0]));
        Ok(())
    });
}

#[test]
fn a_model_is_checked_by_the_browser_and_without_its_help_too() {
    block_on(async {
        let site = Site::tiny("")?;
        let spy = "const digest = SubtleCrypto.prototype.digest; \
            SubtleCrypto.prototype.digest = function (...of) { fetch('digested'); return digest.apply(this, of); };";
        site.before_worker(spy)?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        ensure!(site.server.requests().iter().any(|path| path == "digested"), "the browser digested nothing");
        drop(page);

        // As on sites without https.
        site.before_worker("Object.defineProperty(crypto, 'subtle', { value: undefined });")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        page.expect_clean_console().await
    });
}

#[test]
fn row_40_how_much_of_a_download_has_come_is_said_while_it_comes() {
    block_on(async {
        let site = Site::in_chunks("", CHUNK)?;
        let chunks = site.chunks()?;
        for chunk in &chunks[1..] {
            // Longer than the worker waits between two reports.
            site.server.fail(chunk, Fault::Slow(Duration::from_millis(300)), 1);
        }
        let page = Page::lent("about:blank", Gpu::None).await?;
        page.before_every_document(
            "window.came = []; addEventListener('DOMContentLoaded', () => { \
                 const status = document.getElementById('status'); \
                 new MutationObserver(() => { \
                     const said = /([0-9.]+) of ([0-9.]+) MB/.exec(status.textContent); \
                     if (said) window.came.push([Number(said[1]), Number(said[2])]); \
                 }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true}) })",
        )
        .await?;
        page.browser.goto(&site.address()).await?;
        page.wait_for("ready").await?;
        let mut came: Vec<[f64; 2]> = page.script("return window.came").await?;
        ensure!(came.is_sorted(), "it said {came:?}");
        came.dedup_by_key(|[done, ..]| *done);
        let part = came.iter().filter(|[done, all]| 0.0 < *done && done < all).count();
        ensure!(part >= 2, "of {} chunks it said {came:?}", chunks.len());
        page.expect_clean_console().await
    });
}

#[test]
fn what_has_come_is_there_at_the_next_visit() {
    block_on(async {
        let site = Site::in_chunks("", CHUNK)?;
        let chunks = site.chunks()?;
        site.wait_until_received()?;
        site.server.fail(&chunks[2], Fault::BreakOff(3000), 1);
        site.server.fail(&chunks[2], Fault::Status500, 2);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains(&chunks[2]) && said.contains("500"), "it says: {said}");
        ensure!(site.server.starts(&chunks[2]) == [0, 3000, 3000], "{:?}", site.server.starts(&chunks[2]));
        reload(&page).await?;
        page.wait_for("ready").await?;
        for chunk in &chunks[..2] {
            ensure!(site.server.starts(chunk) == [0], "{chunk} was fetched again: {:?}", site.server.starts(chunk));
        }
        ensure!(site.server.starts(&chunks[2])[3..] == [3000], "{:?}", site.server.starts(&chunks[2]));
        let asked = site.server.requests().len();
        reload(&page).await?;
        page.wait_for("ready").await?;
        let later = site.server.requests().split_off(asked);
        ensure!(!later.iter().any(|path| path.ends_with(".bin")), "the third visit asked for {later:?}");
        Ok(())
    });
}

#[test]
fn without_room_it_works_and_says_so() {
    block_on(async {
        let site = Site::in_chunks("", CHUNK)?;
        let page = Page::lent("about:blank", Gpu::None).await?;
        let quota = serde_json::json!({ "origin": site.address().trim_end_matches('/'), "quotaSize": 1000 });
        page.browser.cdp().send_raw("Storage.overrideQuotaForOrigin", quota).await?;
        page.browser.goto(site.address()).await?;
        show(&site, &page).await?;
        reload(&page).await?;
        page.wait_for("ready").await?;
        let status = page.text("status").await?;
        ensure!(status.contains("does not keep the model"), "it says: {status}");
        for chunk in site.chunks()? {
            ensure!(site.server.starts(&chunk) == [0, 0], "{chunk}: {:?}", site.server.starts(&chunk));
        }
        show(&site, &page).await?;
        prepare(&page, 2).await?;
        page.script::<serde_json::Value>("navigator.storage.persist = () => { window.asked = true; return Promise.resolve(false) }")
            .await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        ensure!(page.script::<bool>("return window.asked === true").await?, "the browser was not asked to keep the model");
        expect_filled(&site, &page).await?;
        Ok(())
    });
}

#[test]
fn one_of_several_models_is_chosen_and_remembered() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        page.script::<serde_json::Value>("document.querySelector('details').open = true").await?;
        ensure!(!page.shown("model-row").await?, "one model is no choice");
        site.add_model("another")?;
        page.browser.refresh().await?;
        show(&site, &page).await?;
        page.script::<serde_json::Value>("document.querySelector('details').open = true").await?;
        ensure!(page.shown("model-row").await?, "two models are no choice");
        let listed: Vec<String> = page.script("return [...document.getElementById('model').options].map(option => option.value)").await?;
        ensure!(listed == ["another", "tiny"], "{listed:?}");
        page.script::<serde_json::Value>(
            "const s = document.getElementById('model'); s.value = 'tiny'; s.dispatchEvent(new Event('change'))",
        )
        .await?;
        page.until("return document.getElementById('device').textContent.includes('“tiny”')").await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(page.text("device").await?.contains("“tiny”"), "it says: {}", page.text("device").await?);
        ensure!(page.script::<String>("return document.getElementById('model').value").await? == "tiny");
        // When the chosen model is gone, another one is used.
        page.script::<serde_json::Value>("for (const key of Object.keys(localStorage)) localStorage.setItem(key, 'gone')").await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(page.text("device").await?.contains("“another”"));
        page.expect_clean_console().await
    });
}

#[test]
fn what_is_no_number_is_not_shown() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.choose_file(&site.model_without_numbers()?).await?;
        page.until("return document.getElementById('status').textContent.includes('“broken”')").await?;
        prepare(&page, 4).await?;
        page.click("run").await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("not finite") && said.contains("mask are kept"), "it says: {said}");
        ensure!(!page.shown("use-cpu").await?, "the CPU is offered to the CPU");
        ensure!(!page.shown("download").await? && !page.shown("compare").await?);
        // Another worker gets the same file. The run is repeated and ends the same.
        listen(&page).await?;
        page.click("retry").await?;
        page.wait_for("failed").await?;
        let (_, status) = told(&page).await?;
        ensure!(status.iter().any(|text| text.contains("Working")), "{status:?}");
        ensure!(page.text("message-text").await?.contains("not finite"));
        Ok(())
    });
}

#[test]
fn row_29_the_page_answers_while_it_computes() {
    block_on(async {
        let site = Site::shipped("")?;
        let page = ready(&site, Gpu::None).await?;
        prepare(&page, 4).await?;
        // Rounds of the page's own loop between one step and the next.
        page.script::<serde_json::Value>(
            "let rounds = 0; window.rounds = []; setInterval(() => rounds += 1, 5); const bar = document.getElementById('progress'); \
             new MutationObserver(() => { window.rounds.push(rounds); rounds = 0 }).observe(bar, {attributes: true, attributeFilter: ['value']})",
        )
        .await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let rounds: Vec<u32> = page.script("return window.rounds").await?;
        println!("rounds of the page's own loop between steps: {rounds:?}");
        // Computing in the page itself would leave it one round, however long a step takes. The first value is of before.
        let (steps, all) = (rounds.len().saturating_sub(1), rounds.iter().skip(1).sum::<u32>());
        ensure!(steps >= 3 && all as usize > 3 * steps, "{all} rounds in {steps} steps");
        Ok(())
    });
}
