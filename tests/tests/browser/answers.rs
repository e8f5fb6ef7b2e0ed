//! Filling, and filling again: answers side by side, one of them chosen, the area changed from what came of it. And the page on phones.

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::{block_on, canvas, ready, show},
    site::Site,
};

/// The captions of the answers that are there.
const CAPTIONS: &str =
    "return [...document.querySelectorAll('#answers button')].filter(b => b.checkVisibility()).map(b => b.textContent.trim())";
/// The place of the answer that is looked at, from 1; 0 where none is.
const CHOSEN: &str = "const b = [...document.querySelectorAll('#answers button')]; return 1 + b.findIndex(b => b.ariaChecked === 'true')";

async fn answers(page: &Page) -> Result<(Vec<String>, usize)> {
    Ok((page.script(CAPTIONS).await?, page.script(CHOSEN).await?))
}

#[test]
fn row_25_47_answers_stand_side_by_side_and_the_area_is_changed_from_them() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.enter("steps", "2").await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let first = canvas(&page).await?;
        page.click("another").await?;
        page.until(
            "return document.body.dataset.state === 'done' && document.querySelectorAll('#answers button:not([hidden])').length === 2",
        )
        .await?;
        let second = canvas(&page).await?;
        ensure!(first != second, "another answer is the same");
        ensure!(answers(&page).await? == (vec!["Seed 0".to_owned(), "Seed 1".to_owned()], 2), "{:?}", answers(&page).await?);
        page.press("answer-2", "\u{e012}").await?; // Left
        ensure!(canvas(&page).await? == first && page.script::<usize>(CHOSEN).await? == 1, "the arrow key chose nothing");
        let focused: String = page.script("return document.activeElement.id").await?;
        ensure!(focused == "answer-1", "the focus is at `{focused}`");
        let drawn: bool = page
            .script(
                "return [1, 2].every(n => { const c = document.getElementById(`answer-${n}-picture`); \
                 return c.getContext('2d').getImageData(48, 48, 1, 1).data[3] === 255 })",
            )
            .await?;
        ensure!(drawn, "the small pictures are empty");
        page.screenshot("answers").await?;
        page.click("change-area").await?;
        page.wait_for("ready").await?;
        ensure!(page.script::<usize>(CHOSEN).await? == 0 && page.shown("run").await?);
        page.stroke(&[(0, -40), (0, 40)]).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        ensure!(answers(&page).await?.0.len() == 3, "drawing more begins anew");
        page.click("answer-1").await?;
        ensure!(canvas(&page).await? == first, "the first answer is another one now");
        page.click("keep").await?;
        page.wait_for("ready").await?;
        ensure!(!page.shown("answers").await?, "the answers stay with another picture");
        page.click("undo").await?;
        ensure!(answers(&page).await?.0.len() == 3, "the answers are gone with the picture");
        page.expect_clean_console().await
    });
}

#[test]
fn row_48_another_answer_by_one_press_and_filling_as_one_paints() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.enter("steps", "1000").await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.enter("steps", "2").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let first = canvas(&page).await?;
        page.enter("steps", "1000").await?;
        page.click("another").await?;
        page.wait_for("running").await?;
        page.click("cancel").await?;
        page.wait_for("done").await?;
        ensure!(canvas(&page).await? == first, "after a cancel the answer before is not there");
        page.click("discard").await?;
        page.wait_for("ready").await?;
        ensure!(!page.shown("answers").await?);
        page.enter("steps", "2").await?;
        page.script::<serde_json::Value>("document.querySelector('details').open = true").await?;
        page.click("as-i-paint").await?;
        for count in 1..=2 {
            page.stroke(&[(-20, 10 * count), (20, 10 * count)]).await?;
            page.until(&format!(
                "return document.body.dataset.state === 'done' && document.querySelectorAll('#answers button:not([hidden])').length === {count}"
            ))
            .await?;
        }
        page.expect_clean_console().await
    });
}

