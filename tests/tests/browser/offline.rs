//! The page without a network, installed, and from one version to the next.

use std::time::Instant;

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, PATIENCE, Page},
    scene::{block_on, expect_filled, prepare, show},
    site::Site,
};
use xtask::server::Fault;

/// Waits until the service worker has the page and answers for it.
async fn kept(page: &Page) -> Result<()> {
    let script = "const done = arguments[0]; navigator.serviceWorker.ready.then(async () => { \
         while (!navigator.serviceWorker.controller) await new Promise(next => setTimeout(next, 50)); done(true) })";
    page.browser.execute_async(script, Vec::new()).await?;
    Ok(())
}

async fn versions(page: &Page) -> Result<Vec<String>> {
    let script = "const done = arguments[0]; caches.keys().then(names => done(names.filter(name => name.startsWith('infill-page'))))";
    Ok(page.browser.execute_async(script, Vec::new()).await?.convert()?)
}

#[test]
fn row_41_without_a_network_the_page_comes_up_and_fills() {
    block_on(async {
        let site = Site::in_chunks("deep/down/", 40_000)?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        let program = site.file_named("worker-", "_bg.wasm")?;
        let fetched = site.server.starts(&program).len();
        ensure!(fetched == 1, "the first visit fetched the program {fetched} times");
        let errors = page.browser.cdp().send_raw("Page.getInstallabilityErrors", serde_json::json!({})).await?;
        ensure!(errors["installabilityErrors"].as_array().is_some_and(Vec::is_empty), "it cannot be installed: {errors}");
        let manifest = page.browser.cdp().send_raw("Page.getAppManifest", serde_json::json!({})).await?;
        ensure!(manifest["errors"].as_array().is_some_and(Vec::is_empty), "{manifest}");
        page.expect_clean_console().await?;

        site.server.set_down(true);
        page.browser.cdp().send_raw("Network.clearBrowserCache", serde_json::json!({})).await?;
        page.browser.refresh().await?;
        show(&site, &page).await?;
        let licences =
            "const done = arguments[0]; fetch(document.querySelector('a[href*=licences]').href).then(answer => answer.text()).then(done)";
        let licences: String = page.browser.execute_async(licences, Vec::new()).await?.convert()?;
        ensure!(
            licences.contains("burn 0.") && licences.contains("CC BY 2.0"),
            "no licences, but: {}",
            &licences[..licences.len().min(300)]
        );
        prepare(&page, 3).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        expect_filled(&site, &page).await?;
        page.screenshot("offline-done").await
    });
}

#[test]
fn another_version_comes_whole_and_the_one_before_goes() {
    block_on(async {
        let site = Site::tiny("here/")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        let old = versions(&page).await?;
        ensure!(old.len() == 1, "{old:?}");
        let before = [site.file_named("style-", ".css")?, site.file_named("worker-start-", ".js")?];
        site.deploy()?;
        let after = [site.file_named("style-", ".css")?, site.file_named("worker-start-", ".js")?];

        // With a network the next visit is the new version, in every part. On a busy machine the network may count as none.
        let shown = "return performance.getEntriesByType('resource').map(entry => entry.name.split('/').pop()).concat(document.querySelector('meta[name=worker]').content)";
        let begun = Instant::now();
        let used: Vec<String> = loop {
            page.browser.refresh().await?;
            page.wait_for("ready").await?;
            let used: Vec<String> = page.script(shown).await?;
            if after.iter().all(|name| used.contains(name)) || begun.elapsed() > PATIENCE {
                break used;
            }
        };
        ensure!(after.iter().all(|name| used.contains(name)), "{after:?} are not all in {used:?}");
        ensure!(!before.iter().any(|name| used.contains(name)), "some of {before:?} are in {used:?}");

        // The older version stays until no page of it can be open.
        page.until(
            "window.waits ??= false; navigator.serviceWorker.getRegistration().then(r => window.waits = !!r.waiting); return window.waits",
        )
        .await?;
        ensure!(versions(&page).await?.len() == 2);
        page.browser.goto(site.outside()).await?;
        let only = "const done = arguments[0]; (async () => { \
             const folder = new URL('here/', location), next = () => new Promise(next => setTimeout(next, 50)); \
             for (;;) { const r = await navigator.serviceWorker.getRegistration(folder); \
                 if (r?.active?.state === 'activated' && !r.waiting && !r.installing) break; await next() } done() })()";
        page.browser.execute_async(only, Vec::new()).await?;
        site.server.set_down(true);
        page.browser.goto(site.address()).await?;
        page.wait_for("ready").await?;
        let used: Vec<String> = page.script(shown).await?;
        ensure!(after.iter().all(|name| used.contains(name)), "{after:?} are not all in {used:?}");
        let now = versions(&page).await?;
        ensure!(now.len() == 1 && now != old, "{now:?}");
        Ok(())
    });
}

#[test]
fn the_first_visit_after_a_change_is_the_new_version_where_hosts_let_pages_be_kept() {
    block_on(async {
        let site = Site::tiny("here/")?;
        site.server.let_keep(3600);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        // Now the page itself came through the service worker, and the browser's own cache may have it.
        page.browser.goto(site.address()).await?;
        page.wait_for("ready").await?;
        site.deploy()?;
        let style = site.file_named("style-", ".css")?;
        page.browser.goto(site.address()).await?;
        page.wait_for("ready").await?;
        let links: Vec<String> =
            page.script("return [...document.querySelectorAll('link')].map(link => link.href.split('/').pop())").await?;
        ensure!(links.contains(&style), "{style} is not in {links:?}");
        Ok(())
    });
}

