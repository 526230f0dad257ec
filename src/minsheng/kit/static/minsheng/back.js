// "Back" after a form was refused: the page comes anew from the server, and what had been typed is put into it again.
// Kept in this tab alone, until a form is taken or the page of the log-in comes. Forms with data-draft keep their own words (draft.js).
// Passwords, codes and files are never kept.
(function () {
  "use strict";
  const NAME = "ms-back";
  const QUIET = /^(hidden|file|password|submit|button|reset)$/;

  const forms = () => [...document.querySelectorAll("main form[method=post]:not([data-draft])")].filter(
    (form) => !form.querySelector("[type=password], [autocomplete=one-time-code]"));
  const path = (form) => new URL(form.getAttribute("action") || location.href, location.href).pathname;
  const place = (form) => path(form) + "#" + forms().filter((other) => path(other) === path(form)).indexOf(form);

  function held() {
    try { return JSON.parse(sessionStorage.getItem(NAME) || "null"); } catch (e) { return null; }
  }
  function drop() {
    try { sessionStorage.removeItem(NAME); } catch (e) { /* a shut store */ }
  }

  function keep(form) {
    const values = [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
    try { sessionStorage.setItem(NAME, JSON.stringify({ place: place(form), values })); } catch (e) { /* a full or shut store */ }
  }

  function fill(form, values) {
    const left = new Map();
    values.forEach(([name, value]) => left.set(name, [...(left.get(name) || []), value]));
    for (const node of form.elements) {
      if (!node.name || QUIET.test(node.type)) continue;
      const typed = left.get(node.name) || [];
      if (/^(checkbox|radio)$/.test(node.type)) node.checked = typed.includes(node.value);
      else if (typed.length && node.value !== typed[0]) { node.value = typed.shift(); node.dispatchEvent(new Event("input", { bubbles: true })); }
    }
    form.msFilled = true;
  }

  function again() {
    const kept = held();
    const form = kept && forms().find((one) => !one.msFilled && place(one) === kept.place);
    if (form) fill(form, kept.values);
  }

  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented && forms().includes(event.target)) keep(event.target);
  });
  document.addEventListener("DOMContentLoaded", () => {
    const way = performance.getEntriesByType("navigation")[0], refused = document.querySelector("main [role=alert], main .ms-error");
    if (location.pathname === "/login" || (way && way.type === "navigate" && !refused)) drop();
    if (!way || way.type !== "back_forward") return;
    again();
    document.addEventListener("htmx:afterSettle", again);
  });
})();