/// The page on a screen of this size that is touched.
async fn on_phone(page: &Page, width: u32, height: u32) -> Result<()> {
    let size = serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 2, "mobile": true });
    page.browser.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
    page.frame().await
}

/// Left, top, right and bottom of an element on the screen.
async fn place(page: &Page, id: &str) -> Result<[f64; 4]> {
    page.script(&format!("const r = document.getElementById('{id}').getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]"))
        .await
}

#[test]
fn row_64_on_a_phone_the_picture_comes_first_and_fill_and_undo_are_at_hand() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        for (width, height, name) in [(360, 740, "phone"), (740, 360, "phone-lying")] {
            on_phone(&page, width, height).await?;
            page.script::<serde_json::Value>("scrollTo(0, 0)").await?;
            let (stage, tools) = (place(&page, "stage").await?, place(&page, "tools").await?);
            let (wide, high) = (f64::from(width), f64::from(height));
            ensure!(stage[0] == 0.0 && stage[2] == wide, "{name}: there is room beside the picture: {stage:?}");
            ensure!(stage[1] < 110.0 && stage[3] - stage[1] > 0.4 * high, "{name}: the picture is small: {stage:?}");
            ensure!(tools[1] >= stage[3] && tools[3] - tools[1] < 60.0, "{name}: the tools take more than a row: {tools:?}");
            for id in ["run", "undo"] {
                let button = place(&page, id).await?;
                ensure!(button[0] >= 0.0 && button[2] <= wide && button[3] <= high, "{name}: {id} is not on the screen: {button:?}");
            }
            let overflow: f64 = page.script("return document.documentElement.scrollWidth - innerWidth").await?;
            ensure!(overflow <= 0.0, "{name}: the page is {overflow} pixels too wide");
            page.screenshot(name).await?;
        }
        on_phone(&page, 360, 740).await?;
        page.enter("steps", "2").await?;
        let before = place(&page, "stage").await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        page.script::<serde_json::Value>("scrollTo(0, 0)").await?;
        ensure!(place(&page, "stage").await? == before, "the picture jumps when the answer comes");
        for id in ["keep", "another", "change-area", "discard", "download"] {
            let button = place(&page, id).await?;
            ensure!(button[2] <= 360.0 && button[3] <= 740.0, "{id} is not on the screen: {button:?}");
        }
        page.screenshot("phone-done").await?;
        page.prefer_colours("dark").await?;
        page.screenshot("phone-done-dark").await
    });
}

/// Whether the canvas changes between two moments of one run, both in its middle.
async fn changes_while_it_runs(page: &Page) -> Result<bool> {
    const PAST: &str = "return document.getElementById('progress').value >";
    page.enter("size", "150").await?;
    page.stroke(&[(-40, 0), (40, 0)]).await?;
    page.enter("steps", "1000").await?;
    page.click("run").await?;
    page.until(&format!("{PAST} 0.05")).await?;
    let first = canvas(page).await?;
    page.until(&format!("{PAST} 0.3")).await?;
    let second = canvas(page).await?;
    let state: String = page.script("return document.body.dataset.state").await?;
    ensure!(state == "running", "the page is `{state}`: the run was over too soon");
    page.click("cancel").await?;
    page.wait_for("ready").await?;
    Ok(first != second)
}

#[test]
fn row_32_what_comes_is_seen_while_it_runs() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        ensure!(changes_while_it_runs(&page).await?, "the canvas shows nothing of the run");
        drop(page);
        // A worker that keeps its previews to itself: nothing else changes the canvas.
        site.before_worker(
            "const say = self.postMessage.bind(self); \
             self.postMessage = (message, ...rest) => { if (JSON.parse(message.json).type !== 'preview') say(message, ...rest); };",
        )?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        show(&site, &page).await?;
        ensure!(!changes_while_it_runs(&page).await?, "the canvas changes without previews");
        page.expect_clean_console().await
    });
}
