//! What pointers, keys, wheels and files do to the page beside painting: pressure, paste, the line of the comparison, the frame's corners
//! and shapes, the list of keys, trackpads; and what the page promises of itself in its source.

use anyhow::{Result, ensure};
use image::{ImageFormat, Rgb, RgbImage};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, canvas, ready},
    site::Site,
};
use serde_json::Value;

/// Tells the canvas of a pointer, `x` and `y` from its middle.
async fn tell(page: &Page, name: &str, (x, y): (f64, f64), more: &str) -> Result<()> {
    let script = format!(
        "const c = document.getElementById('canvas'), r = c.getBoundingClientRect(); \
         c.dispatchEvent(new PointerEvent('pointer{name}', {{pointerId: 3, isPrimary: true, clientX: r.left + r.width / 2 + {x}, \
         clientY: r.top + r.height / 2 + {y}, {more}}}))"
    );
    page.script::<Value>(&script).await?;
    Ok(())
}

#[test]
fn row_15_19_43_44_pressure_paste_and_what_the_page_promises() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let painted = "const c = document.getElementById('canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; \
             let n = 0; for (let i = 0; i < d.length; i += 4) n += (d[i] > 180 && d[i + 1] < 120 && d[i + 2] > 60 && d[i + 2] < 180); return n";
        let mut areas = Vec::new();
        for pressure in [0.05, 1.0] {
            canvas(&page).await?;
            let before: i64 = page.script(painted).await?;
            let pen = format!("pointerType: 'pen', pressure: {pressure}");
            tell(&page, "down", (0.0, 0.0), &pen).await?;
            tell(&page, "up", (0.0, 0.0), &pen).await?;
            canvas(&page).await?;
            areas.push(page.script::<i64>(painted).await? - before);
            page.click("undo").await?;
        }
        ensure!(areas[1] > 2 * areas[0].max(1), "light and firm touches paint {areas:?} pixels of the screen");
        let mut png = std::io::Cursor::new(Vec::new());
        RgbImage::from_pixel(50, 40, Rgb([90, 120, 30])).write_to(&mut png, ImageFormat::Png)?;
        let paste = "const given = new DataTransfer(); given.items.add(new File([Uint8Array.from(arguments[0])], 'pasted.png')); \
             document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: given, bubbles: true, cancelable: true}))";
        page.browser.execute(paste, vec![serde_json::to_value(png.into_inner())?]).await?;
        page.until("return document.getElementById('status').textContent.startsWith('50 × 40')").await?;
        let live: bool =
            page.script("const s = document.getElementById('status'); return s.role === 'status' && s.ariaLive === 'polite'").await?;
        ensure!(live, "the status line is not read out");
        let inline: bool = page
            .script("const s = document.createElement('script'); s.textContent = 'window.inline = true'; document.body.append(s); return !!window.inline")
            .await?;
        ensure!(!inline, "the page lets scripts in that are not its own");
        Ok(())
    });
}

#[test]
fn row_55_the_line_is_pulled_on_the_picture_and_holding_shows_what_was_before() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.enter("steps", "2").await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        page.press("compare", "\u{e010}").await?; // End
        let before = canvas(&page).await?;
        for _ in 0..10 {
            page.press("compare", "\u{e012}").await?; // Left
        }
        let half = canvas(&page).await?;
        ensure!(half != before, "the answer is not seen");
        tell(&page, "down", (-60.0, 30.0), "").await?;
        page.frame().await?;
        let held: String = page.script("return document.getElementById('canvas').toDataURL()").await?;
        tell(&page, "up", (-60.0, 30.0), "").await?;
        ensure!(held == before, "holding does not show what was before");
        ensure!(canvas(&page).await? == half, "letting go does not bring the answer back");
        tell(&page, "down", (0.0, 20.0), "").await?;
        tell(&page, "move", (80.0, 20.0), "").await?;
        tell(&page, "up", (80.0, 20.0), "").await?;
        let now: u32 = page.script("return Number(document.getElementById('compare').ariaValueNow)").await?;
        ensure!(now > 55, "the line is at {now} %");
        page.expect_clean_console().await
    });
}

#[test]
fn row_57_corners_shapes_panorama_and_the_size() {
    const ADDED: &str = "return ['left', 'top', 'right', 'bottom'].map(side => Number(document.getElementById('extend-' + side).value))";
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("task-uncrop").await?;
        let (width, height): (f64, f64) =
            page.script("const s = document.getElementById('stage').getBoundingClientRect(); return [s.width, s.height]").await?;
        let room = 0.5 * f64::from(SIZE.0.max(SIZE.1));
        let scale = (width / (f64::from(SIZE.0) + room)).min(height / (f64::from(SIZE.1) + room)) * 0.94;
        let (x, y) = ((f64::from(SIZE.0) / 2.0 * scale) as i64, (f64::from(SIZE.1) / 2.0 * scale) as i64);
        page.stroke(&[(x, y), (x + 20, y + 10), (x + 40, y + 40)]).await?;
        let added: [u32; 4] = page.script(ADDED).await?;
        ensure!(added[2] > 0 && added[3] > 0 && added[0] + added[1] == 0, "the corner adds {added:?}");
        ensure!(page.text("extend-size").await? == format!("{} × {}", SIZE.0 + added[2], SIZE.1 + added[3]));
        page.script::<Value>("const s = document.getElementById('aspect'); s.value = '16:9'; s.dispatchEvent(new Event('change'))").await?;
        ensure!(page.script::<[u32; 4]>(ADDED).await? == [11, 0, 12, 0] && page.text("extend-size").await? == "143 × 80");
        page.click("panorama").await?;
        ensure!(page.script::<[u32; 4]>(ADDED).await? == [71, 0, 72, 0]);
        for _ in 0..3 {
            page.click("undo").await?;
        }
        ensure!(page.script::<[u32; 4]>(ADDED).await? == [0; 4], "undo left something");
        page.script::<Value>("const s = document.getElementById('unit'); s.value = 'percent'; s.dispatchEvent(new Event('change'))")
            .await?;
        page.enter("extend-left", "25").await?;
        page.enter("extend-top", "50").await?;
        ensure!(page.text("extend-size").await? == "150 × 120", "25 and 50 percent make it {}", page.text("extend-size").await?);
        page.expect_clean_console().await
    });
}

