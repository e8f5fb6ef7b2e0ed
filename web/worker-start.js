// Starts the worker's program. A module of its own, because the page's policy allows no inline script.
import init from "./worker.js";
init({ module_or_path: new URL("./worker_bg.wasm", import.meta.url) });
