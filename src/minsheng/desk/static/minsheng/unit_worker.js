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

async function asset(request) {
  try {
    const answer = await fetch(request);
    if (answer.ok) (await caches.open(MsPages.SHELL)).put(request, answer.clone());
    return answer;
  } catch (e) {
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    throw e;
  }
}

async function page(request) {
  const asked = fetch(request).then(async (answer) => {
    if (AWAY.has(answer.status)) return (await MsPages.shown(request.url)) || answer;
    await MsPages.keep(request.url, answer.clone());
    return answer;
  });
  asked.catch(() => {});
  try {
    const kept = await MsPages.held(request.url);
    return await (kept ? Promise.race([asked, slow(request.url)]) : asked);
  } catch (e) {
    return (await MsPages.shown(request.url)) || (await MsPages.shown(LIST)) || Response.error();
  }
}

function slow(address) {
  return new Promise((done) => { setTimeout(async () => done(await MsPages.shown(address)), PATIENCE); });
}
