//! The only place of the page where a `Device` is made: WebGPU where it is there and computes what
//! the CPU computes, else the CPU.

use burn::tensor::Device;
use infill::self_check;
use infill_kernel::{self as kernel, gpu::Choice};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::readback::values;
use crate::message::{DeviceChoice, DeviceReport, NoGpu};

/// The CPU, which other devices are compared with.
pub fn cpu() -> Device {
    Device::flex()
}

/// Finds the best device that works, or the one that is wanted if it does.
pub async fn choose(wanted: DeviceChoice) -> (Device, DeviceReport) {
    let found = match wanted {
        DeviceChoice::Cpu => Err(NoGpu::Unwanted),
        DeviceChoice::Auto | DeviceChoice::Gpu => webgpu(wanted == DeviceChoice::Gpu).await,
    };
    let reason = match found {
        Ok((device, adapter)) => return (device, DeviceReport { webgpu: true, adapter, reason: None }),
        Err(reason) => reason,
    };
    (cpu(), DeviceReport { webgpu: false, adapter: String::new(), reason: Some(reason) })
}

async fn webgpu(imitated_too: bool) -> Result<(Device, String), NoGpu> {
    // Asked first, because burn can only be initialised once and does not survive a missing adapter.
    let adapter = request_adapter().await?;
    let software = is_software(&adapter);
    if software && !imitated_too {
        return Err(NoGpu::Imitated);
    }
    let device = Device::wgpu_options().init_async().await.map_err(|error| NoGpu::Start(error.to_string()))?;
    kernel::gpu::choose(&device, Choice { software, ..Choice::default() });
    let mut checked = check(&device).await;
    if checked.is_err() && kernel::gpu::has_half(&device) {
        // Some drivers have 16-bit numbers and get them wrong.
        kernel::gpu::choose(&device, Choice { half: Some(false), ..kernel::gpu::chosen(&device) });
        checked = check(&device).await;
    }
    checked.map(|()| (device, describe(&adapter)))
}

/// Whether the device computes what the CPU computes.
async fn check(device: &Device) -> Result<(), NoGpu> {
    let difference = difference(device).await?;
    if difference > self_check::TOLERANCE { Err(NoGpu::Wrong(difference)) } else { Ok(()) }
}

async fn difference(device: &Device) -> Result<f32, NoGpu> {
    let mut outputs = Vec::new();
    for device in [device, &cpu()] {
        let output = self_check::output(device).map_err(|error| NoGpu::Start(error.to_string()))?;
        outputs.push(values(output).await.map_err(|failure| NoGpu::Start(format!("{failure:?}")))?);
    }
    Ok(self_check::largest_difference(&outputs[0], &outputs[1]))
}

async fn request_adapter() -> Result<JsValue, NoGpu> {
    let gpu = property(&js_sys::global(), "navigator").and_then(|navigator| property(&navigator, "gpu")).ok_or(NoGpu::Missing)?;
    let request: Function = property(&gpu, "requestAdapter").and_then(|function| function.dyn_into().ok()).ok_or(NoGpu::Missing)?;
    let promise: Promise = request.call0(&gpu).map_err(|_| NoGpu::NoAdapter)?.unchecked_into();
    let adapter = JsFuture::from(promise).await.map_err(|_| NoGpu::NoAdapter)?;
    if adapter.is_null() || adapter.is_undefined() { Err(NoGpu::NoAdapter) } else { Ok(adapter) }
}

/// Whether the adapter is a CPU: browsers say so of the adapter's description, older ones of the adapter.
fn is_software(adapter: &JsValue) -> bool {
    let says = |target: &JsValue| property(target, "isFallbackAdapter").is_some_and(|value| value.is_truthy());
    property(adapter, "info").is_some_and(|info| says(&info)) || says(adapter)
}

/// What an object has under a name, if anything.
fn property(target: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(target, &key.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// What the adapter says of itself, as far as the browser lets it.
fn describe(adapter: &JsValue) -> String {
    let info = property(adapter, "info").unwrap_or(JsValue::UNDEFINED);
    let part = |key: &str| property(&info, key).and_then(|value| value.as_string()).filter(|text| !text.is_empty());
    let parts: Vec<String> = match part("description") {
        Some(description) => vec![description],
        None => ["vendor", "architecture"].into_iter().filter_map(part).collect(),
    };
    parts.join(" ")
}
