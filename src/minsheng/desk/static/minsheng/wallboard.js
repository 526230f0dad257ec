// The wallboard of calls: read anew when something happens (at most every two seconds) and every ten seconds anyway. How old the
// numbers are is always in sight; when the server does not answer it says so, goes on trying, and takes up again by itself.
(function () {
  "use strict";
  const place = document.querySelector("[data-wallboard]");
  if (!place) return;
  const LEAST = 2000, MOST = 10000;
  let read = Date.now(), waiting = null, failed = false, asking = false;

  function age() {
    const words = place.querySelector("[data-wallboard-age]");
    if (!words) return;
    const seconds = Math.round((Date.now() - read) / 1000);
    words.toggleAttribute("data-stale", failed || seconds > 30);
    words.textContent = failed ? `连不上服务器，正在重连：这是 ${seconds} 秒前的数字` : `${seconds} 秒前更新`;
  }

  async function refresh() {
    waiting = null;
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(place.dataset.wallboard, { credentials: "same-origin", headers: { "HX-Request": "true" } });
      const gone = answer.headers.get("HX-Redirect");
      if (gone) { location.assign(gone); return; }
      if (!answer.ok) throw new Error(answer.status);
      place.innerHTML = await answer.text();
      read = Date.now();
      failed = false;
    } catch (e) {
      failed = true;
    }
    asking = false;
    age();
  }

  document.body.addEventListener("live:wallboard", () => {
    if (!waiting) waiting = setTimeout(refresh, Math.max(0, LEAST - (Date.now() - read)));
  });
  setInterval(() => { age(); if (Date.now() - read > MOST && !waiting) refresh(); }, 1000);
  age();
})();
