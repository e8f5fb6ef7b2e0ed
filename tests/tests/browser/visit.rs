//! A visit: the page used as a person would, on WebGPU (the browser's software adapter) and on the CPU. Most tests use a tiny model of
//! random weights.

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, brush, ready},
    site::Site,
};
use xtask::server::Fault;

/// How far a pixel's middle is from a level stroke through the canvas's middle that ends `reach` pixels
/// of the screen from it.
async fn distance_from_stroke(page: &Page, reach: f64) -> Result<impl Fn(u32, u32) -> f64> {
    let (width, height): (f64, f64) =
        page.script("const s = document.getElementById('stage').getBoundingClientRect(); return [s.width, s.height]").await?;
    // What the page does to show a picture whole.
    let scale = (width / f64::from(SIZE.0)).min(height / f64::from(SIZE.1)) * 0.94;
    let half = reach / scale;
    let middle = (f64::from(SIZE.0) / 2.0, f64::from(SIZE.1) / 2.0);
    Ok(move |x: u32, y: u32| {
        let (x, y) = (f64::from(x) + 0.5 - middle.0, f64::from(y) + 0.5 - middle.1);
        (x - x.clamp(-half, half)).hypot(y)
    })
}

/// Paint, run, compare, download; every pixel that was not painted is as it was.
async fn fill(gpu: Gpu, device: &str, name: &str) -> Result<()> {
    let site = Site::bare("some/where/")?;
    let page = ready(&site, gpu).await?;
    let says = page.text("device").await?;
    ensure!(says.contains(device), "it says `{says}`, not `{device}`");
    brush(&page, 14.0).await?;
    page.stroke(&[(-60, 0), (0, 0), (60, 0)]).await?;
    let distance = distance_from_stroke(&page, 60.0).await?;
    page.enter("steps", "6").await?;
    page.screenshot(&format!("{name}-painted")).await?;
    page.script::<serde_json::Value>(
        "const bar = document.getElementById('progress'); window.seen = []; \
         new MutationObserver(() => window.seen.push(bar.value)).observe(bar, {attributes: true, attributeFilter: ['value']})",
    )
    .await?;
    page.click("run").await?;
    page.wait_for("done").await?;
    let seen: Vec<f64> = page.script("return window.seen").await?;
    ensure!(seen.len() >= 3 && seen.is_sorted() && seen.last() == Some(&1.0), "progress went {seen:?}");
    compare_both_ends(&page).await?;
    page.screenshot(&format!("{name}-done")).await?;
    ensure!(page.text("status").await?.contains("120 × 80"));
    let before = image::open(site.folder().join("photo.png"))?.to_rgb8();
    let after = image::open(page.download("photo-filled.png").await?)?.to_rgb8();
    ensure!(after.dimensions() == before.dimensions(), "the size is {:?}", after.dimensions());
    let (mut inside, mut changed) = (0, 0);
    for (x, y, pixel) in after.enumerate_pixels() {
        let same = pixel == before.get_pixel(x, y);
        // The brush is 14 pixels wide; between the two distances lies its soft edge.
        if distance(x, y) > 8.5 {
            ensure!(same, "pixel {x}, {y} is outside the stroke and was changed");
        } else if distance(x, y) < 5.5 {
            inside += 1;
            changed += usize::from(!same);
        }
    }
    ensure!(inside > 100 && changed * 10 > inside * 9, "{changed} of {inside} pixels in the stroke were changed");
    let strangers: Vec<String> =
        site.server.requests().into_iter().filter(|path| !path.starts_with("some/where/") && path != "favicon.ico").collect();
    ensure!(strangers.is_empty(), "asked for {strangers:?}");
    let elsewhere: bool = page
        .script("return performance.getEntriesByType('resource').every(entry => entry.name.startsWith(location.origin) || entry.name.startsWith('data:') || entry.name.startsWith('blob:'))")
        .await?;
    ensure!(elsewhere, "something was asked of another host");
    // Browsers have it only with the headers that are not needed here.
    let shared: bool = page.script("return window.crossOriginIsolated || typeof SharedArrayBuffer === 'function'").await?;
    ensure!(!shared, "the host sends headers that others do not");
    page.expect_clean_console().await?;
    Ok(())
}

/// The slider shows the result at one end and the picture at the other.
async fn compare_both_ends(page: &Page) -> Result<()> {
    const CANVAS: &str = "return document.getElementById('canvas').toDataURL()";
    page.press("compare", "\u{e011}").await?; // Home
    page.frame().await?;
    let one_end: String = page.script(CANVAS).await?;
    page.press("compare", "\u{e010}").await?; // End
    page.frame().await?;
    let other_end: String = page.script(CANVAS).await?;
    ensure!(one_end != other_end, "the slider changes nothing");
    Ok(())
}

