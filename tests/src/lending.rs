//! Browsers that tests use one after another, because a start takes four seconds of a processor. What a test left is cleared away before
//! the next one: its tabs, what its origins stored, its downloads. Ports, and so origins, are others for every site.

use std::{
    fs,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
    time::timeout,
};

use crate::session::{Gpu, Session};

/// How long the cleaning may take. A browser that is not clean by then is given up.
const CLEANING: Duration = Duration::from_secs(30);

/// Whether it has WebGPU, and a browser that nobody has, as soon as it is clean.
type Idle = (bool, JoinHandle<Result<Session>>);

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

/// Where all tests run: a browser's connections belong to the runtime that opened them.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"));

/// A browser that is as new, with one empty tab.
pub(crate) async fn lend(gpu: Gpu) -> Result<Session> {
    while let Some(cleaned) = idle(gpu) {
        if let Ok(Ok(session)) = cleaned.await {
            return Ok(session);
        }
    }
    let folder = TempDir::new()?.keep();
    Session::start("en", gpu, &folder, true).await
}

/// One that nobody has.
fn idle(gpu: Gpu) -> Option<JoinHandle<Result<Session>>> {
    let mut all = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let place = all.iter().position(|(webgpu, _)| *webgpu == (gpu != Gpu::None))?;
    Some(all.remove(place).1)
}

/// Takes a browser back.
pub(crate) fn give_back(session: Session) {
    let webgpu = session.webgpu;
    let cleaned = RUNTIME.spawn(async move {
        timeout(CLEANING, clean(&session)).await.context("the browser does not come to rest")??;
        Ok(session)
    });
    IDLE.lock().unwrap_or_else(PoisonError::into_inner).push((webgpu, cleaned));
}

async fn clean(session: &Session) -> Result<()> {
    let browser = &session.browser;
    browser.action_chain().reset_actions().await?;
    let used = browser.windows().await?;
    let new = browser.new_tab().await?;
    for window in used {
        browser.switch_to_window(window).await?;
        browser.close_window().await?;
    }
    browser.switch_to_window(new).await?;
    let cdp = browser.cdp();
    cdp.send_raw("Storage.clearDataForOrigin", json!({ "origin": "*", "storageTypes": "all" })).await?;
    cdp.send_raw("Network.clearBrowserCache", json!({})).await?;
    browser.browser_log().await?;
    fs::remove_dir_all(&session.downloads)?;
    fs::create_dir(&session.downloads)?;
    Ok(())
}
