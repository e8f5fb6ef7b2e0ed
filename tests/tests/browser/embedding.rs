//! The page in the frame of another site: docs/embedding.html is that site.

use std::time::Instant;

use anyhow::{Result, ensure};
use infill_tests::{
    page::{ELSEWHERE, Gpu, PATIENCE, Page},
    scene::block_on,
    site::Site,
};
use thirtyfour::prelude::By;
use xtask::{hosting, server::Server, tools};

/// A page that names the example's origin, the server of the example, and the example's address by a host's name.
fn example(site: &Site, server: &Server, host: &str) -> Result<String> {
    Ok(format!("http://{host}:{}/embedding.html?frame={}", server.port(), site.address()))
}

/// Waits until a script in the document that is driven says yes.
async fn until(page: &Page, what: &str, script: &str) -> Result<()> {
    let begun = Instant::now();
    while !page.script::<bool>(&format!("return !!({script})")).await? {
        ensure!(begun.elapsed() < PATIENCE, "{what} did not come; the site says {:?}", page.text("said").await.unwrap_or_default());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    Ok(())
}

/// Samples that the result changed: inside of the hole and outside; and its size.
const CHANGES: &str = "const done = arguments[0]; (async () => { \
     const image = document.getElementById('after'); await image.decode(); \
     const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), paint = canvas.getContext('2d'); \
     paint.drawImage(image, 0, 0); \
     const after = paint.getImageData(0, 0, 96, 64).data, before = document.getElementById('before').getContext('2d').getImageData(0, 0, 96, 64).data; \
     let inside = 0, outside = 0; \
     for (let at = 0; at < after.length; at++) { const x = (at >> 2) % 96, y = Math.floor((at >> 2) / 96); \
       if (after[at] !== before[at]) x >= 36 && x < 60 && y >= 20 && y < 40 ? inside++ : outside++; } \
     done([canvas.width, canvas.height, inside, outside]); })()";

#[test]
fn row_69_a_site_that_is_named_gives_a_picture_and_gets_it_filled() {
    block_on(async {
        let site = Site::tiny("")?;
        let server = Server::start(tools::root().join("docs"), 0)?;
        hosting::name_embedding(&site.file(""), &[format!("http://127.0.0.1:{}", server.port())])?;
        let page = Page::lent(&example(&site, &server, "127.0.0.1")?, Gpu::None).await?;
        let heard = |kind: &str| format!("(document.getElementById('said').dataset.heard ?? '').split(' ').includes('{kind}')");
        until(&page, "ready", &heard("ready")).await?;
        page.click("fill").await?;
        until(&page, "an end", &heard("ended")).await?;
        let told: String = page.script("return document.getElementById('said').dataset.heard").await?;
        let order: Vec<&str> = told.split_whitespace().filter(|kind| *kind != "progress").collect();
        ensure!(order == ["ready", "opened", "result", "ended"] && told.contains("progress"), "told: {told}");
        let [width, height, inside, outside]: [u32; 4] = page.browser.execute_async(CHANGES, Vec::new()).await?.convert()?;
        ensure!((width, height) == (96, 64), "the result is {width} × {height}");
        // 24 × 20 pixels of black; three samples of each, and some may stay black.
        ensure!(inside > 24 * 20 && outside == 0, "{inside} samples changed inside of the hole, {outside} outside");

        // What is no message of these is said, and nothing else happens.
        page.script::<Option<bool>>("document.getElementById('infill').contentWindow.postMessage({ infill: 1, type: 'paint' }, '*')")
            .await?;
        until(&page, "a problem", &heard("problem")).await?;
        ensure!(page.script::<String>("return document.getElementById('said').value").await?.contains("open, run and cancel"));
        page.screenshot("embedding").await
    });
}

#[test]
fn row_69_other_sites_are_not_heard_and_hear_nothing() {
    block_on(async {
        let site = Site::tiny("")?;
        let server = Server::start(tools::root().join("docs"), 0)?;
        hosting::name_embedding(&site.file(""), &[format!("http://127.0.0.1:{}", server.port())])?;
        let page = Page::lent(&example(&site, &server, ELSEWHERE)?, Gpu::None).await?;
        let frame = page.browser.find(By::Id("infill")).await?;
        frame.clone().enter_frame().await?;
        page.wait_for("ready").await?;
        page.script::<Option<bool>>("window.heard = 0; addEventListener('message', () => window.heard++)").await?;
        page.browser.enter_parent_frame().await?;
        page.script::<Option<bool>>("const fill = document.getElementById('fill'); fill.disabled = false; fill.click()").await?;
        frame.enter_frame().await?;
        until(&page, "both messages", "window.heard === 2").await?;
        page.frame().await?;
        ensure!(page.shown("empty").await? && page.script::<String>("return document.body.dataset.state").await? == "ready");
        page.browser.enter_parent_frame().await?;
        ensure!(page.script::<bool>("return document.getElementById('said').dataset.heard === undefined").await?, "it was told something");
        Ok(())
    });
}
