//! Masks as people paint them and as files, and how long it takes to fill them.

use anyhow::{Result, ensure};
use image::{GrayImage, Luma};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, brush, listen, ready, told},
    site::Site,
};

/// What is to be filled, as the page writes it to a file of this name.
async fn mask(page: &Page, name: &str) -> Result<GrayImage> {
    page.script::<serde_json::Value>("document.querySelector('details').open = true").await?;
    let file = page.press_for_file("save-mask", name).await?;
    let mask = image::open(&file)?.to_luma8();
    std::fs::remove_file(file)?;
    ensure!(mask.dimensions() == SIZE, "the mask is {:?}", mask.dimensions());
    Ok(mask)
}

fn covered(mask: &GrayImage) -> usize {
    mask.pixels().filter(|pixel| pixel.0[0] > 127).count()
}

#[test]
fn row_09_masks_go_out_as_files_and_come_in_as_they_are() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        let given = GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| Luma([if (20..70).contains(&x) && (9..31).contains(&y) { 255 } else { 0 }]));
        let file = site.folder().join("given.png");
        given.save(&file)?;
        page.choose_file_at("mask-file", &file).await?;
        page.until("return document.getElementById('status').textContent.includes('given.png')").await?;
        ensure!(mask(&page, "photo-mask.png").await? == given, "the mask that was given comes out as another one");
        page.click("undo").await?;
        ensure!(covered(&mask(&page, "photo-mask.png").await?) == 0, "undo left something of the file");
        page.click("redo").await?;
        page.enter("steps", "2").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let before = image::open(site.folder().join("photo.png"))?.to_rgb8();
        let after = image::open(page.download("photo-filled.png").await?)?.to_rgb8();
        let changed = after.enumerate_pixels().filter(|(x, y, pixel)| before.get_pixel(*x, *y) != *pixel);
        for (x, y, _) in changed {
            ensure!(given.get_pixel(x, y).0[0] == 255, "pixel {x}, {y} is outside the mask and was changed");
        }
        page.click("change-area").await?;
        GrayImage::new(7, 9).save(&file)?;
        page.choose_file_at("mask-file", &file).await?;
        page.until("return document.getElementById('message').checkVisibility()").await?;
        let said = page.text("message-text").await?;
        ensure!(said.contains("7 × 9") && said.contains("120 × 80"), "it says `{said}`");
        page.expect_clean_console().await
    });
}

#[test]
fn row_06_07_08_10_16_brush_eraser_rectangle_invert_grow_shrink_and_keys() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        brush(&page, 10.0).await?;
        page.stroke(&[(-100, 0), (100, 0)]).await?;
        let thin = covered(&mask(&page, "photo-mask.png").await?);
        page.click("undo").await?;
        page.press("canvas", "]").await?;
        page.press("canvas", "]").await?;
        page.press("canvas", "]").await?;
        page.stroke(&[(-100, 0), (100, 0)]).await?;
        let wide = covered(&mask(&page, "photo-mask.png").await?);
        ensure!(thin > 50 && wide * 2 > thin * 3, "the key changed the brush from {thin} to {wide} pixels");
        page.click("eraser").await?;
        page.stroke(&[(0, -60), (0, 60)]).await?;
        let erased = covered(&mask(&page, "photo-mask.png").await?);
        ensure!(erased < wide, "the eraser took nothing away");
        page.click("clear").await?;
        page.click("rectangle").await?;
        page.stroke(&[(-60, -40), (60, 40)]).await?;
        let first = covered(&mask(&page, "photo-mask.png").await?);
        page.click("grow").await?;
        let grown = covered(&mask(&page, "photo-mask.png").await?);
        page.click("shrink").await?;
        let shrunk = covered(&mask(&page, "photo-mask.png").await?);
        ensure!(first > 50 && grown > first && shrunk < grown && shrunk.abs_diff(first) < first / 4, "{first}, {grown}, {shrunk}");
        page.click("invert").await?;
        let inverted = covered(&mask(&page, "photo-mask.png").await?);
        ensure!(inverted.abs_diff((SIZE.0 * SIZE.1) as usize - shrunk) <= shrunk / 4, "{inverted} are not all others of {shrunk}");
        page.expect_clean_console().await
    });
}

