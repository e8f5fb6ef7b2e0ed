//! Colours that are known, and how much of them an answer has.

use anyhow::{Context, Result, ensure};
use image::{GrayImage, Luma, Rgb, RgbImage};
use infill_tests::{
    page::{Gpu, Page},
    scene::{SIZE, block_on, brush, canvas, show},
    site::Site,
};

/// The answer that is looked at, as a file.
async fn coloured(page: &Page) -> Result<RgbImage> {
    let file = page.download("grey-coloured.png").await?;
    let picture = image::open(&file)?.to_rgb8();
    std::fs::remove_file(file).context("the download cannot be removed")?;
    ensure!(picture.dimensions() == SIZE, "it has {:?} pixels", picture.dimensions());
    Ok(picture)
}

/// How red a pixel is, against its other channels.
fn red(Rgb([red, green, blue]): &Rgb<u8>) -> i32 {
    i32::from(*red) - (i32::from(*green) + i32::from(*blue)) / 2
}

/// How red the picture's middle is.
fn middle(picture: &RgbImage) -> i32 {
    red(picture.get_pixel(SIZE.0 / 2, SIZE.1 / 2))
}

async fn dabs_shown(page: &Page) -> Result<i64> {
    canvas(page).await?;
    let count = "const c = document.getElementById('canvas'), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; \
         let n = 0; for (let i = 0; i < d.length; i += 4) n += (d[i] > 200 && d[i + 1] < 30 && d[i + 2] < 30); return n";
    page.script(count).await
}

#[test]
fn row_59_a_dab_colours_its_surroundings_and_saturation_is_a_slider() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        show(&site, &page).await?;
        let file = site.folder().join("grey.png");
        GrayImage::from_fn(SIZE.0, SIZE.1, |x, _| Luma([if x < 30 { 40 } else { 120 }])).save(&file)?;
        page.choose_file(&file).await?;
        page.until("return document.title.startsWith('grey')").await?;
        page.click("task-colorize").await?;
        page.enter("steps", "2").await?;
        page.enter("colour", "#e01010").await?;
        brush(&page, 6.0).await?;
        page.stroke(&[(-20, 0), (0, 0), (20, 0)]).await?;
        ensure!(dabs_shown(&page).await? > 100, "the dab is not seen");
        let name: String = page.script("return document.getElementById('swatch-1').ariaLabel").await?;
        ensure!(name == "red #e01010", "the colour that was used is called `{name}`");
        page.click("undo").await?;
        ensure!(dabs_shown(&page).await? == 0, "undo leaves the dab");
        page.click("redo").await?;
        page.click("run").await?;
        page.wait_for("done").await?;
        let full = coloured(&page).await?;
        let (inside, around, beyond) = (middle(&full), red(full.get_pixel(90, 60)), red(full.get_pixel(10, 40)));
        ensure!(inside > 60 && around > 40, "the dab is {inside} redder than grey, and around it {around}");
        ensure!(beyond < around / 2, "the wall beside it is {beyond} redder than grey");
        page.enter("saturation", "50").await?;
        let half = middle(&coloured(&page).await?);
        ensure!(half.abs_diff(inside / 2) <= 3, "of {inside}, {half} is left at a half");
        page.enter("saturation", "0").await?;
        ensure!(page.text("saturation-value").await? == "0 %");
        let grey = coloured(&page).await?;
        ensure!(grey.pixels().all(|Rgb([red, green, blue])| red == green && green == blue), "no saturation is not grey");
        // The dab, its colour, the answer and its saturation are there again after a reload.
        page.until("return new Promise(done => setTimeout(() => done(true), 600))").await?;
        page.browser.refresh().await?;
        page.wait_for("done").await?;
        ensure!(page.text("saturation-value").await? == "0 %", "the saturation is {}", page.text("saturation-value").await?);
        page.enter("saturation", "100").await?;
        ensure!(coloured(&page).await? == full, "the answer is another one after the reload");
        page.click("change-area").await?;
        ensure!(dabs_shown(&page).await? > 100, "the dab is gone after the reload");
        page.click("colour-eraser").await?;
        page.stroke(&[(0, -40), (0, 40)]).await?;
        ensure!(dabs_shown(&page).await? == 0, "the eraser leaves the dab");
        // What is kept is what is looked at.
        page.click("run").await?;
        page.wait_for("done").await?;
        page.enter("saturation", "0").await?;
        page.click("keep").await?;
        page.wait_for("ready").await?;
        ensure!(
            dabs_shown(&page).await? == 0 && page.script::<String>("return document.getElementById('colour').value").await? == "#e01010"
        );
        page.expect_clean_console().await
    });
}

#[test]
fn row_59_by_touch_and_by_keyboard_alone() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        show(&site, &page).await?;
        page.press("task-inpaint", "\u{e012}").await?; // Left: round to the last
        page.press("task-restore", "\u{e012}").await?;
        page.until("return document.getElementById('colour-tools').checkVisibility()").await?;
        page.enter("colour", "#ff0000").await?;
        page.press("canvas", "b").await?;
        // The test picture is as red in places.
        let before = dabs_shown(&page).await?;
        page.press("canvas", " ").await?;
        page.press("canvas", " ").await?;
        let dab = dabs_shown(&page).await? - before;
        ensure!(dab > 50, "the space bar painted {dab} pixels of the screen");
        page.press("canvas", "e").await?;
        page.press("canvas", " ").await?;
        ensure!(dabs_shown(&page).await? == before, "the eraser leaves the dab");
        page.press("canvas", "i").await?;
        page.press("canvas", " ").await?;
        let taken: String = page.script("return document.getElementById('colour').value").await?;
        // The pixel in the middle of the test picture.
        let (x, y) = (SIZE.0 / 2, SIZE.1 / 2);
        let wanted = [(x * 3) as u8, (y * 5) as u8, (x * 7 + y * 11) as u8].map(|value| format!("{value:02x}")).concat();
        ensure!(taken == format!("#{wanted}"), "the eyedropper took {taken}, not #{wanted}");
        page.enter("colour", "#ff0000").await?;
        let finger = |name: &str, x: i32| {
            format!(
                "const c = document.getElementById('canvas'), r = c.getBoundingClientRect(); \
                 c.dispatchEvent(new PointerEvent('pointer{name}', {{pointerId: 5, pointerType: 'touch', isPrimary: true, \
                 clientX: r.left + r.width / 2 + {x}, clientY: r.top + r.height / 2}}))"
            )
        };
        for (name, x) in [("down", 0), ("move", 40), ("up", 40)] {
            page.script::<serde_json::Value>(&finger(name, x)).await?;
        }
        let stroke = dabs_shown(&page).await? - before;
        ensure!(stroke > dab, "a finger painted {stroke} pixels of the screen, the space bar {dab}");
        page.expect_clean_console().await
    });
}
