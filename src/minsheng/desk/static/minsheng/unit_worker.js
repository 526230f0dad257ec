// Answers for the unit's pages when the network does not: the page as it was last seen, else the page that lists what the phone has.
"use strict";
const LIST = "/desk/unit/kept", PATIENCE = 6000;
const AWAY = new Set([502, 503, 504]);

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(asset(request));
  else if (request.mode === "navigate" && /^\/desk\/unit(\/|$)/.test(url.pathname)) event.respondWith(page(request));
});

// A full or shut store keeps nothing: what the network answered is shown all the same.
async function kept(keep) {
  try { await keep(); } catch (e) { /* without a copy */ }
}

async function asset(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok) kept(() => caches.open(MsPages.SHELL).then((cache) => cache.put(request, answer.clone())));
    else if (answer.status === 404) return (await caches.match(request, { ignoreVary: true })) || answer; // of the version that a kept page is of
    return answer;
  } catch (e) {
    const found = await caches.match(request, { ignoreVary: true }).catch(() => null);
    if (found) return found;
    throw e;
  }
}

async function page(request) {
  const asked = fetch(request).then(async (answer) => {
    if (AWAY.has(answer.status)) return (await MsPages.shown(request.url)) || answer;
    await kept(() => MsPages.keep(request.url, answer.clone()));
    return answer;
  });
  asked.catch(() => {});
  try {
    const found = await MsPages.held(request.url).catch(() => null);
    return await (found ? Promise.race([asked, slow(request.url)]) : asked);
  } catch (e) {
    const shown = async (address) => MsPages.shown(address).catch(() => null);
    return (await shown(request.url)) || (await shown(LIST)) || Response.error();
  }
}

function slow(address) {
  return new Promise((done) => { setTimeout(async () => done(await MsPages.shown(address)), PATIENCE); });
}
