// In the place of service-worker.js it takes Infill's page out of a browser: what was kept goes, the service worker with it,
// and pages that are open are loaded again from the network. Leave it there for as long as visitors may come back.
const OURS = `infill-page ${self.registration.scope} `;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) {
    if (name.startsWith(OURS)) await caches.delete(name);
  }
  await self.registration.unregister();
  for (const client of await self.clients.matchAll({ type: "window" })) await client.navigate(client.url).catch(() => {});
})()));
