//! Every screen of the page on a desktop, on a phone and in dark colours: nothing is wider than its screen. With `INFILL_SCREENS` set
//! each is saved into docs/screens, for people to look at.

use std::path::Path;

use anyhow::{Result, ensure};
use image::codecs::jpeg::JpegEncoder;
use infill_tests::{
    page::{Gpu, Page},
    scene::block_on,
    site::Site,
};

/// A screen: its name, width and height in CSS pixels, and the colours that the system prefers.
const SCREENS: [(&str, u32, u32, &str); 3] = [("desktop", 1280, 900, "light"), ("dark", 1280, 900, "dark"), ("phone", 360, 740, "light")];

/// Whether the screens are saved.
fn saved() -> bool {
    std::env::var_os("INFILL_SCREENS").is_some()
}

/// Looks at the page on each screen.
async fn look(page: &Page, what: &str) -> Result<()> {
    for (name, width, height, colours) in SCREENS {
        let size = serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        page.browser.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
        page.prefer_colours(colours).await?;
        page.script::<serde_json::Value>("scrollTo(0, 0)").await?;
        page.frame().await?;
        page.frame().await?;
        // Not `innerWidth`: a phone's browser makes room for what is too wide, by showing all of it smaller.
        let needed: u32 = page.script("return document.documentElement.scrollWidth").await?;
        ensure!(needed <= width, "{what} needs {needed} pixels on the screen `{name}`, which has {width}");
        if saved() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screens");
            std::fs::create_dir_all(&folder)?;
            // As PNG files they would be as large as the page.
            let screen = image::load_from_memory(&page.browser.screenshot_as_png().await?)?.to_rgb8();
            let file = std::fs::File::create(folder.join(format!("{what}-{name}.jpg")))?;
            screen.write_with_encoder(JpegEncoder::new_with_quality(file, 82))?;
        }
    }
    // Where the next strokes are meant for.
    let (_, width, height, _) = SCREENS[0];
    let size = serde_json::json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
    page.browser.cdp().send_raw("Emulation.setDeviceMetricsOverride", size).await?;
    page.frame().await
}

/// A line around the sample's balloon, from the canvas's middle in pixels of the screen. The balloon's place is that of `page::sample`.
async fn around_the_balloon(page: &Page) -> Result<Vec<(i64, i64)>> {
    let scale: f64 = page
        .script(
            "const place = document.getElementById('canvas').getBoundingClientRect(); \
             return 0.94 * Math.min(place.width / 480, place.height / 320)",
        )
        .await?;
    let place = |turn: i32| {
        let angle = f64::from(turn) * std::f64::consts::TAU / 16.0;
        let (x, y) = (-64.0 + 52.0 * angle.cos(), -76.0 + 62.0 * angle.sin());
        ((x * scale) as i64, (y * scale) as i64)
    };
    Ok((0..=16).map(place).collect())
}

#[test]
fn no_screen_is_too_small_for_any_state_of_the_page() {
    block_on(async {
        // What the net makes is for people to look at: widths are the same with any.
        let site = if saved() { Site::shipped("")? } else { Site::tiny("")? };
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        look(&page, "first-visit").await?;
        page.click("sample").await?;
        page.until("return document.title.startsWith('balloon')").await?;
        page.click("similar").await?;
        page.stroke(&[(160, -100)]).await?;
        look(&page, "similar").await?;
        page.click("clear").await?;
        page.click("lasso").await?;
        page.stroke(&around_the_balloon(&page).await?).await?;
        look(&page, "fill").await?;
        page.enter("steps", "4").await?;
        page.click("run").await?;
        for _ in 0..2 {
            page.wait_for("done").await?;
            page.click("another").await?;
        }
        page.wait_for("done").await?;
        page.press("compare", "\u{e011}").await?; // Home
        look(&page, "fill-done").await?;
        page.click("discard").await?;
        page.click("task-uncrop").await?;
        page.click("panorama").await?;
        look(&page, "extend").await?;
        for (task, what) in [("task-colorize", "colour"), ("task-restore", "repair")] {
            page.click(task).await?;
            look(&page, what).await?;
        }
        page.script::<serde_json::Value>("document.querySelectorAll('details').forEach(details => details.open = true)").await?;
        page.script::<serde_json::Value>("document.getElementById('expert').scrollIntoView()").await?;
        page.click("show-keys").await?;
        look(&page, "keys").await?;
        page.expect_clean_console().await
    });
}