#[test]
fn row_51_the_area_grows_a_little_and_a_sliver_closes() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        // Two bars with two columns between them.
        let bars = |x: u32| (20..40).contains(&x) || (42..62).contains(&x);
        let given = GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| Luma([if bars(x) && (20..60).contains(&y) { 255 } else { 0 }]));
        let file = site.folder().join("given.png");
        given.save(&file)?;
        page.choose_file_at("mask-file", &file).await?;
        page.until("return document.getElementById('status').textContent.includes('given.png')").await?;
        page.enter("steps", "2").await?;
        let before = image::open(site.folder().join("photo.png"))?.to_rgb8();
        for (grow, closed) in [("0", false), ("3", true)] {
            page.enter("grow-by", grow).await?;
            page.click("run").await?;
            page.wait_for("done").await?;
            let file = page.download("photo-filled.png").await?;
            let after = image::open(&file)?.to_rgb8();
            std::fs::remove_file(file)?;
            let changed = |x: u32, y: u32| before.get_pixel(x, y) != after.get_pixel(x, y);
            let sliver = (25..55).filter(|y| changed(40, *y) || changed(41, *y)).count();
            ensure!((sliver > 20) == closed && (closed || sliver == 0), "grown by {grow}, {sliver} rows of the sliver changed");
            let far = (0..SIZE.1).flat_map(|y| (70..SIZE.0).map(move |x| (x, y))).filter(|(x, y)| changed(*x, *y)).count();
            ensure!(far == 0, "grown by {grow}, {far} pixels far away changed");
            page.click("change-area").await?;
        }
        page.expect_clean_console().await
    });
}

#[test]
fn row_52_a_lasso_and_areas_that_take_away() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("lasso").await?;
        page.stroke(&[(-100, -80), (100, -80), (100, 80), (-100, 80)]).await?;
        let marked = covered(&mask(&page, "photo-mask.png").await?);
        page.click("subtract").await?;
        page.click("rectangle").await?;
        page.stroke(&[(-100, -80), (0, 80)]).await?;
        let left = covered(&mask(&page, "photo-mask.png").await?);
        ensure!(marked > 200 && left.abs_diff(marked / 2) < marked / 8, "{left} of {marked} pixels are left");
        page.expect_clean_console().await
    });
}

/// Clicks on the canvas, pixels from its middle.
async fn click(page: &Page, x: i64, y: i64) -> Result<()> {
    page.stroke(&[(x, y)]).await
}

#[test]
fn row_52_a_polygon_by_clicks_and_by_keys() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        page.click("polygon").await?;
        for (x, y) in [(-100, -80), (100, -80), (100, 80), (-100, 80)] {
            click(&page, x, y).await?;
        }
        page.press("canvas", "\u{e00c}").await?;
        ensure!(covered(&mask(&page, "photo-mask.png").await?) == 0, "Esc left something");
        ensure!(!page.script::<bool>("return document.getElementById('undo').matches(':enabled')").await?, "Esc left a step");
        for (x, y) in [(-100, -80), (100, -80), (100, 80), (-100, 80), (-100, -80)] {
            click(&page, x, y).await?;
        }
        let square = covered(&mask(&page, "photo-mask.png").await?);
        page.click("undo").await?;
        // Two corners, one taken away, two more, and Enter: a triangle of half the square.
        for (x, y) in [(-100, -80), (0, 0)] {
            click(&page, x, y).await?;
        }
        page.press("canvas", "\u{e003}").await?;
        for (x, y) in [(100, -80), (100, 80)] {
            click(&page, x, y).await?;
        }
        page.press("canvas", "\u{e007}").await?;
        let triangle = covered(&mask(&page, "photo-mask.png").await?);
        ensure!(square > 200 && triangle.abs_diff(square / 2) < square / 8, "{square}, then {triangle} pixels");
        page.expect_clean_console().await
    });
}

