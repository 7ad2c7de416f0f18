{% load static %}// Shows one page of its own when the server does not answer. It keeps nothing else: figures of yesterday mislead.
const KEPT = "hmm-{{ digest }}";
const STATIC = "{% get_static_prefix %}";
const OFFLINE = "{% url 'offline' %}";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(KEPT);
    const page = await fetch(OFFLINE, { cache: "reload", credentials: "omit" });
    const text = await page.clone().text();
    await cache.put(OFFLINE, page);
    const parts = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map((found) => found[1]).filter((address) => address.startsWith(STATIC));
    await cache.addAll([...new Set(parts)]);
    await self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("hmm-") && name !== KEPT).map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (new URL(request.url).pathname.startsWith(STATIC)) {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) || Response.error()));
  }
});
