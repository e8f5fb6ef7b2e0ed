// In front of the worker's start script in tests: tells the server how many bytes of each answer have come. A browser drops what it
// has not passed on when a connection ends, so a connection that is to break off waits for this.
const { read } = ReadableStreamDefaultReader.prototype;
ReadableStreamDefaultReader.prototype.read = async function () {
  const part = await read.call(this);
  this.received = (this.received ?? 0) + (part.value?.length ?? 0);
  if (!part.done) fetch(new URL(`received?${this.received}`, self.location)).catch(() => {});
  return part;
};