#[test]
fn row_27_a_hole_is_filled_on_webgpu() {
    block_on(fill(Gpu::Software, "WebGPU", "webgpu"));
}

#[test]
fn row_20_21_22_26_28_30_42_45_a_hole_is_filled_on_the_cpu() {
    block_on(fill(Gpu::None, "CPU", "cpu"));
}

#[test]
fn row_03_uncropping_makes_the_picture_larger_and_keeps_it() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("task-uncrop").await?;
        page.enter("extend-top", "10").await?;
        page.enter("extend-right", "25").await?;
        page.enter("steps", "3").await?;
        page.screenshot("uncrop-frame").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let before = image::open(site.folder().join("photo.png"))?.to_rgb8();
        let after = image::open(page.download("photo-extended.png").await?)?.to_rgb8();
        ensure!(after.dimensions() == (145, 90), "the size is {:?}", after.dimensions());
        for (x, y, pixel) in before.enumerate_pixels() {
            ensure!(after.get_pixel(x, y + 10) == pixel, "the known pixel {x}, {y} was changed");
        }
        Ok(())
    });
}

#[test]
fn row_04_05_colour_and_repair_keep_the_size_and_the_result_can_be_edited_on() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.enter("steps", "2").await?;
        for (task, name) in [("task-colorize", "photo-coloured.png"), ("task-restore", "photo-repaired.png")] {
            page.click(task).await?;
            page.click("run").await?;
            page.wait_for("done").await?;
            let after = image::open(page.download(name).await?)?.to_rgb8();
            ensure!(after.dimensions() == (120, 80), "{name} is {:?}", after.dimensions());
            page.click("keep").await?;
            page.wait_for("ready").await?;
            ensure!(!page.shown("download").await? && page.shown("run").await?);
        }
        Ok(())
    });
}

/// What a script sees of the canvas, without the ring around the pointer.
async fn seen(page: &Page, script: &str) -> Result<u64> {
    page.script::<serde_json::Value>("document.getElementById('canvas').dispatchEvent(new PointerEvent('pointerleave'))").await?;
    page.frame().await?;
    page.script(script).await
}

#[test]
fn row_11_12_17_strokes_are_undone_and_redone_and_keys_paint() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        // A hash of the canvas, as drawn, with no pointer over it.
        let marked = "const c = document.getElementById('canvas'); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0; for (let i = 0; i < d.length; i += 4) n = (n * 31 + d[i] + d[i + 1] * 3) % 1000003; return n";
        let clean = seen(&page, marked).await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        let painted = seen(&page, marked).await?;
        ensure!(painted != clean, "the stroke is not seen");
        page.click("undo").await?;
        ensure!(seen(&page, marked).await? == clean, "undo left something");
        page.click("redo").await?;
        ensure!(seen(&page, marked).await? == painted, "redo made something else");
        page.click("undo").await?;
        let key = |key: &str, more: &str| {
            format!(
                "document.getElementById('canvas').dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true, cancelable: true{more}}}))"
            )
        };
        for script in [key("ArrowLeft", ""), key(" ", "")] {
            page.script::<serde_json::Value>(&script).await?;
        }
        let enabled: bool = page.script("return !document.getElementById('undo').disabled").await?;
        ensure!(enabled, "the space bar painted nothing");
        page.script::<serde_json::Value>(&key("z", ", ctrlKey: true")).await?;
        let enabled: bool = page.script("return !document.getElementById('undo').disabled").await?;
        ensure!(!enabled, "Ctrl+Z undid nothing");
        Ok(())
    });
}

#[test]
fn numbers_show_what_is_used_and_each_task_undoes_what_it_shows() {
    const UNDO: &str = "return !document.getElementById('undo').disabled";
    const LEFT: &str = "return document.getElementById('extend-left').value";
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        ensure!(page.script::<bool>(UNDO).await?, "the stroke is no step");
        page.click("task-uncrop").await?;
        ensure!(!page.script::<bool>(UNDO).await?, "a stroke that nobody sees could be undone");
        page.enter("extend-left", "99999").await?;
        ensure!(page.script::<String>(LEFT).await? == "99999", "who is typing is disturbed");
        page.script::<serde_json::Value>("document.getElementById('extend-left').dispatchEvent(new Event('change'))").await?;
        ensure!(page.script::<String>(LEFT).await? == "10000", "the field shows what is not used");
        page.click("undo").await?;
        ensure!(page.script::<String>(LEFT).await? == "0" && !page.script::<bool>(UNDO).await?, "the number was not undone");
        page.click("task-inpaint").await?;
        ensure!(page.script::<bool>(UNDO).await?, "the stroke is gone");
        Ok(())
    });
}

