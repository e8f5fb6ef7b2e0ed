//! Pointers as browsers tell them that leave something out: pages without HTTPS, and iOS.

use anyhow::{Result, ensure};
use infill_tests::{
    page::{Gpu, Page},
    scene::{block_on, prepare, show},
    site::Site,
};

/// Of a pointer's moments only what iOS 18.2 tells: no number, and so number 0.
const NUMBERLESS: &str = "PointerEvent.prototype.getCoalescedEvents = function () { \
    return [new PointerEvent(this.type, {clientX: this.clientX, clientY: this.clientY, pressure: this.pressure, pointerType: this.pointerType})] }";

/// What no browser should do.
const FAILING: &str = "PointerEvent.prototype.getCoalescedEvents = () => { throw new TypeError('no') }";

async fn can_undo(page: &Page) -> Result<bool> {
    page.script("return !document.getElementById('undo').disabled").await
}

/// How many columns of the canvas's middle row the picture takes.
async fn columns(page: &Page) -> Result<u32> {
    page.frame().await?;
    page.script(
        "const c = document.getElementById('canvas'), d = c.getContext('2d').getImageData(0, c.height >> 1, c.width, 1).data; \
         let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 200; return n",
    )
    .await
}

#[test]
fn without_https_everything_works() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address_elsewhere(), Gpu::None).await?;
        let bare: bool = page.script("return !isSecureContext && !('getCoalescedEvents' in PointerEvent.prototype)").await?;
        ensure!(bare, "this is a secure context");
        show(&site, &page).await?;
        prepare(&page, 2).await?;
        ensure!(can_undo(&page).await?, "the stroke is no step");
        page.click("run").await?;
        page.wait_for("done").await?;
        page.expect_clean_console().await?;
        // Of which the browser says that it should have HTTPS.
        page.download("photo-filled.png").await?;
        Ok(())
    });
}

#[test]
fn row_13_two_fingers_zoom_however_the_browser_tells_their_moments() {
    block_on(async {
        let site = Site::tiny("")?;
        let page = Page::lent(&site.address(), Gpu::None).await?;
        show(&site, &page).await?;
        for shim in ["", NUMBERLESS, FAILING, "delete PointerEvent.prototype.getCoalescedEvents"] {
            page.script::<serde_json::Value>(shim).await?;
            page.click("zoom-fit").await?;
            let before = columns(&page).await?;
            let fingers = "const c = document.getElementById('canvas'), r = c.getBoundingClientRect(); \
                const tell = (name, id, x) => c.dispatchEvent(new PointerEvent('pointer' + name, {pointerId: id, pointerType: 'touch', \
                    isPrimary: id === 8, clientX: r.left + r.width / 2 + x, clientY: r.top + r.height / 2})); \
                tell('down', 8, -40); tell('down', 9, 40); for (const x of [20, 0, -20]) tell('move', 9, x); tell('up', 9, -20); tell('up', 8, -40)";
            page.script::<serde_json::Value>(fingers).await?;
            let after = columns(&page).await?;
            ensure!(after * 2 < before, "with `{shim}` the picture went from {before} to {after} columns");
            ensure!(!can_undo(&page).await?, "with `{shim}` the fingers painted");
        }
        page.expect_clean_console().await
    });
}
