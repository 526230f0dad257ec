// The unit's pages that a phone keeps, for the page and the service worker alike. One cache a person: whoever logs in next on the same
// phone finds none of the former's. The server says which may be kept, for whom and until when: X-Keep-Offline "PERSON UNTIL_MS".
(function () {
  "use strict";
  const PREFIX = "unit-pages-", SHELL = "unit-shell", UNTIL = "X-Kept-Until", SEEN = "X-Kept-At";
  const key = (address) => { const url = new URL(address, self.location.origin); return url.origin + url.pathname + url.search; };

  async function names() { return (await caches.keys()).filter((name) => name.startsWith(PREFIX)); }

  async function keep(address, answer) {
    const [who, until] = (answer.headers.get("X-Keep-Offline") || "").split(" ");
    if (!answer.ok || !who) return false;
    for (const other of await names()) if (other !== PREFIX + who) await caches.delete(other);
    const here = Date.parse(answer.headers.get("Date")) || Date.now(); // the server's time: a phone's clock may be off by a day
    const headers = { "Content-Type": "text/html; charset=utf-8", [UNTIL]: String(Date.now() + Number(until) - here), [SEEN]: String(Date.now()) };
    await (await caches.open(PREFIX + who)).put(key(address), new Response(await answer.text(), { headers }));
    return true;
  }

  async function held(address) {
    for (const name of await names()) {
      const cache = await caches.open(name), found = await cache.match(key(address));
      if (found && Number(found.headers.get(UNTIL)) > Date.now()) return found;
      if (found) await cache.delete(key(address));
    }
    return null;
  }

  // The page as it was seen, saying so: body[data-kept-at].
  async function shown(address) {
    const found = await held(address);
    if (!found) return null;
    const text = (await found.text()).replace("<body", `<body data-kept-at="${found.headers.get(SEEN)}"`);
    return new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8" } });
  }

  async function forget() { for (const name of await names()) await caches.delete(name); }

  // Orders on the phone: [{url, at, page}], the parsed page of each.
  async function orders() {
    const found = [];
    for (const name of await names()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (!/^\/desk\/unit\/\d+$/.test(new URL(request.url).pathname) || new URL(request.url).search) continue;
        const answer = await held(request.url);
        if (!answer) continue;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        found.push({ url: request.url, at: Number(answer.headers.get(SEEN)), page });
      }
    }
    return found;
  }

  async function shell(addresses) {
    const cache = await caches.open(SHELL);
    for (const address of addresses) {
      if (!(await cache.match(address))) try { await cache.add(address); } catch (e) { /* the next page tries again */ }
    }
  }

  self.MsPages = { keep, held, shown, forget, orders, shell, SHELL };
})();
