//! From a picture to a saved answer, by the keyboard alone, by touch alone on a phone, and by a pen whose hand lies on the screen.

use anyhow::{Result, ensure};
use image::RgbImage;
use infill_tests::{
    hand::{self, keys, pen, pen_tap, place_on, tab_to, tap, touch},
    page::{Gpu, Page},
    scene::block_on,
    site::Site,
};
use serde_json::{Value, json};

const ENTER: &str = "\u{e007}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";

async fn can_undo(page: &Page) -> Result<bool> {
    page.script("return !document.getElementById('undo').disabled").await
}

/// Waits for the sample picture.
async fn sample_is_open(page: &Page) -> Result<()> {
    page.until("return document.title.startsWith('balloon') && document.getElementById('canvas').checkVisibility()").await?;
    page.frame().await
}

/// Waits until so many answers stand in the strip and none is on its way.
async fn answers(page: &Page, count: usize) -> Result<()> {
    page.wait_for("done").await?;
    page.until(&format!("return [...document.querySelectorAll('#answers button')].filter(b => b.checkVisibility()).length === {count}"))
        .await
}

/// Whether the first of two answers is looked at.
async fn first_is_shown(page: &Page) -> Result<bool> {
    page.frame().await?;
    page.script("return document.getElementById('answer-1').ariaChecked === 'true'").await
}

/// Checks what was saved: the sample's size, and not one colour.
fn is_saved(picture: &RgbImage) -> Result<()> {
    let first = picture.get_pixel(0, 0);
    ensure!(picture.dimensions() == (480, 320) && picture.pixels().any(|pixel| pixel != first), "{:?} pixels", picture.dimensions());
    Ok(())
}

#[test]
fn from_a_picture_to_a_saved_answer_by_the_keyboard_alone() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        tab_to(&page, "sample").await?;
        keys(&page, ENTER).await?;
        sample_is_open(&page).await?;
        // Opening leads to the picture.
        ensure!(page.script::<String>("return document.activeElement.id").await? == "canvas", "the focus is not on the picture");
        keys(&page, &format!("{RIGHT}{RIGHT} {RIGHT} {RIGHT} ")).await?;
        ensure!(can_undo(&page).await?, "nothing was painted");
        keys(&page, ENTER).await?;
        answers(&page, 1).await?;
        tab_to(&page, "another").await?;
        keys(&page, ENTER).await?;
        answers(&page, 2).await?;
        tab_to(&page, "answer-2").await?;
        keys(&page, LEFT).await?;
        ensure!(first_is_shown(&page).await?, "the arrow key does not choose the other answer");
        tab_to(&page, "download").await?;
        let file = page.file_after("balloon-filled.png", keys(&page, ENTER)).await?;
        is_saved(&image::open(file)?.to_rgb8())?;
        page.expect_clean_console().await
    });
}

#[test]
fn from_a_picture_to_a_saved_answer_by_touch_alone() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        let cdp = page.browser.cdp();
        let phone = json!({ "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": true });
        cdp.send_raw("Emulation.setDeviceMetricsOverride", phone).await?;
        cdp.send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
        page.wait_for("ready").await?;
        tap(&page, "sample").await?;
        sample_is_open(&page).await?;
        let (from, to) = (place_on(&page, "canvas", (0.4, 0.5)).await?, place_on(&page, "canvas", (0.6, 0.5)).await?);
        let button = (place_on(&page, "run", (0.0, 0.0)).await?, place_on(&page, "run", (1.0, 1.0)).await?);
        touch(&page, &[from, ((from.0 + to.0) / 2.0, from.1), to]).await?;
        page.until("return document.getElementById('estimate').textContent !== ''").await?;
        ensure!(can_undo(&page).await?, "nothing was painted");
        let now = (place_on(&page, "run", (0.0, 0.0)).await?, place_on(&page, "run", (1.0, 1.0)).await?);
        ensure!(now == button, "the button moved from {button:?} to {now:?} when its time came");
        tap(&page, "run").await?;
        answers(&page, 1).await?;
        tap(&page, "another").await?;
        answers(&page, 2).await?;
        tap(&page, "answer-1").await?;
        ensure!(first_is_shown(&page).await?, "a tap does not choose the other answer");
        let file = page.file_after("balloon-filled.png", tap(&page, "download")).await?;
        is_saved(&image::open(file)?.to_rgb8())?;
        page.expect_clean_console().await
    });
}

#[test]
fn from_a_picture_to_a_saved_answer_by_a_pen_whose_hand_lies_on_the_screen() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.browser.cdp().send_raw("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await?;
        // What the page is told of pens and palms, or the test would hold without them.
        page.script::<Value>(
            "window.kinds = new Set(); document.getElementById('canvas').addEventListener('pointerdown', told => kinds.add(told.pointerType), true)",
        )
        .await?;
        page.wait_for("ready").await?;
        pen_tap(&page, "sample").await?;
        sample_is_open(&page).await?;
        let place = |x: f64, y: f64| hand::place_on(&page, "canvas", (x, y));
        let (from, middle, to, palm) = (place(0.4, 0.4).await?, place(0.5, 0.4).await?, place(0.6, 0.4).await?, place(0.6, 0.7).await?);
        let scale = "return document.getElementById('size-value').textContent";
        let before: String = page.script(scale).await?;
        pen(&page, &[from, middle, to], Some(palm)).await?;
        page.frame().await?;
        let kinds: Vec<String> = page.script("return [...kinds].sort()").await?;
        ensure!(kinds == ["pen", "touch"], "the page was told of {kinds:?}");
        ensure!(page.script::<String>(scale).await? == before, "the palm zoomed");
        ensure!(can_undo(&page).await?, "nothing was painted");
        pen_tap(&page, "undo").await?;
        page.frame().await?;
        ensure!(!can_undo(&page).await?, "the palm painted");
        pen(&page, &[from, middle, to], Some(palm)).await?;
        pen_tap(&page, "run").await?;
        answers(&page, 1).await?;
        pen_tap(&page, "another").await?;
        answers(&page, 2).await?;
        pen_tap(&page, "answer-1").await?;
        ensure!(first_is_shown(&page).await?, "the pen does not choose the other answer");
        let file = page.file_after("balloon-filled.png", pen_tap(&page, "download")).await?;
        is_saved(&image::open(file)?.to_rgb8())?;
        page.expect_clean_console().await
    });
}
