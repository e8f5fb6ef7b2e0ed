// onnxruntime-web in a worker of its own, as our net is in one: one thread, all of its optimisations, and shapes told
// beforehand, so that it can fold what depends on them.
const NAMES = { webgpu: "ort.webgpu.min.mjs", wasm: "ort.wasm.min.mjs" };
let ort, session, shape;

async function start({ device, side }) {
  const folder = new URL("./onnxruntime/", import.meta.url).href;
  ort = await import(folder + NAMES[device]);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = folder;
  ort.env.logLevel = "error";
  shape = [1, 3, side, side];
  const graph = await (await fetch(new URL("./net.onnx", import.meta.url))).arrayBuffer();
  session = await ort.InferenceSession.create(new Uint8Array(graph), {
    executionProviders: [device],
    graphOptimizationLevel: "all",
    freeDimensionOverrides: { batch: 1, height: side, width: side },
  });
  const adapter = device === "webgpu" ? (await ort.env.webgpu.device)?.adapterInfo : null;
  return adapter ? `${adapter.vendor} ${adapter.architecture}` : "";
}

async function evaluate({ condition, input, level }) {
  const begun = performance.now();
  const results = await session.run({
    condition: new ort.Tensor("float32", condition, shape),
    input: new ort.Tensor("float32", input, shape),
    level: new ort.Tensor("float32", Float32Array.of(level), [1]),
  });
  const output = await results.output.getData();
  return { milliseconds: performance.now() - begun, output: Float32Array.from(output) };
}

self.onmessage = async ({ data }) => {
  try {
    self.postMessage({ result: await (data.device ? start(data) : evaluate(data)) });
  } catch (error) {
    self.postMessage({ error: String(error?.message ?? error) });
  }
};