#[test]
fn row_14_touches_that_the_browser_cancels_leave_nothing() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        // As on pages without HTTPS.
        page.script::<serde_json::Value>("delete PointerEvent.prototype.getCoalescedEvents").await?;
        let touch = "const c = document.getElementById('canvas'), r = c.getBoundingClientRect(); \
             for (const [name, x] of [['down', 0.3], ['move', 0.7], [arguments[0], 0.7]]) c.dispatchEvent(new PointerEvent('pointer' + name, \
             {pointerId: 9, pointerType: 'touch', isPrimary: true, clientX: r.left + r.width * x, clientY: r.top + r.height / 2}))";
        for (end, painted) in [("cancel", false), ("up", true)] {
            page.browser.execute(touch, vec![end.into()]).await?;
            let undo: bool = page.script("return !document.getElementById('undo').disabled").await?;
            ensure!(undo == painted, "after pointer{end} there is {}", if undo { "something to undo" } else { "nothing to undo" });
        }
        page.expect_clean_console().await
    });
}

#[test]
fn row_31_a_run_can_be_cancelled_and_the_mask_stays() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.enter("steps", "1000").await?;
        page.click("run").await?;
        page.wait_for("running").await?;
        page.until("return document.getElementById('progress').value > 0").await?;
        let done: f64 = page.script("return document.getElementById('progress').value").await?;
        ensure!(done > 0.0 && done < 1.0, "progress is {done}");
        page.click("cancel").await?;
        page.wait_for("ready").await?;
        ensure!(page.text("status").await?.contains("Cancelled"));
        let undo: bool = page.script("return !document.getElementById('undo').disabled").await?;
        ensure!(undo, "the mask is gone");
        Ok(())
    });
}

#[test]
fn wrong_files_and_empty_masks_get_a_sentence() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let text = site.folder().join("notes.txt");
        std::fs::write(&text, "not a picture")?;
        page.choose_file(&text).await?;
        page.until("return document.getElementById('message').checkVisibility()").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("notes.txt") && said.contains("PNG"), "it says `{said}`");
        page.click("dismiss").await?;
        page.click("run").await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("mask is empty"), "it says `{said}`");
        Ok(())
    });
}

#[test]
fn a_lost_network_is_told_and_trying_again_works() {
    block_on(async {
        let site = Site::tiny("")?;
        site.server.fail("manifest.json", Fault::Status500, 1);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("manifest.json") && said.contains("500"), "it says `{said}`");
        page.click("retry").await?;
        page.wait_for("ready").await
    });
}

#[test]
fn a_worker_that_does_not_arrive_is_told_and_started_again() {
    block_on(async {
        let site = Site::tiny("")?;
        site.server.fail(&site.file_named("worker-", "_bg.wasm")?, Fault::Status500, 1);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(page.shown("message").await? && said.contains("did not start") && said.contains("500"), "it says: {said}");
        page.click("retry").await?;
        page.wait_for("ready").await
    });
}

#[test]
fn row_38_a_damaged_chunk_is_fetched_again_once_and_then_told() {
    block_on(async {
        let site = Site::tiny("")?;
        let chunk = site.first_chunk()?;
        site.server.fail(&chunk, Fault::WrongByte, 1);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        ensure!(site.server.requests().iter().filter(|path| path.ends_with(&chunk)).count() == 2);
        drop(page);
        site.server.fail(&chunk, Fault::WrongByte, 2);
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("failed").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("damaged"), "it says `{said}`");
        page.click("retry").await?;
        page.wait_for("ready").await
    });
}