#[test]
fn row_53_similar_colours_are_marked_and_taken_away_by_mouse_and_by_keyboard() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        // A light disc with a dark one inside, on grey with some noise.
        let picture = image::RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
            let distance = (f64::from(x) - 60.0).hypot(f64::from(y) - 40.0);
            let noise = ((x * 7 + y * 13) % 9) as u8;
            image::Rgb(if distance < 8.0 {
                [20, 20, 30 + noise]
            } else if distance < 25.0 {
                [200, 190 + noise, 90]
            } else {
                [110 + noise; 3]
            })
        });
        let file = site.folder().join("discs.png");
        picture.save(&file)?;
        page.choose_file(&file).await?;
        page.until("return document.title.startsWith('discs')").await?;
        page.frame().await?;
        page.press("canvas", "w").await?;
        ensure!(page.shown("tolerance").await? && !page.shown("size").await?, "the tool's own slider is not there");
        click(&page, 0, 0).await?;
        let marked = mask(&page, "discs-mask.png").await?;
        for (x, y, pixel) in marked.enumerate_pixels() {
            let inside = picture.get_pixel(x, y).0[0] == 20;
            ensure!((pixel.0[0] == 255) == inside, "pixel {x}, {y} is {:?} and has {:?}", picture.get_pixel(x, y), pixel);
        }
        page.click("subtract").await?;
        click(&page, 0, 0).await?;
        ensure!(covered(&mask(&page, "discs-mask.png").await?) == 0, "it was not taken away");
        // The ring begins in the middle, where the dark disc is.
        page.click("subtract").await?;
        page.script::<serde_json::Value>("document.getElementById('canvas').dispatchEvent(new PointerEvent('pointerleave'))").await?;
        page.press("canvas", " ").await?;
        page.press("canvas", " ").await?;
        ensure!(mask(&page, "discs-mask.png").await? == marked, "keys mark something else than the mouse");
        page.enter("tolerance", "255").await?;
        page.press("canvas", " ").await?;
        ensure!(covered(&mask(&page, "discs-mask.png").await?) == (SIZE.0 * SIZE.1) as usize, "full tolerance leaves something out");
        page.expect_clean_console().await
    });
}

#[test]
fn row_54_the_brush_is_as_wide_on_the_screen_at_every_zoom_up_to_half_the_picture() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        brush(&page, 10.0).await?;
        let said = page.text("size-value").await?;
        click(&page, 0, 0).await?;
        let whole = covered(&mask(&page, "photo-mask.png").await?);
        page.click("undo").await?;
        for _ in 0..3 {
            page.click("zoom-in").await?;
        }
        ensure!(page.text("size-value").await? == said, "zoom changed the brush's width on the screen");
        click(&page, 0, 0).await?;
        let near = covered(&mask(&page, "photo-mask.png").await?);
        // Three times a quarter more: the brush covers less of the picture by the square of that.
        let share = near as f64 / whole as f64;
        ensure!((share - 1.25f64.powi(-6)).abs() < 0.06, "{whole} pixels, and {near} from nearer by");
        page.click("undo").await?;
        page.click("zoom-fit").await?;
        page.enter("size", "300").await?;
        click(&page, 0, 0).await?;
        let (most, half) = (covered(&mask(&page, "photo-mask.png").await?), f64::from(SIZE.1) / 2.0);
        let disc = std::f64::consts::PI * (half / 2.0).powi(2);
        ensure!((most as f64 / disc - 1.0).abs() < 0.05, "{most} pixels, and a disc of half the picture's height has {disc:.0}");
        page.press("canvas", "[").await?;
        ensure!(page.text("size-value").await? != said, "a key changed nothing");
        page.expect_clean_console().await
    });
}

#[test]
fn row_61_the_time_is_said_before_and_what_is_left_of_it_after_the_start() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = ready(&site, Gpu::None).await?;
        ensure!(page.text("estimate").await?.is_empty(), "nothing is marked, and it says {}", page.text("estimate").await?);
        page.stroke(&[(-40, 0), (40, 0)]).await?;
        page.enter("steps", "1000").await?;
        page.until("return /second|about \\d+ (s|min)/.test(document.getElementById('estimate').textContent)").await?;
        page.enter("steps", "40").await?;
        listen(&page).await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let (_, said) = told(&page).await?;
        ensure!(said.iter().any(|text| text.contains("Step") && text.contains("left")), "it said {said:?}");
        page.expect_clean_console().await
    });
}
