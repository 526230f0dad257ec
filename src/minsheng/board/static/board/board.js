// The numbers are fetched anew when a case changed (at most every half minute: so long the server keeps what it counted) and every
// minute anyway. Their age is the server's.
// Nothing moves under a reader: while the pointer or the focus is inside, a line offers the new numbers instead.
(function () {
  "use strict";
  const LEAST = 30000;
  const MOST = 60000;
  document.addEventListener("click", (event) => { if (event.target.closest("[data-print]")) window.print(); });
  const place = document.querySelector("[data-board]");
  if (!place) return;
  const note = document.querySelector("[data-board-note]");
  let read = counted();
  let waiting = null;
  let failed = false;

  function counted() {
    const words = place.querySelector("[data-board-age]");
    return Date.now() - 1000 * Number(words ? words.dataset.boardAge : 0);
  }

  const wall = place.hasAttribute("data-wall"); // nobody reads with a pointer there: it is never busy
  const busy = () => !wall && (place.matches(":hover") || place.contains(document.activeElement) || String(window.getSelection()) !== "");

  function age() {
    const words = place.querySelector("[data-board-age]");
    if (!words) return;
    const seconds = Math.round((Date.now() - read) / 1000);
    const ago = seconds < 60 ? seconds + " 秒前" : Math.floor(seconds / 60) + " 分钟前";
    words.toggleAttribute("data-stale", seconds > 5 * 60);
    words.textContent = (failed ? "（连不上服务器，这是 " : "（") + ago + "的数字）";
  }

  async function refresh() {
    clearTimeout(waiting);
    waiting = null;
    try {
      const answer = await fetch(place.dataset.board, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      const gone = answer.headers.get("HX-Redirect");
      if (gone) { location.assign(gone); return; }
      if (!answer.ok) throw new Error(answer.status);
      const text = await answer.text();
      const top = window.scrollY;
      if (window.msCharts) window.msCharts.swap(place, text);
      else place.innerHTML = text;
      window.scrollTo(0, top);
      note.hidden = true;
      read = counted();
      failed = false;
    } catch (e) {
      failed = true;
    }
    age();
  }

  function due() {
    waiting = null;
    if (document.hidden) return;
    if (busy()) note.hidden = false;
    else refresh();
  }

  function changed() {
    if (!waiting) waiting = setTimeout(due, Math.max(1000, LEAST - (Date.now() - read)));
  }

  document.body.addEventListener("casechanged", changed);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && Date.now() - read > LEAST) due(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-board-refresh]")) refresh();
  });
  setInterval(() => { if (Date.now() - read > MOST && !waiting) due(); }, 5000);
  setInterval(age, 1000);
  age();
})();