#[test]
fn row_35_a_second_visit_fetches_no_weights_and_a_damaged_copy_is_not_used() {
    block_on(async {
        let site = Site::tiny("deep/down/")?;
        let chunk = site.first_chunk()?;
        let fetched = || site.server.requests().iter().filter(|path| path.ends_with(&chunk)).count();
        let page = Page::lent(&site.address(), Gpu::None).await?;
        page.wait_for("ready").await?;
        let status = page.text("status").await?;
        // As many as were trained, in whatever form the device has them.
        let device = page.text("model-facts").await?;
        ensure!(
            fetched() == 1 && status == "Ready" && device.contains("0.2 million parameters"),
            "{} times, {status}, {device}",
            fetched()
        );
        // The browser's ordinary cache is not what is tested.
        page.browser.cdp().send_raw("Network.clearBrowserCache", serde_json::json!({})).await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(fetched() == 1, "the second visit fetched weights");
        let damage = "const done = arguments[0]; (async () => { const c = await caches.open('infill-models'); \
             for (const k of await c.keys()) await c.put(k, new Response(new Uint8Array([1, 2, 3]))); return (await c.keys()).length })().then(done)";
        let damaged: u32 = page.browser.execute_async(damage, Vec::new()).await?.convert()?;
        ensure!(damaged > 0, "nothing was kept");
        page.browser.cdp().send_raw("Network.clearBrowserCache", serde_json::json!({})).await?;
        page.browser.refresh().await?;
        page.wait_for("ready").await?;
        ensure!(fetched() == 2, "{} fetches after the copy was damaged", fetched());
        page.expect_clean_console().await
    });
}

#[test]
fn a_model_of_ones_own_is_used_and_a_broken_one_is_refused() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let broken = site.folder().join("broken.infill");
        std::fs::write(&broken, "no model")?;
        page.choose_file(&broken).await?;
        page.until("return document.getElementById('message').checkVisibility()").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("broken") && said.contains("stays"), "it says `{said}`");
        page.click("dismiss").await?;
        let own = site.folder().join("mine.infill");
        std::fs::copy(site.model(), &own)?;
        page.choose_file(&own).await?;
        page.until("return document.getElementById('status').textContent.includes('“mine”')").await?;
        page.stroke(&[(-30, 0), (30, 0)]).await?;
        page.enter("steps", "2").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        page.expect_clean_console().await
    });
}

#[test]
fn row_01_02_37_the_shipped_model_fills_a_hole() {
    block_on(async {
        let site = Site::shipped("")?;
        let page = ready(&site, Gpu::None).await?;
        page.stroke(&[(-30, 0), (30, 0)]).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        // A byte for each weight, and what is around them.
        let loaded: f64 = page
            .script("return Number(/([0-9.]+) million parameters/.exec(document.getElementById('model-facts').textContent)[1])")
            .await?;
        let mut bytes = 0;
        for chunk in site.chunks()? {
            bytes += std::fs::metadata(site.file(&format!("models/{chunk}")))?.len();
        }
        ensure!(bytes as f64 <= 1.2 * loaded * 1e6, "{bytes} bytes for {loaded} million parameters");
        page.screenshot("shipped-done").await
    });
}

#[test]
fn the_frame_is_dragged_outwards() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("task-uncrop").await?;
        let (width, height): (f64, f64) =
            page.script("const s = document.getElementById('stage').getBoundingClientRect(); return [s.width, s.height]").await?;
        // The page leaves room for a quarter of the longer side all around.
        let room = 0.5 * f64::from(SIZE.0.max(SIZE.1));
        let scale = (width / (f64::from(SIZE.0) + room)).min(height / (f64::from(SIZE.1) + room)) * 0.94;
        let edge = (f64::from(SIZE.1) / 2.0 * scale) as i64;
        page.stroke(&[(0, -edge), (0, -edge - 20), (0, -edge - 60)]).await?;
        let added: Vec<String> =
            page.script("return ['left', 'top', 'right', 'bottom'].map(side => document.getElementById('extend-' + side).value)").await?;
        let top: u32 = added[1].parse()?;
        let expected = 60.0 / scale;
        ensure!((f64::from(top) - expected).abs() <= 2.0 && top > 0, "{top} rows were added, not about {expected}");
        ensure!(added[0] == "0" && added[2] == "0" && added[3] == "0", "the other sides moved: {added:?}");
        Ok(())
    });
}

/// axe-core comes from npm alone, which a machine with Rust and a browser need not have; this asks the
/// browser's own accessibility tree for names, and measures the contrast of every text in both schemes.
#[test]
fn every_control_has_a_name_and_every_text_can_be_read() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.script::<serde_json::Value>("document.querySelector('details').open = true").await?;
        let nameless = page.nameless_controls().await?;
        ensure!(nameless.is_empty(), "without a name: {nameless:?}");
        for scheme in ["light", "dark"] {
            page.prefer_colours(scheme).await?;
            let faint: Vec<String> = page.script(include_str!("contrast.js")).await?;
            ensure!(faint.is_empty(), "hard to read in the {scheme} scheme: {faint:?}");
        }
        Ok(())
    });
}
