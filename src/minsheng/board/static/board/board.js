// The numbers are fetched anew when a case changed (at most every half minute: so long the server keeps what it counted) and every
// minute anyway, on a wall every half minute. Their age is the server's; a wall says in large letters when it is over a minute, and why.
// Nothing moves under a reader: while the pointer or the focus is inside, a line offers the new numbers instead.
(function () {
  "use strict";
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
  const place = document.querySelector("[data-board]");
  if (!place) return;
  const wall = place.hasAttribute("data-wall"); // nobody reads with a pointer there: it is never busy
  const kiosk = place.hasAttribute("data-kiosk"); // holds a key of its own, no session
  const pace = Number(place.dataset.pace) || 0; // milliseconds: a trial of days in minutes
  const LEAST = pace || 30000;
  const MOST = pace || (wall ? 30000 : 60000);
  const OLD = (wall ? 60 : 300) * 1000;
  const PATIENCE = 20000; // for an answer
  const AFRESH = 12 * 3600 * 1000; // a wall runs for days: so often it takes the page itself anew, with what an upgrade brought
  const note = document.querySelector("[data-board-note]");
  const old = document.querySelector("[data-board-old]");
  const begun = Date.now();
  let read = counted();
  let waiting = null;
  let asking = false;
  let failed = false;

  function counted() {
    const words = place.querySelector("[data-board-age]");
    return Date.now() - 1000 * Number(words ? words.dataset.boardAge : 0);
  }

  const busy = () => !wall && (place.matches(":hover") || place.contains(document.activeElement) || String(window.getSelection()) !== "");

  function age() {
    const words = place.querySelector("[data-board-age]");
    if (!words) return;
    const seconds = Math.max(0, Math.round((Date.now() - read) / 1000)), stale = seconds * 1000 > OLD;
    const ago = seconds < 60 ? seconds + " 秒前" : seconds < 3600 ? Math.floor(seconds / 60) + " 分钟前" : Math.floor(seconds / 3600) + " 小时前";
    words.toggleAttribute("data-stale", stale);
    say(words, (failed ? "（连不上服务器，这是 " : "（") + ago + "的数字）");
    if (!old) return;
    old.hidden = !stale;
    say(old, stale ? (failed ? "连不上服务器。" : "") + "下面是 " + ago + "的数字，不是现在的" : "");
  }

  function say(node, words) {
    if (node.textContent !== words) node.textContent = words;
  }

  async function refresh() {
    clearTimeout(waiting);
    waiting = null;
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(place.dataset.board, { credentials: "same-origin", headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(PATIENCE) });
      const gone = answer.headers.get("HX-Redirect");
      if (gone) { location.assign(gone); return; }
      if (kiosk && answer.status === 401) { location.reload(); return; } // the key was ended: the page says so, and shows no number
      if (!answer.ok) throw new Error(answer.status);
      const text = await answer.text();
      if (wall && Date.now() - begun > AFRESH) { location.reload(); return; }
      show(text);
    } catch (e) {
      failed = true;
    } finally {
      asking = false;
    }
    age();
  }

  function show(text) {
    const top = window.scrollY;
    if (window.msCharts) window.msCharts.swap(place, text);
    else place.innerHTML = text;
    window.scrollTo(0, top);
    note.hidden = true;
    read = counted();
    failed = false;
  }

  function due() {
    waiting = null;
    if (document.hidden && !wall) return;
    if (busy()) note.hidden = false;
    else refresh();
  }

  function changed() {
    if (!waiting) waiting = setTimeout(due, Math.max(1000, LEAST - (Date.now() - read)));
  }

  document.body.addEventListener("casechanged", changed);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - read > LEAST) due(); });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-board-refresh]")) refresh(); });
  setInterval(() => { if (Date.now() - read > MOST && !waiting) due(); }, pace ? Math.min(pace, 5000) : 5000);
  setInterval(age, 1000);
  age();
})();
