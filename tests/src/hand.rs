//! A visitor's hands, told to the browser below the page: keys, fingers and a pen go through the browser's own handling of input.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::page::Page;

/// A place in the browser's window, CSS pixels.
pub type Place = (f64, f64);

/// A place on an element that is scrolled to, in shares of its width and height.
///
/// # Errors
/// When it is not there or not shown.
pub async fn place_on(page: &Page, id: &str, (across, down): (f64, f64)) -> Result<Place> {
    let script = format!(
        "const e = document.getElementById('{id}'); \
         if (document.elementFromPoint(...(r => [r.x + r.width / 2, r.y + r.height / 2])(e.getBoundingClientRect())) === null) e.scrollIntoView({{block: 'center'}}); \
         const r = e.getBoundingClientRect(); return [r.x + r.width * {across}, r.y + r.height * {down}, r.width]"
    );
    // An eye waits until nothing moves.
    let mut last = [f64::NAN; 3];
    loop {
        let now: [f64; 3] = page.script(&script).await?;
        if now == last {
            break;
        }
        last = now;
        page.frame().await?;
    }
    let [x, y, width] = last;
    ensure!(width > 0.0, "`{id}` is not shown");
    Ok((x, y))
}

async fn tell(page: &Page, what: &str, told: Value) -> Result<()> {
    page.browser.cdp().send_raw(&format!("Input.dispatch{what}Event"), told).await?;
    Ok(())
}

/// A finger that goes down, along places and up.
///
/// # Errors
/// When the browser does not answer.
pub async fn touch(page: &Page, places: &[Place]) -> Result<()> {
    for (number, (x, y)) in places.iter().enumerate() {
        let kind = if number == 0 { "touchStart" } else { "touchMove" };
        tell(page, "Touch", json!({ "type": kind, "touchPoints": [{ "x": x, "y": y }] })).await?;
    }
    tell(page, "Touch", json!({ "type": "touchEnd", "touchPoints": [] })).await
}

/// A finger on an element's middle. On a busy machine it may lie there for so long that the browser takes it for a long press, which
/// clicks nothing; then it taps again, as people do.
///
/// # Errors
/// When the element is not shown, or no tap clicks it.
pub async fn tap(page: &Page, id: &str) -> Result<()> {
    page.script::<Value>(&format!(
        "window.tapped = false; document.getElementById('{id}').addEventListener('click', () => {{ window.tapped = true }}, {{once: true, capture: true}})"
    ))
    .await?;
    for _ in 0..10 {
        let place = place_on(page, id, (0.5, 0.5)).await?;
        touch(page, &[place]).await?;
        for _ in 0..20 {
            if page.script::<bool>("return window.tapped").await? {
                return Ok(());
            }
            page.frame().await?;
        }
    }
    anyhow::bail!("no tap clicks `{id}`")
}

/// A pen that goes down, along places and up. `palm` comes down while the pen is down, and goes up after it.
///
/// # Errors
/// When the browser does not answer.
pub async fn pen(page: &Page, places: &[Place], palm: Option<Place>) -> Result<()> {
    let told = |kind: &str, (x, y): Place| {
        let buttons = i32::from(kind != "mouseReleased");
        json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1, "pointerType": "pen", "force": 0.5 })
    };
    let (Some(first), Some(last)) = (places.first(), places.last()) else { return Ok(()) };
    tell(page, "Mouse", told("mousePressed", *first)).await?;
    if let Some((x, y)) = palm {
        let wide = json!({ "type": "touchStart", "touchPoints": [{ "x": x, "y": y, "radiusX": 40, "radiusY": 30 }] });
        tell(page, "Touch", wide).await?;
        tell(page, "Touch", json!({ "type": "touchMove", "touchPoints": [{ "x": x + 30.0, "y": y + 20.0 }] })).await?;
    }
    for place in &places[1..] {
        tell(page, "Mouse", told("mouseMoved", *place)).await?;
    }
    tell(page, "Mouse", told("mouseReleased", *last)).await?;
    if palm.is_some() {
        tell(page, "Touch", json!({ "type": "touchEnd", "touchPoints": [] })).await?;
    }
    Ok(())
}

/// A pen on an element's middle.
///
/// # Errors
/// When it is not shown.
pub async fn pen_tap(page: &Page, id: &str) -> Result<()> {
    let place = place_on(page, id, (0.5, 0.5)).await?;
    pen(page, &[place], None).await
}

/// Keys, to whatever has the focus; the special ones have WebDriver's codes.
///
/// # Errors
/// When the browser does not answer.
pub async fn keys(page: &Page, keys: &str) -> Result<()> {
    Ok(page.browser.action_chain().send_keys(keys).perform().await?)
}

/// Presses Tab until an element has the focus.
///
/// # Errors
/// When it never has.
pub async fn tab_to(page: &Page, id: &str) -> Result<()> {
    for _ in 0..80 {
        if page.script::<String>("return document.activeElement.id").await? == id {
            return Ok(());
        }
        keys(page, "\u{e004}").await?;
    }
    anyhow::bail!("the Tab key does not lead to `{id}`")
}
