// What is typed is kept as it is typed. <form data-draft="case:17" data-draft-url="/desk/intake/17/draft"> posts its fields there
// shortly after each change; without data-draft-url, or without network, they stay on this device and go up when it is back.
// Password and file fields are never kept. The server's copy wins over an older local one (data-draft-at, ISO time).
// A form that was sent keeps its local copy until the server's answer is on the screen: a server that dies in between costs nothing.
// The event `draftdone` on a form: what it holds is safe elsewhere.
// A form that takes words and says nothing of drafts is kept on this device as well, under who types and what it is about; one with a
// password or a code is not, nor one that a script sends.
// data-draft="intake:7:KEY": what person 7 typed under another key while the server was away goes up as soon as it is back.
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
  function kept(form) {
    try { return JSON.parse(localStorage.getItem(name(form)) || "null"); } catch (e) { return null; }
  }

  // Fields that a person changed; what the server had put into the others may be newer the next time.
  function changed(form) {
    const own = new Set((kept(form) || {}).own || []);
    for (const node of form.elements) {
      const other = node.tagName === "SELECT" ? [...node.options].some((o) => o.selected !== o.defaultSelected) :
        /^(checkbox|radio)$/.test(node.type) ? node.checked !== node.defaultChecked : node.value !== node.defaultValue;
      if (node.name && other) own.add(node.name);
    }
    return [...own];
  }

  function keep(form, values) {
    const held = { at: new Date().toISOString(), url: form.dataset.draftUrl || "", own: changed(form), values };
    try { localStorage.setItem(name(form), JSON.stringify(held)); } catch (e) { /* a full or shut store */ }
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
    const held = kept(form);
    if (!held || (form.dataset.draftAt && form.dataset.draftAt > held.at)) return;
    const mine = (field) => form.dataset.draftUrl || !held.own || held.own.includes(field);
    for (const field of new Set(held.values.map((pair) => pair[0]).filter(mine))) {
      const values = held.values.filter((pair) => pair[0] === field).map((pair) => pair[1]);
      for (const node of form.querySelectorAll(`[name="${CSS.escape(field)}"]`)) {
        if (/^(hidden|file|password)$/.test(node.type)) continue;
        if (/^(checkbox|radio)$/.test(node.type)) node.checked = values.includes(node.value);
        else if (values.length) node.value = values.shift();
      }
    }
    say(form, "已恢复上次没有交上去的内容");
    send(form);
  }

  function leave(form, event) {
    if (event.defaultPrevented) return;
    clearTimeout(form.msTimer);
    clearTimeout(form.msAgain);
    keep(form, fields(form));
    form.msSent = JSON.stringify(fields(form));
    try { sessionStorage.setItem("ms-sent", name(form)); } catch (e) { /* a shut store */ }
  }

  // The page that answers a sent form was reached by that very press: neither by "back" nor by an address typed. A page that says that
  // nothing was taken (log-in, refused, not found) leaves the copy, and says so.
  function answered() {
    let sent = "", held = "";
    try { sent = sessionStorage.getItem("ms-sent") || ""; held = sessionStorage.getItem("ms-held") || ""; } catch (e) { return; }
    const note = document.querySelector("[data-kept]");
    if (note) {
      try {
        sessionStorage.removeItem("ms-sent");
        sessionStorage.setItem("ms-held", sent || held);
        note.hidden = !localStorage.getItem(sent || held);
      } catch (e) { /* a shut store */ }
      return;
    }
    const way = performance.getEntriesByType("navigation")[0];
    if (!sent || !way || way.type !== "navigate" || !document.referrer.startsWith(location.origin)) return;
    try {
      if (!document.querySelector("[role=alert][data-focus]")) localStorage.removeItem(sent);
      sessionStorage.removeItem("ms-sent");
      sessionStorage.removeItem("ms-held");
    } catch (e) { /* a shut store */ }
  }

  // What the same person typed under another key while the server was away.
  async function orphans(form) {
    const own = name(form), family = own.slice(0, own.lastIndexOf(":") + 1);
    if (!form.dataset.draftUrl || family.split(":").length < 4) return;
    for (const key of Object.keys(localStorage).filter((k) => k.startsWith(family) && k !== own)) {
      try {
        const kept = JSON.parse(localStorage.getItem(key));
        const token = form.querySelector("[name=csrfmiddlewaretoken]");
        const answer = await fetch(kept.url, { method: "POST", body: new URLSearchParams(kept.values), headers: { "X-CSRFToken": token.value } });
        if (answer.redirected || !answer.ok) continue;
        localStorage.removeItem(key);
        say(form, "没有交上去、留在本机的内容已放入暂存，刷新后可继续");
      } catch (e) { /* the next page tries again */ }
    }
  }

  function attach(form) {
    if (form.msDraft) return;
    form.msDraft = true;
    form.msSent = JSON.stringify(fields(form));
    restore(form);
    const soon = () => { clearTimeout(form.msTimer); form.msTimer = setTimeout(() => send(form), WAIT); };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    form.addEventListener("draftdone", () => {
      clearTimeout(form.msTimer);
      clearTimeout(form.msAgain);
      form.msSent = JSON.stringify(fields(form));
      drop(form);
    });
    form.addEventListener("submit", (event) => { if (!event.defaultPrevented) setTimeout(() => leave(form, event)); });
    orphans(form);
  }

  const WORDS = "textarea, input:not([type]), input[type=text], input[type=tel], input[type=date], input[type=number]";
  const BY_SCRIPT = "[data-draft], [hx-post], [data-urge], [data-bulk], [data-screen-key], [data-no-draft], [autocomplete=off]";
  const OWN = /^(csrfmiddlewaretoken|key|as_of|seen)$/; // says nothing of what the form is about

  function named(form) {
    const me = document.querySelector("meta[name=me]");
    if (!me || form.method !== "post" || form.matches(BY_SCRIPT) || form.querySelector("[type=password]") || !form.querySelector(WORDS)) return;
    const about = [...form.querySelectorAll("input[type=hidden]")].filter((node) => !OWN.test(node.name)).map((node) => `${node.name}=${node.value}`);
    form.dataset.draft = ["form", me.content, new URL(form.getAttribute("action") || "", location.href).pathname, ...about].join(":");
  }

  const all = () => document.querySelectorAll("form[data-draft]");
  const start = () => { document.querySelectorAll("main form").forEach(named); all().forEach(attach); };
  answered();
  document.addEventListener("visibilitychange", () => { if (document.hidden) all().forEach((form) => { if (form.msDraft) send(form); }); });
  window.addEventListener("online", () => all().forEach(send));
  document.addEventListener("htmx:afterSettle", start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
