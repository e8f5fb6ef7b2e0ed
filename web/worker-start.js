// Starts the worker's program. A module of its own, because the page's policy allows no inline script.
import init from "./worker.js";
// The program keeps the browser's device to itself, and hears of its loss only when it asks something of it.
// This tells it at once, in the middle of a run and between runs.
if (self.GPUAdapter) {
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (...wanted) {
    const device = await request.apply(this, wanted);
    device.lost.then(({ reason, message }) => self.dispatchEvent(new MessageEvent("devicelost", { data: message || reason })));
    return device;
  };
}
// Awaited, so that a program that does not arrive is the worker's error and the page hears of it.
await init({ module_or_path: new URL("./worker_bg.wasm", import.meta.url) });
