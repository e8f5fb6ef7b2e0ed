// In front of the worker's start script in tests: keeps hold of the browser's devices and does what the page's
// end of the channel asks for. The page that is shipped has nothing of it.
const devices = [];
const requestDevice = GPUAdapter.prototype.requestDevice;
GPUAdapter.prototype.requestDevice = async function (...wanted) {
  const device = await requestDevice.apply(this, wanted);
  devices.push(device);
  return device;
};
let pipelines = 0, pending = 0;
const mapAsync = GPUBuffer.prototype.mapAsync;
GPUBuffer.prototype.mapAsync = async function (...wanted) {
  pending += 1;
  try {
    return await mapAsync.apply(this, wanted);
  } finally {
    pending -= 1;
  }
};
for (const name of ["createComputePipeline", "createComputePipelineAsync"]) {
  const create = GPUDevice.prototype[name];
  GPUDevice.prototype[name] = function (...wanted) {
    pipelines += 1;
    return create.apply(this, wanted);
  };
}
const channel = new BroadcastChannel("test");
channel.onmessage = ({ data }) => {
  const device = devices.at(-1);
  if (data === "destroy") device.destroy();
  // As a browser says that the device is out of memory.
  if (data === "out of memory") device.dispatchEvent(new GPUUncapturedErrorEvent("uncapturederror", { error: new GPUOutOfMemoryError("full") }));
  // More than the program can ever have: its memory ends at 4 GB.
  if (data === "allocate") {
    const name = Object.keys(self.program).find(name => name.includes("malloc"));
    for (let times = 0; times < 3; times += 1) self.program[name](0x7fffffff, 1);
  }
  if (data === "what") {
    channel.postMessage({ features: [...device.features], buffer: device.limits.maxBufferSize, binding: device.limits.maxStorageBufferBindingSize,
      invocations: device.limits.maxComputeInvocationsPerWorkgroup, memory: self.program.memory.buffer.byteLength, pipelines, pending });
  }
};
