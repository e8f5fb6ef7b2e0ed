// The page of `cargo xtask bench web`: starts one engine in a worker, ours or onnxruntime-web, and runs the net in it on
// the same numbers. The driver calls `bench.begin` and `bench.evaluate` and looks into `bench.answer` until it is there.

/** Pictures of noise that both engines are given: uniform, of variance 1, from a fixed seed. */
function numbers(seed, count) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * Math.sqrt(3);
  });
}

const LEVEL = -20;
/** So many numbers of an output are compared. */
const SAMPLE = 4096;

class Ours {
  constructor(device) {
    this.ready = this.start(device !== "webgpu");
  }

  async start(cpu) {
    // The page's worker does not answer measurements; this one is built with the feature `bench`.
    this.worker = new Worker("./bench/worker-start.js", { type: "module" });
    const base = new URL("./", location.href).href;
    return new Promise((resolve, reject) => {
      let report;
      this.hear(reject, ({ type, ...rest }) => {
        // No model has no name, and so this is the first, which the graph beside it was made of.
        const model = { which: "named", name: "" };
        if (type === "ready") this.say({ type: "start", device: cpu ? "cpu" : "gpu", base, wanted: 1, model, workers: 1 });
        if (type === "device") report = rest;
        if (type === "device" && !cpu && !rest.webgpu) reject(new Error(`no WebGPU: ${rest.reason}`));
        if (type === "model") resolve(report.adapter);
      });
    });
  }

  say(message, buffers = []) {
    this.worker.postMessage({ json: JSON.stringify(message), buffers }, buffers.map((bytes) => bytes.buffer));
  }

  hear(reject, handle) {
    this.worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
    this.worker.onmessage = ({ data }) => {
      const message = JSON.parse(data.json);
      if (message.type === "failed") reject(new Error(JSON.stringify(message.failure)));
      else handle(message, data.buffers);
    };
  }

  evaluate(side, condition, input) {
    return new Promise((resolve, reject) => {
      // The worker also says how long a step of its warm-up took.
      this.hear(reject, ({ type, milliseconds }, [output]) => {
        if (type === "evaluated") resolve({ milliseconds, output: new Float32Array(output.buffer) });
      });
      const bytes = [condition, input].map((values) => new Uint8Array(values.buffer));
      this.say({ type: "evaluate", side, level: LEVEL }, bytes);
    });
  }
}

class OnnxRuntime {
  constructor(device, side) {
    this.worker = new Worker("./onnxruntime-worker.js", { type: "module" });
    this.ready = this.ask({ device, side });
  }

  ask(message) {
    return new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message || "the worker did not start"));
      this.worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.result));
      this.worker.postMessage(message);
    });
  }

  evaluate(side, condition, input) {
    return this.ask({ condition, input, level: LEVEL });
  }
}

async function answer(work) {
  bench.answer = null;
  try {
    bench.answer = await work();
  } catch (error) {
    bench.answer = { error: String(error.message ?? error) };
  }
}

window.bench = {
  answer: null,
  engine: null,
  /** Starts an engine; the answer is the milliseconds until it could be used. */
  begin(engine, device, side) {
    answer(async () => {
      const begun = performance.now();
      this.engine = engine === "ours" ? new Ours(device) : new OnnxRuntime(device, side);
      const adapter = (await this.engine.ready) || "";
      return { milliseconds: performance.now() - begun, adapter };
    });
  },
  /** Runs the net once; the answer is the milliseconds that it took, and a sample of the output. */
  evaluate(side) {
    answer(async () => {
      const count = 3 * side * side;
      const { milliseconds, output } = await this.engine.evaluate(side, numbers(1, count), numbers(2, count));
      const stride = Math.max(1, Math.floor(output.length / SAMPLE));
      return { milliseconds, sample: Array.from(output).filter((_, place) => place % stride === 0) };
    });
  },
};