#[test]
fn row_58_a_panorama_grows_from_answer_to_answer() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("task-uncrop").await?;
        page.click("panorama").await?;
        page.enter("steps", "2").await?;
        let before = canvas(&page).await?;
        page.script::<Value>(
            "window.seen = new Set(); const c = document.getElementById('canvas'); \
             const look = () => { window.seen.add(c.toDataURL()); requestAnimationFrame(look) }; look()",
        )
        .await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let seen: usize = page.script("return window.seen.size").await?;
        ensure!(seen > 2 && canvas(&page).await? != before, "it was seen to change {seen} times");
        page.click("further").await?;
        page.until("return document.title.startsWith('Done') && document.getElementById('status').textContent.includes('480')").await?;
        let photo = image::open(site.folder().join("photo.png"))?.to_rgb8();
        let wide = image::open(page.download("photo-extended.png").await?)?.to_rgb8();
        ensure!(wide.dimensions() == (4 * SIZE.0, SIZE.1), "the panorama is {:?}", wide.dimensions());
        let left = (4 * SIZE.0 - SIZE.0) / 2;
        ensure!(photo.enumerate_pixels().all(|(x, y, pixel)| wide.get_pixel(left + x, y) == pixel), "the photograph is another one");
        page.click("keep").await?;
        page.click("undo").await?;
        page.click("undo").await?;
        page.expect_clean_console().await
    });
}

#[test]
fn row_65_a_first_visit_is_told_in_a_line_and_has_a_picture_to_try() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        ensure!(page.text("status").await? == "Ready" && page.text("about").await?.contains("Paint over"));
        let jargon = "return /param|sampler|temperature|steps/i.test(document.body.innerText)";
        ensure!(!page.script::<bool>(jargon).await?, "it says {}", page.script::<String>("return document.body.innerText").await?);
        page.click("sample").await?;
        page.until("return document.getElementById('work').checkVisibility()").await?;
        ensure!(page.script::<bool>("return document.title.startsWith('balloon')").await?);
        page.frame().await?;
        page.screenshot("sample").await?;
        page.script::<Value>("document.querySelector('details').open = true").await?;
        ensure!(!page.script::<bool>(jargon).await?, "it says {}", page.script::<String>("return document.body.innerText").await?);
        page.script::<Value>("document.getElementById('expert').open = true").await?;
        ensure!(page.shown("steps").await? && page.shown("sampler").await? && page.shown("temperature").await?);
        ensure!(page.text("model-facts").await?.contains("million parameters"));
        page.stroke(&[(40, -60), (60, -60)]).await?;
        page.enter("steps", "2").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        page.expect_clean_console().await
    });
}

#[test]
fn row_66_67_keys_and_trackpads() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.press("canvas", "?").await?;
        ensure!(page.script::<bool>("return document.getElementById('keys').matches(':popover-open')").await?, "? shows no keys");
        page.press("canvas", "\u{e00c}").await?; // Esc
        page.until("return !document.getElementById('keys').matches(':popover-open')").await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.enter("steps", "1000").await?;
        page.press("canvas", "\u{e007}").await?; // Enter
        page.wait_for("running").await?;
        page.press("cancel", "\u{e00c}").await?;
        page.wait_for("ready").await?;
        let wheel = |x: f64, y: f64, control: bool| {
            format!(
                "const c = document.getElementById('canvas'), r = c.getBoundingClientRect(); c.dispatchEvent(new WheelEvent('wheel', \
                 {{deltaX: {x}, deltaY: {y}, ctrlKey: {control}, clientX: r.left + 5, clientY: r.top + 5, cancelable: true}}))"
            )
        };
        let whole = canvas(&page).await?;
        page.script::<Value>(&wheel(30.0, 20.0, false)).await?;
        ensure!(canvas(&page).await? != whole, "two fingers move nothing");
        page.script::<Value>(&wheel(-30.0, -20.0, false)).await?;
        ensure!(canvas(&page).await? == whole, "two fingers do not move it back");
        page.script::<Value>(&wheel(0.0, -20.0, true)).await?;
        ensure!(canvas(&page).await? != whole, "a pinch enlarges nothing");
        page.script::<Value>(&wheel(0.0, 20.0, true)).await?;
        page.click("zoom-fit").await?;
        ensure!(canvas(&page).await? == whole);
        page.expect_clean_console().await
    });
}
