// Changes made by others. One stream a browser page: body[data-live="/live"]; each event `changed` carries {"id": "…"} of a case. An id is
// text: it passes 2^53. data-live-kinds="call …" on the body or on a part of the page hears of other kinds, too: each is a CustomEvent `live:KIND` on the body.
// [data-live-heard="N"][data-live-kinds="call"] is shown when a notice of that kind tells of N, or of anything where it names none.
// An element that shows case N has data-case="N". With data-live-url it is fetched anew, unless the reader is in it; else it is marked.
// A stale list says so in one line with a button: nothing moves under the cursor.
(function () {
  "use strict";
  const WAIT = 400;
  let source = null;
  let back = 1000;
  const due = new Map();

  function tell(words) {
    const place = document.getElementById("live");
    if (place) place.textContent = words;
  }

  const busy = (node) => node.contains(document.activeElement) || node.matches(":hover") || node.querySelector("form[data-dirty]");

  function mark(node) {
    node.classList.add("ms-changed");
    const line = node.querySelector("[data-live-note]") || (node.matches("[data-live-note]") ? node : null);
    if (line) line.hidden = false;
  }

  function refresh(node) {
    if (busy(node)) { mark(node); return; }
    if (window.htmx) window.htmx.ajax("GET", node.dataset.liveUrl, { target: node, swap: "outerHTML" });
  }

  function changed(id) {
    const found = document.querySelectorAll(`[data-case="${id}"]`);
    found.forEach((node) => (node.dataset.liveUrl ? refresh(node) : mark(node)));
    if (found.length) tell("工单有更新");
    document.querySelectorAll("[data-live-list]").forEach((list) => {
      const line = document.querySelector(list.dataset.liveList);
      if (line && !found.length) line.hidden = false;
    });
    document.body.dispatchEvent(new CustomEvent("casechanged", { detail: { id } }));
  }

  // What a copy of the database does not have yet is not read there (kit/replicas.py): the next requests bring this mark.
  function remember(event) {
    const name = location.protocol === "https:" ? "__Host-after" : "after";
    const [, known] = document.cookie.match("(?:^|; )" + name + "=([0-9]+)") || [];
    if (!/^[0-9]+$/.test(event.lastEventId) || Number(known || 0) >= Number(event.lastEventId)) return;
    document.cookie = `${name}=${event.lastEventId}; path=/; max-age=600; samesite=lax${name === "after" ? "" : "; secure"}`;
  }

  function heard(event) {
    remember(event);
    const id = read(event).id;
    if (!id) return;
    clearTimeout(due.get(id));
    due.set(id, setTimeout(() => { due.delete(id); changed(String(id)); }, WAIT));
  }

  function read(event) {
    try { return JSON.parse(event.data) || {}; } catch (e) { return {}; }
  }

  function toldOf(kind, notice) {
    document.querySelectorAll(`[data-live-heard][data-live-kinds="${kind}"]`).forEach((line) => {
      if (!line.dataset.liveHeard || line.dataset.liveHeard === notice.id) line.hidden = false;
    });
  }

  const kinds = () => [...new Set([...document.querySelectorAll("[data-live-kinds]")].flatMap((node) => node.dataset.liveKinds.split(" ")))].filter(Boolean);

  function open() {
    const url = document.body.dataset.live;
    if (!url || !window.EventSource || source) return;
    const watched = [...document.querySelectorAll("[data-case]")].map((n) => n.dataset.case);
    const all = document.querySelector("[data-live-list]");
    source = new EventSource(url + (all ? "" : "?case=" + encodeURIComponent(watched.join(","))));
    source.addEventListener("open", () => { back = 1000; });
    source.addEventListener("changed", heard);
    kinds().forEach((kind) => source.addEventListener(kind, (event) => {
      remember(event);
      toldOf(kind, read(event));
      document.body.dispatchEvent(new CustomEvent("live:" + kind, { detail: read(event) }));
    }));
    source.addEventListener("again", () => document.querySelectorAll("[data-case], [data-live-list]").forEach(mark));
    source.addEventListener("error", () => {
      if (source.readyState !== EventSource.CLOSED) return;
      source = null;
      document.body.dispatchEvent(new CustomEvent("live:closed")); // refused: the log-in may have ended
      setTimeout(open, back);
      back = Math.min(back * 2, 60000);
    });
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  function start() {
    if (!document.querySelector("[data-case], [data-live-list]") && !kinds().length) return;
    open();
    document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
    window.addEventListener("pagehide", close);
    document.addEventListener("input", (event) => {
      const form = event.target.closest && event.target.closest("form");
      if (form) form.dataset.dirty = "1";
    });
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
