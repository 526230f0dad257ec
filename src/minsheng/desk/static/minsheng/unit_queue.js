// What was noted on this phone and has not arrived: kept in IndexedDB, photos too, in the order it was noted. A person's items are sent
// in that person's session only. An item's key makes it one deed however often it is sent.
(function () {
  "use strict";

  function open() {
    return new Promise((done, failed) => {
      const asked = indexedDB.open("ms-unit", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("noted", { keyPath: "n", autoIncrement: true });
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error);
    });
  }

  async function on(mode, deed) {
    const base = await open();
    try {
      const deal = base.transaction("noted", mode, { durability: "strict" });
      const asked = deed(deal.objectStore("noted"));
      return await new Promise((done, failed) => {
        deal.oncomplete = () => done(asked.result);
        deal.onerror = deal.onabort = () => failed(deal.error);
      });
    } finally { base.close(); }
  }

  const add = async (item) => ({ ...item, n: await on("readwrite", (store) => store.add(item)) });
  const put = (item) => on("readwrite", (store) => store.put(item));
  const remove = (n) => on("readwrite", (store) => store.delete(n));
  const all = () => on("readonly", (store) => store.getAll());

  const html = (answer) => !(answer.headers.get("Content-Type") || "").includes("json");

  // {me, token, now} of the session; "away" without a network, "login" without a session.
  async function session() {
    try {
      const answer = await fetch("/desk/unit/ready", { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.status >= 500) return "away";
      return answer.redirected || html(answer) ? "login" : await answer.json();
    } catch (e) { return "away"; }
  }

  // No answer of ours: the server is busy, or something before it would not take the step (a photo that is too big) and never will.
  function unread(status) {
    if (status === 408 || status === 429) return { how: "busy" };
    if (status < 400 || status >= 500) return { how: status >= 500 ? "busy" : "away" };
    const reason = status === 413 ? "附件太大，没有收下；换小一点的照片再报送" : `没有收下（${status}），请改后重报或联系热线`;
    return { how: "refused", said: { taken: false, reason } };
  }

  function post(item, token, told) {
    const data = new FormData();
    item.fields.forEach(([name, value]) => { if (value instanceof File) data.append(name, value, value.name); else data.append(name, value); });
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (e) => { if (told && e.lengthComputable) told(e.loaded, e.total); });
      request.addEventListener("error", () => done({ how: "away" }));
      request.addEventListener("load", () => {
        let said = null;
        try { said = JSON.parse(request.responseText); } catch (e) { /* no answer of ours */ }
        if (said && said.taken) done({ how: "taken", to: said.to });
        else if (said && said.taken === false) done({ how: "refused", said });
        else done(request.responseURL.includes("/login") ? { how: "login" } : unread(request.status));
      });
      request.open("POST", `/desk/unit/${item.case}/noted`);
      request.setRequestHeader("X-CSRFToken", token);
      request.send(data);
    });
  }

  // A position says when it was taken by the phone's clock.
  function righted(value, ahead) {
    const parts = value.split(","), at = Date.parse(parts[3]);
    return parts.length === 4 && at ? [...parts.slice(0, 3), new Date(at + ahead).toISOString()].join(",") : value;
  }

  // Sends one item. The time it was noted is put right by the server's clock and fixed before the first try: later tries say the same.
  async function send(item, told) {
    const here = await session();
    if (typeof here === "string") return { how: here };
    if (here.me !== item.me) return { how: "other" };
    if (!item.fixed) {
      const ahead = Date.parse(here.now) - Date.now();
      item.fields = item.fields.map(([name, value]) => [name, name === "position" ? righted(value, ahead) : value]);
      const at = new Date(Math.min(item.noted + ahead, Date.parse(here.now))).toISOString();
      item.fields = item.fields.filter(([name]) => name !== "noted_at" && !(item.atOnce && name === "contact_at"));
      item.fields.push(["noted_at", at], ...(item.atOnce && item.step === "contact" ? [["contact_at", at]] : []));
      item.fixed = true;
      await put(item);
    }
    const answer = await post(item, here.token, told);
    if (answer.how === "taken") await remove(item.n);
    if (answer.how === "refused") { item.clash = answer.said; await put(item); }
    return answer;
  }

  // Everything that waits, in order; what comes after a refused one of the same order waits with it.
  async function flush(me, changed) {
    const run = async () => {
      const stopped = new Set();
      for (const item of (await all()).filter((each) => each.me === me)) {
        if (item.clash || stopped.has(item.case)) { stopped.add(item.case); continue; }
        const { how } = await send(item);
        if (how === "refused" || how === "busy") stopped.add(item.case); // one that is not taken holds up no other order
        if (changed) changed(how);
        if (how !== "taken" && !stopped.has(item.case)) return how;
      }
      return "done";
    };
    return navigator.locks ? navigator.locks.request("ms-unit-send", run) : run();
  }

  self.MsQueue = { add, put, remove, all, send, flush, session };
})();
