// Keeps the page for visits without a network. `cargo xtask web` writes a version and the page's files with
// their SHA-256 into it, so that every build has another one.
//
// A version's files are kept all together or not at all, and the page of a version only with them. With a
// network the page comes from there; all its other files are named by their content, so that whichever page
// is shown asks for its own. What is in models/ is the worker's business and passes by.
const VERSION = "";
const FILES = {};
const SCOPE = self.registration.scope;
const OURS = `infill-page ${SCOPE} `;
const CACHE = OURS + VERSION;
const PAGE = "index.html";
/// Milliseconds after which a network that says nothing counts as none.
const PATIENCE = 5000;

const address = path => new URL(path === PAGE ? "./" : path, SCOPE).href;

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("");
}

// A file of this version: from a version before where it has not changed, from the browser's own cache, where
// the page that is open has put it, or from the network.
async function bring(path, wanted) {
  const ways = path === PAGE ? [] : [() => caches.match(address(path)), () => fetch(address(path), { cache: "force-cache" })];
  for (const way of [...ways, () => fetch(address(path), { cache: "reload" })]) {
    const answer = await way();
    if (!answer?.ok) continue;
    const bytes = await answer.arrayBuffer();
    // Made anew, because an answer that was redirected may not be shown as a page.
    if (await sha256(bytes) === wanted) return new Response(bytes, { headers: { "Content-Type": answer.headers.get("Content-Type") } });
  }
  throw new Error(`${path} is not that of version ${VERSION}`);
}

self.addEventListener("install", event => event.waitUntil((async () => {
  const files = await Promise.all(Object.entries(FILES).map(async ([path, wanted]) => [path, await bring(path, wanted)]));
  try {
    const cache = await caches.open(CACHE);
    await Promise.all(files.map(([path, answer]) => cache.put(address(path), answer)));
  } catch (error) {
    // No room: half a version is of no use.
    await caches.delete(CACHE);
    throw error;
  }
  await tell();
})()));

// Pages of the version before that are open can say that there is a new one. The order is that of the files' names.
async function tell() {
  for (const client of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    if (client.url.startsWith(SCOPE)) client.postMessage(Object.keys(FILES));
  }
}

// Only when no page of the version before is open any more, which may still start a worker.
self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS) && name !== CACHE) await caches.delete(name);
  }
  await self.clients.claim();
})()));

// Whether all files that a page names are there. While a host is brought up to date they may not be yet, or not any more.
async function isWhole(answer) {
  const named = new Set((await answer.clone().text()).match(/[\w-]+-[0-9a-f]{8,}(_bg)?\.[a-z]+/g));
  const there = await Promise.all([...named].map(async name => {
    if (await caches.match(address(name))) return true;
    const { status } = await fetch(address(name), { method: "HEAD" });
    return status !== 404 && status !== 410;
  }));
  return !there.includes(false);
}

// The network's answer, if it is the page. A redirect is the browser's to follow. What the browser keeps of the page by itself
// is passed over: hosts let it be kept for minutes, and it names files of the version before.
async function fromNetwork(request) {
  const answer = await fetch(request, { cache: "no-cache" });
  if (answer.type === "opaqueredirect") return answer;
  return answer.ok && await isWhole(answer) ? answer : undefined;
}

// With a version kept, only a page that works takes its place: not a notice that the host is being worked on.
async function page(request) {
  const kept = await caches.open(CACHE).then(cache => cache.match(address(PAGE)));
  if (!kept) return fetch(request, { cache: "no-cache" });
  const late = new Promise(resolve => setTimeout(resolve, PATIENCE));
  return await Promise.race([fromNetwork(request), late]).catch(() => undefined) ?? kept;
}

async function file(request) {
  return await caches.match(request.url) ?? fetch(request);
}

self.addEventListener("fetch", event => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(SCOPE)) return;
  const path = request.url.slice(SCOPE.length).split(/[?#]/)[0];
  if (path === "" || path === PAGE) event.respondWith(page(request));
  else if (/^[^/]+-[0-9a-f]{8,}(_bg)?\.[a-z]+$/.test(path)) event.respondWith(file(request));
});
