// "逐件催办": one post an order, in the order of the list; each row says how it went, the line above how far it is. Leaving the page stops it;
// what was sent stays sent. Without this script the server does the same in one answer.
(function () {
  "use strict";
  const form = document.querySelector("form[data-urge]");
  const state = form && form.querySelector("[data-urge-state]");
  if (!state) return;

  async function one(row) {
    const body = new URLSearchParams({ case: row.dataset.case, reason: form.elements.reason.value, key: form.elements.key.value });
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" } });
    if (answer.headers.get("HX-Redirect")) { location.assign(answer.headers.get("HX-Redirect")); throw new Error("logged out"); }
    const words = answer.status < 500 && (answer.headers.get("Content-Type") || "").startsWith("text/plain") ? await answer.text() : "没有催成，请重新载入后再试";
    row.querySelector("[data-urged]").textContent = " · " + words;
    if (answer.ok) row.querySelector("button").remove();
    return answer.ok;
  }

  form.addEventListener("submit", async (event) => {
    const all = event.submitter && event.submitter.name === "all";
    if (!all || !form.elements.reason.value.trim()) return;
    event.preventDefault();
    const rows = [...form.querySelectorAll("[data-row]")].filter((row) => row.querySelector("button"));
    let sent = 0;
    event.submitter.disabled = true;
    for (const [n, row] of rows.entries()) {
      state.textContent = `正在催第 ${n + 1} 件，共 ${rows.length} 件`;
      try { sent += await one(row) ? 1 : 0; } catch (e) { state.textContent = `网络断了：已催 ${sent} 件，余下的再按一次`; event.submitter.disabled = false; return; }
    }
    state.textContent = `已催 ${sent} 件` + (sent < rows.length ? `，${rows.length - sent} 件没有催成，原因写在各行` : "");
    state.tabIndex = -1;
    state.focus();
  });
})();
