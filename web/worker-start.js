// Starts the worker's program. A module of its own, because the page's policy allows no inline script.
import init from "./worker.js";
if (self.GPUAdapter) {
  const { prototype } = GPUAdapter;
  const { get } = Object.getOwnPropertyDescriptor(prototype, "features");
  const timestamps = "timestamp-query";
  // Timestamp queries are what the program's compute library wants of every adapter in a browser, for
  // measurements that are not made here. An adapter without them says that it has them, and is not asked for them.
  Object.defineProperty(prototype, "features", { get() { return new Set([...get.call(this), timestamps]); } });
  const request = prototype.requestDevice;
  prototype.requestDevice = async function (wanted) {
    const requiredFeatures = [...wanted?.requiredFeatures ?? []].filter(name => name !== timestamps || get.call(this).has(name));
    const device = await request.call(this, { ...wanted, requiredFeatures });
    // The program keeps the device to itself, and hears of its loss only when it asks something of it. This
    // tells it at once, in the middle of a run and between runs.
    device.lost.then(({ reason, message }) => self.dispatchEvent(new MessageEvent("devicelost", { data: message || reason })));
    return device;
  };
}
// Awaited, so that a program that does not arrive is the worker's error and the page hears of it.
const program = await init({ module_or_path: new URL("./worker_bg.wasm", import.meta.url) });
// Here, once, before the first message: unless the linker sees it called, each call into the program would begin with it
// (`build.rs`).
program.__wasm_call_ctors();
