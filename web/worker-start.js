// Starts the worker's program. A module of its own, because the page's policy allows no inline script.
import init from "./worker.js";
// Awaited, so that a program that does not arrive is the worker's error and the page hears of it.
await init({ module_or_path: new URL("./worker_bg.wasm", import.meta.url) });
