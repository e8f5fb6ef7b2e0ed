//! Nothing is lost: one history of strokes, runs and answers, and work that is there again after a reload, a closed tab, a crash and
//! another start of the browser.

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::{block_on, brush, canvas, photo, ready, show},
    site::Site,
};
use serde_json::Value;

/// The places of a database in the page's own words, to change what stands there.
const RECORDS: &str = "const done = arguments[0], name = `infill ${document.baseURI}`; indexedDB.open(name, 1).onsuccess = told => { \
     const t = told.target.result.transaction('sessions', 'readwrite'), s = t.objectStore('sessions');";

/// A stroke, two answers, another stroke; what the canvas showed after each.
async fn work(page: &Page) -> Result<Vec<String>> {
    brush(page, 14.0).await?;
    page.enter("steps", "2").await?;
    let mut seen = vec![canvas(page).await?];
    page.stroke(&[(-60, 0), (60, 0)]).await?;
    seen.push(canvas(page).await?);
    for (button, count) in [("run", 1), ("another", 2)] {
        page.click(button).await?;
        page.until(&format!(
            "return document.body.dataset.state === 'done' && document.querySelectorAll('#answers button:not([hidden])').length === {count}"
        ))
        .await?;
        seen.push(canvas(page).await?);
    }
    page.click("change-area").await?;
    page.stroke(&[(0, -60), (0, 60)]).await?;
    seen.push(canvas(page).await?);
    Ok(seen)
}

/// What the canvas shows after each press of *Undo* or *Redo* until there is nothing more of it.
async fn walk(page: &Page, button: &str) -> Result<Vec<String>> {
    let mut seen = vec![canvas(page).await?];
    while page.script::<bool>(&format!("return !document.getElementById('{button}').disabled")).await? {
        page.click(button).await?;
        seen.push(canvas(page).await?);
    }
    Ok(seen)
}

/// Waits until the browser has what was done last.
async fn kept(page: &Page) -> Result<()> {
    // Longer than the page waits for more; what it writes then takes no time to speak of.
    page.browser.execute_async("setTimeout(arguments[0], 1500)", Vec::new()).await?;
    Ok(())
}

/// Waits until the page has brought the work back.
async fn restored(page: &Page) -> Result<()> {
    page.until("return ['ready', 'done'].includes(document.body.dataset.state) && document.getElementById('work').checkVisibility()").await
}

/// The list of steps, and the place of the present one.
async fn listed(page: &Page) -> Result<(Vec<String>, usize)> {
    page.script(
        "const all = [...document.querySelectorAll('#done-steps button')]; \
         return [all.map(step => step.textContent), all.findIndex(step => step.ariaCurrent === 'step')]",
    )
    .await
}

#[test]
fn row_49_a_list_of_every_step_is_walked_by_click_and_by_arrow_keys() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let seen = work(&page).await?;
        page.click("answer-2").await?;
        page.click("keep").await?;
        page.wait_for("ready").await?;
        page.click("show-history").await?;
        let (steps, present) = listed(&page).await?;
        ensure!(steps == ["Opened", "Brush", "Filled", "Filled", "Brush", "Kept answer 2"] && present == 5, "{steps:?}, at {present}");
        let step = |place: usize| format!("document.querySelectorAll('#done-steps button')[{place}].click()");
        page.script::<Value>(&step(1)).await?;
        ensure!(canvas(&page).await? == seen[1] && listed(&page).await? == (steps.clone(), 1), "a click does not go to the first stroke");
        page.script::<Value>("document.querySelector('#done-steps [aria-current]').focus()").await?;
        for (place, expected) in [(2, &seen[2]), (3, &seen[3])] {
            page.browser.active_element().await?.send_keys("\u{e015}").await?; // Down
            ensure!(listed(&page).await?.1 == place && canvas(&page).await? == *expected, "the arrow key does not go to step {place}");
        }
        page.browser.active_element().await?.send_keys("\u{e013}").await?; // Up
        ensure!(listed(&page).await?.1 == 2, "the focus is not at the present step");
        page.script::<Value>(&step(0)).await?;
        ensure!(canvas(&page).await? == seen[0] && !page.shown("keep").await?);
        page.expect_clean_console().await
    });
}

#[test]
fn row_49_one_history_of_strokes_runs_and_answers_that_were_kept() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let mut forwards = work(&page).await?;
        page.click("answer-2").await?;
        page.click("keep").await?;
        page.wait_for("ready").await?;
        forwards.push(canvas(&page).await?);
        let back = walk(&page, "undo").await?;
        // The answer that was kept is looked at again; before that the second stroke goes, then the answers, then the first.
        let expected = [5, 3, 1, 2, 1, 0].map(|place| &forwards[place]);
        ensure!(back.len() == expected.len(), "{} steps back", back.len());
        for (step, (seen, expected)) in back.iter().zip(expected).enumerate() {
            ensure!(seen == expected, "step {step} back shows something else");
        }
        let again = walk(&page, "redo").await?;
        ensure!(again.len() == back.len() && again.first() == back.last() && again.last() == back.first(), "redo is no way back");
        page.click("task-colorize").await?;
        for _ in 0..2 {
            page.click("undo").await?;
        }
        page.expect_clean_console().await
    });
}

