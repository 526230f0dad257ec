// What is typed is kept as it is typed. <form data-draft="case:17" data-draft-url="/desk/intake/17/draft"> posts its fields there
// shortly after each change; without data-draft-url, or without network, they stay on this device and go up when it is back.
// Password and file fields are never kept. The server's copy wins over an older local one (data-draft-at, ISO time).
(function () {
  "use strict";
  const WAIT = 600;

  const fields = (form) => {
    const data = new FormData(form), out = [];
    for (const [name, value] of data) {
      const node = form.elements[name];
      if (name === "csrfmiddlewaretoken" || typeof value !== "string" || (node && node.type === "password")) continue;
      out.push([name, value]);
    }
    return out;
  };

  function say(form, words) {
    const place = form.querySelector("[data-draft-state]");
    if (place && place.textContent !== words) place.textContent = words;
  }

  const name = (form) => "ms-draft:" + form.dataset.draft;
  function keep(form, values) {
    try { localStorage.setItem(name(form), JSON.stringify({ at: new Date().toISOString(), values })); } catch (e) { /* a full or shut store */ }
  }
  function drop(form) {
    try { localStorage.removeItem(name(form)); } catch (e) { /* a shut store */ }
  }

  async function send(form) {
    const values = fields(form);
    const sent = JSON.stringify(values);
    if (sent === form.msSent) return;
    keep(form, values);
    if (!form.dataset.draftUrl) { form.msSent = sent; say(form, "已存在本机"); return; }
    try {
      const body = new URLSearchParams(values);
      const token = form.querySelector("[name=csrfmiddlewaretoken]");
      const answer = await fetch(form.dataset.draftUrl, {
        method: "POST", body, headers: { "X-CSRFToken": token ? token.value : "", "X-Draft": "1" }, keepalive: sent.length < 60000,
      });
      if (answer.redirected && answer.url.includes("/login")) { say(form, "登录已过期：内容存在本机，请在新窗口登录后继续"); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      form.msSent = sent;
      drop(form);
      say(form, "已自动保存");
      form.dispatchEvent(new CustomEvent("draftsaved", { bubbles: true }));
    } catch (e) {
      say(form, "网络不通：内容存在本机，恢复后自动保存");
      clearTimeout(form.msAgain);
      form.msAgain = setTimeout(() => send(form), 5000);
    }
  }

  function restore(form) {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(name(form)) || "null"); } catch (e) { kept = null; }
    if (!kept || (form.dataset.draftAt && form.dataset.draftAt > kept.at)) return;
    const seen = new Set();
    for (const [field, value] of kept.values) {
      for (const node of form.querySelectorAll(`[name="${CSS.escape(field)}"]`)) {
        if (node.type === "hidden" || node.type === "file" || node.type === "password") continue;
        if (node.type === "checkbox" || node.type === "radio") {
          if (!seen.has(field)) form.querySelectorAll(`[name="${CSS.escape(field)}"]`).forEach((n) => { n.checked = false; });
          seen.add(field);
          form.querySelectorAll(`[name="${CSS.escape(field)}"]`).forEach((n) => { if (n.value === value) n.checked = true; });
          break;
        }
        if (!node.value || form.dataset.draftUrl) node.value = value;
      }
    }
    say(form, "已恢复上次没有交上去的内容");
    send(form);
  }

  function attach(form) {
    if (form.msDraft) return;
    form.msDraft = true;
    form.msSent = JSON.stringify(fields(form));
    restore(form);
    const soon = () => { clearTimeout(form.msTimer); form.msTimer = setTimeout(() => send(form), WAIT); };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("submit", () => { clearTimeout(form.msTimer); clearTimeout(form.msAgain); drop(form); form.msSent = JSON.stringify(fields(form)); });
  }

  const all = () => document.querySelectorAll("form[data-draft]");
  const start = () => all().forEach(attach);
  document.addEventListener("visibilitychange", () => { if (document.hidden) all().forEach((form) => { if (form.msDraft) send(form); }); });
  window.addEventListener("online", () => all().forEach(send));
  document.addEventListener("htmx:afterSettle", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