#[test]
fn a_page_that_is_open_says_that_there_is_a_new_version() {
    block_on(async {
        let site = Site::tiny("here/")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        let hidden = "return document.getElementById('new-version').hidden";
        // The same version is no news.
        let seen = "document.dispatchEvent(new Event('visibilitychange')); return true";
        page.script::<bool>(seen).await?;
        ensure!(page.script::<bool>(hidden).await?, "nothing is new");
        site.deploy()?;
        page.script::<bool>(seen).await?;
        page.until("return !document.getElementById('new-version').hidden").await?;
        page.browser.goto(site.address()).await?;
        page.wait_for("ready").await?;
        ensure!(page.script::<bool>(hidden).await?, "the newest version says that there is a newer one");
        Ok(())
    });
}

#[test]
fn the_recipe_of_the_documents_removes_the_service_worker() {
    block_on(async {
        let site = Site::tiny("here/")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        ensure!(!versions(&page).await?.is_empty());
        site.add(&xtask::tools::root().join("docs/hosting/remove-service-worker.js"), "service-worker.js")?;
        std::fs::write(site.file("index.html"), "<!doctype html><title>moved</title>")?;
        page.browser.goto(site.address()).await?;
        // The page that is kept may come up once more.
        page.script::<bool>("navigator.serviceWorker.getRegistration().then(r => r?.update()); return true").await?;
        page.until("return document.title === 'moved'").await?;
        // Asked again in whichever document there is: the recipe loads the page again, and a script that waits would end with it.
        let gone = "Promise.all([caches.keys(), navigator.serviceWorker.getRegistrations()]).then(([names, workers]) => { \
             window.gone = !workers.length && !names.some(name => name.startsWith('infill-page')) }); return window.gone === true";
        page.until(gone).await?;
        Ok(())
    });
}

#[test]
fn half_a_version_is_not_kept() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        let old = versions(&page).await?;
        let before = site.file_named("style-", ".css")?;
        site.deploy()?;
        // The host has only part of the new version: one file is cut short.
        let style = site.file_named("style-", ".css")?;
        site.server.fail(&style, Fault::WrongByte, 100);
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        let tried = "const done = arguments[0]; navigator.serviceWorker.getRegistration().then(r => r.update().catch(() => {}).then(async () => { \
             while (r.installing) await new Promise(next => setTimeout(next, 50)); done(!r.waiting) }))";
        ensure!(page.browser.execute_async(tried, Vec::new()).await?.convert::<bool>()?, "a damaged version waits to be used");
        ensure!(versions(&page).await? == old);
        site.server.set_down(true);
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        let links: Vec<String> =
            page.script("return [...document.querySelectorAll('link')].map(link => link.href.split('/').pop())").await?;
        ensure!(links.contains(&before), "{before} is not in {links:?}");
        Ok(())
    });
}

#[test]
fn while_a_host_is_brought_up_to_date_the_version_that_is_kept_comes_up() {
    block_on(async {
        let site = Site::tiny("here/")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        kept(&page).await?;
        let before = site.file_named("style-", ".css")?;
        let links = "return [...document.querySelectorAll('link')].map(link => link.href.split('/').pop())";
        for fault in [Fault::Status404, Fault::Status500] {
            site.server.fail("here/", fault, 1);
            page.browser.refresh().await?;
            page.wait_for("ready").await?;
            let used: Vec<String> = page.script(links).await?;
            ensure!(used.contains(&before), "{fault:?}: {before} is not in {used:?}");
        }
        // The new page is there before its files are: one by one they come, and the page with the last.
        site.deploy()?;
        let style = site.file_named("style-", ".css")?;
        let away = site.folder().join("away");
        std::fs::rename(site.file(&style), &away)?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        let used: Vec<String> = page.script(links).await?;
        ensure!(used.contains(&before), "{before} is not in {used:?}");
        std::fs::rename(&away, site.file(&style))?;
        let begun = Instant::now();
        loop {
            page.browser.refresh().await?;
            page.wait_for("ready").await?;
            let used: Vec<String> = page.script(links).await?;
            if used.contains(&style) {
                break;
            }
            ensure!(begun.elapsed() < PATIENCE, "{style} is not in {used:?}");
        }
        Ok(())
    });
}

#[test]
fn a_list_of_models_without_its_models_gives_way_to_the_one_that_is_kept() {
    block_on(async {
        let site = Site::in_chunks("", 40_000)?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        let text = std::fs::read_to_string(site.file("models/manifest.json"))?;
        let chunk = site.first_chunk()?;
        // A chunk that is not there yet; no list at all; what some hosts send in place of what they do not have.
        let sha = chunk.trim_end_matches(".bin");
        let other = text.replace(sha, &"0".repeat(sha.len())).replace("\"tiny\"", "\"other\"");
        for list in [Some(other.into_bytes()), None, Some(b"<!doctype html>not here".to_vec())] {
            match list {
                Some(list) => std::fs::write(site.file("models/manifest.json"), list)?,
                None => std::fs::remove_file(site.file("models/manifest.json"))?,
            }
            page.browser.cdp().send_raw("Network.clearBrowserCache", serde_json::json!({})).await?;
            page.browser.refresh().await?;
            page.wait_for("ready").await?;
            let device = page.text("device").await?;
            ensure!(device.contains("“tiny”"), "it says: {device}");
        }
        Ok(())
    });
}