#[test]
fn row_50_work_is_there_again_after_a_reload_a_closed_tab_a_crash_and_a_new_start() {
    block_on(async {
        let site = Site::tiny("")?;
        // With a profile that a new start finds again.
        let page = Page::open(&site.address(), Gpu::None, site.folder()).await?;
        show(&site, &page).await?;
        work(&page).await?;
        page.click("answer-1").await?;
        let before = canvas(&page).await?;
        kept(&page).await?;
        page.browser.refresh().await?;
        restored(&page).await?;
        ensure!(canvas(&page).await? == before, "after a reload the canvas shows something else");
        page.download("photo-filled.png").await?;

        // A tab beside it has a place of its own.
        let first = page.browser.window().await?;
        let second = page.browser.new_tab().await?;
        page.browser.switch_to_window(second.clone()).await?;
        page.browser.goto(site.address()).await?;
        page.wait_for("ready").await?;
        ensure!(page.shown("empty").await?, "the tab beside shows the work of the first");
        page.browser.switch_to_window(first).await?;
        page.browser.close_window().await?;
        page.browser.switch_to_window(second).await?;
        let third = page.browser.new_tab().await?;
        page.browser.switch_to_window(third).await?;
        page.browser.goto(site.address()).await?;
        restored(&page).await?;
        ensure!(canvas(&page).await? == before, "what a closed tab left is not found");

        page.crash(site.folder())?;

        let page = Page::open(&site.address(), Gpu::None, site.folder()).await?;
        restored(&page).await?;
        ensure!(canvas(&page).await? == before, "what a browser left that crashed is not found");
        kept(&page).await?;
        drop(page);

        let page = Page::open(&site.address(), Gpu::None, site.folder()).await?;
        restored(&page).await?;
        ensure!(canvas(&page).await? == before, "after a new start the canvas shows something else");
        let steps = walk(&page, "undo").await?.len();
        ensure!(steps == 5 && walk(&page, "redo").await?.len() == 5, "{steps} states are left of the history");
        page.expect_clean_console().await
    });
}

#[test]
fn row_50_unsaved_work_asks_and_new_forgets() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        let before = canvas(&page).await?;
        let other = photo(&site, 70, 50)?;
        page.choose_file(&other).await?;
        page.until("return document.getElementById('replace').checkVisibility()").await?;
        page.screenshot("replace").await?;
        let seen = "scrollTo(0, document.body.scrollHeight); const place = document.getElementById('message').getBoundingClientRect(); \
                    return place.top >= 0 && place.bottom <= innerHeight";
        page.until(seen).await?;
        page.click("dismiss").await?;
        ensure!(canvas(&page).await? == before, "the work is gone before anybody said so");
        page.choose_file(&other).await?;
        page.click("replace").await?;
        page.until("return document.getElementById('status').textContent.startsWith('70 × 50')").await?;
        page.click("new").await?;
        ensure!(page.shown("empty").await? && !page.shown("message").await?, "a picture on which nothing was done asks");
        kept(&page).await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(page.shown("empty").await?, "what was put away comes back");
        page.expect_clean_console().await
    });
}

#[test]
fn row_50_without_a_store_without_room_and_with_a_store_of_another_version_the_page_works() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        kept(&page).await?;
        let older = format!(
            "{RECORDS} s.get('0').onsuccess = told => {{ s.put({{...told.target.result, version: 0}}, '0'); t.oncomplete = () => done() }} }}"
        );
        page.browser.execute_async(&older, Vec::new()).await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(page.shown("empty").await?, "a store of another version is used");
        for (fault, place) in [
            ("IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }", "message-text"),
            ("Object.defineProperty(window, 'indexedDB', {value: undefined})", "device"),
        ] {
            page.before_every_document(fault).await?;
            page.browser.refresh().await?;
            page.wait_for("ready").await?;
            if place == "device" {
                page.until("return document.getElementById('device').textContent.includes('not kept')").await?;
            }
            page.choose_file(&photo(&site, 120, 80)?).await?;
            page.until("return document.getElementById('work').checkVisibility()").await?;
            if place == "message-text" {
                page.until(
                    "return document.getElementById('message').checkVisibility() && \
                     document.getElementById('message-text').textContent.includes('no room')",
                )
                .await?;
                page.click("dismiss").await?;
            }
            page.stroke(&[(-40, 0), (40, 0)]).await?;
            page.enter("steps", "2").await?;
            page.click("run").await?;
            page.wait_for("done").await?;
            let asks: bool = page
                .script("const told = new Event('beforeunload', {cancelable: true}); dispatchEvent(told); return told.defaultPrevented")
                .await?;
            ensure!(asks, "the browser does not ask before work is lost");
            page.click("download").await?;
        }
        page.script::<Value>("return null").await?;
        Ok(())
    });
}
